"""Stray shoulders, and hints that tell which way a figure faces."""

import numpy as np

from avatar_foundry.autorig.plausible import even_shoulders, given_across

STANDING = {
    "hips": (0, 0.53, 0),
    "neck": (0, 0.84, 0),
    "head": (0, 0.88, 0),
    "leftShoulder": (0.03, 0.82, 0),
    "rightShoulder": (-0.03, 0.82, 0),
    "leftUpperArm": (0.1, 0.81, 0),
    "rightUpperArm": (-0.1, 0.81, 0),
    "leftLowerArm": (0.25, 0.8, 0),
    "rightLowerArm": (-0.25, 0.8, 0),
    "leftHand": (0.4, 0.8, 0),
    "rightHand": (-0.4, 0.8, 0),
}


def joints(**moved: tuple[float, float, float]) -> dict[str, np.ndarray]:
    return {name: np.array(p, float) for name, p in {**STANDING, **moved}.items()}


def test_even_shoulders_stay() -> None:
    before = joints(rightUpperArm=(-0.1, 0.84, 0))
    after, strayed = even_shoulders(before, frozenset())
    assert strayed == ()
    assert all(after[n] is before[n] for n in before)


def test_a_shoulder_at_the_crown_comes_down_to_the_other() -> None:
    after, strayed = even_shoulders(joints(rightUpperArm=(-0.02, 0.98, 0), rightShoulder=(0, 0.97, 0)), frozenset())
    assert strayed == ("right",)
    assert np.allclose(after["rightUpperArm"], (-0.1, 0.81, 0))
    assert np.allclose(after["rightShoulder"], (-0.03, 0.82, 0))


def test_what_a_person_named_stays() -> None:
    moved = joints(rightUpperArm=(-0.02, 0.98, 0))
    after, _ = even_shoulders(moved, frozenset({"rightUpperArm"}))
    assert np.allclose(after["rightUpperArm"], (-0.02, 0.98, 0))


def test_hints_tell_left_from_right() -> None:
    assert given_across({"leftHand": np.array([0.4, 0.8, 0])}) > 0
    assert given_across({"leftHand": np.array([-0.4, 0.8, 0]), "rightHand": np.array([0.4, 0.8, 0])}) < 0
    assert given_across({"head": np.array([0.4, 0.8, 0])}) == 0
