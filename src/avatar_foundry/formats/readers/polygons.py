"""Polygons into triangles."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_HOLLOW, CARE = 128, 4_000_000  # corners of a polygon that is cut with care; cubes of corners, of all such


def triangles(sizes: NDArray[np.int64], starts: NDArray[np.int64], points: NDArray[Any] | None = None) -> Any:
    """Corners of a fan over every polygon: ((T, 3) places into the corner list, (T,) polygon of each triangle).

    sizes, starts: (P,) corners of each polygon and where they begin. Polygons below three corners give none.
    points: (corners, 3) positions; then hollow polygons are cut along diagonals that stay inside.
    """
    sizes = np.asarray(sizes, np.int64)
    fans = np.maximum(sizes - 2, 0)
    polygon = np.repeat(np.arange(len(sizes)), fans)
    step = np.arange(len(polygon)) - np.repeat(np.cumsum(fans) - fans, fans)
    first = starts[polygon]
    corners = np.stack([first, first + step + 1, first + step + 2], axis=1)
    if points is not None and (sizes == 4).any():
        quad = np.flatnonzero(sizes == 4)
        at = starts[quad]
        a, b, c, d = (points[at + k] for k in range(4))
        with np.errstate(all="ignore"):
            one, two = np.cross(b - a, c - a), np.cross(c - a, d - a)  # normals when cut from a to c
            turn = np.einsum("ij,ij->i", one, two) < 0
        rows = (np.cumsum(fans) - fans)[quad[turn]]
        at = at[turn]
        corners[rows] = np.stack([at, at + 1, at + 3], axis=1)
        corners[rows + 1] = np.stack([at + 1, at + 2, at + 3], axis=1)
    if points is not None and (sizes > 4).any():
        first_row = np.cumsum(fans) - fans
        for p in hollow(sizes, starts, points).tolist():
            n, at_corner = int(sizes[p]), int(starts[p])
            cut = ears(points[at_corner : at_corner + n])
            corners[first_row[p] : first_row[p] + n - 2] = cut + at_corner
    return corners, polygon


def hollow(sizes: NDArray[np.int64], starts: NDArray[np.int64], points: NDArray[Any]) -> NDArray[np.int64]:
    """Polygons of five to LARGEST_HOLLOW corners that a fan would not fit: some corner turns the other way."""
    some = np.flatnonzero((sizes > 4) & (sizes <= LARGEST_HOLLOW))
    n = sizes[some]
    owner = np.repeat(np.arange(len(some)), n)
    step = np.arange(int(n.sum())) - np.repeat(np.cumsum(n) - n, n)
    base, size = starts[some][owner], n[owner]
    here = points[base + step]
    along, back = points[base + (step + 1) % size] - here, points[base + (step - 1) % size] - here
    turn = np.cross(along, back)
    whole = np.zeros((len(some), 3))
    np.add.at(whole, owner, np.cross(here - points[base], points[base + (step + 1) % size] - points[base]))
    found = np.unique(owner[np.einsum("ij,ij->i", turn, whole[owner]) < 0])
    return np.asarray(some[found[np.cumsum(n[found] ** 3) <= CARE]])


def ears(points: NDArray[Any]) -> NDArray[np.int64]:
    """Triangles (n - 2, 3) of one simple polygon (n, 3), ears cut one by one."""
    n = len(points)
    normal = np.cross(points - points[0], np.roll(points, -1, axis=0) - points[0]).sum(axis=0)
    flat = np.delete(points, int(np.abs(normal).argmax()), axis=1).tolist()
    k = int(np.abs(normal).argmax())
    sign = (1.0 if normal[k] > 0 else -1.0) * (-1.0 if k == 1 else 1.0)

    def area(a: int, b: int, c: int) -> float:
        (ax, ay), (bx, by), (cx, cy) = flat[a], flat[b], flat[c]
        return sign * float((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))

    left, out = list(range(n)), []
    while len(left) > 3:
        for i in range(len(left)):
            a, b, c = left[i - 1], left[i], left[(i + 1) % len(left)]
            if area(a, b, c) <= 0:
                continue
            rest = (p for p in left if p not in (a, b, c))
            if not any(area(a, b, p) >= 0 and area(b, c, p) >= 0 and area(c, a, p) >= 0 for p in rest):
                break
        else:  # it crosses itself: any corner will do
            a, b, c, i = left[0], left[1], left[2], 1
        out.append((a, b, c))
        left.pop(i)
    out.append((left[0], left[1], left[2]))
    return np.array(out, np.int64)
