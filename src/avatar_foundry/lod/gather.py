"""A level's mesh from the full mesh: nothing is computed, only gathered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..avatar import F32, I32, Binding, Mesh, Morph, Part


class Shapes(NamedTuple):
    """All morphs of a mesh end to end: names, ends (M,), vertex (K,), delta (K, 3), normal (K, 3) or None."""

    names: tuple[str, ...]
    ends: I32
    vertex: I32
    delta: F32
    normal: F32 | None


def concatenate_shapes(morphs: Sequence[Morph]) -> Shapes | None:
    """The morphs end to end, so that a level takes its rows in one go; None without morphs."""
    if not morphs:
        return None
    whole = all(m.normal is not None for m in morphs)
    return Shapes(
        tuple(m.name for m in morphs),
        np.cumsum([len(m.index) for m in morphs]).astype(np.int32),
        np.concatenate([m.index for m in morphs]),
        np.concatenate([m.delta for m in morphs]),
        np.concatenate([m.normal for m in morphs if m.normal is not None]) if whole else None,
    )


def gather_level(
    mesh: Mesh, shapes: Shapes | None, vertices: I32, place: I32, faces: I32, uv_faces: I32 | None
) -> Mesh:
    """The mesh of a level.

    vertices: (V',) ascending vertices of `mesh` that stay.  place: (V,) their new numbers, -1 for the others.
    faces: (F', 3) into `vertices`.  uv_faces: (F', 3) into the uvs of `mesh`, which are shared.
    Shapes that move none of what stays are left out.
    """
    return replace(
        mesh,
        positions=mesh.positions[vertices],
        faces=faces,
        uv_faces=uv_faces,
        normals=None if mesh.normals is None else mesh.normals[vertices],
        joints=None if mesh.joints is None else mesh.joints[vertices],
        weights=None if mesh.weights is None else mesh.weights[vertices],
        morphs=() if shapes is None else _gather_shapes(shapes, place),
    )


def take_faces(mesh: Mesh, shapes: Shapes | None, faces: I32, uv_faces: I32 | None) -> Mesh:
    """The mesh with these faces (F', 3) of its vertices instead of its own, and only the vertices they use.

    The mesh itself when nothing changes. shapes: its morphs, `concatenate_shapes`.
    """
    used = np.zeros(len(mesh.positions), bool)
    used[faces] = True
    vertices = np.flatnonzero(used).astype(np.int32)
    if faces is mesh.faces and len(vertices) == len(used):
        return mesh
    place = np.cumsum(used, dtype=np.int32) - 1
    place[~used] = -1
    return gather_level(mesh, shapes, vertices, place, place[faces], uv_faces)


def without_hidden(part: Part) -> Part:
    """The part without the faces that no one can see, and without vertices, binding and shapes of theirs.

    Itself when nothing is hidden.
    """
    if part.hidden is None:
        return part
    mesh, drawn = part.mesh, part.drawn
    uv_faces = None if mesh.uv_faces is None else mesh.uv_faces[drawn]
    small = take_faces(mesh, concatenate_shapes(mesh.morphs), mesh.faces[drawn], uv_faces)
    binding = part.binding
    if binding is not None and len(small.positions) < len(mesh.positions):
        used = np.unique(mesh.faces[drawn])
        binding = Binding(binding.refs[used], binding.weights[used])
    return replace(part, lods=(small, *part.lods[1:]), binding=binding, hidden=None)


def _gather_shapes(shapes: Shapes, place: I32) -> tuple[Morph, ...]:
    moved = place[shapes.vertex]
    rows = np.flatnonzero(moved >= 0)
    index, delta = moved[rows], shapes.delta[rows]
    normal = None if shapes.normal is None else shapes.normal[rows]
    for array in (index, delta, normal):
        if array is not None:
            array.flags.writeable = False  # slices of frozen memory need no copies
    ends = np.searchsorted(rows, shapes.ends)
    starts = np.concatenate([[0], ends[:-1]])
    return tuple(
        Morph(name, index[a:b], delta[a:b], None if normal is None else normal[a:b])
        for name, a, b in zip(shapes.names, starts.tolist(), ends.tolist(), strict=True)
        if b > a
    )
