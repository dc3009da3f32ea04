"""The solid that a triangle surface bounds, on a grid: samples of the surface, voxels, what lies inside.

Nothing here asks for a closed or manifold mesh: pieces may overlap, stand open or be wound the wrong way.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import csr_matrix

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST = 60_000  # voxels
LEAK = 0.7  # a flood that leaves less than this share of what walls enclose has leaked in through a hole
#: Half of the 26 neighbours of a voxel, each pair of voxels once.
STEPS = np.array(
    [(i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1) if (i, j, k) > (0, 0, 0)], np.int64
)


@dataclass(frozen=True, eq=False, slots=True)
class Volume:
    """Voxels of a solid: `index` (N, 3) of those that are full, in lexicographic order, in a grid of shape `shape`.

    points: (N, 3) their centres. lookup (shape) i32: number of the voxel or -1.
    thick: (N,) distance to the outside, by the grid, in the unit of `points`.
    """

    index: I64
    lookup: NDArray[np.int32]
    points: F64
    cell: float
    thick: F64
    origin: F64

    def holds(self, points: F64) -> Bools:
        """(K,) whether each of `points` (K, 3) lies in a full voxel; only for volumes that were not moved."""
        at = np.floor((points - self.origin) / self.cell).astype(np.int64)
        top = np.array(self.lookup.shape) - 1
        within = ((at >= 0) & (at <= top)).all(axis=1)
        return np.asarray(within & (self.lookup[tuple(np.clip(at, 0, top).T)] >= 0))

    def depth(self, points: F64) -> F64:
        """(K,) `thick` at each of `points`, 0 outside; only for volumes that were not moved."""
        at = np.floor((points - self.origin) / self.cell).astype(np.int64)
        top = np.array(self.lookup.shape) - 1
        within = ((at >= 0) & (at <= top)).all(axis=1)
        number = self.lookup[tuple(np.clip(at, 0, top).T)]
        return np.where(within & (number >= 0), self.thick[np.maximum(number, 0)], 0.0)

    def moved(self, turn: F64, scale: float, shift: F64) -> "Volume":
        """The same voxels with their centres at scale * turn @ p + shift; `cell` and `thick` in the new unit."""
        return replace(
            self, points=scale * self.points @ turn.T + shift, cell=scale * self.cell, thick=scale * self.thick
        )

    def pairs(self) -> tuple[I64, I64, F64]:
        """Neighbours (26-connected), each pair once: numbers a, b, and how far apart their centres lie."""
        a, b, far = [], [], []
        for step in STEPS:
            other = self.lookup[tuple((self.index + step).T)]
            there = np.flatnonzero(other >= 0)
            a.append(there)
            b.append(other[there].astype(np.int64))
            far.append(np.full(len(there), self.cell * float(np.sqrt((step**2).sum()))))
        return np.concatenate(a), np.concatenate(b), np.concatenate(far)

    def graph(self) -> csr_matrix:
        """(N, N) symmetric matrix of the distances between neighbours."""
        a, b, far = self.pairs()
        n = len(self.index)
        return csr_matrix((np.r_[far, far], (np.r_[a, b], np.r_[b, a])), shape=(n, n))

    def near(self, points: F64) -> I64:
        """(K,) the full voxel nearest to each of `points` (K, 3)."""
        from scipy.spatial import cKDTree

        return np.asarray(cKDTree(self.points).query(points)[1], np.int64)


def sample_surface(positions: F64, faces: NDArray[np.int32], spacing: float) -> tuple[F64, F64, I64]:
    """Points evenly on the triangles, about one per spacing^2: (N, 3), their unit normals (N, 3), their faces (N,).

    The same samples every time: by a low-discrepancy sequence along the faces' summed area.
    """
    corners = positions[faces]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.sqrt((cross**2).sum(axis=1))
    total = np.cumsum(0.5 * length)
    count = int(np.clip(total[-1] / spacing**2, 64, 400_000)) if len(total) else 0
    if not count or total[-1] <= 0:
        return np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, np.int64)
    step = np.arange(count)
    face = np.minimum(np.searchsorted(total, (step + 0.5) / count * total[-1]), len(faces) - 1)
    u, v = (0.5 + step * 0.7548776662466927) % 1.0, (0.5 + step * 0.5698402909980532) % 1.0
    over = u + v > 1.0
    u, v = np.where(over, 1.0 - u, u), np.where(over, 1.0 - v, v)
    c = corners[face]
    points = c[:, 0] + u[:, None] * (c[:, 1] - c[:, 0]) + v[:, None] * (c[:, 2] - c[:, 0])
    return points, cross[face] / np.maximum(length[face], 1e-30)[:, None], face.astype(np.int64)


def fill(points: F64, cell: float, most: int = MOST) -> Volume:
    """The solid within a surface given by points on it that lie less than a cell apart.

    Full are the voxels that hold points and those that a flood from outside does not reach. When the flood leaks in
    through holes, those between walls along five of the six axis directions are full instead. Solids of more than
    `most` voxels get larger cells.
    """
    full, low = _fill(points, cell)
    count = int(full.sum())
    if count > most:
        cell *= (count / most) ** (1.0 / 3.0)
        full, low = _fill(points, cell)
    thick = np.asarray(ndimage.distance_transform_edt(full)) * cell
    where = np.argwhere(full)
    lookup = np.full(full.shape, -1, np.int32)
    lookup[tuple(where.T)] = np.arange(len(where), dtype=np.int32)
    return Volume(where.astype(np.int64), lookup, low + cell * (where + 0.5), cell, thick[full], low)


def carve(volume: Volume, points: F64, normals: F64) -> Volume:
    """`volume` without the voxels of its skin whose centres lie outside the surface, so that narrow gaps stay open.

    points, normals (N, 3): samples of the surface. Skin that is thinner than a voxel stays.
    """
    from scipy.spatial import cKDTree

    skin = np.flatnonzero(volume.thick <= 1.01 * volume.cell)
    near = np.asarray(cKDTree(points).query(volume.points[skin])[1])
    out = np.einsum("ni,ni->n", volume.points[skin] - points[near], normals[near]) > 0.15 * volume.cell
    behind = volume.holds(volume.points[skin] - 1.5 * volume.cell * normals[near])
    keep = np.ones(len(volume.index), bool)
    keep[skin[out & behind]] = False
    full = volume.lookup >= 0
    full[tuple(volume.index[~keep].T)] = False
    thick = np.asarray(ndimage.distance_transform_edt(full)) * volume.cell
    lookup = np.full(full.shape, -1, np.int32)
    lookup[tuple(volume.index[keep].T)] = np.arange(int(keep.sum()), dtype=np.int32)
    return replace(volume, index=volume.index[keep], lookup=lookup, points=volume.points[keep], thick=thick[full])


def _fill(points: F64, cell: float) -> tuple[Bools, F64]:
    """The full voxels of a grid and its corner."""
    low = points.min(axis=0) - 2.0 * cell
    index = np.floor((points - low) / cell).astype(np.int64)
    shape = tuple(int(n) + 3 for n in index.max(axis=0))
    wall = np.zeros(shape, bool)
    wall[tuple(index.T)] = True
    inside = _flood(wall)
    between = _between(wall)
    if inside.sum() < LEAK * between.sum() and between.sum() > 0.05 * wall.sum():
        closed = _flood(ndimage.binary_dilation(wall, iterations=1))
        inside = closed & ~wall if closed.sum() > LEAK * between.sum() else between
    return wall | inside, low


def _flood(wall: Bools) -> Bools:
    labels, _ = ndimage.label(~wall)
    return np.asarray((labels != labels[0, 0, 0]) & ~wall)


def _between(wall: Bools) -> Bools:
    votes = np.zeros(wall.shape, np.uint8)
    for axis in range(3):
        votes += np.maximum.accumulate(wall, axis=axis)
        votes += np.flip(np.maximum.accumulate(np.flip(wall, axis), axis=axis), axis)
    return np.asarray((votes >= 5) & ~wall)


def join_pieces(volume: Volume, reach: float) -> csr_matrix:
    """`Volume.graph` with bridges between pieces: each piece is tied to the nearest other by its shortest gap.

    Pieces farther than `reach` from everything else stay alone.
    """
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    graph = volume.graph()
    points = volume.points
    for _ in range(12):
        count, label = connected_components(graph, directed=False)
        if count == 1:
            break
        size = np.bincount(label)
        main = int(size.argmax())
        rest = np.flatnonzero(label != main)
        gap, to = cKDTree(points[label == main]).query(points[rest])
        far, to = np.asarray(gap), np.flatnonzero(label == main)[to]
        least = np.full(count, np.inf)
        np.minimum.at(least, label[rest], far)
        near = least[label[rest]]
        close = (near <= reach) & (far <= near + 0.5 * volume.cell)
        if not close.any():
            break
        r, c, g = rest[close], to[close], far[close]
        n = len(points)
        graph = graph + csr_matrix((np.r_[g, g], (np.r_[r, c], np.r_[c, r])), shape=(n, n))
    return graph
