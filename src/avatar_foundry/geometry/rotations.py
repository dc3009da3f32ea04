"""Rotations: matrices and quaternions (xyzw)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def quaternions(rotations: NDArray[Any]) -> F64:
    """(N, 3, 3) rotation matrices -> (N, 4) unit quaternions xyzw, w >= 0. Shepperd 1978: the largest term first."""
    m = rotations.astype(np.float64)
    x, y, z = m[:, 0, 0], m[:, 1, 1], m[:, 2, 2]
    squares = np.stack([1 + x - y - z, 1 - x + y - z, 1 - x - y + z, 1 + x + y + z], axis=1)
    best = squares.argmax(axis=1)
    # row b of this table is 4 q q_b: the quaternion scaled by its own largest term
    s01, s02, s12 = m[:, 1, 0] + m[:, 0, 1], m[:, 0, 2] + m[:, 2, 0], m[:, 2, 1] + m[:, 1, 2]
    d0, d1, d2 = m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1]
    rows = np.stack(
        [
            np.stack([squares[:, 0], s01, s02, d0], axis=1),
            np.stack([s01, squares[:, 1], s12, d1], axis=1),
            np.stack([s02, s12, squares[:, 2], d2], axis=1),
            np.stack([d0, d1, d2, squares[:, 3]], axis=1),
        ],
        axis=1,
    )
    q = rows[np.arange(len(m)), best]
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    out: F64 = q * np.where(q[:, 3:] < 0, -1.0, 1.0)
    return out


def rotation_matrices(quaternion: NDArray[Any]) -> F64:
    """(..., 4) quaternions xyzw of any length but zero -> (..., 3, 3)."""
    q = quaternion.astype(np.float64)
    q = q / np.maximum(np.linalg.norm(q, axis=-1, keepdims=True), 1e-12)
    x, y, z, w = np.moveaxis(q, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def powered(rotations: NDArray[Any], times: float) -> F64:
    """(N, 3, 3) rotations about the same axes, `times` as far; each is taken the short way round."""
    q = quaternions(rotations)
    sine = np.linalg.norm(q[:, :3], axis=1)
    half = np.arctan2(sine, q[:, 3]) * times
    axes = q[:, :3] / np.maximum(sine, 1e-12)[:, None]
    return rotation_matrices(np.concatenate([axes * np.sin(half)[:, None], np.cos(half)[:, None]], axis=1))
