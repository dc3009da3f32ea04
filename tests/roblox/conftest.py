"""One child with clothes and a face, made for Roblox once for all tests."""

import pytest
from tests.roblox.bodies import template

from avatar_foundry.avatar import Avatar
from avatar_foundry.pipeline import run
from avatar_foundry.plan import plan
from avatar_foundry.recipe import parse
from avatar_foundry.resolve import resolve
from avatar_foundry.roblox.build import build_r15

TEXTURE = 256


@pytest.fixture(scope="session")
def dressed() -> Avatar:
    """The child as it comes to the platform."""
    asked = {"preset": "child", "platform": "roblox", "texture_size": TEXTURE, "lods": False}
    stages = plan(resolve(parse(asked)).recipe)
    return run(s for s in stages if s.name != "make_r15")[0]


@pytest.fixture(scope="session")
def built(dressed) -> Avatar:
    """The child as R15, with cages."""
    return build_r15(dressed, TEXTURE, template())
