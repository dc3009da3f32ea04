"""An avatar as flat arrays: all parts' corners in one index space, so that a picture is one pass over all of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Material
from ..geometry import vertex_normals

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
PLAIN = Material("plain", color=(0.6, 0.6, 0.6, 1.0))


class Scene(NamedTuple):
    """positions, normals: (V, 3). faces: (F, 3) into them. uvs: (U, 2), uv_faces: (F, 3) into them.

    part: (F,) index into `materials`, one for each part that has faces.
    """

    positions: F32
    normals: F32
    faces: I32
    uvs: F32
    uv_faces: I32
    part: NDArray[np.int16]
    materials: tuple[Material, ...]

    def of_mode(self, *modes: str) -> NDArray[np.bool_]:
        """(F,) whether a face's material has one of the alpha `modes`."""
        return np.array([m.alpha_mode in modes for m in self.materials])[self.part]

    def double_sided(self) -> NDArray[np.bool_]:
        """(F,) whether a face is seen from behind too."""
        return np.array([m.double_sided for m in self.materials])[self.part]


def flatten(avatar: Avatar) -> Scene:
    """Lay out the full detail of `avatar`. Raises ValueError when nothing can be drawn."""
    parts = [p for p in avatar.parts if len(p.mesh.faces)]
    if not parts:
        raise ValueError("the avatar has no faces to draw")
    known = {m.name: m for m in avatar.materials}
    meshes = [p.mesh for p in parts]
    uvs = [np.zeros((1, 2), np.float32) if m.uvs is None or m.uv_faces is None else m.uvs for m in meshes]
    corners = [np.zeros_like(m.faces) if m.uvs is None or m.uv_faces is None else m.uv_faces for m in meshes]
    return Scene(
        np.concatenate([m.positions for m in meshes]),
        np.concatenate([vertex_normals(m.positions, m.faces) if m.normals is None else m.normals for m in meshes]),
        _joined([m.faces for m in meshes], [len(m.positions) for m in meshes]),
        np.concatenate(uvs),
        _joined(corners, [len(u) for u in uvs]),
        np.repeat(np.arange(len(parts), dtype=np.int16), [len(m.faces) for m in meshes]),
        tuple(known.get(p.material, PLAIN) for p in parts),
    )


def _joined(faces: Sequence[I32], counts: Sequence[int]) -> I32:
    starts = np.cumsum([0, *counts])
    return np.concatenate([f + s for f, s in zip(faces, starts, strict=False)]).astype(np.int32)
