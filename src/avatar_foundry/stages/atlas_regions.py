"""What of a material's textures is drawn, and how many pixels that is worth."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..avatar import I32, Material, Mesh, Part
from ..geometry.rectangles import grouped_boxes

FLAT = 8  # pixels of what has no texture
RIM = 1 / 128  # of a texture: what a region of its own costs in gutters
WASTE = 0.15  # unused share of a region for which two charts are not kept apart
NEAR = {"skin": 0.5, "eyes": 6.0, "brows": 3.0, "lashes": 4.0, "teeth": 1.5}  # times the density of clothes
LEAST = 0.2  # no texture is shown at less than this share of its pixels, however small what it covers
TOP = 0.02  # of a figure's height: the skin that reaches so high is the face's, and as sharp as its texture
WHOLE = (0.0, 0.0, 1.0, 1.0)

F64 = NDArray[np.float64]
Owners = NDArray[np.intp]


class Region(NamedTuple):
    """A rectangle of a material's uv space. window: u0 v0 u1 v1.  wanted: pixels across and down."""

    window: tuple[float, float, float, float]
    wanted: tuple[float, float]


class Charted(NamedTuple):
    """A material's regions, and which of them each uv of each mesh lies in: part -> level -> (U,)."""

    regions: list[Region]
    owners: list[list[Owners]]


def chart(material: Material, parts: Sequence[Part], density: float, limit: int = 128) -> Charted:
    """Rectangles that hold every uv of the parts, all levels; one when there would be more than `limit` charts.

    density: pixels per metre of cloth. Connected pieces of uvs stay in one region; regions may overlap, since a piece
    knows its own.
    """
    textures = [t for t in (material.base, material.normal, material.orm) if t is not None]
    if not textures or any(m.uvs is None for p in parts for m in p.lods):
        empty = [[np.zeros(0 if m.uvs is None else len(m.uvs), np.intp) for m in p.lods] for p in parts]
        return Charted([Region(WHOLE, (FLAT, FLAT))], empty)
    levels = [[charts_of(m) for m in p.lods] for p in parts]
    windows, group = grouped_boxes(np.concatenate([rows[0][0] for rows in levels]), RIM, WASTE, limit)
    owners, at = [], 0
    for rows in levels:
        full, label = rows[0]
        held = [group[at : at + len(full)][label] if len(full) else label]
        at += len(full)
        for boxes, label in rows[1:]:
            held.append(adopted(boxes, windows)[label] if len(boxes) else label)
        owners.append(held)
    across, down = max(t.width for t in textures), max(t.height for t in textures)
    metres, top = extents([p.mesh for p in parts], [rows[0] for rows in owners], len(windows))
    share = np.clip(density * NEAR.get(material.name, 1.0) * metres / np.sqrt(across * down), LEAST, 1.0)
    if material.name == "skin":
        share[top >= top.max() * (1 - TOP)] = 1.0
    regions = [
        Region((u0, v0, u1, v1), ((u1 - u0) * across * s, (v1 - v0) * down * s))
        for (u0, v0, u1, v1), s in zip(windows.tolist(), share.tolist(), strict=True)
    ]
    return Charted(regions, owners)


def charts_of(mesh: Mesh) -> tuple[F64, Owners]:
    """The boxes around connected pieces of a mesh's uvs (C, 4), and each uv's piece (U,); unused ones get 0."""
    assert mesh.uvs is not None
    label = np.zeros(len(mesh.uvs), np.intp)
    if mesh.uv_faces is None or not len(mesh.uv_faces):
        return np.zeros((0, 4)), label
    used, flat = np.unique(mesh.uv_faces, return_inverse=True)
    faces: I32 = flat.reshape(-1, 3).astype(np.int32)
    edges = faces[:, [0, 1, 1, 2]].reshape(-1, 2)
    graph = coo_array((np.ones(len(edges), np.int8), edges.T), shape=(len(used), len(used)))
    count, piece = connected_components(graph, directed=False)
    order = np.argsort(piece, kind="stable")
    starts = np.searchsorted(piece[order], np.arange(count))
    uvs = mesh.uvs[used][order].astype(np.float64)
    label[used] = piece
    return np.concatenate([np.minimum.reduceat(uvs, starts), np.maximum.reduceat(uvs, starts)], axis=1), label


def adopted(boxes: F64, windows: F64) -> Owners:
    """The tightest window (M, 4) that holds each box (N, 4), or the one it sticks out of least; widens the windows."""
    over = np.maximum(windows[None, :, :2] - boxes[:, None, :2], boxes[:, None, 2:] - windows[None, :, 2:])
    area = (windows[:, 2:] - windows[:, :2]).prod(axis=1)
    owner = np.asarray((np.maximum(over, 0).max(axis=2) + 1e-6 * area).argmin(axis=1))
    np.minimum.at(windows[:, :2], owner, boxes[:, :2])
    np.maximum.at(windows[:, 2:], owner, boxes[:, 2:])
    return owner


def extents(meshes: Sequence[Mesh], owners: Sequence[Owners], count: int) -> tuple[F64, F64]:
    """Of each of `count` regions: the metres that one unit of uv space covers, and how high it reaches. Two (M,)."""
    surface, sheet, top = np.full(count, 1e-12), np.full(count, 1e-9), np.zeros(count)
    for mesh, owner in zip(meshes, owners, strict=True):
        if mesh.uvs is None or mesh.uv_faces is None or not len(mesh.faces):
            continue
        corners = mesh.positions[mesh.faces].astype(np.float64)
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        flat = mesh.uvs[mesh.uv_faces].astype(np.float64)
        a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
        mine = owner[mesh.uv_faces[:, 0]]
        surface += np.bincount(mine, np.linalg.norm(cross, axis=1), count)
        sheet += np.bincount(mine, np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]), count)
        np.maximum.at(top, mine, corners[:, 0, 1])
    return np.sqrt(surface / sheet), top
