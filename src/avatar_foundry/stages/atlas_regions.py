"""What of a material's textures is drawn, and how many pixels that is worth."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..avatar import F32, I32, Material, Mesh, Part
from ..geometry.rectangles import disjoint_boxes

FLAT = 8  # pixels of what has no texture
GAP = 1 / 256  # of a texture: charts nearer than this share a region
WASTE = 0.15  # unused share of a region for which two charts are not kept apart
NEAR = {"skin": np.inf, "eyes": 6.0, "brows": 3.0, "lashes": 4.0, "teeth": 2.0}  # times the density of clothes

F64 = NDArray[np.float64]


class Region(NamedTuple):
    """A rectangle of a material's uv space. window: u0 v0 u1 v1.  wanted: pixels across and down."""

    window: tuple[float, float, float, float]
    wanted: tuple[float, float]


def regions_of(material: Material, parts: Sequence[Part], density: float, limit: int = 256) -> list[Region]:
    """Disjoint rectangles that hold every uv of the parts, all levels; one when there would be more than `limit`.

    density: pixels per metre of cloth.
    """
    textures = [t for t in (material.base, material.normal, material.orm) if t is not None]
    levels = [m for p in parts for m in p.lods if m.uvs is not None and m.uv_faces is not None and len(m.uv_faces)]
    if not textures or not levels:
        return [Region((0.0, 0.0, 1.0, 1.0), (FLAT, FLAT))]
    boxes = disjoint_boxes(np.concatenate([chart_boxes(m) for m in levels]), GAP, WASTE, limit)
    boxes = boxes[np.lexsort(boxes.T[::-1])]
    metres = lengths([p.mesh for p in parts], boxes)
    across, down = max(t.width for t in textures), max(t.height for t in textures)
    wanted = density * NEAR.get(material.name, 1.0) * metres
    share = np.minimum(wanted / np.sqrt(across * down), 1.0)
    return [
        Region((u0, v0, u1, v1), ((u1 - u0) * across * s, (v1 - v0) * down * s))
        for (u0, v0, u1, v1), s in zip(boxes.tolist(), share.tolist(), strict=True)
    ]


def chart_boxes(mesh: Mesh) -> F64:
    """The boxes around connected pieces of a mesh's uvs: (C, 4)."""
    assert mesh.uvs is not None and mesh.uv_faces is not None
    used, flat = np.unique(mesh.uv_faces, return_inverse=True)
    faces: I32 = flat.reshape(-1, 3).astype(np.int32)
    edges = faces[:, [0, 1, 1, 2]].reshape(-1, 2)
    graph = coo_array((np.ones(len(edges), np.int8), edges.T), shape=(len(used), len(used)))
    count, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], np.arange(count))
    uvs = mesh.uvs[used][order].astype(np.float64)
    return np.concatenate([np.minimum.reduceat(uvs, starts), np.maximum.reduceat(uvs, starts)], axis=1)


def owner_of(uvs: F32, boxes: F64) -> NDArray[np.intp]:
    """The box (M, 4) that each uv (U, 2) lies in, or the nearest: (U,)."""
    outside = np.maximum(boxes[None, :, :2] - uvs[:, None], uvs[:, None] - boxes[None, :, 2:])
    return np.asarray(np.maximum(outside, 0).max(axis=2).argmin(axis=1))


def lengths(meshes: Sequence[Mesh], boxes: F64) -> F64:
    """Metres that one unit of uv space covers in each box: (M,)."""
    surface, sheet = np.full(len(boxes), 1e-12), np.full(len(boxes), 1e-9)
    for mesh in meshes:
        if mesh.uvs is None or mesh.uv_faces is None or not len(mesh.faces):
            continue
        corners = mesh.positions[mesh.faces].astype(np.float64)
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        flat = mesh.uvs[mesh.uv_faces].astype(np.float64)
        a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
        owner = owner_of(flat.mean(axis=1).astype(np.float32), boxes)
        surface += np.bincount(owner, np.linalg.norm(cross, axis=1), len(boxes))
        sheet += np.bincount(owner, np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]), len(boxes))
    return np.asarray(np.sqrt(surface / sheet))
