"""Axis-aligned rectangles: boxes made disjoint, and packing into a sheet along a skyline."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


def disjoint_boxes(boxes: F64, gap: float = 0.0, waste: float = 0.0, limit: int = 256) -> F64:
    """Boxes (N, 4) x0 y0 x1 y1, merged until no two are nearer than `gap`; then (M, 4).

    waste: two boxes are merged too when the box around both is larger than the two by at most this share of their areas
    plus a rim of `gap`. Above `limit` boxes, one box around all.
    """
    if len(boxes) > limit:
        return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])[None]
    boxes = boxes.astype(np.float64)
    while len(boxes) > 1:
        low = np.minimum(boxes[:, None, :2], boxes[None, :, :2])
        high = np.maximum(boxes[:, None, 2:], boxes[None, :, 2:])
        size = boxes[:, 2:] - boxes[:, :2] + gap
        both = size.prod(axis=1)[:, None] + size.prod(axis=1)[None]
        cost = (high - low + gap).prod(axis=2) - both * (1 + waste)
        meet = np.maximum(boxes[:, None, :2], boxes[None, :, :2]) - np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
        cost = np.where((meet < gap).all(axis=2), -np.inf, cost)
        np.fill_diagonal(cost, np.inf)
        a, b = divmod(int(cost.argmin()), len(boxes))
        if cost[a, b] > 0:
            break
        merged = np.concatenate([low[a, b], high[a, b]])
        boxes = np.concatenate([np.delete(boxes, [a, b], axis=0), merged[None]])
    return boxes


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
