"""Mend an upload."""

from collections.abc import Iterable

from ..avatar import Avatar
from ..pipeline import stage
from ..repair import DEFAULT_FIXES, Applied, Options, Whole, apply_fixes


@stage("repairing", cost=600.0)
def repair_upload(
    avatar: Avatar,
    *,
    fixes: Iterable[str] = DEFAULT_FIXES,
    options: Options | None = None,
    whole: Whole | None = None,
    report: list[Applied] | None = None,
) -> Avatar:
    """Mend the mesh.

    report: gets what each fix changed. whole: the surface, if findings had it analysed already.
    """
    mended, done = apply_fixes(avatar, fixes, options, whole)
    if report is not None:
        report.extend(done)
    return mended
