"""Carry what was drawn on the neutral body to any other: a smooth space warp (3D biharmonic spline) per region.

The warp goes through `controls`, some hundred base vertices of the region. Its linear part takes size and posture, its
kernel |r| the rest, so a plate stays a plate, gaps grow with the wearer, and topology never changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...avatar import F32, I32

F64 = NDArray[np.float64]


def spread(points: F64, count: int) -> I32:
    """`count` of the points, each as far as possible from those before it: an even cover. Deterministic."""
    chosen = np.empty(min(count, len(points)), np.int32)
    chosen[0] = int(np.argmin(((points - points.mean(0)) ** 2).sum(1)))
    gap = ((points - points[chosen[0]]) ** 2).sum(1)
    for i in range(1, len(chosen)):
        chosen[i] = int(np.argmax(gap))
        gap = np.minimum(gap, ((points - points[chosen[i]]) ** 2).sum(1))
    return chosen


@dataclass(frozen=True, eq=False)
class Spline:
    """The system of one region. controls: (C,) base vertices. at: (C, 3) their places. factors: LU of its matrix."""

    controls: I32
    at: F64
    factors: tuple[F64, NDArray[np.int32]]


@dataclass(frozen=True, eq=False)
class Warp:
    """A spline and what it carries. kernel: (V, C + 4) f32."""

    spline: Spline
    kernel: F32

    def __call__(self, base: F32) -> F32:
        """(V, 3) positions on another body."""
        from scipy.linalg import lu_solve

        count = len(self.spline.controls)
        rhs = np.zeros((count + 4, 3))
        rhs[:count] = base[self.spline.controls]
        solved = lu_solve(self.spline.factors, rhs, check_finite=False).astype(np.float32)
        return np.asarray(self.kernel @ solved, np.float32)


def make_spline(neutral: F32, region: I32, count: int, stiffness: float = 2e-6) -> Spline:
    """The spline through `count` of the base vertices `region`. stiffness: how far it may miss them, for smoothness."""
    from scipy.linalg import lu_factor

    _, first = np.unique(neutral[region].round(4), axis=0, return_index=True)
    region = np.sort(region[first])
    controls = region[spread(neutral[region].astype(np.float64), count)]
    at = neutral[controls].astype(np.float64)
    n = len(controls)
    matrix = np.zeros((n + 4, n + 4))
    matrix[:n, :n] = np.linalg.norm(at[:, None] - at[None], axis=-1) - stiffness * n * np.eye(n)
    matrix[:n, n] = matrix[n, :n] = 1
    matrix[:n, n + 1 :] = at
    matrix[n + 1 :, :n] = at.T
    return Spline(controls, at, lu_factor(matrix))


def make_warp(spline: Spline, points: F64) -> Warp:
    """Prepare to carry `points` (V, 3), drawn on the neutral body."""
    n = len(spline.controls)
    kernel = np.empty((len(points), n + 4), np.float32)
    p, q = points.astype(np.float32), spline.at.astype(np.float32)
    square = (p[:, None, 0] - q[None, :, 0]) ** 2
    square += (p[:, None, 1] - q[None, :, 1]) ** 2
    square += (p[:, None, 2] - q[None, :, 2]) ** 2
    np.sqrt(square, out=kernel[:, :n])
    kernel[:, n] = 1
    kernel[:, n + 1 :] = points
    return Warp(spline, kernel)
