"""Texture coordinates for surfaces that have none: xatlas for moderate meshes, box charts for large ones."""

from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Mesh
from ..errors import StageFailed
from .sites import coincident, size_of, step_of
from .topology import connected, edges_of, pairs_of
from .work import Numbers, Work

MOST_FACES = 20_000  # beyond it xatlas takes seconds, and grows faster than the mesh
GAP = 1 / 256  # between box charts, of the unit square
SMOOTHINGS = 4


def unwrap_parts(work: Work) -> Numbers:
    """Lay out every part that has no texture coordinates, or has them all on one point without needing them there."""
    textured = {m.name for m in work.avatar.materials if m.base or m.normal or m.orm}
    meshes, parts, charts = [], 0, 0
    for part in work.avatar.parts:
        mesh = part.mesh
        if len(mesh.faces) and needs_uvs(mesh, part.material in textured):
            mesh, count = unwrap(mesh)
            parts, charts = parts + 1, charts + count
        meshes.append(mesh)
    work.put(meshes)
    return {"parts": parts, "charts": charts}


def needs_uvs(mesh: Mesh, textured: bool) -> bool:
    """Whether the mesh has no texture coordinates, or only one for all of an untextured part."""
    if mesh.uvs is None or mesh.uv_faces is None or not len(mesh.uvs):
        return True
    return not textured and on_one_point(mesh.uvs, mesh.uv_faces)


def on_one_point(uvs: F32, uv_faces: I32) -> bool:
    """Whether all faces lie on one point of the texture."""
    for rows in (uv_faces[:64], uv_faces):  # a few faces settle it for nearly every mesh
        if len(rows) and float(np.ptp(np.nan_to_num(uvs[rows].reshape(-1, 2)), axis=0).max()) >= 1e-6:
            return False
    return True


def unwrap(mesh: Mesh, most: int = MOST_FACES) -> tuple[Mesh, int]:
    """The mesh with texture coordinates in the unit square without overlaps, evenly scaled, and how many charts."""
    site = coincident(mesh.positions, step_of(size_of(mesh.positions)))
    first = np.full(int(site.max(initial=-1)) + 1, len(site), np.int64)
    np.minimum.at(first, site, np.arange(len(site)))
    faces = site[mesh.faces].astype(np.int32)
    positions = mesh.positions[first]
    uvs, uv_faces, charts = _xatlas(positions, faces) if len(faces) <= most else box_charts(positions, faces)
    return replace(mesh, uvs=uvs, uv_faces=uv_faces), charts


def _xatlas(positions: F32, faces: I32) -> tuple[F32, I32, int]:
    xatlas = import_module("xatlas")  # loaded late: only uploads without uvs need it
    size = float(np.ptp(positions, axis=0).max()) or 1.0
    atlas = xatlas.Atlas()
    # its tolerances are absolute: bring everything to about one unit
    atlas.add_mesh(np.ascontiguousarray(positions / np.float32(size)), np.ascontiguousarray(faces, np.uint32))
    pack = xatlas.PackOptions()
    pack.padding, pack.resolution, pack.bilinear = 4, 1024, True
    atlas.generate(xatlas.ChartOptions(), pack)
    vertex, corner, uvs = atlas[0]
    if len(corner) != len(faces) or (vertex[corner] != faces).any():
        raise StageFailed("unwrapping changed the surface", stage="unwrap")
    wide, high = float(atlas.width), float(atlas.height)
    scale = np.array([wide, high]) / max(wide, high, 1.0)
    return np.clip(uvs * scale, 0, 1).astype(np.float32), corner.astype(np.int32), int(atlas.chart_count)


def box_charts(positions: F32, faces: I32) -> tuple[F32, I32, int]:
    """Charts of faces that look along one of six directions, seen from there, side by side: (uvs, uv_faces, charts).

    Cheap at any size. Faces of a chart that lie behind each other overlap; on figures that is rare.
    """
    p = positions[faces].astype(np.float64)
    cross = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    area = np.linalg.norm(cross, axis=1)
    live = np.ones(len(faces), bool)
    pairs = pairs_of(edges_of(faces, live), faces)
    f, g = pairs.a // 3, pairs.b // 3
    way = _ways(cross, area, f, g)
    same = way[f] == way[g]
    chart = connected(f[same], g[same], len(faces))
    count = int(chart.max()) + 1
    # each direction's own right-handed plane: charts are never mirrored
    axes = np.array([[[0, 0, -1], [0, 1, 0]], [[1, 0, 0], [0, 0, -1]], [[1, 0, 0], [0, 1, 0]]], np.float64)
    plane = np.concatenate([axes, axes * np.array([-1, 1])[None, :, None]])
    plane[4] = [[1, 0, 0], [0, 0, 1]]
    flat = np.einsum("fij,fkj->fki", plane[way], p)
    order = np.argsort(chart, kind="stable")
    starts = np.searchsorted(chart[order], np.arange(count))
    low = np.minimum.reduceat(flat.min(axis=1)[order], starts)
    high = np.maximum.reduceat(flat.max(axis=1)[order], starts)
    at, side = _shelves(high - low)
    corners = (flat - low[chart][:, None] + at[chart][:, None]) / side
    keys = chart[:, None].astype(np.int64) * len(positions) + faces
    _, once, corner = np.unique(keys.ravel(), return_index=True, return_inverse=True)
    uvs = corners.reshape(-1, 2)[once]
    uvs[:, 1] = 1 - uvs[:, 1]  # the origin is top-left
    return np.clip(uvs, 0, 1).astype(np.float32), corner.reshape(-1, 3).astype(np.int32), count


def _ways(cross: NDArray[np.float64], area: NDArray[Any], f: I32, g: I32) -> I32:
    """(F,) +X +Y +Z -X -Y -Z as 0..5: where each face looks, smoothed over its neighbours."""
    from scipy.sparse import coo_array

    facing = np.concatenate([cross, -cross], axis=1) / np.maximum(area, 1e-300)[:, None]
    links = coo_array((np.ones(len(f)), (f, g)), shape=(len(area), len(area))).tocsr()
    way = facing.argmax(axis=1)
    for _ in range(SMOOTHINGS):
        chosen = np.zeros((len(area), 6))
        chosen[np.arange(len(area)), way] = 1.0
        votes = links @ chosen + links.T @ chosen
        scores = np.where(facing > 0.2, facing + 0.35 * votes, -1.0)  # never so slanted that the texture smears
        way = scores.argmax(axis=1)
    return np.asarray(way, np.int32)


def _shelves(extent: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Lower corners (C, 2) of rectangles (C, 2) set in rows by falling height, and the side of the square they fill."""
    total = float(extent.prod(axis=1).sum())
    gap = GAP * np.sqrt(max(total, 1e-30)) / max(1.0, np.sqrt(len(extent) / 256))
    box = extent + 2 * gap
    order = np.lexsort((-box[:, 0], -box[:, 1]))
    wide, tall = box[order].T
    width = max(float(np.sqrt((wide * tall).sum() * 1.05)), float(wide.max(initial=0.0)))
    end = np.cumsum(wide)
    row = np.floor((end - wide) / width).astype(np.int64)
    first = np.concatenate([[True], row[1:] != row[:-1]])
    start = np.maximum.accumulate(np.where(first, end - wide, -np.inf))
    x = end - wide - start
    height = np.where(first, tall, 0.0)  # the first of a row is its tallest
    y = np.cumsum(height) - tall[np.maximum.accumulate(np.where(first, np.arange(len(row)), 0))]
    at = np.empty_like(extent)
    at[order] = np.stack([x + gap, y + gap], axis=1)
    return at, max(float((x + wide).max(initial=1e-30)), float(height.sum()), 1e-30)
