"""Bake the rest pose and stand on the ground."""

from typing import Literal

from ..avatar import Avatar
from ..pipeline import stage
from ..rig import bake_pose, ground


@stage("rigging", cost=15)
def set_pose(avatar: Avatar, pose: Literal["T", "A"]) -> Avatar:
    """Set the rest pose."""
    return ground(bake_pose(avatar, pose))
