"""What several rules look at, computed once per inspection."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Mesh, Part
from ..humanoid import NAMES
from .registry import Target, shared

MOST = 64  # elements that a finding names


def meshes(avatar: Avatar) -> Iterator[tuple[str, Part, Mesh]]:
    """(pointer, part, mesh) of every level of every part."""
    for part in avatar.parts:
        for level, mesh in enumerate(part.lods):
            yield f"parts/{part.name}/lods/{level}", part, mesh


def full(avatar: Avatar) -> Iterator[tuple[str, Part, Mesh]]:
    """(pointer, part, mesh) of every part's full detail."""
    for part in avatar.parts:
        yield f"parts/{part.name}/lods/0", part, part.mesh


def first(mask: NDArray[np.bool_] | np.bool_) -> list[int]:
    """The first indices that are true, as many as a finding names."""
    return [int(i) for i in np.flatnonzero(mask)[:MOST]]


def humanoid(avatar: Avatar, platform: Target) -> dict[str, int]:
    """Canonical bone -> joint number, of those that are there."""
    if avatar.skeleton is None:
        return {}
    number = {name: i for i, name in enumerate(avatar.skeleton.names)}
    theirs = platform.bones
    return {n: number[theirs.get(n, n)] for n in NAMES if theirs.get(n, n) in number}


@shared
def spans(mesh: Mesh) -> NDArray[np.float32]:
    """(F, 3) cross products of two edges: twice each face's area, along its normal. Faces must be sound."""
    p = mesh.positions
    corner = p[mesh.faces[:, 0]]
    return np.cross(p[mesh.faces[:, 1]] - corner, p[mesh.faces[:, 2]] - corner)


@shared
def sound_faces(mesh: Mesh) -> bool:
    """Whether every face names vertices and uvs that exist."""
    pairs = [(mesh.faces, len(mesh.positions))]
    if mesh.uv_faces is not None and mesh.uvs is not None:
        pairs.append((mesh.uv_faces, len(mesh.uvs)))
    return all(not len(f) or (int(f.min()) >= 0 and int(f.max()) < n) for f, n in pairs)


class Shapes(NamedTuple):
    """All shapes of a mesh, one after the other.

    names.  lengths: (N,) how many vertices each moves.  vertices: (K,).  delta: (K, 3) metres.
    reach: (N,) metres, the furthest move along one axis, NaN where one is no number.
    """

    names: tuple[str, ...]
    lengths: NDArray[np.intp]
    vertices: NDArray[np.int32]
    delta: NDArray[np.float32]
    reach: NDArray[np.float32]

    def owner(self, k: int) -> str:
        """The name of the shape that entry `k` belongs to."""
        return self.names[int(np.searchsorted(np.cumsum(self.lengths), k, side="right"))]


@shared
def shapes(mesh: Mesh) -> Shapes:
    """The shapes of a mesh that has some."""
    lengths = np.array([len(m.index) for m in mesh.morphs])
    reach = [float(np.maximum(m.delta.max(), -m.delta.min())) if len(m.delta) else 0.0 for m in mesh.morphs]
    return Shapes(
        tuple(m.name for m in mesh.morphs),
        lengths,
        np.concatenate([m.index for m in mesh.morphs]),
        np.concatenate([m.delta for m in mesh.morphs]),
        np.array(reach, np.float32),
    )


def skinned(mesh: Mesh) -> bool:
    """Whether the mesh has joints and weights that belong together."""
    j, w = mesh.joints, mesh.weights
    return j is not None and w is not None and j.shape == w.shape and len(w) == len(mesh.positions)


@shared
def joints_used(avatar: Avatar) -> NDArray[np.bool_]:
    """(J,) the joints that carry weights at full detail."""
    count = len(avatar.skeleton.names) if avatar.skeleton is not None else 0
    used = np.zeros(count, bool)
    for _, _, mesh in full(avatar):
        if mesh.joints is not None and mesh.weights is not None and skinned(mesh):
            seen = mesh.joints[mesh.weights > 0]
            used |= np.bincount(seen[seen < count], minlength=count) > 0
    return used


def shape_names(avatar: Avatar) -> list[str]:
    """The names of all shapes, each once, in the order of the mesh that has most."""
    ordered = sorted((m.morphs for _, _, m in full(avatar)), key=len, reverse=True)
    return list(dict.fromkeys(s.name for morphs in ordered for s in morphs))
