"""What a repair works on: the avatar, what the caller allows, and its surface, analysed once per state."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Mesh, Part
from .whole import Whole

Numbers = dict[str, float]


@dataclass(frozen=True)
class Options:
    """What a repair may be told. None: leave that alone, or guess where the fix says so.

    scale:          metres per unit of the file.  turn: (3, 3) rotation to +Y up, facing +Z.
    texture_limit:  longest side of a texture, pixels.  formats: mime types that the platform takes.
    hole_edges, hole_length: largest hole that is closed: edges, and length of its border as a share of the size.
    thickness:      of `thicken`, as a share of the size.
    ground:         with a turn or a scale: feet on y = 0, centred on x and z.
    """

    scale: float | None = None
    turn: NDArray[np.float64] | None = None
    texture_limit: int | None = None
    formats: tuple[str, ...] = ("image/png", "image/jpeg", "image/webp")
    hole_edges: int = 8
    hole_length: float = 0.02
    thickness: float = 0.002
    ground: bool = True


class Work:
    """An avatar under repair. `whole` is computed when asked for and forgotten when a surface changes."""

    def __init__(self, avatar: Avatar, options: Options, whole: Whole | None = None) -> None:
        self.avatar = avatar
        self.options = options
        self._whole = whole

    @property
    def whole(self) -> Whole:
        """The full detail of all parts as one surface."""
        meshes = tuple(p.mesh for p in self.avatar.parts)
        if self._whole is None or not _same(self._whole.meshes, meshes):
            self._whole = Whole(meshes, self._whole)
        elif any(a is not b for a, b in zip(self._whole.meshes, meshes, strict=True)):  # normals, uvs or skin changed
            self._whole = copy(self._whole)
            self._whole.meshes, self._whole.answers = meshes, {}
        return self._whole

    def put(self, meshes: Sequence[Mesh]) -> None:
        """Full-detail meshes in place of the old ones. A part whose surface changed loses its coarser levels."""
        parts = tuple(_with(p, m) for p, m in zip(self.avatar.parts, meshes, strict=True))
        if any(a is not b for a, b in zip(parts, self.avatar.parts, strict=True)):
            self.avatar = replace(self.avatar, parts=parts)

    def split(self, values: NDArray[Any], per: str = "face") -> list[NDArray[Any]]:
        """Values per face (or per "vertex") of the whole as one array per part."""
        first = self.whole.first_face if per == "face" else self.whole.first_vertex
        return np.split(values, first[1:-1])


def _same(a: tuple[Mesh, ...], b: tuple[Mesh, ...]) -> bool:
    """Whether the surfaces are the same arrays; skin, uvs and shapes may differ."""
    return len(a) == len(b) and all(
        m is n or (m.positions is n.positions and m.faces is n.faces) for m, n in zip(a, b, strict=True)
    )


def _with(part: Part, mesh: Mesh) -> Part:
    if mesh is part.mesh:
        return part
    moved = len(mesh.positions) != len(part.mesh.positions) or len(mesh.faces) != len(part.mesh.faces)
    lods = (mesh,) if moved or part.binding is not None else (mesh, *part.lods[1:])
    return replace(part, lods=lods, lod_errors=part.lod_errors[: len(lods)])
