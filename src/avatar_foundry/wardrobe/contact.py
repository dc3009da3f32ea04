"""Signed distance from points to a triangle surface, near known vertices. Arrays in, arrays out.

Who touches whom is worked out once on a neutral body (`candidates`); on every other body only those few vertices and
the triangles around the nearest of them are looked at. Closest point on a triangle: Ericson, Real-Time Collision
Detection, 5.1.5.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32
from ..cache import cached_bytes
from ..geometry import by_content, vertex_normals

CANDIDATES = 10


class Shell(NamedTuple):
    """A surface to stay out of: positions (V, 3), faces (F, 3), unit normals (V, 3), rings (V, R) faces, padded."""

    positions: F32
    faces: I32
    normals: F32
    rings: I32


@by_content(128)
def rings(faces: I32, count: int) -> I32:
    """For each of `count` vertices the faces around it (count, R), the first repeated to fill; 0 for loose vertices."""
    flat = faces.reshape(-1)
    order = np.argsort(flat, kind="stable")
    degree = np.bincount(flat, minlength=count)
    start = np.concatenate([[0], np.cumsum(degree)[:-1]])
    slot = np.minimum(np.arange(max(int(degree.max(initial=1)), 1))[None, :], np.maximum(degree - 1, 0)[:, None])
    at = np.minimum(start[:, None] + slot, len(order) - 1)
    return np.where(degree[:, None] > 0, order[at] // 3, 0).astype(np.int32)


def shell(positions: F32, faces: I32) -> Shell:
    """Prepare a surface."""
    return Shell(positions, faces, vertex_normals(positions, faces), rings(faces, len(positions)))


def turned(surface: Shell, sign: F32) -> Shell:
    """`surface` with its normals times `sign` (V, 1)."""
    return surface._replace(normals=surface.normals * sign)


def candidates(points: F32, surface: F32, reach: float = np.inf, count: int = CANDIDATES) -> tuple[I32, I32]:
    """(points that lie within `reach` metres of the surface's vertices (N,), their nearest vertices (N, count))."""
    from scipy.spatial import cKDTree

    if not len(points) or not len(surface):
        return np.zeros(0, np.int32), np.zeros((0, 1), np.int32)
    count = min(count, len(surface))
    found = cKDTree(surface).query(points, k=count)
    distance, index = (np.asarray(x).reshape(len(points), count) for x in found)
    near = np.flatnonzero(distance[:, 0] <= reach)
    return near.astype(np.int32), index[near].astype(np.int32)


def kept_pair(key: str, make: Callable[[], tuple[I32, I32]]) -> tuple[I32, I32]:
    """Points (N,) and their vertices (N, K) by way of the disk: a fresh process need not search again."""

    def bytes_of() -> bytes:
        rows, near = make()
        head = np.array([len(rows), near.shape[1]], np.int32)
        return b"".join(np.ascontiguousarray(a, np.int32).tobytes() for a in (head, rows, near))

    flat = np.frombuffer(cached_bytes(f"wardrobe/{key}", bytes_of), np.int32)
    count, width = int(flat[0]), int(flat[1])
    return flat[2 : 2 + count], flat[2 + count :].reshape(count, width)


class Touch(NamedTuple):
    """The closest spot on a surface: height (N,) above it, negative inside, and the unit normal (N, 3) there.

    square: (N,) 1 when the way to the spot runs along the normal, 0 when the spot lies on an edge straight aside.
    corners: (N, 3) vertices of the closest triangle and bary (N, 3) the spot's share in each.
    """

    height: F32
    normal: F32
    square: F32
    corners: I32
    bary: F32


def signed_distance(points: F32, near: I32, surface: Shell, within: float, beyond: float = -np.inf) -> Touch:
    """How far points (N, 3) are above a surface.

    near: (N, K) surface vertices to look at. Exact for points whose height over the tangent plane at the nearest of
    them is between `beyond` and `within`; for others that height stands, with a rough spot.
    """
    corners = np.take(surface.positions, near, axis=0)
    away = points[:, None, :] - corners
    best = np.argmin(np.einsum("nkc,nkc->nk", away, away), axis=1)
    rows = np.arange(len(points))
    vertex = near[rows, best]
    normal = np.take(surface.normals, vertex, axis=0)
    height = np.einsum("nc,nc->n", away[rows, best], normal)
    corner = np.repeat(vertex[:, None], 3, axis=1)
    share = np.full((len(points), 3), 1 / 3, np.float32)
    upright = np.zeros(len(points), np.float32)
    close = np.flatnonzero((height < within) & (height > beyond))
    if len(close):
        faces = np.take(surface.rings, vertex[close], axis=0)
        bary, spot, square = _closest(points[close], faces, surface)
        smooth = np.einsum("nk,nkc->nc", bary, np.take(surface.normals, spot, axis=0))
        smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
        at = np.einsum("nk,nkc->nc", bary, np.take(surface.positions, spot, axis=0))
        side = np.einsum("nc,nc->n", points[close] - at, smooth)
        reach = np.sqrt(square)
        height[close] = np.where(side < 0, -1, 1) * reach
        upright[close] = np.abs(side) / np.maximum(reach, 1e-6)
        normal[close], corner[close], share[close] = smooth, spot, bary
    return Touch(height, normal, upright, corner, share)


def _closest(points: F32, faces: I32, surface: Shell) -> tuple[F32, I32, F32]:
    """Closest of R triangles each: barycentric (N, 3), its vertices (N, 3), squared distance (N,)."""
    n, r = faces.shape
    corner = np.take(surface.faces, faces.reshape(-1), axis=0)
    # one row per coordinate: short vectors side by side are slow in NumPy
    flat = np.ascontiguousarray(surface.positions.T)
    a, b, c = (flat[:, corner[:, k]] for k in range(3))
    p = np.repeat(np.ascontiguousarray(points.T), r, axis=1)

    def dot(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(x[0] * y[0] + x[1] * y[1] + x[2] * y[2])

    ab, ac, ap = b - a, c - a, p - a
    d1, d2 = dot(ab, ap), dot(ac, ap)
    bb, bc, cc = dot(ab, ab), dot(ab, ac), dot(ac, ac)
    d3, d4, d5, d6 = d1 - bb, d2 - bc, d1 - bc, d2 - cc
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    tiny = np.float32(1e-20)
    whole = np.maximum(va + vb + vc, tiny)
    v, w = vb / whole, vc / whole
    on_ab = (vc <= 0) & (d1 >= 0) & (d3 <= 0)
    on_ac = (vb <= 0) & (d2 >= 0) & (d6 <= 0)
    on_bc = (va <= 0) & (d4 - d3 >= 0) & (d5 - d6 >= 0)
    t = (d4 - d3) / np.maximum((d4 - d3) + (d5 - d6), tiny)
    v = np.where(on_bc, 1 - t, np.where(on_ac, 0, np.where(on_ab, d1 / np.maximum(bb, tiny), v)))
    w = np.where(on_bc, t, np.where(on_ac, d2 / np.maximum(cc, tiny), np.where(on_ab, 0, w)))
    at_a, at_b, at_c = (d1 <= 0) & (d2 <= 0), (d3 >= 0) & (d4 <= d3), (d6 >= 0) & (d5 <= d6)
    v = np.where(at_a | at_c, 0, np.where(at_b, 1, v))
    w = np.where(at_a | at_b, 0, np.where(at_c, 1, w))
    gap = ap - v * ab - w * ac
    square = dot(gap, gap).reshape(n, r)
    best = np.argmin(square, axis=1)
    rows = np.arange(n)
    pick = rows * r + best
    bary = np.stack([1 - v[pick] - w[pick], v[pick], w[pick]], axis=1).astype(np.float32)
    return bary, corner[pick], square[rows, best]
