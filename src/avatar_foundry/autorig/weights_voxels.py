"""A mesh as solid cells, whatever its topology: surface cells plus what they enclose."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from ..avatar import F32, I32

F64 = NDArray[np.float64]
_FLUSH = 2_000_000  # sample points that are held at a time


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """Solid cells of a regular grid.

    origin: (3,) corner of cell 0; size: edge length. number: (X, Y, Z) i32, which solid cell it is, -1 outside.
    place: (N, 3) i32 grid coordinates of the solid cells. skin: (N,) bool, cells that the surface runs through.
    """

    origin: F64
    size: float
    number: I32
    place: I32
    skin: NDArray[np.bool_]

    @property
    def centres(self) -> F64:
        """(N, 3) f64 centres of the solid cells."""
        return np.asarray(self.origin + (self.place + 0.5) * self.size)


def solid_cells(positions: F32, faces: I32, size: float) -> Cells:
    """Cells of edge length `size` that the triangles run through or enclose.

    positions: (V, 3); faces: (F, 3), open, non-manifold and overlapping ones included. A cell counts as enclosed when
    it is walled in within its level slice or its slice from front to back, so that open hems, cuffs and necks do not
    leak. Being walled in as seen from the front is not enough: a hand on the hip makes a ring, not a disc.
    """
    low = positions.min(axis=0).astype(np.float64) - 1.5 * size
    shape = np.ceil((positions.max(axis=0) - low) / size).astype(int) + 2
    wall = np.zeros(shape, bool)
    flat = wall.reshape(-1)
    stride = np.array([shape[1] * shape[2], shape[2], 1])
    for points in _samples(positions, faces, 0.6 * size):
        flat[((points - low) / size).astype(np.int64) @ stride] = True
    votes = np.zeros(shape, np.uint8)
    for axis in range(3):
        structure = np.zeros((3, 3, 3), bool)
        plane = [slice(None)] * 3
        plane[axis] = slice(1, 2)
        cross = np.zeros((3, 3), bool)
        cross[1], cross[:, 1] = True, True
        structure[tuple(plane)] = np.expand_dims(cross, axis)
        regions, _ = label(~wall, structure)
        # the grid has an empty rim, so the outside of every slice meets the rim of that slice
        rim = np.ones(shape, bool)
        inner = [slice(1, -1)] * 3
        inner[axis] = slice(None)
        rim[tuple(inner)] = False
        outside = np.zeros(int(regions.max()) + 1, bool)
        outside[regions[rim]] = True
        votes += np.where(outside[regions], 0, 1 if axis == 2 else 2).astype(np.uint8)
    solid = wall | (votes >= 2)
    place = np.argwhere(solid).astype(np.int32)
    number = np.full(shape, -1, np.int32)
    number[solid] = np.arange(len(place), dtype=np.int32)
    return Cells(low, size, number, place, wall[solid])


def _samples(positions: F32, faces: I32, step: float) -> "list[F64]":
    """Points on the triangles at most `step` apart, in batches."""
    corners = positions.astype(np.float64)[faces]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    parts = np.clip(np.ceil(longest / step), 1, 400).astype(int)
    out = [positions.astype(np.float64)]
    for n in np.unique(parts).tolist():
        i, j = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
        keep = i + j <= n
        u, v = i[keep] / n, j[keep] / n
        mix = np.stack([1.0 - u - v, u, v], axis=1)
        if n == 1:
            mix = np.full((1, 3), 1.0 / 3.0)
        which = np.flatnonzero(parts == n)
        batch = max(1, _FLUSH // len(mix))
        out.extend(np.matmul(mix, corners[which[at : at + batch]]).reshape(-1, 3) for at in range(0, len(which), batch))
    return out


def neighbours(cells: Cells, diagonal: bool) -> tuple[I32, I32, F64]:
    """Pairs of touching solid cells, each once: (E,) first, (E,) second, (E,) distance of their centres.

    diagonal: count cells that share only an edge or a corner as well.
    """
    steps = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    if diagonal:
        steps += [(1, 1, 0), (1, -1, 0), (1, 0, 1), (1, 0, -1), (0, 1, 1), (0, 1, -1)]
        steps += [(1, 1, 1), (1, 1, -1), (1, -1, 1), (1, -1, -1)]
    first, second, length = [], [], []
    me = np.arange(len(cells.place), dtype=np.int32)
    for step in steps:
        other = cells.number[tuple((cells.place + np.array(step)).T)]
        rows = np.flatnonzero(other >= 0)
        first.append(me[rows])
        second.append(other[rows])
        length.append(np.full(len(rows), cells.size * float(np.sqrt(np.dot(step, step)))))
    return np.concatenate(first), np.concatenate(second), np.concatenate(length)


def sampler(cells: Cells, points: F32) -> "csr_array":
    """(P, N) sparse rows that interpolate cell values at points: trilinear over the solid ones of eight cells.

    A point with no solid cell around it takes its nearest one.
    """
    at = (points.astype(np.float64) - cells.origin) / cells.size - 0.5
    base = np.floor(at).astype(np.int64)
    part = at - base
    limit = np.array(cells.number.shape) - 1
    rows, columns, values = [], [], []
    me = np.arange(len(points))
    for corner in range(8):
        bit = np.array([corner >> 2 & 1, corner >> 1 & 1, corner & 1])
        cell = cells.number[tuple(np.clip(base + bit, 0, limit).T)]
        share = np.prod(np.where(bit, part, 1.0 - part), axis=1)
        hit = np.flatnonzero((cell >= 0) & (share > 0))
        rows.append(me[hit])
        columns.append(cell[hit])
        values.append(share[hit])
    row, column, value = np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
    total = np.bincount(row, value, len(points))
    bare = np.flatnonzero(total <= 1e-9)
    if len(bare):
        near = cKDTree(cells.centres).query(points[bare])[1]
        row, column = np.concatenate([row, bare]), np.concatenate([column, near])
        value = np.concatenate([value, np.ones(len(bare))])
        total = np.bincount(row, value, len(points))
    return csr_array((value / total[row], (row, column)), shape=(len(points), len(cells.place)))
