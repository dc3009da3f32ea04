"""Forearms, elbows and knees keep their flesh: the limits that the rig promises."""

import numpy as np
import pytest
from tests.rig.bodies import SHAPES, avatar

from avatar_foundry.humanoid import INDEX, NAMES
from avatar_foundry.rig import POSES, bake_pose, cut_sections, measure_sections, pose_matrices, skin_positions
from avatar_foundry.rig.pose import Pose, joint_turn

EVERYBODY = tuple(SHAPES)


def tube(radius: float = 1.0, sides: int = 64, rings: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """A tube along Y from 0 to 4."""
    angle = np.arange(sides) * 2 * np.pi / sides
    circle = np.stack([radius * np.cos(angle), 0 * angle, radius * np.sin(angle)], axis=1)
    points = np.concatenate([circle + np.array([0, y, 0]) for y in np.linspace(0, 4, rings)])
    a = np.arange(sides * (rings - 1))
    b = a // sides * sides + (a + 1) % sides
    faces = np.concatenate([np.stack([a, a + sides, b], 1), np.stack([b, a + sides, b + sides], 1)])
    return points.astype(np.float32), faces.astype(np.int32)


def test_a_tube_has_the_girth_and_area_of_its_polygon() -> None:
    points, faces = tube()
    cuts = cut_sections(points, faces, np.float32([0, 0, 0]), np.float32([0, 4, 0]), np.array([0.1, 0.5, 0.9]))
    perimeter, area = measure_sections(cuts, points)
    assert np.allclose(perimeter, 2 * np.pi, rtol=2e-3)
    assert np.allclose(area, np.pi, rtol=5e-3)
    perimeter, area = measure_sections(cuts, points * np.float32([2, 1, 2]))
    assert np.allclose(area, 4 * np.pi, rtol=5e-3)


def ratios(name: str, pose: Pose, kinds: tuple[str, ...], first: str, second: str, fractions: np.ndarray) -> np.ndarray:
    """(2, S) perimeter and area in `pose` over those in the T-pose, for sections of the left limb."""
    rested = bake_pose(avatar(name), "T")
    mesh, skeleton = rested.parts[0].mesh, rested.skeleton
    assert skeleton is not None
    assert mesh.joints is not None
    assert mesh.weights is not None
    wanted = [INDEX[n] for n in NAMES if n.removeprefix("left") in kinds]
    held = np.where(np.isin(mesh.joints, wanted), mesh.weights, 0).sum(1) > 0.5
    faces = mesh.faces[held[mesh.faces].all(1)]
    start, end = (skeleton.rest[INDEX[n], :3, 3] for n in (first, second))
    cuts = cut_sections(mesh.positions, faces, start, end, fractions)
    before = measure_sections(cuts, mesh.positions)
    after = measure_sections(cuts, skin_positions(mesh, pose_matrices(skeleton, pose)))
    return np.array([after[0] / before[0], after[1] / before[1]])


ARM = ("UpperArm", "UpperArmTwist", "LowerArm", "LowerArmTwist", "Hand")
LEG = ("UpperLeg", "UpperLegTwist", "LowerLeg", "LowerLegTwist", "Foot")


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_forearm_rolled_90_keeps_85_percent_of_its_girth(name: str) -> None:
    kept = ratios(name, POSES["forearms_rolled_90"], ARM, "leftLowerArm", "leftHand", np.linspace(0.1, 0.97, 30))
    assert kept[0].min() >= 0.85


@pytest.mark.parametrize("name", EVERYBODY)
def test_an_elbow_bent_120_keeps_80_percent_of_its_area(name: str) -> None:
    kept = ratios(name, POSES["elbows_120"], ARM, "leftLowerArm", "leftHand", np.linspace(-0.35, 0.35, 29))
    assert kept[1].min() >= 0.80


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_knee_bent_120_keeps_80_percent_of_its_area(name: str) -> None:
    kept = ratios(name, POSES["knees_120"], LEG, "leftLowerLeg", "leftFoot", np.linspace(-0.3, 0.3, 25))
    assert kept[1].min() >= 0.80


@pytest.mark.parametrize(
    ("bone", "first", "second"), [("UpperArm",) * 2 + ("LowerArm",), ("UpperLeg",) * 2 + ("LowerLeg",)]
)
def test_a_rolled_upper_limb_keeps_its_girth(bone: str, first: str, second: str) -> None:
    turns = np.tile(np.eye(3), (len(NAMES), 1, 1))
    turns[INDEX[f"left{bone}"]] = joint_turn(roll=60)
    kinds = ARM if bone == "UpperArm" else LEG
    kept = ratios("man", Pose("roll", "", turns), kinds, f"left{first}", f"left{second}", np.linspace(0.3, 0.95, 20))
    assert kept[0].min() >= 0.90


@pytest.mark.parametrize("pose", ["arms_up", "arms_forward"])
@pytest.mark.parametrize("name", EVERYBODY)
def test_shoulders_do_not_collapse(name: str, pose: str) -> None:
    kept = ratios(name, POSES[pose], (*ARM, "Shoulder"), "leftUpperArm", "leftLowerArm", np.linspace(0.25, 0.6, 12))
    assert kept[1].min() >= 0.90
