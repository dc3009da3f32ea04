"""Which vertices lie at one place. Arrays in, arrays out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

FINENESS = 20  # bits: vertices closer than about 2^-20 of the size (a micrometre on a person) are at one place


def finite_rows(values: NDArray[Any]) -> NDArray[np.bool_]:
    """(N,) rows of numbers only."""
    return np.asarray(np.isfinite(values).all(axis=1), np.bool_)


def size_of(positions: NDArray[Any]) -> float:
    """Diagonal of the bounding box of the finite positions (V, 3); 0 for none."""
    finite = positions[finite_rows(positions)]
    if not len(finite):
        return 0.0
    return float(np.linalg.norm(finite.max(axis=0).astype(np.float64) - finite.min(axis=0)))


def step_of(size: float) -> float:
    """The distance within which vertices count as one: a power of two, so that mending does not shift the grid."""
    return float(2.0 ** (np.floor(np.log2(size)) - FINENESS)) if size > 0 else 0.0


def coincident(positions: NDArray[Any], step: float) -> I32:
    """The place of each vertex: (V,), numbered by lowest vertex. Vertices within about `step` share one.

    Four grids of cells of 4 `step`, a quarter of a cell apart, catch what one grid would separate: of two vertices
    within `step`, each axis puts a border between them in at most one grid, so in one of the four there is none. A
    vertex that is not finite is a place of its own.
    """
    count = len(positions)
    finite = finite_rows(positions)
    if step <= 0 or not finite.any():
        return np.arange(count, dtype=np.int32)
    p = np.where(finite[:, None], positions, 0).astype(np.float64)
    cells = (p - p[finite].min(axis=0)) / (4 * step)
    lost = np.flatnonzero(~finite)
    labels: I32 | None = None
    for shift in (0.0, 0.25, 0.5, 0.75):
        keys = _packed(np.floor(cells + shift))
        keys[lost] = -1 - lost
        found = _labels(keys)
        labels = found if labels is None else _joined(labels, found)
    assert labels is not None
    return by_lowest(labels)


def _packed(cells: NDArray[Any]) -> I64:
    c = cells.astype(np.int64)
    return np.asarray((c[:, 0] << 42) | (c[:, 1] << 21) | c[:, 2])


def _labels(keys: I64) -> I32:
    return np.asarray(np.unique(keys, return_inverse=True)[1].reshape(-1), np.int32)


def _joined(one: I32, two: I32) -> I32:
    """The coarsest labels that keep together what either labelling keeps together."""
    n = int(one.max()) + 1
    a = np.full(n, np.iinfo(np.int32).max, np.int32)
    np.minimum.at(a, one, two)  # where one cell of the first grid lies in one cell of the second, nothing is to be done
    b = np.zeros(n, np.int32)
    np.maximum.at(b, one, two)
    m = int(two.max()) + 1
    c = np.full(m, np.iinfo(np.int32).max, np.int32)
    np.minimum.at(c, two, one)
    d = np.zeros(m, np.int32)
    np.maximum.at(d, two, one)
    if (a == b).all():
        return two
    if (c == d).all():
        return one
    from scipy.sparse import coo_array  # loaded late: only odd meshes need it
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(one), np.int8), (one, two + n)), shape=(n + m, n + m))
    return np.asarray(connected_components(graph, directed=False)[1][one], np.int32)


def by_lowest(labels: NDArray[Any]) -> I32:
    """The same groups, numbered 0, 1, .. by their lowest member."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    return np.asarray(rank[inverse.reshape(-1)], np.int32)


def group_number(keys: NDArray[Any]) -> I32:
    """Groups of equal keys, numbered 0, 1, .. in the keys' order."""
    return np.asarray(np.unique(keys, return_inverse=True)[1].reshape(-1), np.int32)
