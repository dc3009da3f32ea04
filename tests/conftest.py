"""Fixtures that every test may use."""

import pytest

from avatar_foundry.pack import Pack, open_pack


@pytest.fixture(scope="session")
def pack() -> Pack:
    """The data pack of this machine, read-only, so all tests share it. `make setup` builds it."""
    return open_pack()
