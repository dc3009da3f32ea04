"""VRM Animations: what the specification says, and what pixiv's three-vrm-animation plays of them on our VRM."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import run_node
from tests.formats.clips import busy_clip
from tests.formats.test_vrm_write import faced

from avatar_foundry.avatar import Avatar
from avatar_foundry.errors import RecipeError
from avatar_foundry.formats.vrm import VrmOptions, write_vrm
from avatar_foundry.formats.vrma import NAME, as_expressions, write_vrma
from avatar_foundry.geometry.keys import angles_between
from avatar_foundry.geometry.rotations import quaternions, rotation_matrices
from avatar_foundry.humanoid import INDEX
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.stages.spring_joints import extend_clip

KEYS = (0, 7, 16, 30)


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    """With a clip in which body, face and eyes move, and the figure walks off."""
    made = faced()
    small = replace(
        made.skeleton, names=made.skeleton.names[:65], parents=made.skeleton.parents[:65], rest=made.skeleton.rest[:65]
    )
    clip = busy_clip(small, moving=True)
    swing = np.float32(0.1 * np.sin(5 * clip.times))
    rotations = clip.rotations.copy()
    for eye in ("leftEye", "rightEye"):  # both aside alike
        rest = rotation_matrices(rotations[:1, INDEX[eye]])[0]
        half = np.stack([0 * swing, np.sin(swing / 2), 0 * swing, np.cos(swing / 2)], axis=1)
        rotations[:, INDEX[eye]] = quaternions(
            np.linalg.inv(made.skeleton.rest[INDEX["head"], :3, :3])
            @ rotation_matrices(half)
            @ made.skeleton.rest[INDEX["head"], :3, :3]
            @ rest
        )
    blink = np.float32(np.maximum(0.0, np.sin(9 * clip.times)))
    shapes = {**clip.shapes, "eyeBlinkLeft": blink, "eyeBlinkRight": blink, "viseme_aa": 0.5 * blink}
    clip = extend_clip(replace(clip, rotations=rotations.astype(np.float32), shapes=shapes), made.skeleton)
    return replace(made, clips=(clip,))


def document(data: bytes) -> dict:
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length])


def test_the_file_is_what_the_specification_asks_for(avatar, khronos):
    data = write_vrma(avatar, avatar.clips[0])
    assert data == write_vrma(avatar, avatar.clips[0])
    khronos({"busy.vrma.glb": data})
    d = document(data)
    told = d["extensions"][NAME]
    assert told["specVersion"] == "1.0"
    assert not {"leftEye", "rightEye"} & set(told["humanoid"]["humanBones"])
    assert set(told["expressions"]["preset"]) == {"blink", "aa"}
    assert set(told["expressions"]["custom"]) == {"jawOpen"}
    (animation,) = d["animations"]
    moved = [c["target"]["node"] for c in animation["channels"] if c["target"]["path"] == "translation"]
    assert moved[0] == told["humanoid"]["humanBones"]["hips"]["node"]
    assert len(moved) == 4  # the hips and three expressions
    assert "meshes" not in d


def test_three_plays_it_on_our_vrm(avatar, tmp_path: Path):
    clip, skeleton = avatar.clips[0], avatar.skeleton
    (tmp_path / "a.vrm").write_bytes(write_vrm(avatar))
    (tmp_path / "a.vrma").write_bytes(write_vrma(avatar, clip))
    times = [str(k / 30.0) for k in KEYS]
    told = run_node(
        "play_vrma.mjs", "@pixiv/three-vrm-animation", str(tmp_path / "a.vrm"), str(tmp_path / "a.vrma"), *times
    )
    assert told["warnings"] == []
    assert told["seconds"] == pytest.approx(1.0)
    turn = np.stack([0 * clip.turn, np.sin(clip.turn / 2), 0 * clip.turn, np.cos(clip.turn / 2)], axis=1)
    about = rotation_matrices(turn)
    local = rotation_matrices(clip.rotations)
    world, at = np.empty_like(local), np.empty((31, len(skeleton.names), 3))
    for j, up in enumerate(skeleton.parents.tolist()):
        if up < 0:
            world[:, j] = about @ local[:, j]
            at[:, j] = clip.travel + np.einsum("tab,tb->ta", about, clip.translations)
            continue
        step = skeleton.rest[up, :3, :3].T @ (skeleton.rest[j, :3, 3] - skeleton.rest[up, :3, 3])
        world[:, j], at[:, j] = world[:, up] @ local[:, j], at[:, up] + world[:, up] @ step
    for key, frame in zip(KEYS, told["frames"], strict=True):
        for name, values in frame["bones"].items():
            j = INDEX[name]
            assert np.abs(np.array(values[:3]) - at[key, j]).max() < 1e-3, name
            if not name.endswith("Eye"):
                want = quaternions(world[key, j][None])[0]
                assert np.degrees(angles_between(np.array(values[3:]), want)) < 0.3, name
        eye = quaternions(world[key, INDEX["leftEye"]][None])[0]  # 20 degrees inwards, 24 outwards: about as far
        assert np.degrees(angles_between(np.array(frame["bones"]["leftEye"][3:]), eye)) < 1.2
        assert frame["weights"].get("jawOpen", 0.0) == pytest.approx(float(clip.shapes["jawOpen"][key]), abs=0.01)
        assert frame["weights"].get("blink", 0.0) == pytest.approx(float(clip.shapes["eyeBlinkLeft"][key]), abs=0.01)


def test_lids_and_sounds_become_presets():
    one, half = np.ones(3), np.full(3, 0.5)
    assert set(as_expressions({"eyeBlinkLeft": one, "eyeBlinkRight": half})) == {"blinkLeft", "blinkRight"}
    assert set(as_expressions({"eyeBlinkLeft": one, "eyeBlinkRight": one})) == {"blink"}
    sounds = as_expressions({"viseme_I": half, "viseme_DD": one, "viseme_sil": one, "mouthSmileLeft": half})
    assert sorted(sounds) == ["ih", "mouthSmileLeft"]
    assert (sounds["ih"] == 0.5).all()


def test_a_file_per_clip_on_platforms_for_vrm(avatar):
    one, two = avatar.clips[0], replace(avatar.clips[0], name="Armature|mixamo.com")
    for platform in ("vrm", "vrchat"):
        table = PLATFORMS[platform]
        base = replace(avatar, springs=(), clips=(one, two))
        made = run([s for s in table.finish_for(False) if s.name in ("adapt_skeleton", "rename_shapes")], base)[0]
        files = table.clips(made)
        assert list(files) == ["_busy.vrma", "_Armature_mixamo_com.vrma"]
        told = document(files["_busy.vrma"])["extensions"][NAME]
        assert len(told["humanoid"]["humanBones"]) == 53
        assert "aa" in told["expressions"]["preset"]
    with pytest.raises(RecipeError, match="animation"):
        PLATFORMS["vrm"].clips(replace(avatar, clips=()))
    assert VrmOptions().bones == {}
