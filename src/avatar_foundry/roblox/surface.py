"""Everything that an avatar shows, as one surface that can be asked what lies nearest: place, skin, uv, material."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Frozen, Part
from ..geometry import vertex_normals

F64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Surface(Frozen):
    """Triangles of several parts side by side, nothing welded.

    positions: (V, 3), normals: (V, 3), faces: (F, 3).  corners: (F, 3, 2) uvs, origin top-left.
    paint:     (F,) number of the material.
    skin:      (V, P) share of each piece in the vertex's skin, rows sum to 1.
    """

    positions: F32
    normals: F32
    faces: I32
    corners: F32
    paint: I32
    skin: F32

    def only(self, keep: NDArray[np.bool_]) -> "Surface":
        """The surface with some of its faces (F,)."""
        used = np.unique(self.faces[keep])
        place = np.zeros(len(self.positions), np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        return Surface(
            self.positions[used],
            self.normals[used],
            place[self.faces[keep]],
            self.corners[keep],
            self.paint[keep],
            self.skin[used],
        )


def gather(parts: Sequence[Part], materials: dict[str, int], owner: I32, count: int) -> Surface:
    """The surface of `parts`. materials: name -> number.  owner: (J,) joint -> piece, of `count` pieces."""
    first = np.cumsum([0, *(len(p.mesh.positions) for p in parts)])
    normals, corners, skins = [], [], []
    for part in parts:
        mesh = part.mesh
        normals.append(mesh.normals if mesh.normals is not None else vertex_normals(mesh.positions, mesh.faces))
        textured = mesh.uvs is not None and mesh.uv_faces is not None
        corners.append(mesh.uvs[mesh.uv_faces] if textured else np.zeros((len(mesh.faces), 3, 2), np.float32))  # type: ignore[index]
        skin = np.zeros((len(mesh.positions), count), np.float32)
        if mesh.joints is not None and mesh.weights is not None:
            rows = np.arange(len(skin))
            for k in range(mesh.joints.shape[1]):
                np.add.at(skin, (rows, owner[mesh.joints[:, k]]), mesh.weights[:, k])
            skin /= np.maximum(skin.sum(axis=1, keepdims=True), 1e-9)
        skins.append(skin)
    return Surface(
        np.concatenate([p.mesh.positions for p in parts]),
        np.concatenate(normals).astype(np.float32),
        np.concatenate([p.mesh.faces + at for p, at in zip(parts, first, strict=False)]).astype(np.int32),
        np.concatenate(corners).astype(np.float32),
        np.concatenate([np.full(len(p.mesh.faces), materials[p.material], np.int32) for p in parts]),
        np.concatenate(skins),
    )
