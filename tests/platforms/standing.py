"""A real body with its skeleton and skin in the T-pose, nothing else: cheap, and shared by all tests."""

from functools import lru_cache

from avatar_foundry.avatar import Avatar
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.recipe import parse
from avatar_foundry.resolve import resolve
from avatar_foundry.stages.bind_skin import bind_skin
from avatar_foundry.stages.fit_skeleton import fit_skeleton
from avatar_foundry.stages.make_body import make_body
from avatar_foundry.stages.set_pose import set_pose


@lru_cache(1)
def standing() -> Avatar:
    """The average adult, bare, in the T-pose; parts have no materials."""
    values = resolve(parse({"preset": "average"})).recipe.values()
    return run((make_body(values), fit_skeleton(), bind_skin(), set_pose("T")))[0]


def adapted(platform: str) -> Avatar:
    """The same on a platform's skeleton."""
    return PLATFORMS[platform].finish[0].apply(standing())
