"""Closest points on a triangle surface."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


FINENESS = 3  # samples per median edge: more cost in the tree, fewer projections


class Closest(NamedTuple):
    """For each of N points: distance (N,) metres, face (N,), weights (N, 3) of its corners, point (N, 3)."""

    distance: F32
    face: I32
    weights: F32
    point: F32


def dot(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """(...) of vectors (..., 3): column by column, which numpy does several times faster than a sum over short rows."""
    return np.asarray(a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2])


def project(points: NDArray[Any], a: NDArray[Any], b: NDArray[Any], c: NDArray[Any]) -> NDArray[Any]:
    """Barycentric weights (..., 3) of the points of triangles a b c closest to `points`, all (..., 3).

    Ericson, Real-Time Collision Detection, 5.1.5: by Voronoi region. Degenerate triangles act as their edges.
    """
    ab, ac, ap = b - a, c - a, points - a
    d1, d2 = dot(ab, ap), dot(ac, ap)
    bp, cp = points - b, points - c
    d3, d4 = dot(ab, bp), dot(ac, bp)
    d5, d6 = dot(ab, cp), dot(ac, cp)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2

    def ratio(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(x / np.where(np.abs(y) > 1e-30, y, 1.0))

    total = va + vb + vc
    v, w = ratio(vb, total), ratio(vc, total)  # inside, unless one of the regions below claims the point
    long = (d4 - d3) + (d5 - d6)
    edge = (va <= 0) & (d4 - d3 >= 0) & (d5 - d6 >= 0) & (long > 0)
    t = np.clip(ratio(d4 - d3, long), 0, 1)
    v, w = np.where(edge, 1 - t, v), np.where(edge, t, w)
    edge = (vb <= 0) & (d2 >= 0) & (d6 <= 0) & (d2 > d6)
    v, w = np.where(edge, 0, v), np.where(edge, np.clip(ratio(d2, d2 - d6), 0, 1), w)
    edge = (vc <= 0) & (d1 >= 0) & (d3 <= 0) & (d1 > d3)
    v, w = np.where(edge, np.clip(ratio(d1, d1 - d3), 0, 1), v), np.where(edge, 0, w)
    corner = (d6 >= 0) & (d5 <= d6)
    v, w = np.where(corner, 0, v), np.where(corner, 1, w)
    corner = (d3 >= 0) & (d4 <= d3)
    v, w = np.where(corner, 1, v), np.where(corner, 0, w)
    corner = (d1 <= 0) & (d2 <= 0)
    v, w = np.where(corner, 0, v), np.where(corner, 0, w)
    return np.stack([1 - v - w, v, w], axis=-1)


def closest_points(
    points: NDArray[Any],
    positions: NDArray[Any],
    faces: I32,
    *,
    settle: bool = True,
    candidates: int = 8,
    slack: float = 0.0,
) -> Closest:
    """The closest point of the surface for each of `points` (N, 3). Exact up to rounding; `settle=False`: mostly.

    Samples on the triangles find candidates in a tree; a candidate is projected on unless its sample is too far for
    any point of its triangle to be nearest. Points whose nearest samples do not settle that ask for more of them.
    candidates: samples that are looked at first, and without `settle` the only ones. One is several times faster than
    eight, and then off by a fraction of the distance between samples at worst.
    slack: share by which a sample may be farther than the nearest: quick where points lie far from the surface.
    """
    from scipy.spatial import cKDTree

    p = points.astype(np.float64)
    corners = positions[faces].astype(np.float64)
    samples, owner, reach = _samples(corners)
    # split in the middle of space: as fast to ask near the surface, and far faster far from it
    tree = cKDTree(samples, balanced_tree=False, compact_nodes=False)
    farthest = float(reach.max())
    gap = np.full(len(p), np.inf)
    face, weights = np.zeros(len(p), np.int64), np.zeros((len(p), 3))
    open_, count = np.arange(len(p)), candidates
    while len(open_):
        count = min(count, len(samples))
        far, near = tree.query(p[open_], k=count, eps=slack)
        far, near = np.asarray(far).reshape(len(open_), -1), np.asarray(near).reshape(len(open_), -1)
        _keep_nearer(gap, face, weights, p, corners, open_, owner[near[:, 0]])
        first = owner[near[:, :1]]
        row, column = np.nonzero((far[:, 1:] - reach[near[:, 1:]] < gap[open_, None]) & (owner[near[:, 1:]] != first))
        _keep_nearer(gap, face, weights, p, corners, open_[row], owner[near[row, column + 1]])
        settled = far[:, -1] - farthest >= gap[open_]
        open_ = open_[~settled] if settle and count < len(samples) else open_[:0]
        count *= 4
    point = np.einsum("nc,ncj->nj", weights, corners[face])
    return Closest(gap.astype(np.float32), face.astype(np.int32), weights.astype(np.float32), point.astype(np.float32))


def _keep_nearer(
    gap: NDArray[Any],
    face: NDArray[Any],
    weights: NDArray[Any],
    p: NDArray[Any],
    corners: NDArray[Any],
    rows: NDArray[Any],
    tries: NDArray[Any],
) -> None:
    """Project points `rows` on triangles `tries` and enter what is nearer than known; rows rise and may repeat."""
    if not len(rows):
        return
    q = np.ascontiguousarray(p[rows].T).T  # column by column: see `dot`
    a, b, c = (np.ascontiguousarray(corners[tries, k].T).T for k in range(3))
    w = project(q, a, b, c)
    away = w[:, :1] * a + w[:, 1:2] * b + w[:, 2:] * c - q
    d = np.sqrt(dot(away, away))
    if (np.diff(rows) > 0).all():
        first = np.arange(len(rows))
    else:
        order = np.lexsort((tries, d, rows))
        first = order[np.flatnonzero(np.diff(rows[order], prepend=-1))]
    first = first[d[first] < gap[rows[first]]]
    gap[rows[first]], face[rows[first]], weights[rows[first]] = d[first], tries[first], w[first]


def _samples(corners: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Points on the triangles (F, 3, 3), the face that owns each, and how far its share of the face reaches."""
    longest = np.sqrt(((corners - np.roll(corners, 1, axis=1)) ** 2).sum(-1)).max(axis=1)
    step = max(float(np.median(longest)) / FINENESS, float(longest.max()) / 16, 1e-12)
    cuts = np.clip(np.ceil(longest / step), 1, 16).astype(int)
    points, owners = [], []
    for n in np.unique(cuts):
        of = np.flatnonzero(cuts == n)
        i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
        up, down = i + j < n, i + j < n - 1
        u = np.concatenate([(i[up] + 1 / 3) / n, (i[down] + 2 / 3) / n])
        v = np.concatenate([(j[up] + 1 / 3) / n, (j[down] + 2 / 3) / n])
        points.append(np.einsum("sc,fcj->fsj", np.stack([1 - u - v, u, v], axis=1), corners[of]).reshape(-1, 3))
        owners.append(np.repeat(of, len(u)))
    owner = np.concatenate(owners)
    spread = np.sqrt(((corners - corners.mean(axis=1, keepdims=True)) ** 2).sum(-1)).max(axis=1)
    return np.concatenate(points), owner, (spread / cuts)[owner]


def signed_distance(points: NDArray[Any], positions: F32, faces: I32, normals: F32) -> tuple[F32, Closest]:
    """Distance to a closed surface, negative inside, and the closest points.

    normals: (V, 3) angle-weighted vertex normals (`vertex_normals`): interpolated where the closest point lies on an
    edge or a corner, as Bærentzen & Aanæs 2005 ask; inside a triangle its own plane decides.
    """
    found = closest_points(points, positions, faces)
    corners = faces[found.face]
    smooth = np.einsum("nc,ncj->nj", found.weights, normals[corners])
    a, b, c = (positions[corners[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    within = (found.weights > 1e-4).all(axis=1)
    away = points - found.point
    side = (away * np.where(np.asarray(within)[:, None], flat, smooth)).sum(axis=1)
    return np.where(side < 0, -found.distance, found.distance).astype(np.float32), found
