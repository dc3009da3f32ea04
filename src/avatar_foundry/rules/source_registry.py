"""Rules about uploads: what is wrong with a file before anything is done to it, and what would cure it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..avatar import Avatar
from ..errors import Issue, RecipeError, Suggestion
from ..repair import FIXES
from .registry import RULES, SEVERITIES, Cure, Finding, Target
from .source_subject import Posture, Subject

if TYPE_CHECKING:
    from ..formats.readers.upload import Source

SourceCheck = Callable[[Subject], Iterator[Finding]]
Found = tuple[str, str, Finding]  # severity, rule id, finding


class SourceRule(NamedTuple):
    """id: source/noun-phrase, for ever.  check: its docstring holds title and rationale."""

    id: str
    severity: str
    cure: Cure
    check: SourceCheck


SOURCE_RULES: dict[str, SourceRule] = {}


def source_rule(id: str, *, severity: str, cure: Cure) -> Callable[[SourceCheck], SourceCheck]:
    """Register the decorated check under `id`."""

    def wrap(check: SourceCheck) -> SourceCheck:
        assert id.startswith("source/"), id
        assert id not in SOURCE_RULES, id
        assert check.__doc__, id
        assert severity in SEVERITIES, id
        assert not cure.fix or cure.fix in FIXES, (id, cure.fix)
        SOURCE_RULES[id] = SourceRule(id, severity, cure, check)
        return check

    return wrap


def inspect_source(
    avatar: Avatar | Subject,
    source: "Source | None" = None,
    platform: Target | None = None,
    *,
    fit: Posture | None = None,
    bones: Mapping[str, str] | None = None,
) -> list[Found]:
    """What is wrong with an upload: (severity, rule id, finding), in the rules' order.

    Give a `Subject` to have its analysis kept for the repair: `apply_fixes(avatar, whole=subject.whole)`.
    """
    subject = avatar if isinstance(avatar, Subject) else Subject(avatar, source, platform, fit=fit, bones=bones)
    changed = subject.platform.severities if subject.platform is not None else {}
    found = []
    for id, entry in sorted(SOURCE_RULES.items()):
        severity = changed.get(id, (entry.severity, ""))[0]
        found += [(severity, id, finding) for finding in entry.check(subject)]
    return found


def suggestion_for(id: str, finding: Finding) -> Suggestion:
    """What to do about a finding of rule `id`: its cure, as sure as this case allows."""
    cure = SOURCE_RULES[id].cure if id in SOURCE_RULES else RULES[id].cure
    fix = "" if finding.fix == "-" else finding.fix or cure.fix
    confidence = cure.confidence if finding.confidence is None else finding.confidence
    return Suggestion(cure.title, cure.description, round(confidence, 3), bool(fix) and FIXES[fix].safe, fix)


def described(severity: str, id: str, finding: Finding) -> dict[str, Any]:
    """A finding in the API's shape, with what to do about it."""
    out: dict[str, Any] = {"severity": severity, "rule": id, **finding._asdict()}
    out["suggestion"] = suggestion_for(id, finding)._asdict()
    out["fix"] = out["suggestion"]["action"]
    return out


def refusal(found: Iterable[Found], *, stage: str = "checking") -> RecipeError | None:
    """The error for findings that stop the work and that nobody may fix, None when none does.

    The message is that of the gravest finding; each rule at fault lends one suggestion, each finding one issue.
    """
    errors = [(id, finding) for severity, id, finding in found if severity == "error"]
    if not errors:
        return None
    suggestions = {suggestion_for(id, finding).title: suggestion_for(id, finding) for id, finding in errors[:32]}
    issues = [Issue(f"/{finding.where}" if finding.where else "", _measured(finding)) for _, finding in errors[:32]]
    return RecipeError(
        errors[0][1].message, stage=stage, pointer="/file", suggestions=tuple(suggestions.values()), issues=issues
    )


def _measured(finding: Finding) -> str:
    numbers = ", ".join(f"{k} {v:g}" for k, v in finding.numbers.items())
    return f"{finding.message} ({numbers})" if numbers else finding.message
