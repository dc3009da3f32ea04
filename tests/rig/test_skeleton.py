"""AXIS-65 in every body: inside it, symmetric, with the documented axes."""

import numpy as np
import pytest
from tests.rig.bodies import body

from avatar_foundry.humanoid import AXIS65, INDEX, MAIN_CHILD, NAMES, PARENTS, T_AXES, TWISTS, mirror
from avatar_foundry.rig import place_skeleton
from avatar_foundry.rig.frames import t_frames, turn_between


def test_axes_are_right_handed_and_mirrored() -> None:
    frames = t_frames()
    assert np.allclose(np.linalg.det(frames), 1)
    for name, (x, y) in T_AXES.items():
        other = T_AXES[mirror(name)]
        if name.endswith("Eye"):
            assert other == (x, y)
            continue
        assert np.allclose(other[1], np.array(y) * [-1, 1, 1])
        assert np.allclose(other[0], -np.array(x) * [-1, 1, 1])


@pytest.mark.parametrize(
    ("bone", "towards"),
    [
        ("leftUpperArm", (0, -1, 0)),  # lowers
        ("leftLowerArm", (0, 0, 1)),  # to the front
        ("leftHand", (0, -1, 0)),  # towards the palm
        ("rightHand", (0, -1, 0)),
        ("rightLowerArm", (0, 0, 1)),
        ("leftShoulder", (0, 1, 0)),
        ("leftUpperLeg", (0, 0, 1)),
        ("leftLowerLeg", (0, 0, -1)),
        ("rightLowerLeg", (0, 0, -1)),
        ("leftFoot", (0, 1, 0)),
        ("leftToes", (0, -1, 0)),
        ("spine", (0, 0, 1)),
        ("jaw", (0, 1, 0)),  # closes
    ],
)
def test_a_positive_turn_about_x_bends_like_the_muscle(bone: str, towards: tuple[float, ...]) -> None:
    x, y = (np.array(a) for a in T_AXES[bone])
    assert np.allclose(np.cross(x, y), towards)


def test_every_joint_lies_inside_its_body(shape: str) -> None:
    skeleton, surface = place_skeleton(body(shape)), body(shape)[:13380]
    low, high = surface.min(0), surface.max(0)
    at = skeleton.rest[:, :3, 3]
    assert ((at > low - 1e-4) & (at < high + 1e-4)).all()
    spine = [at[INDEX[n], 1] for n in ("hips", "spine", "chest", "upperChest", "neck", "head")]
    assert (np.diff(spine) > 0.02 * (high - low)[1]).all()
    assert max(np.diff(spine)) < 0.2 * (high - low)[1]


def test_the_skeleton_of_a_symmetric_body_is_exactly_symmetric(shape: str) -> None:
    rest = place_skeleton(body(shape)).rest
    for i, name in enumerate(NAMES):
        other = rest[INDEX[mirror(name)]]
        assert np.abs(rest[i, :3, 3] * [-1, 1, 1] - other[:3, 3]).max() <= 1e-7
        flip = np.array([[1, -1, -1], [-1, 1, 1], [-1, 1, 1]])
        if not name.endswith("Eye"):
            assert np.abs(rest[i, :3, :3] * flip - other[:3, :3]).max() <= 1e-6


def test_a_lopsided_body_keeps_its_own_sides() -> None:
    base = body("man").copy()
    base[base[:, 0] > 0.2] += np.float32([0.03, 0, 0])
    rest = place_skeleton(base).rest[:, :3, 3]
    assert rest[INDEX["leftHand"], 0] > -rest[INDEX["rightHand"], 0] + 0.02


def test_y_points_to_the_main_child_and_frames_are_rotations(shape: str) -> None:
    rest = place_skeleton(body(shape)).rest.astype(np.float64)
    r = rest[:, :3, :3]
    assert np.abs(np.swapaxes(r, 1, 2) @ r - np.eye(3)).max() < 1e-6
    assert np.allclose(np.linalg.det(r), 1, atol=1e-6)
    for name, child in MAIN_CHILD.items():
        way = rest[INDEX[child], :3, 3] - rest[INDEX[name], :3, 3]
        assert r[INDEX[name], :, 1] @ way > 0.99999 * np.linalg.norm(way), name
    for name in ("leftEye", "rightEye"):
        assert np.array_equal(r[INDEX[name]], np.eye(3))


def test_twist_bones_halve_their_segment_with_the_axes_of_their_parent() -> None:
    rest = place_skeleton(body("woman")).rest
    for name in TWISTS:
        i = INDEX[name]
        parent = NAMES[PARENTS[i]]
        middle = (rest[INDEX[parent], :3, 3] + rest[INDEX[MAIN_CHILD[parent]], :3, 3]) / 2
        assert np.allclose(rest[i, :3, 3], middle, atol=1e-6)
        assert np.array_equal(rest[i, :3, :3], rest[INDEX[parent], :3, :3])


def test_the_elbow_bends_about_its_own_axis() -> None:
    rest = place_skeleton(body("man")).rest
    upper, lower = rest[INDEX["leftUpperArm"], :3, 1], rest[INDEX["leftLowerArm"], :3, 1]
    axis = np.cross(upper, lower)
    assert np.allclose(rest[INDEX["leftLowerArm"], :3, 0], axis / np.linalg.norm(axis), atol=1e-5)


def test_the_main_child_comes_before_the_twist() -> None:
    order = [b.name for b in AXIS65]
    for name in TWISTS:
        parent = NAMES[PARENTS[INDEX[name]]]
        assert order.index(MAIN_CHILD[parent]) < order.index(name)


def test_the_smallest_turn_between_opposite_directions_is_a_half_turn() -> None:
    turn = turn_between(np.array([0.0, 1, 0]), np.array([0.0, -1, 0]))
    assert np.allclose(turn @ [0, 1, 0], [0, -1, 0])
    assert np.isclose(np.linalg.det(turn), 1)


def test_eyes_sit_in_the_middle_of_their_eyeballs(shape: str) -> None:
    base = body(shape)
    ball = base[14598:14670]
    centre = (ball.min(0) + ball.max(0)) / 2
    assert np.linalg.norm(place_skeleton(base).rest[INDEX["leftEye"], :3, 3] - centre) < 0.0015
