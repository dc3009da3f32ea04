"""Charts: a smooth surface around a part of the body, found by casting rays from an axis, as a table over (angle, s).

An armourer's view of the body: `angle` runs round the axis, `s` from 0 to 1 along it. A garment is drawn as patches in
these two numbers and an offset along the normal, so its edges are exact curves and its topology is ours.
"""

from dataclasses import dataclass

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

F64 = NDArray[np.float64]
PAD = 4
FAR = 2.0


def unit(v: F64) -> F64:
    """Rows of length one."""
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12))


def cast(origins: F64, directions: F64, corners: F64, far: bool = False) -> F64:
    """(N,) distance to the first triangle hit from inside, or to the outermost when `far`; nan where none is hit.

    corners: (T, 3, 3).
    """
    scene = EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(corners, np.float32))
    if far:
        origins, directions = origins + directions * FAR, -directions
    start, ray = np.ascontiguousarray(origins, np.float32), np.ascontiguousarray(directions, np.float32)
    t = scene.run(start, ray, query="DISTANCE").astype(np.float64)
    t = np.where((t > 0) & (t < FAR * 2), t, np.nan)
    return np.where(t < FAR, FAR - t, np.nan) if far else t


@dataclass(frozen=True, eq=False)
class Chart:
    """points, normals: (A + 2 PAD, S, 3) tables; the angle wraps and starts at -pi."""

    points: F64
    normals: F64
    angles: int

    def _look(self, table: F64, angle: F64, s: F64) -> F64:
        from scipy.ndimage import map_coordinates

        rows = (np.asarray(angle) + np.pi) / (2 * np.pi) * self.angles
        rows = np.mod(rows, self.angles) + PAD
        cols = np.clip(np.asarray(s), 0, 1) * (table.shape[1] - 1)
        where = np.stack([rows.ravel(), cols.ravel()])
        out = [map_coordinates(table[..., k], where, order=1, mode="nearest") for k in range(3)]
        return np.stack(out, -1).reshape(*rows.shape, 3)

    def at(self, angle: F64, s: F64, offset: F64 | float = 0.0) -> F64:
        """Points (..., 3) on the surface, moved `offset` metres along its normal."""
        angle, s = np.broadcast_arrays(angle, s)
        normal = unit(self._look(self.normals, angle, s))
        return np.asarray(self._look(self.points, angle, s) + normal * np.asarray(offset)[..., None])


def from_table(points: F64, soften: float = 1.5) -> Chart:
    """A chart of a (A, S, 3) table whose rows go round counter-clockwise."""
    from scipy.ndimage import gaussian_filter1d

    fine = points
    da = np.roll(fine, -1, 0) - np.roll(fine, 1, 0)
    ds = np.gradient(fine, axis=1)
    normal = unit(np.cross(da, ds))
    if soften:
        normal = gaussian_filter1d(
            gaussian_filter1d(normal, soften, axis=0, mode="wrap"), soften, axis=1, mode="nearest"
        )
    centre = fine.mean(0, keepdims=True)
    if ((fine - centre) * normal).sum() < 0:
        normal = -normal
    rows = np.arange(-PAD, len(fine) + PAD) % len(fine)
    return Chart(fine[rows], unit(normal)[rows], len(fine))


def around(
    axis: F64,
    frames: tuple[F64, F64],
    corners: F64,
    *,
    angles: int = 72,
    lift: F64 | None = None,
    smooth: tuple[float, float] = (1.5, 1.5),
    limit: float = 1.0,
    reach: F64 | None = None,
    far: bool = False,
    fill: bool = False,
) -> Chart:
    """Cast from each point of `axis` (S, 3) in the plane of frames (e0, e1: (S, 3)), tilted towards lift (S, 3).

    angle 0 looks along e0, 90 degrees along e1. `reach` (A, S): upper bound of the radius. smooth: sigmas in cells.
    """
    from scipy.ndimage import gaussian_filter1d

    a = -np.pi + 2 * np.pi * np.arange(angles) / angles
    e0, e1 = frames
    d = np.cos(a)[:, None, None] * e0[None] + np.sin(a)[:, None, None] * e1[None]
    if lift is not None:
        tilt = np.linalg.norm(lift, axis=1)[None, :, None]
        d = d * np.sqrt(np.maximum(1 - tilt**2, 0)) + lift[None]
    o = np.broadcast_to(axis[None], d.shape)
    r: F64 = cast(o.reshape(-1, 3), d.reshape(-1, 3), corners, far).reshape(d.shape[0], d.shape[1])
    cap = np.full(r.shape, limit) if reach is None else np.minimum(reach, limit)
    if fill:  # a ray that leaves through a gap takes its radius from the next one along the axis
        rows = np.arange(r.shape[1])
        for k in range(len(r)):
            known = np.asarray(r[k] < limit)
            if known.any():
                r[k] = np.interp(rows, rows[known], r[k][known])
    r = np.where(np.isnan(r), cap, np.minimum(r, cap))
    if smooth[0]:
        r = gaussian_filter1d(r, smooth[0], axis=0, mode="wrap")
    if smooth[1]:
        r = gaussian_filter1d(r, smooth[1], axis=1, mode="nearest")
    return from_table(o + d * r[..., None])


def path(knots: F64, count: int, smooth: float, hint: F64) -> tuple[F64, tuple[F64, F64]]:
    """Points evenly along a rounded polyline (count, 3) and frames (e0 near `hint`, e1), both across the path."""
    from scipy.ndimage import gaussian_filter1d

    seg = np.linalg.norm(np.diff(knots, axis=0), axis=1)
    at = np.concatenate([[0], np.cumsum(seg)])
    t = np.linspace(0, at[-1], count)
    line = np.stack([np.interp(t, at, knots[:, k]) for k in range(3)], -1)
    tangent = unit(np.gradient(line, axis=0))
    if smooth:
        tangent = unit(gaussian_filter1d(tangent, smooth, axis=0, mode="nearest"))
    e0 = unit(hint - (tangent * hint).sum(-1, keepdims=True) * tangent)
    return line, (e0, np.cross(tangent, e0))
