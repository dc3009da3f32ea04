"""Weights from distances inside the solid: every cell goes to the bone that is nearest through the flesh, then blends.

Distances run through the solid, never across the air between two limbs (Dionne and de Lasa, Geodesic Voxel Binding,
2013). But weights straight from distances are flat and wide at every joint, so the distances only say whose a cell is,
and a diffusion along the body, as wide as the limb is thick, makes the blend.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from ..avatar import F32, I32
from .weights_proxies import Segments
from .weights_voxels import Cells, neighbours

F64 = NDArray[np.float64]
SMALL = 0.5  # of the height: an island up to this size is one thing
ROUNDS = 24  # of averaging; more for a finer grid would change nothing but the time
BLEND = 0.5  # width (standard deviation) of the blend at a joint in distances from bone to skin


def owners(cells: Cells, bones: Sequence[str], segments: Segments) -> tuple[I32, F64]:
    """(N,) which of `bones` is nearest to each solid cell through the solid, and (N,) how far that is in metres."""
    first, second, length = neighbours(cells, diagonal=True)
    count, centres = len(cells.place), cells.centres
    tree = cKDTree(centres)
    rows, columns, costs = [], [], []
    for b, bone in enumerate(bones):
        points = np.concatenate([_along(a, z, 0.5 * cells.size) for a, z in segments[bone]])
        far, cell = map(np.asarray, tree.query(points))
        good = far <= 3.0 * cells.size
        if not good.any():
            good = far <= far.min() * 1.0001
        rows.append(np.full(int(good.sum()), count + b))
        columns.append(cell[good])
        costs.append(far[good] + 1e-6)
    size = count + len(bones)
    row = np.concatenate([first, *rows])
    column = np.concatenate([second, *columns])
    cost = np.concatenate([length, *costs])
    order = np.lexsort((cost, column, row))  # a pair that comes twice keeps its shortest way
    row, column, cost = row[order], column[order], cost[order]
    fresh = np.ones(len(row), bool)
    fresh[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    graph = csr_array((cost[fresh], (row[fresh], column[fresh])), shape=(size, size))
    far, _, source = dijkstra(
        graph, directed=False, indices=np.arange(count, size), min_only=True, return_predecessors=True
    )
    owner, far = source[:count].astype(np.int64) - count, far[:count]
    lost = ~np.isfinite(far)
    if lost.any():
        _islands(owner, far, lost, first, second, centres)
    return owner.astype(np.int32), np.asarray(far, np.float64)


def _islands(
    owner: NDArray[np.int64], far: F64, lost: NDArray[np.bool_], first: I32, second: I32, centres: F64
) -> None:
    """Give islands that no bone runs through, in place, to what lies nearest: small ones whole, large ones by cell."""
    rows = np.flatnonzero(lost)
    gap, near = cKDTree(centres[~lost]).query(centres[rows])
    owner[rows], far[rows] = owner[~lost][near], far[~lost][near] + gap
    place = np.full(len(lost), -1, np.int64)
    place[rows] = np.arange(len(rows))
    inner = lost[first] & lost[second]
    ends = place[first[inner]], place[second[inner]]
    graph = coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(len(rows), len(rows)))
    count, island = connected_components(graph, directed=False)
    order = np.lexsort((np.asarray(gap), island))
    starts = np.searchsorted(island[order], np.arange(count))
    points = centres[rows][order]
    size = np.linalg.norm(np.maximum.reduceat(points, starts) - np.minimum.reduceat(points, starts), axis=1)
    small = size < SMALL * float(np.ptp(centres[:, 1]))
    chief = owner[rows][order[starts]]  # of the cell with the narrowest gap
    whole = small[island]
    owner[rows[whole]] = chief[island[whole]]


def _along(a: F64, b: F64, step: float) -> F64:
    n = max(int(np.ceil(float(np.linalg.norm(b - a)) / step)), 1)
    return np.asarray(a + np.linspace(0.0, 1.0, n + 1)[:, None] * (b - a))


def blended(
    cells: Cells, owner: I32, far: F64, bones: Sequence[str], parent: Mapping[str, str], blend: float = BLEND
) -> F32:
    """(N, bones) f32 weights of the cells: ownership, averaged among neighbours over a width that follows the limb's.

    Only a bone and its parent, or two children of one parent on the same side, flow into each other: a hand that rests
    on a thigh stays apart from it.
    """
    number = {b: i for i, b in enumerate(bones)}
    mixes = np.eye(len(bones), dtype=bool)
    for bone in bones:
        up = parent.get(bone, "")
        if up in number:
            mixes[number[bone], number[up]] = mixes[number[up], number[bone]] = True
    first, second, _ = neighbours(cells, diagonal=False)
    open_ = mixes[owner[first], owner[second]]
    first, second = first[open_], second[open_]
    count = len(owner)
    link = coo_array((np.ones(len(first), np.float32), (first, second)), shape=(count, count)).tocsr()
    link = (link + link.T).tocsr()
    degree: NDArray[np.float32] = np.asarray(link.sum(axis=1), np.float32).ravel()
    spread = np.maximum(blend * far, 0.8 * cells.size)
    rate = np.minimum(3.0 * (spread / cells.size) ** 2 / ROUNDS, 1.0).astype(np.float32)
    weights = np.zeros((count, len(bones)), np.float32)
    weights[np.arange(count), owner] = 1.0
    share = (rate / np.maximum(degree, 1.0)).astype(np.float32)[:, None]
    keep = np.where(degree > 0, 1.0 - rate, 1.0).astype(np.float32)[:, None]
    for _ in range(ROUNDS):
        weights = keep * weights + share * (link @ weights)
    return weights
