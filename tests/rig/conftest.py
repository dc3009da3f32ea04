"""Every shape in turn, for tests that must hold for all of them."""

import pytest
from tests.rig.bodies import SHAPES

from avatar_foundry.pack import Pack


@pytest.fixture(params=sorted(SHAPES))
def shape(request: pytest.FixtureRequest, pack: Pack) -> str:
    return str(request.param)
