"""Axis-aligned rectangles: boxes in groups, and packing into a sheet along a skyline."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def grouped_boxes(boxes: F64, rim: float = 0.0, waste: float = 0.0, limit: int = 128) -> tuple[F64, NDArray[np.intp]]:
    """Boxes (N, 4) x0 y0 x1 y1 in groups that are cheaper together: the boxes around groups (M, 4), group of each (N,).

    Two groups become one when the box around both is larger than the two, each with a `rim`, by at most `waste` of
    their areas: cheapest first. Boxes of different groups may overlap. Above `limit` boxes, one group.
    """
    group = np.zeros(len(boxes), np.intp)
    if len(boxes) > limit:
        return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])[None], group
    boxes, group = boxes.astype(np.float64), np.arange(len(boxes))
    while len(boxes) > 1:
        low = np.minimum(boxes[:, None, :2], boxes[None, :, :2])
        high = np.maximum(boxes[:, None, 2:], boxes[None, :, 2:])
        area = (boxes[:, 2:] - boxes[:, :2] + rim).prod(axis=1)
        cost = (high - low + rim).prod(axis=2) - (area[:, None] + area[None]) * (1 + waste)
        np.fill_diagonal(cost, np.inf)
        a, b = divmod(int(cost.argmin()), len(boxes))
        if cost[a, b] > 0:
            break
        a, b = min(a, b), max(a, b)
        boxes[a] = np.concatenate([low[a, b], high[a, b]])
        boxes = np.delete(boxes, b, axis=0)
        group[group == b] = a
        group[group > b] -= 1
    return boxes, group


def pack(sizes: Sequence[tuple[int, int]], width: int, height: int) -> list[tuple[int, int]] | None:
    """Corners (x, y) of rectangles (w, h) that do not overlap in a sheet of width x height; None when they do not fit.

    Skyline, bottom left (J. Jylänki, "A Thousand Ways to Pack the Bin", 2010): tallest first, each as low as it goes.
    """
    corners: list[tuple[int, int]] = [(0, 0)] * len(sizes)
    skyline = [(0, 0, width)]  # (x, y, width) from left to right
    for i in sorted(range(len(sizes)), key=lambda i: (-sizes[i][1], -sizes[i][0], i)):
        w, h = sizes[i]
        best: tuple[int, int] | None = None
        for k, (x, _, _) in enumerate(skyline):
            if x + w > width:
                break
            y, reach = 0, k
            while reach < len(skyline) and skyline[reach][0] < x + w:
                y = max(y, skyline[reach][1])
                reach += 1
            if y + h <= height and (best is None or (y, x) < best):
                best = y, x
        if best is None:
            return None
        y, x = best
        corners[i] = x, y
        skyline = raised(skyline, x, w, y + h)
    return corners


def raised(skyline: list[tuple[int, int, int]], x: int, w: int, y: int) -> list[tuple[int, int, int]]:
    """The skyline after a rectangle whose top is `y` was put over x .. x + w."""
    out: list[tuple[int, int, int]] = []
    for left, level, wide in skyline:
        if left < x:
            out.append((left, level, min(wide, x - left)))
    out.append((x, y, w))
    for left, level, wide in skyline:
        if (end := left + wide) > x + w:
            begin = max(left, x + w)
            out.append((begin, level, end - begin))
    return out
