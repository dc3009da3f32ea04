"""Hang one item of the wardrobe on the body."""

from dataclasses import replace

from ..avatar import Avatar
from ..pipeline import stage
from ..wardrobe import fit


@stage("dressing", cost=3)
def dress(avatar: Avatar, item: str) -> Avatar:
    """Fit a garment, hair or eyes."""
    assert avatar.base is not None, "only the parametric body can be dressed"
    return replace(avatar, parts=(*avatar.parts, *fit(item, avatar.base)))
