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
    side = np.where(np.abs(normals[:, :1]) < 0.7, np.float32([[1, 0, 0]]), np.float32([[0, 1, 0]]))
    u = np.cross(normals, side)
    u /= np.maximum(np.linalg.norm(u, axis=1, keepdims=True), 1e-9)
    w = np.cross(normals, u)
    rays = [normals]
    for tilt, count in ((30.0, 6), (60.0, 8)):
        lean = np.radians(tilt)
        for turn in np.arange(count) * (2 * np.pi / count):
            rays.append(np.cos(lean) * normals + np.sin(lean) * (np.cos(turn) * u + np.sin(turn) * w))
    return np.stack(rays, axis=1).astype(np.float32)


def covered(points: F32, normals: F32, cloth: Rays, hang: float = HANG) -> NDArray[np.bool_]:
    """(V,) whether every way out of a point, up to 60 degrees from its normal, is barred by cloth within `hang`."""
    out = straight_covered(points, normals, cloth, hang)
    some = np.flatnonzero(out)
    if len(some):
        rays = cone(normals[some])
        origins = np.repeat(points[some] - BELOW * normals[some], rays.shape[1], axis=0)
        far, _ = cloth.hit(origins, rays.reshape(-1, 3))
        out[some] = (far.reshape(len(some), -1) < hang).all(axis=1)
    return out


def straight_covered(points: F32, normals: F32, cloth: Rays, hang: float = HANG) -> NDArray[np.bool_]:
    """(V,) whether cloth lies within `hang` straight above each point."""
    far, _ = cloth.hit(points - BELOW * normals, normals)
    return np.asarray(far < hang)
