"""Close small holes with faces between the vertices that are there: skin, shapes and uvs need no guessing."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32
from .work import Numbers, Work


def clip_ears(points: NDArray[np.float64], counts: I32) -> tuple[I32, NDArray[np.bool_]]:
    """Triangulate N polygons at once: (T, 4) rows (polygon, i, j, k) of corner numbers, and (N,) which succeeded.

    points: (N, M, 3), the first `counts[n]` of row n are polygon n, in the order of travel. One ear of each polygon
    goes per round, the one with the best shape among those that do not turn against the polygon; M rounds in all. A
    polygon fails when only ears without area are left.
    """
    n, m = points.shape[:2]
    rows = np.arange(n)
    live = np.arange(m)[None, :] < counts[:, None]
    normal = _area_vectors(points, counts)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    before = np.where(np.arange(m) > 0, np.arange(m) - 1, 0)[None, :].repeat(n, axis=0)
    before[:, 0] = counts - 1
    after = np.arange(1, m + 1)[None, :].repeat(n, axis=0)
    after[rows, np.maximum(counts - 1, 0)] = 0
    left = counts.copy()
    fine = counts >= 3
    out = []
    for _ in range(m - 2):
        going = fine & (left >= 3)
        if not going.any():
            break
        q = _ear_quality(points, np.minimum(before, m - 1), np.minimum(after, m - 1), normal)
        q[~live] = -np.inf
        best = q.argmax(axis=1)
        ok = going & (q[rows, best] > 1e-9)
        fine &= ok | ~going
        r, j = rows[ok], best[ok]
        i, k = before[r, j], after[r, j]
        out.append(np.stack([r, i, j, k], axis=1))
        live[r, j] = False
        after[r, i], before[r, k] = k, i
        left[r] -= 1
    triangles = np.concatenate(out) if out else np.zeros((0, 4), np.int64)
    kept = fine[triangles[:, 0]]
    return triangles[kept].astype(np.int32), fine


def _area_vectors(points: NDArray[np.float64], counts: I32) -> NDArray[np.float64]:
    m = points.shape[1]
    live = (np.arange(m)[None, :] < counts[:, None])[..., None]
    first = points[:, :1]
    p = np.where(live, points, first) - first
    return np.asarray(np.cross(p, np.roll(p, -1, axis=1)).sum(axis=1))


def _ear_quality(
    points: NDArray[np.float64], before: NDArray[Any], after: NDArray[Any], normal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N, M) shape of each ear: 1 for equilateral, 0 for flat; negative when it turns against the polygon."""
    rows = np.arange(len(points))[:, None]
    a, b, c = points[rows, before], points, points[rows, after]
    cross = np.cross(b - a, c - b)
    area = np.linalg.norm(cross, axis=2)
    edges = ((b - a) ** 2 + (c - b) ** 2 + (a - c) ** 2).sum(axis=2)
    with_normal = np.einsum("nmk,nk->nm", cross, normal)
    shape = 2 * np.sqrt(3) * area / np.maximum(edges, 1e-300)
    return np.asarray(np.where(with_normal > 0.1 * area, shape, -1.0))


def outline(loops: list[I32], tails: I32, positions: F32) -> tuple[NDArray[np.float64], I32]:
    """Polygons of border loops, (N, M, 3) and their corner counts (N,), in the direction that a filling face needs.

    A border half-edge runs along its face; the filling runs against it, so the order is turned round.
    """
    counts = np.array([len(loop) for loop in loops], np.int32)
    points = np.zeros((len(loops), int(counts.max(initial=3)), 3))
    for i, loop in enumerate(loops):
        points[i, : len(loop)] = positions[tails[loop[::-1]]]
    return points, counts


def fill(work: Work, loops: list[I32]) -> Numbers:
    """Fill the border `loops` (half-edges in order), each within one part."""
    whole = work.whole
    flat = whole.faces.ravel()
    points, counts = outline(loops, flat, whole.positions)
    triangles, fine = clip_ears(points, counts)
    if not len(triangles):
        return {}
    ring = np.zeros(points.shape[:2], np.int64)
    for i, half in enumerate(loops):
        ring[i, : len(half)] = half[::-1]
    corners = ring[triangles[:, [0]], triangles[:, 1:]]
    part = whole.part[ring[triangles[:, 0], 0] // 3]
    meshes = []
    for k, (face0, vertex0) in enumerate(
        zip(whole.first_face.tolist()[:-1], whole.first_vertex.tolist(), strict=False)
    ):
        rows, mesh = corners[part == k], work.avatar.parts[k].mesh
        if len(rows):
            faces = np.concatenate([mesh.faces, (flat[rows] - vertex0).astype(np.int32)])
            uv_faces = mesh.uv_faces
            if uv_faces is not None:
                uv_faces = np.concatenate([uv_faces, uv_faces.ravel()[rows - 3 * face0]])
            mesh = replace(mesh, faces=faces, uv_faces=uv_faces)
        meshes.append(mesh)
    work.put(meshes)
    return {"holes": int(fine.sum()), "faces": len(triangles)}
