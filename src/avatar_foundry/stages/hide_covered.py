"""Drop the faces that no one can see."""

from dataclasses import replace

from .. import wardrobe
from ..avatar import Avatar
from ..pipeline import stage


@stage("dressing", cost=10)
def hide_covered(avatar: Avatar) -> Avatar:
    """Remove faces hidden under clothes."""
    parts = wardrobe.hide_covered(avatar.parts)
    return replace(avatar, parts=tuple(p for p in parts if len(p.mesh.faces)))
