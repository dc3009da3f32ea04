"""Joint transforms as files want them: local translation, rotation, scale, and inverse bind matrices."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Skeleton
from ..geometry.rotations import quaternions, rotation_matrices

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


def matrices(translation: NDArray[Any], rotation: NDArray[Any], scale: NDArray[Any]) -> F64:
    """Translations (N, 3), quaternions xyzw (N, 4), scales (N, 3) -> (N, 4, 4)."""
    m = np.zeros((len(rotation), 4, 4))
    m[:, :3, :3] = rotation_matrices(rotation) * scale[:, None, :]
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
