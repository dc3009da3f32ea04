"""Heads whose left is their right mirrored move so, too, whatever the pixels said."""

import numpy as np
from scipy.spatial import cKDTree

from ..avatar import F32
from ..face.names import SHAPES
from .frontal import F64, I64

COARSE, FINE = 0.03, 0.008  # distances between the eyes: how far a vertex may be from another's mirror image
MOST = 0.8  # of the moving vertices that must have a counterpart: then the head is symmetric


def _other(name: str) -> str:
    for a, b in (("Left", "Right"), ("Right", "Left")):
        if name.endswith(a):
            return name.removesuffix(a) + b
    return name


SWAPPED = np.array([SHAPES.index(_other(name)) for name in SHAPES])


def counterparts(points: F64, middle: float, spacing: float) -> I64:
    """(N,) the point that is each one's mirror image across x = middle (a first guess), or -1."""
    tree = cKDTree(points)
    flip = np.array([-1.0, 1.0, 1.0])
    far, near = tree.query(points * flip + (2.0 * middle, 0.0, 0.0), distance_upper_bound=COARSE * spacing)
    found = np.isfinite(far)
    if found.sum() < 8:
        return np.full(len(points), -1, np.int64)
    middle = float(np.median(0.5 * (points[found, 0] + points[np.asarray(near)[found], 0])))
    far, near = tree.query(points * flip + (2.0 * middle, 0.0, 0.0), distance_upper_bound=FINE * spacing)
    out = np.where(np.isfinite(far), near, -1).astype(np.int64)
    mutual = out[np.maximum(out, 0)] == np.arange(len(points))
    return np.where((out >= 0) & mutual, out, -1)


def symmetrise(motion: F32, points: F64, middle: float, spacing: float) -> None:
    """Make `motion` (V, S, 3) of `points` (V, 3) its own mirror image where the moving points are; in place."""
    rows = np.flatnonzero(np.abs(motion).max(axis=(1, 2)) > 0.0)
    if not len(rows):
        return
    other = counterparts(points[rows], middle, spacing)
    has = np.flatnonzero(other >= 0)
    if len(has) < MOST * len(rows):
        return
    moved = motion[rows]
    mirrored = moved[other[has]][:, SWAPPED] * np.array([-1.0, 1.0, 1.0], np.float32)
    motion[rows[has]] = 0.5 * (moved[has] + mirrored)
