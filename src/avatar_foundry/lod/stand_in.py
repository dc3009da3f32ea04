"""Which face and which vertex of a level stand for each vertex of the full mesh: once per topology."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..geometry.distance import project

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

NEAR = 6  # samples looked at; each face has four


class StandIn(NamedTuple):
    """For N points: face (N,) of the level, weights (N, 3) of its corners, distance (N,) metres."""

    face: I32
    weights: F32
    distance: F32


def stand_in(points: NDArray[np.float64], positions: NDArray[np.float64], level: I32) -> StandIn:
    """The level's face (F', 3) that stands for each of `points` (N, 3): the closest among those with samples nearby.

    The weights are those of the closest point of that face, so the distance is never below the true one.
    """
    from scipy.spatial import cKDTree

    corners = positions[level]
    middle = corners.mean(axis=1)
    samples = np.concatenate([middle, *((middle + 2 * corners[:, k]) / 3 for k in range(3))])
    count = min(NEAR, len(samples))
    near = np.asarray(cKDTree(samples).query(points, k=count)[1]).reshape(len(points), count) % len(level)
    a, b, c = (corners[near, k] for k in range(3))
    weights = project(points[:, None], a, b, c)
    away = weights[..., :1] * a + weights[..., 1:2] * b + weights[..., 2:] * c - points[:, None]
    square = np.einsum("nkc,nkc->nk", away, away)
    best = square.argmin(axis=1)
    rows = np.arange(len(points))
    return StandIn(
        near[rows, best].astype(np.int32),
        weights[rows, best].astype(np.float32),
        np.sqrt(square[rows, best]).astype(np.float32),
    )
