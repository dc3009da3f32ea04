"""Rotations over time: (T, 3, 3) turns about axes, frames, blends."""

import numpy as np
from numpy.typing import NDArray

from ..geometry.rotations import quaternions, rotation_matrices

F64 = NDArray[np.float64]
#: Turns a left-hand turn (in bone axes) into the right-hand one: X means the same, Y and Z change sign.
FLIP = np.array([1.0, -1.0, -1.0])


def about(axis: int, degrees: F64 | float) -> F64:
    """(..., 3, 3) turns about X (0), Y (1) or Z (2)."""
    angle = np.radians(np.asarray(degrees, np.float64))
    c, s = np.cos(angle), np.sin(angle)
    out = np.zeros((*angle.shape, 3, 3))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out[..., axis, axis] = 1.0
    out[..., i, i] = out[..., j, j] = c
    out[..., j, i] = s
    out[..., i, j] = -s
    return out


def bent(bend: F64 | float, roll: F64 | float = 0.0, tilt: F64 | float = 0.0) -> F64:
    """(..., 3, 3) roll about +Y first, then bend about +X, then tilt about +Z; as rig.pose.joint_turn, over time."""
    return np.asarray(about(2, tilt) @ about(0, bend) @ about(1, roll))


def mirrored_turn(turn: F64) -> F64:
    """The same turn of the bone on the other side."""
    return np.asarray(turn * FLIP[:, None] * FLIP)


def unit(v: F64) -> F64:
    """(..., 3) divided by its length."""
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12))


def frames(y: F64, x: F64) -> F64:
    """(..., 3, 3) rotations with +Y along `y` and +X as near to `x` as that allows."""
    y = unit(y)
    x = unit(x - (x * y).sum(-1, keepdims=True) * y)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def turned(v: F64, axis: F64, angle: F64) -> F64:
    """(T, 3) `v` turned about the unit `axis` (T, 3) by `angle` (T,) radians; Rodrigues."""
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    along = (axis * v).sum(-1, keepdims=True)
    return np.asarray(v * c + np.cross(axis, v) * s + axis * along * (1.0 - c))


def carried(v: F64, a: F64, b: F64) -> F64:
    """(T, 3) `v` under the smallest rotation that takes unit `a` to unit `b`."""
    c = (a * b).sum(-1, keepdims=True)
    k = np.cross(a, b)
    return np.asarray(v * c + np.cross(k, v) + k * (k * v).sum(-1, keepdims=True) / np.maximum(1.0 + c, 1e-6))


def apply(turns: F64, v: F64) -> F64:
    """(..., 3) vectors under (..., 3, 3)."""
    return np.asarray((turns @ v[..., None])[..., 0])


def transposed(turns: F64) -> F64:
    """The inverse rotations."""
    return np.asarray(np.swapaxes(turns, -1, -2))


def mixed(a: F64, b: F64, share: F64) -> F64:
    """(T, 3, 3) from a (share 0) to b (share 1) by the short way, at even speed of quaternions (normalised lerp)."""
    if not share.any():
        return a
    p, q = quaternions(a), quaternions(b)
    q = q * np.where((p * q).sum(-1, keepdims=True) < 0.0, -1.0, 1.0)
    return rotation_matrices(p * (1.0 - share[:, None]) + q * share[:, None])


def roll_about_y(turns: F64, share: float) -> F64:
    """(..., 3, 3) `share` of the roll about +Y in turns = swing after roll (the twist of the quaternion about Y)."""
    angle = 2.0 * np.arctan2(turns[..., 0, 2] - turns[..., 2, 0], 1.0 + np.trace(turns, axis1=-2, axis2=-1))
    angle = (angle + np.pi) % (2.0 * np.pi) - np.pi
    if angle.ndim:
        angle = np.unwrap(angle, axis=0)  # a roll that goes on past half a turn goes on
    return about(1, np.degrees(share * angle))
