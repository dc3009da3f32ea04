"""Poses are absolute, share the girdle and the twists, and baking T or A is exact."""

from dataclasses import replace

import numpy as np
import pytest
from tests.rig.bodies import avatar, body

from avatar_foundry.avatar import Avatar
from avatar_foundry.humanoid import INDEX, NAMES
from avatar_foundry.rig import POSES, bake_pose, ground, place_skeleton, pose_matrices, skin_normals, skin_positions
from avatar_foundry.rig.pose import joint_turn, posed_rotations, roll_of


def angle(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))))


def rest(a: Avatar) -> np.ndarray:
    assert a.skeleton is not None
    return a.skeleton.rest


def test_there_are_the_twelve_poses() -> None:
    assert list(POSES) == [
        "T",
        "A",
        "arms_up",
        "arms_forward",
        "arms_crossed",
        "elbows_120",
        "forearms_rolled_90",
        "squat",
        "knees_120",
        "stride",
        "spine_bent_40",
        "head_turned_60",
    ]


@pytest.mark.parametrize("name", list(POSES))
def test_a_pose_looks_the_same_from_every_rest_pose(name: str) -> None:
    own = avatar("man")
    wanted = posed_rotations(own.skeleton, POSES[name])
    for rested in (bake_pose(own, "T"), bake_pose(own, "A")):
        assert np.abs(posed_rotations(rested.skeleton, POSES[name]) - wanted).max() < 1e-5


@pytest.mark.parametrize("name", list(POSES))
def test_matrices_are_rigid_and_keep_bones_joined(name: str) -> None:
    skeleton = place_skeleton(body("woman"))
    m = pose_matrices(skeleton, POSES[name]).astype(np.float64)
    assert np.abs(np.swapaxes(m[:, :3, :3], 1, 2) @ m[:, :3, :3] - np.eye(3)).max() < 1e-5
    at = skeleton.rest[:, :, 3].astype(np.float64)
    for i, parent in enumerate(skeleton.parents):
        if parent >= 0:
            assert np.abs(m[i] @ at[i] - m[parent] @ at[i]).max() < 1e-5


@pytest.mark.parametrize("name", [n for n in POSES if n not in ("arms_crossed", "stride", "head_turned_60")])
def test_poses_that_are_the_same_on_both_sides_are(name: str) -> None:
    rotations = posed_rotations(place_skeleton(body("child")), POSES[name])
    flip = np.array([[1, -1, -1], [-1, 1, 1], [-1, 1, 1]])
    for n in NAMES:
        if n.startswith("left") and not n.endswith("Eye"):
            assert np.abs(rotations[INDEX[n]] * flip - rotations[INDEX["right" + n[4:]]]).max() < 1e-5, n


def test_the_twist_is_half_of_the_hands_roll() -> None:
    skeleton = bake_pose(avatar("man"), "T").skeleton
    assert skeleton is not None
    r = posed_rotations(skeleton, POSES["forearms_rolled_90"])
    local = r[INDEX["leftLowerArm"]].T @ r[INDEX["leftLowerArmTwist"]]
    assert np.allclose(local, joint_turn(roll=-45), atol=1e-5)
    for side in ("left", "right"):
        assert np.allclose(r[INDEX[f"{side}Hand"], :, 2], [0, 0, 1], atol=1e-5)  # palms to the front


def test_the_roll_of_a_swing_is_nothing() -> None:
    assert np.allclose(roll_of(joint_turn(bend=70, tilt=0), 0.5), np.eye(3))
    assert np.allclose(roll_of(joint_turn(roll=50), -0.5), joint_turn(roll=-25))


def test_raised_arms_take_the_shoulder_girdle_along() -> None:
    skeleton = bake_pose(avatar("woman"), "T").skeleton
    assert skeleton is not None
    r = posed_rotations(skeleton, POSES["arms_up"])
    assert 25 < angle(r[INDEX["leftShoulder"], :, 1], skeleton.rest[INDEX["leftShoulder"], :3, 1]) < 28
    assert angle(r[INDEX["leftUpperArm"], :, 1], np.array([0.0, 1, 0])) == pytest.approx(10, abs=1e-3)


def test_a_t_pose_is_what_unity_accepts(shape: str) -> None:
    r = rest(bake_pose(avatar(shape), "T"))
    y = r[:, :3, 1]
    for side, out in (("left", 1.0), ("right", -1.0)):
        level = np.array([out, 0, 0])
        for bone, limit in (("UpperArm", 5), ("LowerArm", 5), ("Hand", 10), ("Shoulder", 20)):
            assert angle(y[INDEX[side + bone]], level) < limit, bone
        for finger in ("Index", "Middle", "Ring", "Little"):
            for segment in ("Proximal", "Intermediate", "Distal"):
                assert angle(y[INDEX[side + finger + segment]], level) < 4, finger
        for segment in ("Metacarpal", "Proximal", "Distal"):
            assert angle(y[INDEX[f"{side}Thumb{segment}"]], np.array([out, 0, 1])) < 4
        assert angle(y[INDEX[f"{side}UpperLeg"]], np.array([out * 0.05, -1, 0])) < 15
        assert angle(y[INDEX[f"{side}LowerLeg"]], np.array([out * 0.05, -1, -0.15])) < 20
        assert angle(y[INDEX[f"{side}Foot"]] * [1, 0, 1], np.array([out * 0.05, 0, 1])) < 20
        assert angle(r[INDEX[f"{side}Hand"], :3, 2], np.array([0.0, -1, 0])) < 1  # palms down
    for bone in ("spine", "chest", "upperChest", "neck"):
        assert angle(y[INDEX[bone]], np.array([0.0, 1, 0])) < 30


def test_an_a_pose_has_the_arms_45_degrees_down(shape: str) -> None:
    y = rest(bake_pose(avatar(shape), "A"))[:, :3, 1]
    for bone in ("leftUpperArm", "leftLowerArm"):
        assert angle(y[INDEX[bone]], np.array([1.0, -1, 0])) < 0.1


def test_baking_moves_bones_and_skin_alike_and_only_arms() -> None:
    own = avatar("man")
    baked = bake_pose(own, "T")
    before, after = own.parts[0].mesh, baked.parts[0].mesh
    still = np.abs(before.positions - after.positions).max(1) == 0
    assert still.mean() > 0.3
    low = before.positions[:, 1] < before.positions[:, 1].min() + 0.6 * np.ptp(before.positions[:, 1])
    middle = np.abs(before.positions[:, 0]) < 0.2
    assert still[low & middle].all()
    face, hand = after.morphs
    assert face.delta is before.morphs[0].delta
    assert not np.array_equal(hand.delta, before.morphs[1].delta)
    lengths = np.linalg.norm(hand.delta, axis=1) / np.linalg.norm(before.morphs[1].delta, axis=1)
    assert 0.6 < lengths.min() <= lengths.max() < 1.0001
    assert after.normals is not None
    assert np.abs(np.linalg.norm(after.normals, axis=1) - 1).max() < 1e-4


def test_a_rigid_plate_stays_rigid_in_the_bake() -> None:
    own = avatar("man")
    mesh = own.parts[0].mesh
    assert mesh.joints is not None
    joints, weights = np.zeros_like(mesh.joints), np.zeros((len(mesh.joints), 4), np.float32)
    joints[:, 0], weights[:, 0] = INDEX["leftLowerArm"], 1
    plate = replace(own.parts[0], lods=(replace(mesh, joints=joints, weights=weights),))
    baked = bake_pose(replace(own, parts=(plate,)), "T").parts[0].mesh
    before, after = (np.linalg.norm(np.diff(m.positions, axis=0), axis=1) for m in (mesh, baked))
    assert np.abs(before - after).max() < 1e-6


def test_baking_twice_changes_nothing() -> None:
    for pose in ("T", "A"):
        baked = bake_pose(avatar("child"), pose)
        assert bake_pose(baked, pose) is baked


def test_skinning_by_identity_changes_nothing() -> None:
    mesh = avatar("woman").parts[0].mesh
    identity = np.tile(np.eye(4, dtype=np.float32), (65, 1, 1))
    assert np.abs(skin_positions(mesh, identity) - mesh.positions).max() < 3e-7
    assert mesh.normals is not None
    assert np.abs(skin_normals(mesh, identity) - mesh.normals).max() < 1e-5


def test_grounded_avatars_stand_on_zero() -> None:
    own = avatar("giant")
    low = ground(own)
    assert abs(low.parts[0].mesh.positions[:, 1].min()) < 1e-6
    drop = rest(own)[:, :3, 3] - rest(low)[:, :3, 3]
    assert np.abs(drop - drop[0]).max() < 1e-6
    assert ground(low) is low


def test_feet_stay_at_their_height_in_a_squat() -> None:
    skeleton = place_skeleton(body("man"))
    m = pose_matrices(skeleton, POSES["squat"])
    at = (m @ skeleton.rest[:, :, 3:4])[:, 1, 0]
    feet = [INDEX[n] for n in ("leftFoot", "rightFoot", "leftToesEnd", "rightToesEnd")]
    assert at[feet].min() == pytest.approx(skeleton.rest[feet, 1, 3].min(), abs=1e-4)
    assert at[INDEX["hips"]] < skeleton.rest[0, 1, 3] - 0.2
