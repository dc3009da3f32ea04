"""What light reaches a point: openness to the sky and to the key light, by embree rays from a coarse grid of points.

Rays start from one point per block of pixels, in directions turned from block to block; a blur over neighbouring blocks
of the same surface makes one smooth field of sixteen times as many rays.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
SKY_RAYS, SUN_RAYS = 12, 4
REACH = 0.4  # metres within which a surface shades another
BIAS = 4e-3  # metres off the surface, so that it does not shade itself
SUN_WIDTH = 0.16  # tangent of the key light's half angle: a big soft box
BLOCKS = 14000  # about so many points per picture
GROUND_CELLS, GROUND_RAYS, GROUND_REACH = 56, 32, 0.55


class Shelter:
    """The avatar as an obstacle to light. positions: (V, 3), faces: (F, 3)."""

    def __init__(self, positions: F32, faces: NDArray[np.int32]) -> None:
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh

        self._scene: Any = rtcore_scene.EmbreeScene()
        self._kept = (np.ascontiguousarray(positions, np.float32), np.ascontiguousarray(faces, np.int32))
        TriangleMesh(self._scene, *self._kept)

    def nearness(self, start: F32, direction: F32, reach: float) -> F32:
        """(N,) 1 where something is at the start, 0 where nothing is within `reach`."""
        limit = np.full(len(start), reach, np.float32)
        found = self._scene.run(start, np.ascontiguousarray(direction, np.float32), query="DISTANCE", dists=limit)
        return np.asarray(np.clip(1 - found / np.float32(reach), 0, 1), np.float32)

    def hit(self, start: F32, direction: F32) -> NDArray[np.bool_]:
        """(N,) whether a ray hits anything."""
        return np.asarray(self._scene.run(start, np.ascontiguousarray(direction, np.float32), query="OCCLUDED") >= 0)


class Openness(NamedTuple):
    """sky, sun: (N, 1) f32, 0 dark .. 1 open."""

    sky: F32
    sun: F32


def openness(
    shelter: Shelter, pixel: NDArray[np.int64], points: F32, normals: F32, towards: F32, size: int
) -> Openness:
    """Openness at the points (N, 3) with unit normals that pixels (N,) of a size x size picture show."""
    block = max(1, int(np.ceil(np.sqrt(len(pixel) / BLOCKS))))
    across = size // block + 3  # a margin of one block all around
    y, x = np.divmod(pixel, size)
    home = (y // block + 1) * across + x // block + 1
    chosen, first = np.unique(home, return_index=True)
    place, facing = points[first], normals[first]
    light = _trace(shelter, chosen, across, place, facing, towards)
    rows = np.full(across * across, -1, np.int32)
    rows[chosen] = np.arange(len(chosen))
    ring = [dy * across + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    light = _blend(light, place, facing, rows, [(chosen + o, 1.0) for o in ring], place, facing)
    if block > 1:
        u, v = (x % block + 0.5) / block - 0.5, (y % block + 0.5) / block - 0.5
        side, under = np.where(u < 0, -1, 1), np.where(v < 0, -1, 1) * across
        u, v = np.abs(u).astype(np.float32), np.abs(v).astype(np.float32)
        near = [(home, (1 - u) * (1 - v)), (home + side, u * (1 - v)), (home + under, (1 - u) * v)]
        light = _blend(light, place, facing, rows, [*near, (home + side + under, u * v)], points, normals)
    light = np.clip(light, 0, 1)
    return Openness(light[:, :1], light[:, 1:])


def _trace(shelter: Shelter, cell: NDArray[np.int64], across: int, points: F32, normals: F32, towards: F32) -> F32:
    """(N, 2) share of sky and sun that reaches points."""
    start = np.ascontiguousarray(points + normals * BIAS, np.float32)
    turn = ((cell % across) % 4 * 4 + (cell // across) % 4) * (2 * np.pi / 16)
    side, other = frame(normals)
    covered = np.zeros(len(points), np.float32)
    for k in range(SKY_RAYS):
        r = np.sqrt((k + 0.5) / SKY_RAYS)
        angle = (k * 2.399963 + turn)[:, None]
        ray = r * np.cos(angle) * side + r * np.sin(angle) * other + np.sqrt(1 - r * r) * normals
        covered += shelter.nearness(start, ray, REACH)
    axis, second = frame(towards[None])
    shaded = np.zeros(len(points), np.float32)
    for k in range(SUN_RAYS):
        r = SUN_WIDTH * np.sqrt((k + 0.5) / SUN_RAYS)
        angle = (k * 2.399963 + turn)[:, None]
        shaded += shelter.hit(start, towards + r * np.cos(angle) * axis + r * np.sin(angle) * second)
    light = np.stack([1 - covered / SKY_RAYS, 1 - shaded / SUN_RAYS], axis=1)
    return np.asarray(np.clip(light, 0, 1), np.float32)


def _blend(
    light: F32,
    place: F32,
    facing: F32,
    rows: NDArray[np.int32],
    near: list[tuple[NDArray[np.int64], Any]],
    points: F32,
    normals: F32,
) -> F32:
    """(N, C) `light` of neighbouring cells, each counted as far as it lies on the same surface as the point."""
    total = np.zeros((len(points), light.shape[1]), np.float32)
    weight = np.full(len(points), 1e-6, np.float32)
    total += light.mean(axis=0) * np.float32(1e-6)
    for cell, share in near:
        row = rows[cell]
        ok = row >= 0
        away = points - place[row]
        off = np.abs(np.einsum("nc,nc->n", away, normals))
        alike = np.maximum(np.einsum("nc,nc->n", normals, facing[row]), 0.02)
        w = np.where(ok, share * alike * alike * np.maximum(1 - off * 40, 0.02), 0).astype(np.float32)
        total += light[row] * w[:, None]
        weight += w
    return np.asarray(total / weight[:, None], np.float32)


def frame(n: F32) -> tuple[F32, F32]:
    """Two unit vectors at right angles to unit n (N, 3) and each other (Duff et al. 2017)."""
    sign = np.where(n[:, 2] >= 0, np.float32(1), np.float32(-1))
    a = -1 / (sign + n[:, 2])
    b = n[:, 0] * n[:, 1] * a
    one = np.stack([1 + sign * n[:, 0] ** 2 * a, sign * b, -sign * n[:, 0]], axis=1)
    return one.astype(np.float32), np.stack([b, sign + n[:, 1] ** 2 * a, -n[:, 1]], axis=1).astype(np.float32)


class Ground(NamedTuple):
    """A floor's shadow: darkness (G, G) 0..1 over x, z from `origin` (2,), `step` (2,) metres per cell."""

    darkness: F32
    origin: NDArray[np.float64]
    step: NDArray[np.float64]
    height: float

    def at(self, x: NDArray[np.float64], z: NDArray[np.float64]) -> F32:
        """(N,) darkness at points of the floor, bilinear; 0 outside."""
        cells = len(self.darkness) - 1
        u, v = (x - self.origin[0]) / self.step[0], (z - self.origin[1]) / self.step[1]
        inside = (u >= 0) & (v >= 0) & (u <= cells) & (v <= cells)
        u, v = np.clip(u, 0, cells - 1e-6), np.clip(v, 0, cells - 1e-6)
        i, j = u.astype(np.int32), v.astype(np.int32)
        s, t = u - i, v - j
        d = self.darkness
        mix = (d[j, i] * (1 - s) + d[j, i + 1] * s) * (1 - t) + (d[j + 1, i] * (1 - s) + d[j + 1, i + 1] * s) * t
        return np.asarray(np.where(inside, mix, 0), np.float32)


def ground_shadow(shelter: Shelter, points: F32) -> Ground:
    """The soft shadow under an avatar with these points (V, 3): contact where it stands, fading away from it."""
    height = float(points[:, 1].min())
    low = points[points[:, 1] < height + GROUND_REACH * 0.6]
    corner = low[:, [0, 2]].min(axis=0).astype(np.float64) - 0.22
    step = (low[:, [0, 2]].max(axis=0) + 0.22 - corner) / (GROUND_CELLS - 1)
    j, i = np.divmod(np.arange(GROUND_CELLS**2), GROUND_CELLS)
    start = np.stack([corner[0] + i * step[0], np.full(len(i), height - 1e-3), corner[1] + j * step[1]], axis=1)
    start = np.ascontiguousarray(start, np.float32)
    turn = (i % 4 * 4 + j % 4) * (2 * np.pi / 16)
    dark = np.zeros(len(i), np.float32)
    for k in range(GROUND_RAYS):
        r = np.sqrt((k + 0.5) / GROUND_RAYS)
        angle = k * 2.399963 + turn
        up = np.full(len(i), np.sqrt(1 - r * r))
        dark += shelter.nearness(start, np.stack([r * np.cos(angle), up, r * np.sin(angle)], axis=1), GROUND_REACH)
    field = (dark / GROUND_RAYS).reshape(GROUND_CELLS, GROUND_CELLS)
    padded = np.pad(field, 1, mode="edge")
    field = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).mean(axis=(2, 3))
    edge = np.minimum(np.arange(GROUND_CELLS), np.arange(GROUND_CELLS)[::-1]) / (0.2 * GROUND_CELLS)
    fade = np.clip(edge, 0, 1)
    return Ground(np.asarray(field * fade[:, None] * fade, np.float32), corner, step, height)
