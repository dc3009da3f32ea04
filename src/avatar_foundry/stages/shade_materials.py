"""How materials answer to light: physically, or as drawings do."""

from dataclasses import replace

from ..avatar import Avatar
from ..pipeline import stage


@stage("texturing")
def shade_materials(avatar: Avatar, shading: str) -> Avatar:
    """Choose how materials are shaded. shading: pbr or mtoon."""
    if all(m.shading == shading for m in avatar.materials):
        return avatar
    return replace(avatar, materials=tuple(replace(m, shading=shading) for m in avatar.materials))
