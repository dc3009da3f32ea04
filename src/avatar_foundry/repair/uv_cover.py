"""How faces lie in the unit square: where they overlap, measured on a raster."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32

RASTER = 512
CHUNK, MOST = 2_000_000, 5_000_000  # pixel tests in one go, and about in all


class Cover(NamedTuple):
    """covered, overlapped: shares of the square with one face or more, with two or more.  faces: (N,) that overlap."""

    covered: float
    overlapped: float
    faces: I32


def cover(uvs: F32, uv_faces: I32, size: int = RASTER) -> Cover:
    """What the faces cover, each tile of the plane laid on the unit square. Edges that faces share count for one."""
    if not len(uv_faces):
        return Cover(0.0, 0.0, np.zeros(0, np.int32))
    at_uv = np.nan_to_num(uvs.astype(np.float64))[uv_faces]
    at_uv = np.clip(at_uv - np.floor(at_uv.mean(axis=1, keepdims=True)), -1, 2)
    while True:
        p = at_uv * size - 0.5
        a, b = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
        double = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        low = np.ceil(p.min(axis=1)).astype(np.int64)
        wide = np.maximum(np.floor(p.max(axis=1)).astype(np.int64) - low + 1, 0)
        wide[np.abs(double) < 1e-9] = 0
        tests = wide.prod(axis=1)
        if int(tests.sum()) <= MOST or size <= 32:
            break
        size //= 2  # faces that repeat the texture cover much: coarser pixels will do
    counts = np.zeros(size * size, np.int32)
    pixels, owners = [], []
    ends = np.cumsum(tests)
    at = 0
    while at < len(p):
        stop = max(int(np.searchsorted(ends, (ends[at - 1] if at else 0) + CHUNK)), at + 1)
        span = np.arange(at, stop)
        pixel, owner = _inside(p, double, low, wide, tests, span, size)
        counts += np.bincount(pixel, minlength=size * size).astype(np.int32)
        pixels.append(pixel)
        owners.append(owner)
        at = stop
    pixel, owner = np.concatenate(pixels), np.concatenate(owners)
    faces = np.unique(owner[counts[pixel] > 1]).astype(np.int32)
    whole = float(size * size)
    return Cover(float((counts > 0).sum()) / whole, float((counts > 1).sum()) / whole, faces)


def _inside(
    p: NDArray[np.float64],
    double: NDArray[np.float64],
    low: NDArray[np.int64],
    wide: NDArray[np.int64],
    tests: NDArray[np.int64],
    span: NDArray[np.int64],
    size: int,
) -> tuple[I32, I32]:
    """Pixels whose centres lie well inside faces `span`, and the face of each."""
    face = np.repeat(span, tests[span])
    number = np.arange(len(face)) - np.repeat(np.cumsum(tests[span]) - tests[span], tests[span])
    x = low[face, 0] + number % np.maximum(wide[face, 0], 1)
    y = low[face, 1] + number // np.maximum(wide[face, 0], 1)
    inside = np.ones(len(face), bool)
    for k in range(3):
        a, b = p[face, k], p[face, (k + 1) % 3]
        side = (b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])
        inside &= side / double[face] > 1e-6
    return ((y % size) * size + x % size)[inside].astype(np.int32), face[inside].astype(np.int32)
