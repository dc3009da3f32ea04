"""The registry: a rule is one function with an id, a severity and, where sensible, a stage that cures it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from ..avatar import Avatar
from ..pipeline import Stage

SEVERITIES = ("error", "warning", "info", "hint")


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


class Target(Protocol):
    """What rules know of a platform."""

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
    def texel(self) -> int: ...
    @property
    def required(self) -> tuple[str, ...]: ...


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


class Rule(NamedTuple):
    """id: family/noun-phrase, for ever.  fix: a stage that cures it: offered, never silent.  check: docstring = title
    and rationale."""

    id: str
    severity: str
    fix: Stage | None
    check: Check


RULES: dict[str, Rule] = {}


def rule(id: str, *, severity: str, fix: Stage | None = None) -> Callable[[Check], Check]:
    """Register the decorated check under `id`."""

    def wrap(check: Check) -> Check:
        assert id not in RULES, id
        assert check.__doc__, id
        assert severity in SEVERITIES, id
        RULES[id] = Rule(id, severity, fix, check)
        return check

    return wrap


def inspect(avatar: Avatar, platform: Target) -> Iterator[tuple[str, str, Finding]]:
    """Yield (severity, rule id, finding) for the platform's rules, in id order."""
    for id, entry in sorted(RULES.items()):
        if id.startswith(platform.rules):
            severity, _ = platform.severities.get(id, (entry.severity, ""))
            yield from ((severity, id, finding) for finding in entry.check(avatar, platform))
