"""What is wrong with the upload, what of it is mended, and what is left."""

from typing import Any

from ..avatar import Avatar
from ..errors import DegenerateMesh, MeshInvalid
from ..pipeline import stage
from ..platforms import PLATFORMS
from ..repair import DEFAULT_FIXES, apply_fixes
from ..repair import Options as RepairOptions
from ..rules import Subject, described, inspect_source, refusal
from .ledger import Ledger
from .options import Options
from .places import Pointer, between

MOVING = ("turn-upright", "rescale")
DEGENERATE = "Mesh has degenerate faces"  # the reference page's own example, which has a code of its own


@stage("checking", cost=100)
def check_source(avatar: Avatar, ledger: Ledger, options: Options) -> Avatar:
    """Check the mesh."""
    subject = Subject(avatar, ledger.source, PLATFORMS[options.platform])
    ledger.found = inspect_source(subject)
    pointer = Pointer(avatar)
    ledger.before = [{**described(*found), "places": pointer.at(found[2])} for found in ledger.found]
    ledger.whole = subject.whole
    return avatar


@stage("repairing", cost=100)
def mend(avatar: Avatar, ledger: Ledger, options: Options) -> Avatar:
    """Mend the mesh."""
    ids = chosen(options)
    left = [f for f in ledger.found if described(*f).get("fix") not in ids]
    if error := refusal(left):
        kind = DegenerateMesh if str(error) == DEGENERATE else MeshInvalid
        pointer = Pointer(avatar)
        findings = [{**described(*f), "places": pointer.at(f[2])} for f in left]
        raise kind(str(error), findings=findings, suggestions=error.suggestions, issues=error.issues)
    whole, ledger.whole, ledger.found = ledger.whole, None, []
    mended, ledger.applied = apply_fixes(avatar, [i for i in ids if i not in MOVING], RepairOptions(), whole)
    # what moves the whole figure is done apart: hints and places are told in the file's own space
    moved, more = apply_fixes(mended, [i for i in ids if i in MOVING], RepairOptions())
    if more:
        ledger.moved = between(mended, moved)
        ledger.applied += more
    return moved


def chosen(options: Options) -> tuple[str, ...]:
    """Ids of the fixes to run."""
    if options.fixes is not None:
        return options.fixes
    return DEFAULT_FIXES if options.auto_fix else ()


@stage("checking", cost=50)
def check_result(avatar: Avatar, ledger: Ledger, options: Options) -> Avatar:
    """Check the result."""
    found: list[dict[str, Any]] = [
        described(*f) for f in inspect_source(Subject(avatar, None, PLATFORMS[options.platform]))
    ]
    ledger.after = found
    return avatar
