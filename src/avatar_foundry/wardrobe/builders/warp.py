"""Carry what was drawn on the neutral body to any other: a smooth space warp (3D biharmonic spline) per region.

The warp goes through `controls`, some hundred base vertices of the region. Its linear part takes size and posture, its
kernel |r| the rest, so a plate stays a plate, gaps grow with the wearer, and topology never changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lu_factor, lu_solve

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
class Warp:
    """controls: (C,) base vertices. system: factors of the spline's matrix. kernel: (V, C + 4) f32 of what it carries."""

    controls: I32
    system: tuple[F64, NDArray[np.int32]]
    kernel: F32

    def __call__(self, base: F32) -> F32:
        """(V, 3) positions on another body."""
        rhs = np.zeros((len(self.controls) + 4, 3))
        rhs[: len(self.controls)] = base[self.controls]
        return self.kernel @ lu_solve(self.system, rhs, check_finite=False).astype(np.float32)


def make_warp(neutral: F32, region: I32, points: F64, count: int, stiffness: float = 2e-4) -> Warp:
    """The warp of `points` (V, 3), drawn on `neutral`, by `count` of the base vertices `region`."""
    _, first = np.unique(neutral[region].round(4), axis=0, return_index=True)
    region = np.sort(region[first])
    controls = region[spread(neutral[region].astype(np.float64), count)]
    at = neutral[controls].astype(np.float64)
    n = len(controls)
    matrix = np.zeros((n + 4, n + 4))
    matrix[:n, :n] = np.linalg.norm(at[:, None] - at[None], axis=-1) - stiffness * n * np.eye(n) * 0.01
    matrix[:n, n] = matrix[n, :n] = 1
    matrix[:n, n + 1 :] = at
    matrix[n + 1 :, :n] = at.T
    kernel = np.empty((len(points), n + 4), np.float32)
    kernel[:, :n] = np.sqrt(
        np.maximum(((points[:, None].astype(np.float32) - at[None].astype(np.float32)) ** 2).sum(-1), 0)
    )
    kernel[:, n] = 1
    kernel[:, n + 1 :] = points
    return Warp(controls, lu_factor(matrix), kernel)
