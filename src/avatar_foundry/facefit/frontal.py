"""A head seen from the front: which surface lies foremost in every pixel, and where the surface is torn or folded."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, identity

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Frontal(NamedTuple):
    """An orthographic view along -Z. Row 0 is the top; `face` is -1 where nothing is.

    low: (2,) x of column 0's and y of the lowest row's outer edge. pixel: metres. face: (H, W). depth: (H, W) z metres.
    normal: (H, W, 3) of the face. torn: (H, W) whether the surface here and one row below are no neighbours.
    """

    low: F64
    pixel: float
    face: I64
    depth: F64
    normal: F64
    torn: Flags

    def x(self, column: NDArray[np.floating] | I64) -> F64:
        return np.asarray(self.low[0] + (np.asarray(column, np.float64) + 0.5) * self.pixel)

    def y(self, row: NDArray[np.floating] | I64) -> F64:
        return np.asarray(self.low[1] + (len(self.face) - np.asarray(row, np.float64) - 0.5) * self.pixel)

    def column(self, x: F64 | float) -> I64:
        across = np.floor((np.asarray(x) - self.low[0]) / self.pixel)
        return np.asarray(np.clip(across, 0, self.face.shape[1] - 1), np.int64)

    def row(self, y: F64 | float) -> I64:
        up = np.floor((np.asarray(y) - self.low[1]) / self.pixel)
        return np.asarray(np.clip(len(self.face) - 1 - up, 0, len(self.face) - 1), np.int64)


def look(positions: F64, faces: I32, low: F64, high: F64, pixel: float) -> Frontal:
    """The view of a mesh, positions (V, 3), within x and y of `low`, `high` (2,)."""
    width, height = (np.maximum(np.ceil((high - low) / pixel), 4)).astype(np.int64)
    corners = positions[faces]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.sqrt((cross**2).sum(axis=1))
    normal = cross / np.maximum(length, 1e-18)[:, None]
    ahead = np.flatnonzero(np.abs(cross[:, 2]) > 1e-14)
    flat = (corners[ahead, :, :2] - low) / pixel - 0.5
    first = np.clip(np.ceil(flat.min(axis=1)), 0, None).astype(np.int64)
    last = np.minimum(np.floor(flat.max(axis=1)), (width - 1, height - 1)).astype(np.int64)
    span = np.maximum(last - first + 1, 0)
    count = span.prod(axis=1)
    owner = np.repeat(np.arange(len(ahead)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    px = first[owner, 0] + within % np.maximum(span[owner, 0], 1)
    py = first[owner, 1] + within // np.maximum(span[owner, 0], 1)
    a, b, c = (flat[owner, k] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    v = ((px - a[:, 0]) * (c[:, 1] - a[:, 1]) - (py - a[:, 1]) * (c[:, 0] - a[:, 0])) / area
    w = ((b[:, 0] - a[:, 0]) * (py - a[:, 1]) - (b[:, 1] - a[:, 1]) * (px - a[:, 0])) / area
    inside = (v >= -1e-9) & (w >= -1e-9) & (v + w <= 1 + 1e-9)
    owner, px, py, v, w = owner[inside], px[inside], py[inside], v[inside], w[inside]
    z = corners[ahead[owner], :, 2]
    depth = z[:, 0] + v * (z[:, 1] - z[:, 0]) + w * (z[:, 2] - z[:, 0])
    at = (height - 1 - py) * width + px
    order = np.lexsort((ahead[owner], -depth, at))
    at, chosen = np.unique(at[order], return_index=True)
    chosen = order[chosen]
    face = np.full(width * height, -1, np.int64)
    far = np.full(width * height, -np.inf)
    face[at], far[at] = ahead[owner[chosen]], depth[chosen]
    face, far = face.reshape(height, width), far.reshape(height, width)
    return Frontal(low, pixel, face, far, normal[face] * (face >= 0)[..., None], _torn(positions, faces, face, pixel))


def _torn(positions: F64, faces: I32, face: I64, pixel: float) -> Flags:
    """(H, W) whether the foremost faces of a pixel and of the one below it are far apart on the surface."""
    torn = np.zeros(face.shape, bool)
    seen = np.unique(face[face >= 0])
    if not len(seen):
        return torn
    near = np.zeros(len(positions), bool)
    near[faces[seen]] = True
    patch = faces[near[faces].any(axis=1)]
    vertex, local = np.unique(patch, return_inverse=True)
    local = local.reshape(-1, 3)
    ends = np.concatenate([local[:, [0, 1]], local[:, [1, 2]], local[:, [2, 0]]])
    edge = float(np.median(np.sqrt(((positions[vertex[ends[:, 0]]] - positions[vertex[ends[:, 1]]]) ** 2).sum(axis=1))))
    one = csr_array((np.ones(len(ends), np.float32), (ends[:, 0], ends[:, 1])), shape=(len(vertex), len(vertex)))
    one = csr_array(one + one.T + identity(len(vertex), dtype=np.float32, format="csr"))
    one.data[:] = 1.0
    reach = one
    for _ in range(int(np.clip(np.ceil(1.5 * pixel / edge), 1, 3)) - 1):
        reach = csr_array(reach @ one)
    number = np.full(len(positions), -1, np.int64)
    number[vertex] = np.arange(len(vertex))
    row, column = np.nonzero((face[:-1] >= 0) & (face[1:] >= 0) & (face[:-1] != face[1:]))
    pairs, back = np.unique(np.stack([face[row, column], face[row + 1, column]], axis=1), axis=0, return_inverse=True)
    a, b = number[faces[pairs[:, 0]]], number[faces[pairs[:, 1]]]
    joined = np.zeros(len(pairs), bool)
    for i in range(3):
        for k in range(3):
            joined |= np.asarray(reach[a[:, i], b[:, k]]).reshape(-1) > 0
    torn[row, column] = ~joined[back.reshape(-1)]
    return torn
