"""Clips in FBX files: what FBXLoader plays is what we mean; few keys; what our reader gets back."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import run_node
from tests.figures import figure
from tests.formats.clips import busy, in_clip
from tests.formats.test_fbx_engines import asked_of, blender

from avatar_foundry.formats import FbxOptions, GlbOptions, write_fbx, write_glb
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.formats.split import split_mesh
from avatar_foundry.formats.tracks import tracks_of
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS

KEYS = (0, 7, 16, 30)


@pytest.mark.parametrize("clip", [0, 1])
@pytest.mark.parametrize("platform", ["unity", "unreal"])
def test_three_plays_what_we_mean(platform: str, clip: int, tmp_path: Path) -> None:
    """Turns, places, the root's way and shapes, in the space of the file."""
    made = run(PLATFORMS[platform].finish_for(False), busy(figure(1)))[0]
    avatar = replace(made, clips=made.clips[clip : clip + 1])
    (tmp_path / "in.fbx").write_bytes(PLATFORMS[platform].exports["fbx"](avatar))
    request = {"expressions": [], "times": [k / 30.0 for k in KEYS]}
    (tmp_path / "request.json").write_text(json.dumps(request))
    told = run_node("pose_fbx.mjs", "three", *(str(tmp_path / n) for n in ("in.fbx", "request.json", "out.bin")))
    values, at = 0.01 * np.fromfile(tmp_path / "out.bin", np.float32).reshape(-1, 3), 0
    parts = {p.name: p for p in avatar.parts}
    hips = PLATFORMS[platform].bones["hips"]
    for key in KEYS:
        want = in_clip(avatar, avatar.clips[0], key, hips)
        for mesh in told["meshes"]:
            part = parts[mesh["name"].removesuffix("_LOD0")]
            got = values[at : at + mesh["count"]]
            at += mesh["count"]
            assert np.abs(got - want[part.name][part.mesh.faces.ravel()]).max() < 5e-4
    assert at == len(values)
    assert told["clips"] == [avatar.clips[0].name]


def test_our_reader_gets_the_motion_back() -> None:
    """The root's way, the hips' below it, and what is pinned: all joints where they were, in the file's centimetres."""
    avatar = run(PLATFORMS["unreal"].finish_for(False), busy(figure(1)))[0]
    back = read_upload("someone.fbx", write_fbx(avatar, FbxOptions(hips="pelvis"))).avatar
    assert [c.name for c in back.clips] == ["busy", "busy_moving"]
    for told, found in zip(avatar.clips, back.clips, strict=True):
        assert found.times[-1] == pytest.approx(told.times[-1], abs=1e-4)
        assert set(found.moves) == {"pelvis", *told.moves} - {"ik_hand_r"}  # which rests in what carries it
        want, got = tracks_of(told, avatar.skeleton, "pelvis"), tracks_of(found, back.skeleton)
        for joint, at in want.places.items():
            there = back.skeleton.names.index(avatar.skeleton.names[joint])
            assert there not in got.places or np.abs(0.01 * got.places[there] - at).max() < 3e-4


@pytest.mark.parametrize("clip", [0, 1])
@pytest.mark.parametrize(("platform", "kind"), [("unity", "fbx"), ("unreal", "fbx"), ("unreal", "glb")])
def test_blender_plays_what_we_mean(platform: str, kind: str, clip: int, tmp_path: Path) -> None:
    """In either format: turns, places, the root's way and shapes."""
    python = blender()
    table = PLATFORMS[platform]
    made = run(table.finish_for(False), busy(figure(1)))[0]
    avatar = replace(made, clips=made.clips[clip : clip + 1])
    hips = table.bones["hips"]
    data = table.exports["fbx"](avatar) if kind == "fbx" else write_glb(avatar, GlbOptions(hips=hips))
    (tmp_path / f"in.{kind}").write_bytes(data)
    request = {"poses": [], "times": [k / 30.0 for k in KEYS]}
    (tmp_path / "request.json").write_text(json.dumps(request))
    told = asked_of(
        python, "blender_import.py", *(str(tmp_path / n) for n in (f"in.{kind}", "request.json", "out.bin"))
    )
    values, at = np.fromfile(tmp_path / "out.bin", np.float32).reshape(-1, 3), 0
    parts = {p.name: p for p in avatar.parts}
    for key in KEYS:
        want = in_clip(avatar, avatar.clips[0], key, hips)
        for mesh in told["meshes"]:
            part = parts[mesh["name"].removesuffix("_LOD0")]
            got = values[at : at + mesh["count"]]
            at += mesh["count"]
            rows = slice(None) if kind == "fbx" else split_mesh(part.mesh).vertex_of
            assert np.abs(got - want[part.name][rows]).max() < 5e-4
    assert at == len(values)
