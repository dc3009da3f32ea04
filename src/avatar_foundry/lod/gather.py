"""A level's mesh from the full mesh: nothing is computed, only gathered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..avatar import F32, I32, Mesh, Morph


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
