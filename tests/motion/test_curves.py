"""Curves keep to their keys, envelopes never cut off what they cover, limbs end where they are asked to."""

import numpy as np
import pytest

from avatar_foundry.motion.curves import curve, delayed, ease, envelope
from avatar_foundry.motion.limbs import STRAIGHT, hanging, solve
from avatar_foundry.motion.turning import about, carried, mixed, roll_about_y, unit
from avatar_foundry.rig.pose import joint_turn, roll_of

KEYS = [[0.0, 1.0], [0.4, 3.0], [0.5, 3.0], [1.1, -2.0], [2.0, 1.0]]


@pytest.mark.parametrize("period", [0.0, 2.0])
def test_a_curve_goes_through_its_keys_and_never_beyond(period: float) -> None:
    at, value = np.array(KEYS).T
    assert np.abs(curve(at, KEYS, period) - value).max() < 1e-12
    fine = curve(np.linspace(0.0, 2.0, 500), KEYS, period)
    assert fine.max() <= 3.0 + 1e-9
    assert fine.min() >= -2.0 - 1e-9


def test_a_cyclic_curve_repeats_smoothly() -> None:
    t = np.linspace(0.0, 2.0, 50)
    assert np.abs(curve(t + 2.0, KEYS, 2.0) - curve(t, KEYS, 2.0)).max() < 1e-9
    e = 1e-6
    left, right = (curve(np.array([x - e, x]), KEYS, 2.0) for x in (2.0, 2.0 + e))
    assert abs((left[1] - left[0]) - (right[1] - right[0])) / e < 1e-3


def test_without_a_period_the_ends_hold() -> None:
    assert curve(np.array([-1.0, 5.0]), KEYS).tolist() == [1.0, 1.0]
    assert curve(np.array([0.3]), 7.0).tolist() == [7.0]


@pytest.mark.parametrize("loop", [False, True])
def test_an_envelope_covers_its_values(loop: bool) -> None:
    values = np.maximum(np.sin(np.linspace(0, 4 * np.pi, 61)), 0.0)
    over = envelope(values, 4, loop)
    assert (over >= values - 1e-12).all()
    assert np.abs(np.diff(over, 2)).max() < 0.12
    assert not loop or abs(over[0] - over[-1]) < 1e-12


def test_a_delay_of_a_whole_loop_changes_nothing() -> None:
    values = np.sin(np.linspace(0, 2 * np.pi, 31))
    assert np.abs(delayed(values, 30, True) - values).max() < 1e-12
    assert delayed(values, 2.0, False)[:3].tolist() == [values[0]] * 3


def test_ease_starts_and_ends_still() -> None:
    assert ease(np.array([-1.0, 0.0, 0.5, 1.0, 2.0])).tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_two_bones_end_at_their_target_and_bend_about_their_hinge() -> None:
    start = np.zeros((3, 3))
    target = np.array([[0.1, -0.6, 0.2], [0.0, -0.5, 0.4], [0.3, -0.2, 0.3]])
    hinge = np.tile([1.0, 0.0, 0.0], (3, 1))
    up, low, axis = solve(start, target, (0.4, 0.35), hinge)
    assert np.abs(0.4 * up + 0.35 * low - target).max() < 1e-9
    assert ((np.cross(up, low) * axis).sum(-1) > 0).all()
    assert (axis[:, 0] > 0.5).all()


def test_a_target_out_of_reach_is_approached_without_a_snap() -> None:
    way = np.linspace(0.5, 1.2, 400)
    target = np.stack([0 * way, -way, 0 * way], axis=1)
    up, low, _ = solve(np.zeros_like(target), target, (0.4, 0.4), np.tile([1.0, 0.0, 0.0], (400, 1)))
    length = np.linalg.norm(0.4 * up + 0.4 * low, axis=1)
    assert length.max() <= STRAIGHT * 0.8 + 1e-9
    bend = np.degrees(np.arccos(np.clip((up * low).sum(-1), -1, 1)))
    assert np.abs(np.diff(bend, 2)).max() < 0.35


@pytest.mark.parametrize(("side", "x"), [(0, 1.0), (1, -1.0)])
def test_limbs_hang_swing_to_the_front_and_out_to_their_side(side: int, x: float) -> None:
    zero = np.zeros(1)
    hang = hanging(side, zero, zero, zero, zero + 90, hinge=-1.0)
    assert np.allclose(hang.upper, [[0, -1, 0]])
    assert np.allclose(hang.lower, [[0, 0, 1]])  # an elbow bends to the front
    assert np.allclose(hanging(side, zero + 90, zero, zero, zero, hinge=-1.0).upper, [[0, 0, 1]], atol=1e-12)
    assert np.allclose(hanging(side, zero, zero + 90, zero, zero, hinge=-1.0).upper, [[x, 0, 0]], atol=1e-12)
    inward = hanging(side, zero, zero, zero + 90, zero + 90, hinge=-1.0)
    assert np.allclose(inward.lower, [[-x, 0, 0]], atol=1e-12)
    assert np.allclose(hanging(side, zero, zero, zero, zero + 90, hinge=1.0).lower, [[0, 0, -1]], atol=1e-12)


def test_the_vectorised_turns_agree_with_the_poses() -> None:
    turn = joint_turn(bend=30, roll=50, tilt=-20)
    assert np.allclose(roll_about_y(turn[None], 0.5)[0], roll_of(turn, 0.5))
    a, b = unit(np.array([[1.0, 2.0, 3.0]])), unit(np.array([[-2.0, 0.5, 1.0]]))
    assert np.allclose(carried(a, a, b), b)
    half = mixed(about(0, np.zeros(1)), about(0, np.full(1, 90.0)), np.array([0.5]))
    assert np.allclose(half, about(0, np.array([45.0])))
