"""The mannequin's skeleton, as the bytes of files have it."""

import json

import numpy as np
import pytest
from tests.engines.unreal_rules import check, mannequin
from tests.figures import figure
from tests.platforms.standing import adapted, standing

from avatar_foundry.face.names import ARKIT
from avatar_foundry.formats import FbxOptions, write_fbx, write_glb
from avatar_foundry.geometry.rotations import powered
from avatar_foundry.humanoid import INDEX
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.platforms.metahuman import CURVES
from avatar_foundry.stages.adapt_skeleton import turn_to


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    avatar = adapted("unreal")
    return {"a.glb": write_glb(avatar), "a.fbx": write_fbx(avatar, FbxOptions(up="z", levels="group"))}


@pytest.mark.parametrize("name", ["a.glb", "a.fbx"])
def test_files_have_the_mannequin(files, name):
    assert check(files[name], name) == []


def test_the_mannequin_has_89_joints():
    assert len(mannequin()) == 89


def test_the_checker_sees_wrong_axes_and_units(files):
    plain = write_fbx(adapted("unreal"), FbxOptions(up="y"))
    assert any("UpAxis" in fault for fault in check(plain, "a.fbx"))
    assert check(write_glb(standing()), "a.glb")


def middle_of(mesh, joint):
    """(3,) where the skin of a joint lies on average, metres."""
    share = (mesh.weights * (mesh.joints == joint)).sum(axis=1)
    return share @ mesh.positions / share.sum()


def test_both_twists_share_the_skin_along_the_limb():
    avatar = adapted("unreal")
    mesh, names = avatar.parts[0].mesh, avatar.skeleton.names
    first, second = names.index("lowerarm_twist_01_l"), names.index("lowerarm_twist_02_l")
    assert np.abs(mesh.weights.sum(axis=1) - 1).max() < 1e-6
    near, far = (middle_of(mesh, joint) for joint in (first, second))
    assert near[0] > far[0] + 0.03  # 01 is next to the wrist
    before = standing().parts[0].mesh
    held = before.weights[before.joints == INDEX["leftLowerArmTwist"]].sum()
    assert mesh.weights[(mesh.joints == first) | (mesh.joints == second)].sum() == pytest.approx(held, rel=1e-4)


def test_a_rotation_to_a_power():
    quarter = np.array([[[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]])
    third = powered(quarter, 2 / 3)[0]
    assert np.degrees(np.arctan2(third[1, 0], third[0, 0])) == pytest.approx(60.0)
    assert np.abs(powered(quarter, 1.0) - quarter).max() < 1e-12


def test_turns_are_rotations():
    turn = turn_to("leftUpperArm", (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    assert np.abs(turn @ turn.T - np.eye(3)).max() == 0
    assert np.linalg.det(turn) == pytest.approx(1.0)


def test_metahuman_curves_for_all_of_arkits_shapes_but_one():
    assert [n for n in ARKIT if not CURVES[n]] == ["mouthClose"]
    assert CURVES["eyeLookInLeft"] == {"CTRL_expressions_eyeLookRightL": 1.0}
    assert len(CURVES["mouthPucker"]) == 12
    told = json.loads(PLATFORMS["unreal"].exports["metahuman"](figure()))
    assert set(told) <= {m.name for p in figure().parts for m in p.mesh.morphs}
    assert "jawOpen" in told
