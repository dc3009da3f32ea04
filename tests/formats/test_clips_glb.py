"""Clips in GLB files: what three.js plays is what we mean, with few keys, validated, read back."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import run_node
from tests.figures import figure
from tests.formats.clips import SHAPES, busy, busy_clip, in_clip

from avatar_foundry.avatar import Avatar
from avatar_foundry.formats import GlbOptions, read_glb, write_glb
from avatar_foundry.formats.drawing_order import in_drawing_order
from avatar_foundry.formats.glb_select import keep_clips, keep_shapes
from avatar_foundry.formats.glb_source import Source
from avatar_foundry.formats.split import split_mesh
from avatar_foundry.geometry.keys import angles_between
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.platforms.files import compressed

KEYS = (0, 7, 16, 30)


def finished(platform: str) -> Avatar:
    return run(PLATFORMS[platform].finish_for(False), busy(figure()))[0]


def hips_of(platform: str) -> str:
    return PLATFORMS[platform].bones.get("hips", "hips")


@pytest.fixture
def plays(tmp_path: Path):
    """{clip: {part: vertices}} as three.js draws a file at KEYS."""

    def play(data: bytes, *clips: str) -> dict[str, list[dict[str, np.ndarray]]]:
        (tmp_path / "in.glb").write_bytes(data)
        times = [k / 30.0 for k in KEYS]
        (tmp_path / "ask.json").write_text(json.dumps({"plays": [{"clip": c, "times": times} for c in clips]}))
        told = run_node("play_three.mjs", "three", *(str(tmp_path / n) for n in ("in.glb", "ask.json", "out.bin")))
        values, at, out = np.fromfile(tmp_path / "out.bin", np.float32).reshape(-1, 3), 0, {}
        for clip in clips:
            out[clip] = []
            for _ in KEYS:
                drawn = {}
                for mesh in told["meshes"]:
                    drawn[mesh["name"].removesuffix("_LOD0")] = values[at : at + mesh["count"]]
                    at += mesh["count"]
                out[clip].append(drawn)
        assert at == len(values)
        return out

    return play


def far(avatar: Avatar, drawn: list[dict[str, np.ndarray]], clip: int, hips: str, packed: bool = False) -> float:
    worst = 0.0
    for k, seen in zip(KEYS, drawn, strict=True):
        want = in_clip(avatar, avatar.clips[clip], k, hips)
        for part in avatar.parts:
            split = split_mesh(part.mesh)
            rows = in_drawing_order(split).vertex_of if packed else split.vertex_of
            worst = max(worst, float(np.abs(seen[part.name] - want[part.name][rows]).max()))
    return worst


@pytest.mark.parametrize("platform", ["unreal", "godot", "web", "vrm"])
def test_three_plays_what_we_mean(platform, plays, khronos):
    """On the platform's own skeleton, its root moving; and that is where our skeleton puts the surface."""
    before, after = busy(figure()), finished(platform)
    files = PLATFORMS[platform].write(after, PLATFORMS[platform], "none")
    khronos(files)
    main = files["figure.glb"]
    drawn = plays(main, *(c.name for c in after.clips))
    for clip, name in enumerate(drawn):
        assert far(after, drawn[name], clip, hips_of(platform)) < 5e-4
    if platform != "web":  # whose skeleton has no bones for the twists
        for k in KEYS:
            for clip in (0, 1):
                a = in_clip(before, before.clips[clip], k, "hips")
                b = in_clip(after, after.clips[clip], k, hips_of(platform))
                assert max(float(np.abs(a[p] - b[p]).max()) for p in a) < 1e-5
    assert not Source(files["figure_lod1.glb"]).document.get("animations")


def test_compressed_clips_play_alike(plays, khronos):
    avatar = finished("unreal")
    data = write_glb(avatar, compressed(GlbOptions(hips="pelvis"), "meshopt"))
    report = khronos({"packed.glb": data})[0]
    assert {i["code"] for i in report["issues"]} <= {"UNSUPPORTED_EXTENSION"}
    drawn = plays(data, "busy", "busy_moving")
    for clip, name in enumerate(drawn):
        assert far(avatar, drawn[name], clip, "pelvis", True) < 8e-4


def test_keys_that_interpolation_gives_back_are_left_out():
    avatar = finished("vrm")
    back = read_glb(write_glb(avatar)).clips[0]
    source = Source(write_glb(avatar))
    samplers = [s for a in source.items("animations") for s in a["samplers"]]
    assert sum(source.item("accessors", s["input"])["count"] for s in samplers) < 31 * len(samplers)
    told = avatar.clips[0]
    rows = [int(np.abs(told.times - t).argmin()) for t in back.times]
    moved = angles_between(back.rotations, told.rotations[rows])
    assert np.degrees(moved.max()) < 0.06
    assert np.abs(back.translations - told.translations[rows]).max() < 1.1e-4
    assert set(back.shapes) == {SHAPES[0]}
    assert np.abs(back.shapes[SHAPES[0]] - told.shapes[SHAPES[0]][rows]).max() < 0.0051
    assert back.loop
    assert back.times[[0, -1]].tolist() == told.times[[0, -1]].tolist()


def test_what_one_clip_moves_has_a_key_in_every_clip():
    bones = figure().skeleton
    still = replace(busy_clip(bones, "still"), rotations=np.repeat(busy_clip(bones).rotations[:1], 31, 0), shapes={})
    source = Source(write_glb(replace(figure(), clips=(busy_clip(bones), still))))
    first, second = source.items("animations")
    assert [c["target"] for c in first["channels"]] == [c["target"] for c in second["channels"]]
    counts = {source.item("accessors", s["input"])["count"] for s in second["samplers"]}
    assert min(counts) == 1


def test_root_motion_is_on_the_root_or_on_the_hips():
    unreal, vrm = finished("unreal"), finished("vrm")
    for avatar, platform, root in ((unreal, "unreal", "root"), (vrm, "vrm", "hips")):
        files = PLATFORMS[platform].write(avatar, PLATFORMS[platform], "none")
        source = Source(files["figure.glb"])
        clips = {a["name"]: a for a in source.items("animations")}
        moved = [
            source.item("nodes", c["target"]["node"])["name"]
            for c in clips["busy_moving"]["channels"]
            if c["target"]["path"] == "translation"
        ]
        assert root in moved
        back = {c.name: c for c in read_glb(files["figure.glb"]).clips}["busy_moving"]
        assert np.ptp(back.translations[:, 2]) > 1.0


def test_unreal_pins_follow_hands_and_feet():
    avatar = finished("unreal")
    names = avatar.skeleton.names
    assert set(avatar.clips[0].moves) == {n for n in names if n.startswith("ik_") and not n.endswith("_root")}


def test_taking_shapes_and_clips_out_leaves_the_rest(khronos):
    avatar = finished("web")
    for compression in ("none", "meshopt"):
        data = write_glb(avatar, compressed(GlbOptions(), compression))
        less = keep_shapes(data, {SHAPES[0]})
        none = keep_shapes(data, set())
        one = keep_clips(data, {"busy"})
        bare = keep_clips(data, set())
        khronos({"less.glb": less, "none.glb": none, "one.glb": one, "bare.glb": bare})
        clip, whole = read_glb(less).clips[0], read_glb(data).clips[0]
        assert np.abs(clip.shapes[SHAPES[0]] - whole.shapes[SHAPES[0]]).max() < 1e-4
        assert (clip.rotations == whole.rotations).all()
        assert not read_glb(none).clips[0].shapes
        assert [c.name for c in read_glb(one).clips] == ["busy"]
        assert not read_glb(bare).clips
        assert len(bare) < len(one) < len(data)
