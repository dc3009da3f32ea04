"""Bring textures within a platform's limit and formats."""

from ..avatar import Avatar
from ..pipeline import stage
from ..repair import Applied, Options, apply_fixes

FORMATS = ("image/png", "image/jpeg", "image/webp")


@stage("texturing", cost=80.0)
def fit_textures(
    avatar: Avatar, limit: int, *, formats: tuple[str, ...] = FORMATS, report: list[Applied] | None = None
) -> Avatar:
    """Fit the textures to the platform.

    Images larger than `limit` pixels are scaled down, other formats converted; all others keep their bytes.
    """
    ids = ("convert-textures", "resize-textures")
    fitted, done = apply_fixes(avatar, ids, Options(texture_limit=limit, formats=formats))
    if report is not None:
        report.extend(done)
    return fitted
