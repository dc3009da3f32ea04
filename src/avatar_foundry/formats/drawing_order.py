"""Vertices in the order in which a GPU meets them: neighbours in space are neighbours in memory, so they pack well."""

from dataclasses import replace

import numpy as np

from ..geometry.meshopt import fetch_order, optimize_vertex_cache
from .split import Shapes, SplitMesh


def in_drawing_order(mesh: SplitMesh) -> SplitMesh:
    """The same surface: faces as strips along it, vertices by first use. `vertex_of` no longer rises."""
    count = len(mesh.positions)
    faces = optimize_vertex_cache(mesh.faces, count, strips=True)
    place = fetch_order(faces, count)  # every vertex of a split mesh is used
    order = np.empty(count, np.int32)
    order[place] = np.arange(count, dtype=np.int32)
    return replace(
        mesh,
        vertex_of=mesh.vertex_of[order],
        faces=place[faces],
        positions=mesh.positions[order],
        normals=mesh.normals[order],
        uvs=mesh.uvs[order] if mesh.uvs is not None else None,
        tangents=mesh.tangents[order] if mesh.tangents is not None else None,
        joints=mesh.joints[order] if mesh.joints is not None else None,
        weights=mesh.weights[order] if mesh.weights is not None else None,
        uv_of=mesh.uv_of[order] if mesh.uv_of is not None else None,
        shapes=moved(mesh.shapes, place),
    )


def moved(shapes: Shapes, place: np.ndarray[tuple[int], np.dtype[np.int32]]) -> Shapes:
    """`shapes` over renumbered vertices: vertex v is now place[v]. Indices rise within each shape again."""
    if not shapes.names:
        return shapes
    index = place[shapes.index]
    owner = np.repeat(np.arange(len(shapes.names), dtype=np.int64), np.diff(shapes.starts))
    order = np.argsort(owner * len(place) + index, kind="stable")
    return replace(
        shapes,
        index=index[order],
        delta=shapes.delta[order],
        normal=shapes.normal[order] if shapes.normal is not None else None,
    )
