"""Every platform: builds, keeps the surface, passes its own rules, validates, is byte-stable."""

import re
from dataclasses import replace

import numpy as np
import pytest
from tests.figures import figure

from avatar_foundry.avatar import Avatar, Skeleton
from avatar_foundry.geometry.rotations import rotation_matrices
from avatar_foundry.humanoid import INDEX, NAMES, PARENTS
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.rules import inspect
from avatar_foundry.stages.adapt_skeleton import adapt_skeleton, renamed


def finished(platform: str, avatar: Avatar | None = None) -> Avatar:
    return run(PLATFORMS[platform].finish, avatar or figure())[0]


def pose(skeleton: Skeleton, rotations: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Skinning matrices (J, 4, 4) for local rotations (J, 4); the hips' parent frame is the identity."""
    rest = skeleton.rest.astype(np.float64)
    world = np.empty_like(rest)
    for i, up in enumerate(skeleton.parents.tolist()):
        local = (np.linalg.inv(rest[up]) @ rest[i]) if up >= 0 else rest[i].copy()
        local[:3, :3] = rotation_matrices(rotations[i])
        if np.allclose(rest[i, :3, 3], root):
            local[:3, 3] = root
        world[i] = world[up] @ local if up >= 0 else local
    return world @ np.linalg.inv(rest)


def surface(avatar: Avatar, rotations: np.ndarray) -> np.ndarray:
    """(V, 3) all parts, whether an atlas made one of them or not."""
    matrices, out = pose(avatar.skeleton, rotations, np.array([0.0, 1.0, 0.0])), []
    for mesh in (p.mesh for p in avatar.parts):
        blended = np.einsum("vk,vkij->vij", mesh.weights, matrices[mesh.joints])
        out.append(np.einsum("vij,vj->vi", blended[:, :3, :3], mesh.positions) + blended[:, :3, 3])
    return np.concatenate(out)


def test_the_platforms_are_there():
    assert set(PLATFORMS) >= {"ar", "unity", "unreal", "godot", "web", "blender"}


WHOLE = sorted(set(PLATFORMS) - {"roblox"})  # the others are made anew: tests/roblox


@pytest.mark.parametrize("platform", WHOLE)
def test_rest_surface_does_not_move(platform):
    before, after = figure(), finished(platform)
    old, new = (np.concatenate([p.mesh.positions for p in a.parts]) for a in (before, after))
    assert (old == new).all()
    for new in after.parts:
        assert np.abs(new.mesh.weights.sum(axis=1) - 1).max() < 1e-6
        assert (np.diff(new.mesh.weights, axis=1) <= 0).all()
        assert int(new.mesh.joints.max()) < len(after.skeleton.names)


@pytest.mark.parametrize("platform", WHOLE)
def test_clips_move_the_surface_as_before(platform):
    before, after = figure(), finished(platform)
    for key in range(3):
        old = surface(before, before.clips[0].rotations[key])
        assert np.abs(surface(after, after.clips[0].rotations[key]) - old).max() < 1e-5


@pytest.mark.parametrize("platform", WHOLE)
def test_files_validate_and_repeat(platform, khronos):
    avatar = finished(platform)
    files = PLATFORMS[platform].write(avatar, PLATFORMS[platform], "none")
    small = ["figure_small.glb"] if platform == "web" else []
    assert list(files) == ["figure.glb", "figure_lod1.glb", "figure_lod2.glb", *small]
    assert files == PLATFORMS[platform].write(finished(platform), PLATFORMS[platform], "none")
    khronos(files)


@pytest.mark.parametrize("platform", WHOLE)
def test_it_passes_its_own_rules(platform):
    avatar = finished(platform)
    assert [f for f in inspect(avatar, PLATFORMS[platform]) if f[0] == "error"] == []


@pytest.mark.parametrize("platform", WHOLE)
def test_bones_keep_right_handed_unit_axes(platform):
    axes = finished(platform).skeleton.rest[:, :3, :3].astype(np.float64)
    assert np.abs(axes @ axes.transpose(0, 2, 1) - np.eye(3)).max() < 1e-6
    assert (np.linalg.det(axes) > 0).all()


@pytest.mark.parametrize("platform", WHOLE)
def test_three_finds_the_bones(platform, three):
    avatar = finished(platform)
    codec = "meshopt" if "meshopt" in PLATFORMS[platform].codecs else "none"
    files = PLATFORMS[platform].write(avatar, PLATFORMS[platform], codec)
    seen = three(files["figure.glb"])
    assert set(seen["bones"]) == {re.sub(r"[\[\].:/]", "", n) for n in avatar.skeleton.names}


def test_twists_and_jaw_are_folded_up_for_the_web():
    avatar = finished("web")
    assert not [n for n in avatar.skeleton.names if "wist" in n or "Jaw" in n]
    mesh, shirt = (
        avatar.parts[0].mesh,
        slice(-len(figure().parts[1].mesh.positions), None),
    )  # one mesh: body, then shirt
    # the shirt is bound to spine and leftUpperArmTwist
    used = {avatar.skeleton.names[j] for j in mesh.joints[shirt][mesh.weights[shirt] > 0]}
    assert used == {"Spine", "LeftArm"}


def test_web_has_the_names_of_ready_player_me():
    names = finished("web").skeleton.names
    fingers = [f"LeftHand{f}{i}" for f in ("Thumb", "Index", "Middle", "Ring", "Pinky") for i in range(1, 5)]
    arm = ["LeftShoulder", "LeftArm", "LeftForeArm", "LeftHand"]
    leg = ["LeftUpLeg", "LeftLeg", "LeftFoot", "LeftToeBase", "LeftToe_End"]
    left = [*fingers, *arm, *leg, "LeftEye"]
    middle = ["Hips", "Spine", "Spine1", "Spine2", "Neck", "Head", "HeadTop_End"]
    assert set(names) == {*middle, *left, *(n.replace("Left", "Right", 1) for n in left)}
    assert len(names) == 67


def test_unity_thumbs_start_at_proximal():
    names = finished("unity").skeleton.names
    assert {"LeftThumbProximal", "LeftThumbIntermediate", "LeftThumbDistal"} <= set(names)
    assert "LeftThumbMetacarpal" not in names
    assert len(names) == 65


def test_unreal_has_the_mannequin_and_its_axes():
    avatar = finished("unreal")
    names, parents = avatar.skeleton.names, avatar.skeleton.parents
    up = {n: names[p] if p >= 0 else "" for n, p in zip(names, parents.tolist(), strict=True)}
    assert len(names) == 89 + 3  # eyes and jaw are ours
    assert (up["pelvis"], up["spine_05"], up["neck_02"]) == ("root", "spine_04", "neck_01")
    assert (up["index_01_l"], up["ik_hand_l"], up["calf_twist_02_r"]) == ("index_metacarpal_l", "ik_hand_gun", "calf_r")
    before = figure().skeleton
    for canonical, theirs, sign in (("leftUpperArm", "upperarm_l", 1), ("rightUpperArm", "upperarm_r", -1)):
        x = avatar.skeleton.rest[names.index(theirs), :3, 0]
        assert np.abs(x - sign * before.rest[INDEX[canonical], :3, 1]).max() < 1e-6
    assert (avatar.skeleton.rest[names.index("root")] == np.eye(4)).all()
    hand, ik = (avatar.skeleton.rest[names.index(n)] for n in ("hand_r", "ik_hand_gun"))
    assert (hand == ik).all()


def test_godot_hangs_hips_below_root():
    skeleton = finished("godot").skeleton
    assert skeleton.names[0] == "Root"
    assert skeleton.names[int(skeleton.parents[skeleton.names.index("Hips")])] == "Root"


def test_blender_marks_sides_so_that_mirroring_works():
    names = finished("blender").skeleton.names
    assert {"UpperArm.L", "UpperArm.R", "Hips"} <= set(names)
    assert {n[:-2] for n in names if n.endswith(".L")} == {n[:-2] for n in names if n.endswith(".R")}


def test_a_skeleton_without_fingers_is_adapted_all_the_same():
    keep = [i for i, n in enumerate(NAMES) if not any(f in n for f in ("Thumb", "Index", "Middle", "Ring", "Little"))]
    number = {old: new for new, old in enumerate(keep)}
    bones = figure().skeleton
    parents = np.array([number.get(PARENTS[i], -1) for i in keep], np.int16)
    small = Skeleton(tuple(NAMES[i] for i in keep), parents, bones.rest[keep])
    avatar = replace(figure(), skeleton=small, clips=(), parts=())
    names = finished("unreal", avatar).skeleton.names
    assert "hand_l" in names
    assert not [n for n in names if n.startswith(("thumb", "index"))]


def test_nothing_to_do_returns_the_same_avatar():
    avatar = figure()
    assert adapt_skeleton(renamed(NAMES, PARENTS, lambda n: n)).apply(avatar) is avatar


def test_an_avatar_without_skeleton_is_left_alone():
    avatar = replace(figure(), skeleton=None)
    assert PLATFORMS["unity"].finish[0].apply(avatar) is avatar
