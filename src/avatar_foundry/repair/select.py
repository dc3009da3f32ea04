"""Take vertices and faces out of a mesh; everything that hangs on them follows."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import I32, Mesh, Morph

Flags = NDArray[np.bool_]


def keep_faces(mesh: Mesh, keep: Flags) -> Mesh:
    """The mesh with only the faces of `keep` (F,); vertices stay."""
    if keep.all():
        return mesh
    uv_faces = mesh.uv_faces[keep] if mesh.uv_faces is not None else None
    return replace(mesh, faces=mesh.faces[keep], uv_faces=uv_faces)


def gather_vertices(mesh: Mesh, source: NDArray[Any], faces: I32) -> Mesh:
    """A mesh whose vertex i has everything that vertex `source[i]` (W,) of `mesh` had, with new `faces`.

    Vertices may repeat and may be left out.
    """
    return replace(
        mesh,
        positions=mesh.positions[source],
        faces=faces,
        normals=mesh.normals[source] if mesh.normals is not None else None,
        joints=mesh.joints[source] if mesh.joints is not None else None,
        weights=mesh.weights[source] if mesh.weights is not None else None,
        colors=mesh.colors[source] if mesh.colors is not None else None,
        morphs=tuple(_gather(m, source, len(mesh.positions)) for m in mesh.morphs),
    )


def _gather(morph: Morph, source: NDArray[Any], count: int) -> Morph:
    row = np.full(count, -1, np.int32)
    row[morph.index] = np.arange(len(morph.index), dtype=np.int32)
    taken = row[source]
    index = np.flatnonzero(taken >= 0).astype(np.int32)
    rows = taken[index]
    normal = morph.normal[rows] if morph.normal is not None else None
    return Morph(morph.name, index, morph.delta[rows], normal)


def drop_unused(mesh: Mesh) -> Mesh:
    """The mesh without vertices and uvs that no face names; itself when there are none."""
    used = np.zeros(len(mesh.positions), bool)
    used[mesh.faces] = True
    if not used.all():
        source = np.flatnonzero(used)
        rank = (np.cumsum(used) - 1).astype(np.int32)
        mesh = gather_vertices(mesh, source, rank[mesh.faces])
    if mesh.uvs is not None and mesh.uv_faces is not None:
        used = np.zeros(len(mesh.uvs), bool)
        used[mesh.uv_faces] = True
        if not used.all():
            rank = (np.cumsum(used) - 1).astype(np.int32)
            mesh = replace(mesh, uvs=mesh.uvs[used], uv_faces=rank[mesh.uv_faces])
    return mesh
