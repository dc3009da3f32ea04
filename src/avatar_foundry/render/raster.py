"""Triangles -> what each sample of the picture sees, vectorised over all samples of all triangles at once.

Corners are snapped to 1/256 of a sample, so that edge functions are exact in float64: neighbours leave no cracks.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SLICE = 1 << 19  # candidate samples held at once
SNAP = 256.0
NOTHING = np.uint64(0xFFFFFFFFFFFFFFFF)


class Fragments(NamedTuple):
    """sample: (N,) flat index. face: (N,) i32. depth: (N,) f32, metres."""

    sample: NDArray[np.int64]
    face: NDArray[np.int32]
    depth: NDArray[np.float32]

    def pick(self, keep: NDArray[np.bool_]) -> "Fragments":
        """The fragments where `keep` is true."""
        return Fragments(self.sample[keep], self.face[keep], self.depth[keep])


class Triangles(NamedTuple):
    """Edge functions of all faces on the picture: weight k at (x, y) is edges[f, k] @ (x, y, 1), summing to 1.

    edges: (F, 3, 3) f64. inverse: (F, 3) f64, 1 / depth at the corners.
    low, high: (F, 2) first and last sample of the bounding box. area: (F,) f64 signed, negative when facing the eye.
    """

    edges: NDArray[np.float64]
    inverse: NDArray[np.float64]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    area: NDArray[np.float64]

    def weights(self, face: NDArray[np.int32], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
        """(N, 3) perspective-correct barycentric weights at points (x, y), clamped into the face."""
        e = self.edges[face]
        w = np.maximum(e[:, :, 0] * x[:, None] + e[:, :, 1] * y[:, None] + e[:, :, 2], 0.0)
        w *= self.inverse[face]
        return np.asarray(w / np.maximum(w.sum(axis=1, keepdims=True), 1e-30), np.float32)


def set_up(screen: NDArray[np.float64], faces: NDArray[np.int32], size: int) -> Triangles:
    """Prepare `faces` for a picture of size x size samples. screen: (V, 3) from Camera.project."""
    flat = np.rint(screen[:, :2] * SNAP) / SNAP
    x, y = flat[:, 0][faces], flat[:, 1][faces]
    z = np.maximum(screen[:, 2][faces], 1e-3)
    nx, ny = x[:, [1, 2, 0]], y[:, [1, 2, 0]]
    mx, my = x[:, [2, 0, 1]], y[:, [2, 0, 1]]
    a, b, c = ny - my, mx - nx, nx * my - mx * ny  # exact: snapped corners need 40 bits at most
    area = c.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        edges = np.stack([a, b, c], axis=2) / area[:, None, None]
    low = np.ceil(np.stack([x.min(axis=1), y.min(axis=1)], axis=1) - 0.5).clip(0, size).astype(np.int32)
    high = np.floor(np.stack([x.max(axis=1), y.max(axis=1)], axis=1) - 0.5).clip(-1, size - 1).astype(np.int32)
    behind = screen[:, 2][faces].min(axis=1) <= 1e-2
    return Triangles(edges, 1.0 / z, low, high, np.where(behind, 0.0, area))


def fragments(
    t: Triangles, chosen: NDArray[np.bool_], double_sided: NDArray[np.bool_], size: int
) -> Iterator[Fragments]:
    """The fragments of the `chosen` (F,) faces, in bounded slices; back faces only where `double_sided` (F,)."""
    # y points down on screen, so counter-clockwise faces have negative area here.
    facing = (t.area < 0) | (double_sided & (t.area > 0))
    keep = np.flatnonzero(chosen & facing & (t.high >= t.low).all(axis=1)).astype(np.int32)
    span = t.high[keep] - t.low[keep] + 1
    count = span[:, 0].astype(np.int64) * span[:, 1]
    ends = np.cumsum(count)
    start = 0
    while start < len(keep):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + SLICE, side="right")))
        yield _fill(t, keep[start:stop], span[start:stop, 0], count[start:stop], size)
        start = stop


def _fill(
    t: Triangles, faces: NDArray[np.int32], width: NDArray[np.int32], count: NDArray[np.int64], size: int
) -> Fragments:
    row = np.repeat(np.arange(len(faces), dtype=np.int32), count)
    step = np.arange(len(row), dtype=np.int32) - np.repeat((np.cumsum(count) - count).astype(np.int32), count)
    down = step // width[row]
    px = t.low[faces, 0][row] + (step - down * width[row])
    py = t.low[faces, 1][row] + down
    x, y = px + 0.5, py + 0.5
    e = t.edges[faces].reshape(len(faces), 9)
    w = [e[:, 3 * k][row] * x + e[:, 3 * k + 1][row] * y + e[:, 3 * k + 2][row] for k in range(3)]
    # Division by the area rounds: a hair of tolerance keeps shared edges closed.
    inside = np.flatnonzero((w[0] >= -1e-9) & (w[1] >= -1e-9) & (w[2] >= -1e-9))
    row = row[inside]
    inverse = t.inverse[faces]
    total = sum(w[k][inside] * inverse[:, k][row] for k in range(3))
    return Fragments(py[inside].astype(np.int64) * size + px[inside], faces[row], np.asarray(1.0 / total, np.float32))


def keep_nearest(nearest: NDArray[np.uint64], f: Fragments) -> None:
    """Lower `nearest` (samples,) in place: depth in the high bits, face in the low; ties go to the lower face."""
    key = f.depth.view(np.uint32).astype(np.uint64) << np.uint64(32) | f.face.astype(np.uint64)
    np.minimum.at(nearest, f.sample, key)


def depth_of(nearest: NDArray[np.uint64]) -> NDArray[np.float32]:
    """The depths in `keep_nearest`'s keys; NaN-free infinity where nothing is."""
    bits = (nearest >> np.uint64(32)).astype(np.uint32)
    return np.where(nearest == NOTHING, np.float32(np.inf), bits.view(np.float32))
