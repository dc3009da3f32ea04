"""Unity's and Godot's own rules, re-implemented, on the bytes of files: what they say of ours, and of broken ones."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.engines import godot_rules, unity_rules
from tests.engines.rig_read import Rig, read_rig
from tests.engines.unity_mapper import REQUIRED, ROLES, auto_map, side_of, words_of
from tests.figures import shape
from tests.rules.broken import standing

from avatar_foundry.avatar import Avatar, Skeleton
from avatar_foundry.formats import FbxOptions, write_fbx, write_glb
from avatar_foundry.pipeline import run
from avatar_foundry.plan import plan
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.recipe import parse
from avatar_foundry.resolve import resolve

POSES = [("warrior", "T"), ("child", "T"), ("child", "A")]


@cache
def canonical(preset: str, pose: str) -> Avatar:
    """The avatar before any platform finishes it."""
    asked = {"preset": preset, "platform": "unity", "pose": pose, "lods": False, "texture_size": 256}
    finish = {s.name for s in PLATFORMS["unity"].finish}
    avatar, _ = run(s for s in plan(resolve(parse(asked)).recipe) if s.name not in finish)
    return replace(avatar, name=preset)


@cache
def seen(name: str, data: bytes) -> Rig:
    return read_rig(data, name)


@cache
def made(preset: str, pose: str, platform: str) -> Avatar:
    return run(PLATFORMS[platform].finish, canonical(preset, pose))[0]


@cache
def files(preset: str, pose: str, platform: str) -> dict[str, bytes]:
    avatar = made(preset, pose, platform)
    out = {f"{preset}.glb": write_glb(avatar)}
    if "fbx" in PLATFORMS[platform].exports:
        out[f"{preset}.fbx"] = PLATFORMS[platform].exports["fbx"](avatar)
    return out


@pytest.mark.parametrize(("preset", "pose"), POSES)
@pytest.mark.parametrize("platform", ["unity", "vrchat"])
def test_unity_maps_every_bone_and_finds_nothing(platform, preset, pose):
    for name, data in files(preset, pose, platform).items():
        assert unity_rules.check(data, name) == []
        mapped = auto_map(seen(name, data))
        assert set(mapped) == set(ROLES)
        assert all(role == bone for role, bone in mapped.items())


@pytest.mark.parametrize(("preset", "pose"), POSES)
def test_unitys_t_pose_has_only_the_arms_of_an_a_pose_against_it(preset, pose):
    for name, data in files(preset, pose, "unity").items():
        off = unity_rules.t_pose(seen(name, data))
        arms = {f"{side}{part}Arm" for side in ("Left", "Right") for part in ("Upper", "Lower")}
        assert {s.partition(":")[0] for s in off} == (arms if pose == "A" else set())


def test_unity_groups_the_levels_of_an_fbx():
    avatar = run(PLATFORMS["unity"].finish, standing())[0]
    rig = read_rig(write_fbx(avatar, FbxOptions(levels="names")), "figure.fbx")
    assert {m for m in rig.meshes if m.startswith("body")} == {"body_LOD0", "body_LOD1", "body_LOD2"}
    assert not list(unity_rules._levels(rig))
    gap = rig._replace(meshes=("body_LOD0", "body_LOD2"))
    assert list(unity_rules._levels(gap)) == ["body has the levels [0, 2]"]


@pytest.mark.parametrize("platform", ["mixamo", "web", "blender"])
def test_unity_maps_other_programs_names_too(platform):
    data = write_glb(made("child", "T", platform))
    mapped = auto_map(read_rig(data, "child.glb"))
    bones = PLATFORMS[platform].bones
    assert set(REQUIRED) <= set(mapped)
    for role, bone in {"leftHand": "LeftHand", "rightFoot": "RightFoot", "hips": "Hips", "head": "Head"}.items():
        assert mapped[bone] == bones[role]
    assert mapped["LeftMiddleIntermediate"] == bones["leftMiddleIntermediate"]


def child(**changes: object) -> Avatar:
    """The child for Unity, its skeleton changed; without pictures and shapes."""
    avatar = made("child", "T", "unity").map_meshes(lambda m: replace(m, morphs=()))
    return replace(avatar, materials=(), skeleton=replace(avatar.skeleton, **changes))


def said(avatar: Avatar) -> list[str]:
    return unity_rules.check(write_glb(avatar), "child.glb")


def renamed(**names: str) -> Avatar:
    return child(names=tuple(names.get(n, n) for n in child().skeleton.names))


def test_unity_finds_a_bone_by_its_place_alone_and_not_against_its_side():
    assert said(child()) == []
    assert said(renamed(LeftFoot="Gurke")) == []
    crossed = said(renamed(LeftHand="RightHand", RightHand="LeftHand"))
    assert any("Hand" in p for p in crossed)


def test_unity_says_that_a_shape_is_empty():
    avatar = child()
    body = replace(avatar.parts[0].mesh, morphs=(shape("nothing", [0], (0, 0, 1e-7)),))
    empty = replace(avatar, parts=(replace(avatar.parts[0], lods=(body,)), *avatar.parts[1:]))
    assert ["moves nothing" in p for p in said(empty)] == [True]


def test_gltfast_does_not_read_what_needs_a_package():
    rig = read_rig(write_glb(child()), "child.glb")
    asks = rig._replace(document={"extensionsRequired": ["EXT_meshopt_compression", "KHR_mesh_quantization"]})
    assert [p for p in unity_rules._gltf(asks) if "EXT_meshopt" in p]
    assert not list(unity_rules._gltf(rig))


@pytest.mark.parametrize(("above", "found"), [(1, True), (3, False)])
def test_unity_looks_no_deeper_than_two_nodes_above_the_hips(above, found):
    skeleton = child().skeleton
    parents = np.where(skeleton.parents < 0, above - 1, skeleton.parents + above)
    grown = Skeleton(
        (*(f"Top{k}" for k in range(above)), *skeleton.names),
        np.concatenate([np.arange(above) - 1, parents]).astype(np.int16),
        np.concatenate([np.tile(np.eye(4, dtype=np.float32), (above, 1, 1)), skeleton.rest]),
    )
    avatar = child().map_meshes(lambda m: replace(m, joints=m.joints + np.uint16(above)))
    assert ("Hips" in auto_map(read_rig(write_glb(replace(avatar, skeleton=grown)), "child.glb"))) == found
    assert (said(replace(avatar, skeleton=grown)) == []) == found


def test_sides_and_words_are_read_as_unity_does():
    assert [side_of(n) for n in ("LeftArm", "upperarm_l", "Hand.R", "Armour", "mixamorig:RightHand")] == [
        *("Left", "Left", "Right", "", "Right")
    ]
    assert words_of("mixamorig:LeftHandThumb1") == "left hand thumb1"


@pytest.mark.parametrize(("preset", "pose"), POSES)
def test_godot_finds_nothing(preset, pose):
    for name, data in files(preset, pose, "godot").items():
        assert godot_rules.check(data, name) == []
        rig = seen(name, data)
        assert set(godot_rules.PROFILE) <= set(rig.world)
        hanging = {s.partition(":")[0] for s in godot_rules.silhouette(rig)}
        if pose == "T":
            assert not hanging
        else:  # only what hangs on the arms
            assert {"LeftUpperArm", "RightUpperArm", "LeftHand"} <= hanging
            assert not {h for h in hanging if any(w in h for w in ("Leg", "Foot", "Spine", "Shoulder"))}


def test_godot_says_what_is_wrong():
    avatar = run(PLATFORMS["godot"].finish, standing())[0]
    named = replace(avatar, parts=(replace(avatar.parts[0], name="body-col"), avatar.parts[1]), clips=())
    assert any("-col" in p for p in godot_rules.check(write_glb(named), "f.glb"))
    meshopt = PLATFORMS["web"].write(avatar, PLATFORMS["web"], "meshopt")["figure.glb"]
    assert any("EXT_meshopt_compression" in p for p in godot_rules.check(meshopt, "f.glb"))
    unity = write_glb(made("child", "T", "unity"))
    assert any("Root" in p for p in godot_rules.check(unity, "f.glb"))


def test_godots_axes_are_checked():
    data = files("child", "T", "godot")["child.glb"]
    rig = read_rig(data, "child.glb")
    turned = {**rig.world, "LeftLowerArm": rig.world["LeftLowerArm"][:, [1, 2, 0, 3]]}
    assert any("+Y of LeftLowerArm" in p for p in godot_rules._axes(rig._replace(world=turned)))
