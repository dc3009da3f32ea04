"""The convex hull of points in a plane. No qhull: loading it takes longer than all the hulls of an avatar."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def convex_hull(points: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Corners (H, 2) of the convex hull of (N, 2) points, counter-clockwise; fewer than 3 when they span no area.

    Andrew's monotone chain.
    """
    rows = sorted(map(tuple, points.astype(np.float64).tolist()))
    below, above = _half(rows), _half(rows[::-1])
    return np.array([*below[:-1], *above[:-1]], np.float64).reshape(-1, 2)


def _half(rows: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """The turns to the left only, from the first of the sorted `rows` to the last."""
    chain: list[tuple[float, ...]] = []
    for x, y in rows:
        while len(chain) > 1:
            (ax, ay), (bx, by) = chain[-2:]
            if (bx - ax) * (y - ay) > (by - ay) * (x - ax):
                break
            chain.pop()
        chain.append((x, y))
    return chain
