"""Triangles -> fragments: vectorised over all pixels of all triangles at once, in bounded slices."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SLICE = 1 << 20  # candidate pixels held at once


class Fragments(NamedTuple):
    """pixel: (N,) flat index. face: (N,) i32. bary: (N, 3) f32, perspective-correct. depth: (N,) f32, metres."""

    pixel: NDArray[np.int64]
    face: NDArray[np.int32]
    bary: NDArray[np.float32]
    depth: NDArray[np.float32]


def rasterize(screen: NDArray[np.float64], faces: NDArray[np.int32], size: int, cull: bool) -> Iterator[Fragments]:
    """Fragments of `faces` on a size x size picture; back faces are left out when `cull`.

    screen: (V, 3) from Camera.project. Faces behind the eye or off the picture yield nothing.
    """
    a, b, c = (screen[faces[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    corners = np.stack([a, b, c], axis=1)
    low = np.ceil(corners[:, :, :2].min(axis=1) - 0.5).clip(0, size).astype(np.int64)
    high = np.floor(corners[:, :, :2].max(axis=1) - 0.5).clip(-1, size - 1).astype(np.int64)
    # y points down on screen, so counter-clockwise faces have negative area here.
    facing = (area < -1e-12) if cull else (np.abs(area) > 1e-12)
    keep = np.flatnonzero(facing & (corners[:, :, 2].min(axis=1) > 1e-2) & (high >= low).all(axis=1))
    span = high[keep] - low[keep] + 1
    count = span[:, 0] * span[:, 1]
    ends = np.cumsum(count)
    start = 0
    while start < len(keep):
        stop = max(start + 1, int(np.searchsorted(ends, (ends[start - 1] if start else 0) + SLICE, side="right")))
        yield _fill(screen, faces, keep[start:stop], low, span[start:stop], count[start:stop], area, size)
        start = stop


def _fill(
    screen: NDArray[np.float64],
    faces: NDArray[np.int32],
    chosen: NDArray[np.int64],
    low: NDArray[np.int64],
    span: NDArray[np.int64],
    count: NDArray[np.int64],
    area: NDArray[np.float64],
    size: int,
) -> Fragments:
    face = np.repeat(chosen, count)
    step = np.arange(len(face)) - np.repeat(np.cumsum(count) - count, count)
    width = np.repeat(span[:, 0], count)
    px, py = low[face, 0] + step % width, low[face, 1] + step // width
    a, b, c = (screen[faces[face, k]] for k in range(3))
    x, y = px + 0.5, py + 0.5
    inverse = 1.0 / area[face]
    w1 = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (y - a[:, 1]) * (c[:, 0] - a[:, 0])) * inverse
    w2 = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])) * inverse
    w0 = 1.0 - w1 - w2
    inside = (w0 >= -1e-7) & (w1 >= -1e-7) & (w2 >= -1e-7)
    bary = np.stack([w0[inside] / a[inside, 2], w1[inside] / b[inside, 2], w2[inside] / c[inside, 2]], axis=1)
    total = bary.sum(axis=1)
    return Fragments(
        (py * size + px)[inside],
        face[inside].astype(np.int32),
        (bary / total[:, None]).astype(np.float32),
        (1.0 / total).astype(np.float32),
    )
