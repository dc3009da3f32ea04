"""Mark the vertices that no one can see."""

from dataclasses import replace

from .. import wardrobe
from ..avatar import Avatar
from ..pipeline import stage


@stage("dressing", cost=10)
def hide_covered(avatar: Avatar) -> Avatar:
    """Hide what lies under clothes."""
    return replace(avatar, parts=wardrobe.hide_covered(avatar.parts))
