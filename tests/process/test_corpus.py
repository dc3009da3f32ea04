"""Real characters, with their rigs and without, through the engine's door. Skipped without AVATAR_FOUNDRY_CORPUS."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from avatar_foundry.errors import NotHumanoid
from avatar_foundry.formats import write_glb
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.process import process

FOLDER = os.environ.get("AVATAR_FOUNDRY_CORPUS")
FILES = sorted(p for p in (Path(FOLDER) / "rigged").iterdir() if p.suffix in (".glb", ".vrm")) if FOLDER else []
pytestmark = pytest.mark.skipif(not FILES, reason="AVATAR_FOUNDRY_CORPUS is not set")
Khronos = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.stem)
def test_a_rig_is_kept_and_the_file_is_sound(file: Path, khronos: Khronos) -> None:
    result = process(file.name, file.read_bytes(), {"platform": "unity", "no_face": True})
    assert result.answer["rig"]["state"] in ("kept", "mapped")
    if file.stem != "godette":  # a colour profile in its picture, whose bytes stay as they are, gives a warning
        khronos(dict(result.files))


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.stem)
def test_a_rig_is_found_when_it_was_taken_away(file: Path, khronos: Khronos) -> None:
    avatar = read_upload(file.name, file.read_bytes()).avatar
    bare = avatar.map_meshes(lambda m: replace(m, joints=None, weights=None, morphs=()))
    data = write_glb(replace(bare, skeleton=None, clips=()))
    result = process(f"{file.stem}.glb", data, {"platform": "web", "lods": False, "min_confidence": 0.3})
    assert result.answer["rig"]["state"] == "created"
    if file.stem != "godette":
        khronos(dict(result.files))


def test_a_cow_is_no_figure() -> None:
    assert FOLDER
    file = Path(FOLDER) / "unrigged" / "spot.obj"
    with pytest.raises(NotHumanoid):
        process(file.name, file.read_bytes(), {})
