"""Place AXIS-65 in the body."""

from dataclasses import replace

from ..avatar import Avatar
from ..pipeline import stage
from ..rig import place_skeleton


@stage("rigging", cost=5)
def fit_skeleton(avatar: Avatar) -> Avatar:
    """Fit the skeleton."""
    if avatar.skeleton is not None or avatar.base is None:
        return avatar
    return replace(avatar, skeleton=place_skeleton(avatar.base))
