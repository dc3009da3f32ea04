"""Materials and textures for every part."""

from dataclasses import replace

from ..avatar import Avatar, Material
from ..paint import Look, material_for
from ..pipeline import stage


@stage("texturing", cost=60)
def paint(avatar: Avatar, look: Look, size: int, encoding: str) -> Avatar:
    """Paint skin, eyes, hair and clothes."""
    materials: dict[str, Material] = {}
    for part in avatar.parts:
        if part.material not in materials:
            materials[part.material] = material_for(part, look, size=size, format=encoding)
    return replace(avatar, materials=tuple(materials.values()))
