"""What a triangle list says about its surface: edges, borders, pieces, volume. Arrays in, arrays out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .memo import by_content

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


def triangulate(quads: NDArray[Any]) -> I32:
    """Split quads (F, 4) into triangles (T, 3) along the first diagonal, in the quads' order.

    A quad whose last index repeats its third is a triangle and stays one. Three columns come back unchanged.
    `origin_faces` tells which quad each triangle came from.
    """
    if quads.shape[1] == 3:
        return np.ascontiguousarray(quads, np.int32)
    return np.ascontiguousarray(quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3)[_kept(quads)], np.int32)


def origin_faces(quads: NDArray[Any]) -> I32:
    """The row of `quads` that each triangle of `triangulate(quads)` came from: (T,)."""
    if quads.shape[1] == 3:
        return np.arange(len(quads), dtype=np.int32)
    return np.repeat(np.arange(len(quads), dtype=np.int32), 2)[_kept(quads)]


def _kept(quads: NDArray[Any]) -> NDArray[np.bool_]:
    kept = np.ones((len(quads), 2), bool)
    kept[:, 1] = (quads[:, 3] != quads[:, 2]) & (quads[:, 3] != quads[:, 0])
    return kept.reshape(-1)


def triangulate_pair(quads: NDArray[Any], uv_quads: NDArray[Any]) -> tuple[I32, I32]:
    """Triangulate vertex and uv indices together: both follow the vertex quads' degeneracy, so that rows match."""
    if quads.shape[1] == 3:
        return np.ascontiguousarray(quads, np.int32), np.ascontiguousarray(uv_quads, np.int32)
    split = uv_quads[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3)[_kept(quads)]
    return triangulate(quads), np.ascontiguousarray(split, np.int32)


def face_cross(positions: NDArray[Any], faces: NDArray[Any]) -> NDArray[Any]:
    """Twice the area times the unit normal of each face: (F, 3)."""
    a = positions[faces[:, 0]]
    return np.cross(positions[faces[:, 1]] - a, positions[faces[:, 2]] - a)


@by_content()
def boundary_edges(faces: I32) -> I32:
    """Directed edges (E, 2) that no other face crosses the opposite way, in the order of the faces."""
    edges = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2).astype(np.int64)
    n = int(edges.max(initial=0)) + 1
    return edges[~np.isin(edges[:, 0] * n + edges[:, 1], edges[:, 1] * n + edges[:, 0])].astype(np.int32)


def is_closed(faces: I32) -> bool:
    """Whether every edge is crossed in both directions: no border. Empty meshes are not closed."""
    return len(faces) > 0 and len(boundary_edges(faces)) == 0


@by_content()
def components(faces: I32, count: int) -> I32:
    """Piece number of each of `count` vertices: (V,). Pieces are numbered by lowest vertex; a loose vertex is one."""
    ends = faces[:, [[0, 1], [1, 2]]].reshape(-1, 2)
    a, b = np.ascontiguousarray(ends.T, np.int64)
    lowest = np.arange(count)
    while len(a):  # hang the higher root below the lower one, then shorten every path to its root
        low, high = np.minimum(lowest[a], lowest[b]), np.maximum(lowest[a], lowest[b])
        np.minimum.at(lowest, high, low)
        while ((up := lowest[lowest]) != lowest).any():
            lowest = up
        apart = lowest[a] != lowest[b]
        a, b = a[apart], b[apart]
    return np.unique(lowest, return_inverse=True)[1].reshape(-1).astype(np.int32)


def signed_volume(positions: NDArray[Any], faces: NDArray[Any]) -> float:
    """Enclosed volume in cubic metres, positive when faces look outwards. Meaningful for closed meshes."""
    a, b, c = (positions[faces[:, k]].astype(np.float64) for k in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0)


def surface_area(positions: NDArray[Any], faces: NDArray[Any]) -> float:
    """Area in square metres."""
    return float(np.linalg.norm(face_cross(positions.astype(np.float64), faces), axis=1).sum() / 2.0)


def weld(positions: F32, tolerance: float = 0.0) -> tuple[I32, I32]:
    """Find vertices that coincide: (keep (W,), remap (V,)) with positions[keep][remap] == positions.

    `tolerance` in metres snaps to a grid of that step first (then equal up to the step). The first of each group is
    kept and their order stays.
    """
    keys = positions if tolerance <= 0.0 else np.round(positions / tolerance).astype(np.int64)
    keys = keys + 0  # -0.0 becomes 0.0
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order].astype(np.int32), rank[inverse.reshape(-1)].astype(np.int32)
