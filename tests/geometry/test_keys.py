"""Fewer keys: interpolation gives back what was left out."""

import numpy as np
import pytest

from avatar_foundry.geometry.keys import angles_between, linear_keys, nlerp, same_hemisphere, slerp, slerp_keys

TIMES = np.arange(61) / 30.0


def swings() -> np.ndarray:
    """(61, 3, 4): a joint that swings, one that stays bent, one that turns evenly; signs at random."""
    angle = np.stack([0.6 * np.sin(4 * TIMES), np.full(61, 0.3), 1.2 * TIMES], axis=1)
    axis = np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]])
    q = np.concatenate([np.sin(angle / 2)[..., None] * axis, np.cos(angle / 2)[..., None]], axis=2)
    sign = np.random.default_rng(2).choice([-1.0, 1.0], (61, 3, 1))
    return q * sign


@pytest.mark.parametrize("degrees", [0.05, 0.5])
def test_left_out_turns_come_back_within_the_tolerance(degrees: float) -> None:
    q = swings()
    keep = slerp_keys(TIMES, q, np.radians(degrees))
    assert keep[:, 1].sum() == 1
    assert keep[:, 2].sum() < 16  # turns evenly: no more than players that follow the chord need
    assert keep[:, 0].sum() < (60 if degrees < 0.1 else 30)
    for k in range(3):
        own = np.flatnonzero(keep[:, k])
        right = np.clip(np.searchsorted(own, np.arange(61)), 1, max(len(own) - 1, 1)).clip(max=len(own) - 1)
        a, b = own[np.maximum(right - 1, 0)], own[right]
        share = (TIMES - TIMES[a]) / np.maximum(TIMES[b] - TIMES[a], 1e-9)
        for way in (slerp, nlerp):
            assert np.degrees(angles_between(way(q[a, k], q[b, k], share), q[:, k]).max()) <= degrees + 1e-9


def test_left_out_places_come_back_within_the_tolerance() -> None:
    values = np.stack([np.sin(3 * TIMES), TIMES, 0.2 + 0 * TIMES], axis=1)[:, :, None]
    keep = linear_keys(TIMES, values, 1e-3)
    assert keep.sum(axis=0)[1:].tolist() == [2, 1]
    for k in range(3):
        back = np.interp(TIMES, TIMES[keep[:, k]], values[keep[:, k], k, 0])
        assert np.abs(back - values[:, k, 0]).max() <= 1e-3
    assert keep[0].all()
    assert keep[-1, :2].all()


def test_single_keys_and_no_tracks() -> None:
    assert slerp_keys(TIMES[:1], swings()[:1], 0.1).all()
    assert linear_keys(TIMES, np.zeros((61, 0, 3)), 0.1).shape == (61, 0)


def test_neighbours_lie_on_one_side() -> None:
    q = same_hemisphere(swings())
    assert (np.einsum("tjc,tjc->tj", q[1:], q[:-1]) > 0).all()
    assert angles_between(q, swings()).max() < 1e-12
