"""What the proposing network sees of a surface: 1024 points, three levels of them, and who is near whom."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..avatar import F32

POINTS, MIDDLE, COARSE = 1024, 128, 48
NEAR1, NEAR2, NEAR3 = 16, 16, 3


@dataclass(frozen=True, eq=False, slots=True)
class Seen:
    """Points in the order in which each is farthest from those before it (exactly so for the first MIDDLE).

    order: (POINTS,) into the input. rows: (POINTS, 6) f32 points (moved to their mean, divided by their root mean
    square distance from it) and normals. The first MIDDLE rows are the middle level, the first COARSE the coarse one.
    near1: (MIDDLE, NEAR1) rows nearest to each middle point; near2: (COARSE, NEAR2) middle points nearest to each
    coarse one; near3: (MIDDLE, NEAR3) coarse points nearest to each middle one. centre (3,), scale: input = rows *
    scale + centre.
    """

    order: NDArray[np.int64]
    rows: F32
    near1: NDArray[np.int64]
    near2: NDArray[np.int64]
    near3: NDArray[np.int64]
    centre: NDArray[np.float64]
    scale: float


def spread(points: F32, count: int) -> NDArray[np.int64]:
    """(count,) farthest-point order, starting with the point farthest from the mean; ties go to the lower index."""
    x, y, z = np.ascontiguousarray(points.T)
    chosen = np.empty(count, np.int64)
    last = int((x * x + y * y + z * z).argmax())
    distance = np.full(len(points), np.inf, np.float32)
    for k in range(count):
        chosen[k] = last
        distance[last] = -1.0  # never twice, even where points coincide
        dx, dy, dz = x - x[last], y - y[last], z - z[last]
        np.minimum(distance, dx * dx + dy * dy + dz * dz, out=distance)
        last = int(distance.argmax())
    return chosen


def _nearest(among: F32, to: F32, count: int) -> NDArray[np.int64]:
    """(len(to), count) rows of `among` nearest to each of `to`, nearest first."""
    return np.asarray(cKDTree(among).query(to, k=count)[1], dtype=np.int64)


def arrange(points: F32, normals: F32) -> Seen:
    """Look at POINTS surface points, (POINTS, 3) each; normals may be zero where unknown."""
    centre = points.mean(axis=0, dtype=np.float64)
    rows = (points - centre).astype(np.float32)
    scale = float(max(np.sqrt(np.einsum("nc,nc->", rows, rows, dtype=np.float64) / len(rows)), 1e-12))
    rows /= np.float32(scale)
    first = spread(rows, MIDDLE)
    rest = np.ones(len(rows), bool)
    rest[first] = False
    order = np.concatenate([first, np.flatnonzero(rest)])
    rows = np.ascontiguousarray(rows[order])
    near1 = _nearest(rows, rows[:MIDDLE], NEAR1)
    near2 = _nearest(rows[:MIDDLE], rows[:COARSE], NEAR2)
    near3 = _nearest(rows[:COARSE], rows[:MIDDLE], NEAR3)
    return Seen(order, np.concatenate([rows, normals[order]], axis=1), near1, near2, near3, centre, scale)
