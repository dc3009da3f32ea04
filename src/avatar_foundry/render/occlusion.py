"""Ambient occlusion by embree rays: what separates a picture from a cut-out."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Openness = Callable[[F32, F32], F32]
RAYS = 8
REACH = 0.35  # metres within which a surface shades another
BIAS = 3e-3  # metres off the surface, so that it does not shade itself


def make_occlusion(positions: F32, faces: NDArray[np.int32]) -> Openness:
    """A function (points (N, 3), normals (N, 3)) -> (N, 1) openness 0..1. Deterministic."""
    from embreex import rtcore_scene
    from embreex.mesh_construction import TriangleMesh

    scene = rtcore_scene.EmbreeScene()
    TriangleMesh(scene, np.ascontiguousarray(positions, np.float32), np.ascontiguousarray(faces, np.int32))
    spread = _directions(RAYS)

    def openness(points: F32, normals: F32) -> F32:
        start = np.ascontiguousarray(points + normals * BIAS, np.float32)
        turn = _hash(points)
        blocked = np.zeros(len(points), np.float32)
        for k in range(RAYS):
            ray = spread[(k + turn) % RAYS] + normals
            ray = np.ascontiguousarray(ray / np.maximum(np.linalg.norm(ray, axis=1, keepdims=True), 1e-6), np.float32)
            distance = scene.run(start, ray, query="DISTANCE")
            blocked += np.clip(1 - distance / REACH, 0, 1)
        return (1 - 0.85 * blocked / RAYS)[:, None].astype(np.float32)

    return openness


def _directions(count: int) -> F32:
    """`count` unit vectors spread evenly over the sphere (Fibonacci lattice)."""
    k = np.arange(count) + 0.5
    y, turn = 1 - 2 * k / count, k * np.pi * (3 - np.sqrt(5))
    r = np.sqrt(1 - y * y)
    return np.stack([r * np.cos(turn), y, r * np.sin(turn)], axis=1).astype(np.float32)


def _hash(points: F32) -> NDArray[np.int64]:
    """A small number per point, so that neighbours use the directions in another order."""
    q = np.round(points * 2000).astype(np.int64)
    return (q[:, 0] * 73856093 ^ q[:, 1] * 19349663 ^ q[:, 2] * 83492791) & 7
