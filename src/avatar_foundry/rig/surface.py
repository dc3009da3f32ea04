"""Skin weights for points near the body: from the nearest place on the body's or the helpers' surface."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, U16
from ..geometry import triangulate
from ..pack import open_pack
from .bind import four_joints
from .fold import base_weights
from .joints import POINTS, joint_points
from .refine import blend_legs

_SURFACES = ("body", "helper-tights")
_NEIGHBOURS = 8  # triangles with the nearest centres are tried


@lru_cache(maxsize=1)
def _triangles() -> I32:
    """(F, 3) triangles of the surfaces."""
    pack = open_pack()
    groups = pack.meta["base"]["groups"]
    wanted = [groups.index(name) for name in _SURFACES]
    return triangulate(pack.array("base/faces")[np.isin(pack.array("base/face_group"), wanted)]).astype(np.int32)


def closest_on_triangles(
    points: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The place in each triangle a, b, c nearest to its point: barycentric weights (..., 3), squared distance (...).

    All of shape (3, ...): coordinates first, so that every step is one pass over long rows. Ericson, Real-Time
    Collision Detection (2005), 5.1.5, with the three edges and the inside tried at once. A triangle without area
    counts as its edges.
    """

    def dot(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(u[0] * v[0] + u[1] * v[1] + u[2] * v[2])

    u, v, w = b - a, c - a, points - a
    uu, vv, uv, wu, wv, ww = dot(u, u), dot(v, v), dot(u, v), dot(w, u), dot(w, v), dot(w, w)
    # distance to a + s u + t v is ww - 2 (s wu + t wv) + s^2 uu + 2 s t uv + t^2 vv: everything from these six numbers
    span = uu + vv - 2.0 * uv
    on_u = np.clip(wu / np.maximum(uu, 1e-30), 0.0, 1.0)
    on_v = np.clip(wv / np.maximum(vv, 1e-30), 0.0, 1.0)
    on_w = np.clip((wv - wu - uv + uu) / np.maximum(span, 1e-30), 0.0, 1.0)
    zero = np.zeros_like(on_u)
    area = uu * vv - uv * uv
    solid = area > 1e-12 * np.maximum(uu * vv, 1e-30)
    s0 = (vv * wu - uv * wv) / np.where(solid, area, 1.0)
    t0 = (uu * wv - uv * wu) / np.where(solid, area, 1.0)
    inside = solid & (s0 >= 0) & (t0 >= 0) & (s0 + t0 <= 1)
    s = np.stack([on_u, zero, 1.0 - on_w, np.where(inside, s0, 0.0)])
    t = np.stack([zero, on_v, on_w, np.where(inside, t0, 0.0)])
    far = ww - 2.0 * (s * wu + t * wv) + s * s * uu + 2.0 * s * t * uv + t * t * vv
    far[3] = np.where(inside, far[3], np.inf)
    best = far.argmin(axis=0)[None]
    s, t = np.take_along_axis(s, best, 0)[0], np.take_along_axis(t, best, 0)[0]
    return np.stack([1.0 - s - t, s, t], axis=-1), np.take_along_axis(far, best, 0)[0]


def nearest_surface(points: F32, base: F32) -> tuple[I32, NDArray[np.float64]]:
    """Base-mesh vertices (N, 3) and barycentric weights (N, 3) of the place on the body or the suit nearest to a point.

    points: (N, 3), base: (B, 3), metres, same pose. Exact among the eight triangles with the nearest centres; ties go
    to the nearest centre.
    """
    from scipy.spatial import cKDTree

    triangles = _triangles()
    places, corners = points.astype(np.float64), base.astype(np.float64)[triangles]
    near = np.asarray(cKDTree(corners.mean(axis=1)).query(places, k=_NEIGHBOURS)[1])
    shelf = np.ascontiguousarray(corners.transpose(1, 2, 0))  # (corner, coordinate, F)
    a, b, c = (np.take(shelf[k], near, axis=1) for k in range(3))
    bary, far = closest_on_triangles(places.T[:, :, None], a, b, c)
    best = far.argmin(axis=1)
    row = np.arange(len(points))
    return triangles[near[row, best]], bary[row, best]


def surface_weights(points: F32, base: F32) -> NDArray[np.float64]:
    """(N, 65) f64 weights of all joints at points near the body; rows sum to 1."""
    corners, bary = nearest_surface(points, base)
    return np.asarray(np.einsum("nk,nkj->nj", bary, base_weights()[corners].astype(np.float64)))


def bind_weights_from_surface(points: F32, base: F32) -> tuple[U16, F32]:
    """Joints (N, 4) u16 and weights (N, 4) f32 of points near the body: cloth moves as the skin under it does.

    points: (N, 3), base: (B, 3), metres, in the same pose. Rows as in `bind_weights`.
    """
    return four_joints(surface_weights(points, base))


def smooth_skirt_weights(
    weights: NDArray[np.float64], points: F32, base: F32, reach: float = 1.0
) -> NDArray[np.float64]:
    """Weights (N, 65) of a skirt or robe in which left and right leg blend across the middle instead of tearing.

    At the midline both legs pull alike; `reach` hip-joint distances to the side a point follows its own leg alone.
    Between, the pull of the two legs changes smoothly, so the cloth in front of a stride stays one sheet. Only how the
    legs' weight is shared between left and right changes, bone by bone; sums stay. Garments that hang on the data's
    helper skirt have this already.
    """
    half = float(joint_points(base)[POINTS.index("leftUpperLeg"), 0])
    return blend_legs(np.asarray(weights, np.float64), points[:, 0].astype(np.float64) / max(reach * half, 1e-6))
