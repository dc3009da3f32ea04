"""Make surfaces solid, on request only: these change the shape that was uploaded."""

from dataclasses import replace

import numpy as np

from ..avatar import I32, Mesh
from ..geometry import vertex_normals
from .holes import fill
from .select import gather_vertices
from .sites import coincident, size_of, step_of
from .topology import following
from .work import Numbers, Work

MOST_EDGES = 512


def close(work: Work) -> Numbers:
    """Close every simple opening within one part, large ones too: sleeves, necks and eye sockets among them."""
    whole = work.whole
    chosen: list[I32] = []
    for loop in whole.loops:
        parts = whole.part[loop.half // 3]
        if loop.simple and 3 <= len(loop.half) <= MOST_EDGES and (parts == parts[0]).all():
            chosen.append(loop.half)
    if not chosen:
        return {}
    return fill(work, chosen)


def thicken(work: Work) -> Numbers:
    """Give parts with openings a back, `options.thickness` of the size inside, and rims along the openings."""
    whole = work.whole
    depth = work.options.thickness * whole.size
    border = work.split(np.bincount(whole.border, minlength=3 * len(whole.faces)).reshape(-1, 3) > 0)
    meshes, faces = [], 0
    for part, rim in zip(work.avatar.parts, border, strict=True):
        mesh = part.mesh
        if rim.any():
            before = len(mesh.faces)
            mesh = _with_back(mesh, np.flatnonzero(rim.ravel()).astype(np.int32), depth)
            faces += len(mesh.faces) - before
        meshes.append(mesh)
    work.put(meshes)
    return {"faces": faces, "depth": depth if faces else 0.0}


def _with_back(mesh: Mesh, rim: I32, depth: float) -> Mesh:
    count = len(mesh.positions)
    # inwards along the surface's own normals, which welded places share
    site = coincident(mesh.positions, step_of(size_of(mesh.positions)))
    first = np.full(int(site.max()) + 1, count, np.int64)
    np.minimum.at(first, site, np.arange(count))
    normals = vertex_normals(mesh.positions[first], site[mesh.faces].astype(np.int32))[site]
    back = gather_vertices(mesh, np.concatenate([np.arange(count), np.arange(count)]), mesh.faces)
    positions = back.positions.copy()
    positions[count:] -= normals * np.float32(depth)
    flat = mesh.faces.ravel()
    a, b = flat[rim], flat[following(rim)]
    edge = np.concatenate([np.stack([b, a, a + count], 1), np.stack([b, a + count, b + count], 1)])
    faces = np.concatenate([mesh.faces, mesh.faces[:, ::-1] + count, edge]).astype(np.int32)
    uv_faces = mesh.uv_faces
    if uv_faces is not None:
        uv = uv_faces.ravel()
        ua, ub = uv[rim], uv[following(rim)]
        ring = np.concatenate([np.stack([ub, ua, ua], 1), np.stack([ub, ua, ub], 1)])
        uv_faces = np.concatenate([uv_faces, uv_faces[:, ::-1], ring]).astype(np.int32)
    shaded = back.normals
    if shaded is not None:
        shaded = np.concatenate([shaded[:count], -shaded[count:]])
    morphs = tuple(
        replace(m, normal=m.normal * np.where(m.index >= count, np.float32(-1), np.float32(1))[:, None])
        if m.normal is not None
        else m
        for m in back.morphs
    )
    return replace(back, positions=positions, faces=faces, uv_faces=uv_faces, normals=shaded, morphs=morphs)
