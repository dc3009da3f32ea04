"""Shoot rays at triangles, and ask which points lie so deep under a garment that nobody can see them."""

from typing import Any

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from numpy.typing import NDArray

from ..avatar import F32, I32

# How far a garment may hang from what it hides, metres. Further away it hides only as long as nobody moves.
HANG = 0.12
# Rays start this far below the surface: cloth that pokes in a little still covers.
BELOW = 0.006


class Rays:
    """A triangle soup to shoot at."""

    def __init__(self, positions: NDArray[Any], faces: NDArray[Any]) -> None:
        self._scene = rtcore_scene.EmbreeScene()
        self._mesh = TriangleMesh(self._scene, np.ascontiguousarray(positions[faces], np.float32))

    def hit(self, origins: NDArray[Any], directions: NDArray[Any]) -> tuple[F32, I32]:
        """(distance (N,), face (N,)) of the first hit; infinity and -1 for none. Directions must be unit."""
        out = self._scene.run(
            np.ascontiguousarray(origins, np.float32), np.ascontiguousarray(directions, np.float32), output=True
        )
        far = np.where(out["primID"] >= 0, out["tfar"], np.inf)
        return np.asarray(far, np.float32), np.asarray(out["primID"], np.int32)


def cone(normals: F32) -> F32:
    """(V, 15, 3) unit directions around each normal: itself, six at 30 degrees, eight at 60."""
    side = np.zeros_like(normals)
    side[np.arange(len(normals)), np.abs(normals).argmin(axis=1)] = 1.0
    u = np.cross(normals, side)
    u /= np.maximum(np.linalg.norm(u, axis=1, keepdims=True), 1e-9)
    w = np.cross(normals, u)
    tilt = np.radians(np.repeat([0.0, 30.0, 60.0], [1, 6, 8]))[None, :, None]
    turn = np.concatenate([[0.0], np.arange(6) / 6, np.arange(8) / 8])[None, :, None] * (2 * np.pi)
    out = np.cos(tilt) * normals[:, None]
    out = out + np.sin(tilt) * (np.cos(turn) * u[:, None] + np.sin(turn) * w[:, None])
    return np.asarray(out, np.float32)


def escapes(points: F32, normals: F32, cloth: Rays, hang: float = HANG) -> NDArray[np.int64]:
    """(V,) how many of the 15 ways of `cone` out of each point meet no cloth within `hang`, or twice that aslant."""
    rays = cone(normals)
    origins = np.repeat(points - BELOW * normals, rays.shape[1], axis=0)
    far = cloth.hit(origins, rays.reshape(-1, 3))[0].reshape(rays.shape[:2])
    reach = np.full(rays.shape[1], 2 * hang, np.float32)
    reach[0] = hang
    return np.asarray((far >= reach).sum(axis=1))


def straight_covered(
    points: F32, normals: F32, cloth: Rays, hang: float = HANG, below: float = BELOW
) -> NDArray[np.bool_]:
    """(V,) whether cloth lies within `hang` straight above each point, or not more than `below` under it."""
    far, _ = cloth.hit(points - below * normals, normals)
    return np.asarray(far < hang)
