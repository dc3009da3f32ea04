"""The pose that a skin was bound in, from its inverse bind matrices, for files whose nodes stand in another."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
HIPS = re.compile(r"(hips?|pelvis)$", re.IGNORECASE)
SAME, AGREE, MOST = 1e-3, 0.02, 0.6


def bind_places(world: F64, inverse: F64, names: Sequence[str], depth: Sequence[int]) -> F64 | None:
    """World matrices (J, 4, 4) of a skin's joints in the bind pose, or None when they stand in it already.

    world, inverse: (J, 4, 4) as the nodes stand, and inverse bind matrices.  depth: rises from parents to children.
    In the bind pose `world @ inverse` is one matrix for all joints: it takes the mesh into the model. When most joints
    agree on it, it is that; else the hips decide (the topmost joint when none is called so), turned upright to the
    nearest axes. Rows of singular bind matrices are those of `world`.
    """
    each = world @ inverse
    middle = np.median(each, axis=0)
    size = np.abs(each[:, :3, :3]).max() + 1e-12
    extent = np.ptp(world[:, :3, 3], axis=0).max() + 1e-12
    off = np.abs(each[:, :3, :3] - middle[:3, :3]).max(axis=(1, 2)) / size
    off = np.maximum(off, np.abs(each[:, :3, 3] - middle[:3, 3]).max(axis=1) / extent)
    if (off < SAME).all():
        return None
    if (agree := off < AGREE).mean() > MOST:
        chief = np.median(each[agree], axis=0)
    else:
        hips = min(range(len(names)), key=lambda k: (not HIPS.search(names[k]), depth[k]))
        chief = upright(each[hips])
    out = world.copy()
    solid = np.abs(np.linalg.det(inverse[:, :3, :3])) > 1e-18
    out[solid] = chief @ np.linalg.inv(inverse[solid])
    return out


def upright(matrix: F64) -> F64:
    """The matrix with its rotation turned to the nearest axes, when those are within 31 degrees, and an even scale."""
    u, _, v = np.linalg.svd(matrix[:3, :3])
    turn = u @ v
    axes = np.round(turn)
    if (np.abs(axes).sum(axis=0) == 1).all() and (np.abs(axes).sum(axis=1) == 1).all():
        turn = axes if (np.trace(turn @ axes.T) - 1) / 2 > np.cos(np.radians(31)) else turn
    out = matrix.copy()
    out[:3, :3] = turn * np.cbrt(abs(np.linalg.det(matrix[:3, :3])))
    return out
