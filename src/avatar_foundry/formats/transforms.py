"""Joint transforms as files want them: local translation, rotation, scale, and inverse bind matrices."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Skeleton

F64 = NDArray[np.float64]


def local_matrices(parents: NDArray[Any], rest: NDArray[Any]) -> F64:
    """Model-space matrices (J, 4, 4) -> matrices relative to each joint's parent."""
    world = rest.astype(np.float64)
    over = np.where((parents < 0)[:, None, None], np.eye(4), world[parents])
    return np.asarray(np.linalg.solve(over, world), np.float64)


def local_transforms(skeleton: Skeleton) -> tuple[F32, F32, F32]:
    """Rest-local translations (J, 3), unit quaternions xyzw (J, 4) with w >= 0, scales (J, 3).

    Scales within 1e-5 of 1 are exactly 1, so clean rigs write none.
    """
    local = local_matrices(skeleton.parents, skeleton.rest)
    scale = np.linalg.norm(local[:, :3, :3], axis=1)
    rotation = quaternions(local[:, :3, :3] / np.where(scale > 0, scale, 1.0)[:, None, :])
    scale[np.abs(scale - 1.0) < 1e-5] = 1.0
    translation = local[:, :3, 3]
    translation[np.abs(translation) < 1e-9] = 0.0
    rotation[np.abs(rotation) < 1e-9] = 0.0
    return translation.astype(np.float32), rotation.astype(np.float32), scale.astype(np.float32)


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


def matrices(translation: NDArray[Any], rotation: NDArray[Any], scale: NDArray[Any]) -> F64:
    """Translations (N, 3), quaternions xyzw (N, 4), scales (N, 3) -> (N, 4, 4)."""
    q = rotation.astype(np.float64)
    q = q / np.maximum(np.linalg.norm(q, axis=1, keepdims=True), 1e-12)
    x, y, z, w = q.T
    m = np.zeros((len(q), 4, 4))
    m[:, 0, 0], m[:, 0, 1], m[:, 0, 2] = 1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)
    m[:, 1, 0], m[:, 1, 1], m[:, 1, 2] = 2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)
    m[:, 2, 0], m[:, 2, 1], m[:, 2, 2] = 2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)
    m[:, :3, :3] *= scale[:, None, :]
    m[:, :3, 3] = translation
    m[:, 3, 3] = 1.0
    return m


def inverse_binds(skeleton: Skeleton, dequantise: F64 | None = None) -> F32:
    """Inverse bind matrices (J, 16) in glTF's column-major order, last row exactly 0 0 0 1.

    dequantise: (4, 4) from stored to model space, applied first; glTF ignores a skinned node's own transform.
    """
    inverse = np.linalg.inv(skeleton.rest.astype(np.float64))
    if dequantise is not None:
        inverse = inverse @ dequantise
    inverse[:, 3] = (0.0, 0.0, 0.0, 1.0)
    out: F32 = np.ascontiguousarray(inverse.transpose(0, 2, 1)).reshape(-1, 16).astype(np.float32)
    return out
