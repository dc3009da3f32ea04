"""Fewer keys: which samples of a track interpolation brings back by itself.

Douglas and Peucker 1973 over time, all tracks at once: between two kept keys the sample that lies farthest from what a
player would interpolate becomes a key, until none is farther than the tolerance. First and last samples always stay.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Keep = NDArray[np.bool_]
Rows = NDArray[np.int64]


def linear_keys(times: NDArray[Any], values: NDArray[Any], tolerance: NDArray[Any] | float) -> Keep:
    """(T, N) the keys that each of N tracks needs. values: (T, N, C), interpolated linearly.

    tolerance: for all tracks or (N,), in the unit of the values: what no component may be off by. A track that stays
    within it has its first key alone.
    """
    v = np.asarray(values, np.float64)

    def far(left: Rows, right: Rows, share: F64) -> F64:
        a, b = _taken(v, left), _taken(v, right)
        return np.asarray(np.abs(a + share[..., None] * (b - a) - v).max(axis=2, initial=0.0))

    return _needed(np.asarray(times, np.float64), v.shape[1], far, tolerance)


def slerp_keys(times: NDArray[Any], rotations: NDArray[Any], tolerance: NDArray[Any] | float) -> Keep:
    """(T, N) the keys that each of N rotating joints needs. rotations: (T, N, 4) unit quaternions, any sign.

    tolerance: radians, for all or (N,). glTF's players interpolate spherically, the short way round; engines that make
    curves of the components (Unity, Blender) along the chord, at another pace: both ways are held to the tolerance.
    """
    q = np.asarray(rotations, np.float64)

    def far(left: Rows, right: Rows, share: F64) -> F64:
        a, b = _taken(q, left), _taken(q, right)
        return np.maximum(angles_between(slerp(a, b, share), q), angles_between(nlerp(a, b, share), q))

    return _needed(np.asarray(times, np.float64), q.shape[1], far, tolerance)


def slerp(a: F64, b: F64, share: F64) -> F64:
    """Unit quaternions (..., 4) at `share` (...) of the short way from a to b. Shoemake 1985."""
    cosine = np.einsum("...c,...c->...", a, b)
    b = np.where(cosine[..., None] < 0, -b, b)
    half = np.arccos(np.clip(np.abs(cosine), 0.0, 1.0))
    sine = np.sin(half)
    small = sine < 1e-6  # so near that the chord is the arc
    safe = np.where(small, 1.0, sine)
    first = np.where(small, 1.0 - share, np.sin((1.0 - share) * half) / safe)
    second = np.where(small, share, np.sin(share * half) / safe)
    out = first[..., None] * a + second[..., None] * b
    return np.asarray(out / np.linalg.norm(out, axis=-1, keepdims=True))


def nlerp(a: F64, b: F64, share: F64) -> F64:
    """As `slerp`, along the chord: the same way, faster in its middle."""
    b = np.where(np.einsum("...c,...c->...", a, b)[..., None] < 0, -b, b)
    out = a + share[..., None] * (b - a)
    return np.asarray(out / np.linalg.norm(out, axis=-1, keepdims=True))


def angles_between(a: NDArray[Any], b: NDArray[Any]) -> F64:
    """Radians (...) between rotations (..., 4); by the chord, which keeps its digits where the cosine loses them."""
    chord = np.minimum(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))
    return np.asarray(4.0 * np.arcsin(np.minimum(0.5 * chord, 1.0)))


def same_hemisphere(rotations: NDArray[Any]) -> F64:
    """(T, ..., 4) quaternions with signs by which each lies next to the one before."""
    q = np.asarray(rotations, np.float64)
    against = np.einsum("t...c,t...c->t...", q[1:], q[:-1]) < 0
    sign = np.cumprod(np.where(against, -1.0, 1.0), axis=0)
    return np.concatenate([q[:1], q[1:] * sign[..., None]])


def _taken(values: F64, row: Rows) -> F64:
    return np.asarray(np.take_along_axis(values, row[..., None], axis=0))


def _needed(times: F64, tracks: int, far: Callable[[Rows, Rows, F64], F64], tolerance: NDArray[Any] | float) -> Keep:
    """The rounds. far(left, right, share): (T, N) how far each sample is from the mix of samples left and right."""
    count = len(times)
    at = np.broadcast_to(np.arange(count)[:, None], (count, tracks))
    limit = np.broadcast_to(np.asarray(tolerance, np.float64), (tracks,))
    first, none = np.zeros_like(at), np.zeros(at.shape)
    still = far(first, first, none).max(axis=0, initial=0.0) <= limit
    keep = np.zeros((count, tracks), bool)
    keep[0] = True
    keep[-1] |= ~still
    while True:
        left = np.maximum.accumulate(np.where(keep, at, 0), axis=0)
        right = np.minimum.accumulate(np.where(keep, at, count - 1)[::-1], axis=0)[::-1]
        right = np.where(still, left, right)
        span = times[right] - times[left]
        share = np.where(span > 0, (times[at] - times[left]) / np.where(span > 0, span, 1.0), 0.0)
        off = far(left, right, share)
        off[keep] = 0.0
        over = off > limit
        if not over[:, ~still].any():
            return keep
        # the worst of each segment: the last of its rows in rising order
        segment = (left * tracks + np.arange(tracks)).ravel()
        order = np.lexsort((off.ravel(), segment))
        last = np.append(segment[order][1:] != segment[order][:-1], True)
        worst = order[last]
        worst = worst[over.ravel()[worst] & ~np.broadcast_to(still, over.shape).ravel()[worst]]
        keep.reshape(-1)[worst] = True
