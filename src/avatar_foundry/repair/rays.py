"""Rays against a surface."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32


class Rays:
    """The `live` (F,) faces of a surface, to shoot at."""

    def __init__(self, positions: F32, faces: I32, live: NDArray[np.bool_]) -> None:
        from embreex.mesh_construction import TriangleMesh  # loaded late: only uploads need it
        from embreex.rtcore_scene import EmbreeScene

        self._rows = np.flatnonzero(live)
        self._scene: Any = EmbreeScene()
        if len(self._rows):
            TriangleMesh(self._scene, np.ascontiguousarray(positions[faces[self._rows]], np.float32))

    def hit(self, origins: F32, directions: F32) -> tuple[F32, I32]:
        """(distance (N,), face (N,)) of the first hit; infinity and -1 for none. Directions must be unit."""
        if not len(self._rows) or not len(origins):
            return np.full(len(origins), np.inf, np.float32), np.full(len(origins), -1, np.int32)
        out = self._scene.run(
            np.ascontiguousarray(origins, np.float32), np.ascontiguousarray(directions, np.float32), output=True
        )
        found = np.asarray(out["primID"])
        far = np.where(found >= 0, out["tfar"], np.inf)
        return far.astype(np.float32), np.where(found >= 0, self._rows[found], -1).astype(np.int32)
