"""Make an R15 body: fifteen closed parts, two textures, face bones."""

from collections.abc import Callable

from ..avatar import Avatar
from ..pipeline import stage
from ..roblox.build import build_r15
from ..roblox.cages import Template


@stage("exporting", cost=14_000)
def make_r15(avatar: Avatar, size: int, template: Callable[[], Template | None]) -> Avatar:
    """Make the R15 body."""
    return build_r15(avatar, size, template())
