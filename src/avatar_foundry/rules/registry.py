"""The registry: a rule is one function with an id, a severity and what to do about its findings."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar

from ..avatar import Avatar
from ..pipeline import Stage
from ..repair import FIXES
from ..stages.repair_upload import repair_upload

P = ParamSpec("P")
R = TypeVar("R")
SEVERITIES = ("error", "warning", "info", "hint")
OFF = "off"  # a platform's word for a rule that does not apply to it


class Limits(Protocol):
    """The numbers a rule compares with; see platforms.Budget."""

    @property
    def triangles(self) -> int: ...
    @property
    def bones(self) -> int: ...
    @property
    def influences(self) -> int: ...
    @property
    def materials(self) -> int: ...
    @property
    def draw_calls(self) -> int: ...
    @property
    def texture(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def texture_memory(self) -> int | None: ...
    @property
    def morphs(self) -> int | None: ...


class Order(NamedTuple):
    """How the files are asked for: the compression of the GLB."""

    compression: str = "none"


PLAIN = Order()


class Target(Protocol):
    """What rules know of a platform; see platforms.Platform."""

    @property
    def rules(self) -> tuple[str, ...]: ...
    @property
    def severities(self) -> Mapping[str, tuple[str, str]]: ...
    @property
    def bones(self) -> Mapping[str, str]: ...
    @property
    def budget(self) -> Limits: ...
    @property
    def bone_pattern(self) -> str: ...
    @property
    def required(self) -> tuple[str, ...]: ...
    @property
    def texel(self) -> int: ...
    @property
    def bone_axis(self) -> str: ...
    @property
    def root(self) -> str: ...
    @property
    def helpers(self) -> tuple[str, ...]: ...
    @property
    def idle(self) -> tuple[str, ...]: ...
    @property
    def shapes(self) -> Mapping[str, str]: ...
    @property
    def loops(self) -> str: ...
    @property
    def packages(self) -> Mapping[str, str]: ...
    @property
    def images(self) -> tuple[str, ...]: ...
    @property
    def node_pattern(self) -> str: ...
    @property
    def node_suffixes(self) -> tuple[str, ...]: ...
    @property
    def order(self) -> Order: ...


class Finding(NamedTuple):
    """code: stable, tests assert it.  message: for people.  where: a pointer such as parts/body/lods/0.

    numbers:    what was measured, by name.
    elements:   the place: up to the first 64 indices by kind, such as {"faces": [3, 7]}, into what `where` names.
    confidence: how sure the rule's cure is in this case, 0..1; None: as sure as the rule says.
    fix:        id of the fix that cures this case; "" leaves it to the rule's cure, "-" says that none does.
    """

    code: str
    message: str
    where: str = ""
    numbers: Mapping[str, float] = {}
    elements: Mapping[str, Sequence[int]] = {}
    confidence: float | None = None
    fix: str = ""


Check = Callable[[Avatar, Target], Iterator[Finding]]


class Cure(NamedTuple):
    """What to do about a finding.

    title, description: for people.  confidence: how sure it helps, 0..1.  fix: id of a repair; "" when only a person
    can act.
    """

    title: str
    description: str
    confidence: float
    fix: str = ""


class Rule(NamedTuple):
    """id: family/noun-phrase, for ever.  check: its docstring holds title and rationale."""

    id: str
    severity: str
    cure: Cure
    check: Check

    @property
    def fix(self) -> Stage | None:
        """The stage that cures it, where one can do so safely: offered, never silent."""
        return repair_upload(fixes=(self.cure.fix,)) if self.cure.fix else None


RULES: dict[str, Rule] = {}


#: Where a rule has nothing better to say.
CHANGE = Cure("Change the Input", "Change what the finding names, or choose another platform", 0.3)


def rule(id: str, *, severity: str, cure: Cure = CHANGE) -> Callable[[Check], Check]:
    """Register the decorated check under `id`."""

    def wrap(check: Check) -> Check:
        assert id not in RULES, id
        assert check.__doc__, id
        assert severity in SEVERITIES, id
        assert not cure.fix or cure.fix in FIXES, (id, cure.fix)
        RULES[id] = Rule(id, severity, cure, check)
        return check

    return wrap


_known: dict[Any, tuple[Any, Any]] = {}


def shared(fn: Callable[P, R]) -> Callable[P, R]:
    """Compute `fn` once per inspection, however many rules ask: arguments are told apart by identity."""

    @wraps(fn)
    def call(*args: P.args, **options: P.kwargs) -> R:
        key = (fn, *map(id, args), *map(id, options.values()))
        if (hit := _known.get(key)) is None:
            hit = _known[key] = ((args, options), fn(*args, **options))  # kept alive: no other takes the same id
        found: R = hit[1]
        return found

    return call


def inspect(avatar: Avatar, platform: Target) -> Iterator[tuple[str, str, Finding]]:
    """Yield (severity, rule id, finding) for the platform's rules, in id order."""
    try:
        for id, entry in sorted(RULES.items()):
            if id.startswith(platform.rules):
                severity, _ = platform.severities.get(id, (entry.severity, ""))
                if severity == OFF:
                    continue
                yield from ((severity, id, finding) for finding in entry.check(avatar, platform))
    finally:
        _known.clear()  # nothing of an avatar outlives its inspection
