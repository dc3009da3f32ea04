"""What people upload: a rounded figure of several pieces with skin, shapes, uvs and a texture, and ways to spoil it."""

from dataclasses import replace

import numpy as np
from tests.figures import skeleton, texture
from tests.shapes import sphere

from avatar_foundry.avatar import Avatar, Material, Mesh, Morph, Part
from avatar_foundry.humanoid import INDEX


def ball(centre=(0.0, 1.0, 0.0), radius=(0.3, 0.9, 0.2), rows: int = 12) -> Mesh:
    """A closed ellipsoid with uvs that do not overlap, skinned from hips to head, with one shape."""
    positions, faces = sphere(rows, 2 * rows)
    normals = positions / np.float32(radius)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    placed = (positions * np.float32(radius) + np.float32(centre)).astype(np.float32)
    p = positions[faces]
    # faces side by side in a grid of cells: nothing overlaps and every corner has a uv of its own
    side = int(np.ceil(np.sqrt(len(faces))))
    cell = np.stack(np.divmod(np.arange(len(faces)), side), axis=1)[:, ::-1]
    corner = np.float32([[0.1, 0.1], [0.9, 0.1], [0.1, 0.9]])
    uvs = ((cell[:, None] + corner[None]) / side).reshape(-1, 2).astype(np.float32)
    joints = np.zeros((len(positions), 4), np.uint16)
    joints[:, 0], joints[:, 1] = INDEX["hips"], INDEX["head"]
    share = (0.5 + 0.5 * positions[:, 1]).astype(np.float32)
    weights = np.zeros((len(positions), 4), np.float32)
    weights[:, 0], weights[:, 1] = 1 - share, share
    swap = share > 0.5
    weights[swap, :2], joints[swap, :2] = weights[swap, 1::-1], joints[swap, 1::-1]
    index = np.flatnonzero(positions[:, 1] > 0.8).astype(np.int32)
    delta = np.tile(np.float32([0, 0.01, 0.02]), (len(index), 1))
    assert len(p)
    return Mesh(
        placed,
        faces,
        normals=normals.astype(np.float32),
        uvs=uvs,
        uv_faces=np.arange(3 * len(faces), dtype=np.int32).reshape(-1, 3),
        joints=joints,
        weights=weights,
        morphs=(Morph("smile", index, delta, np.zeros_like(delta)),),
    )


def upload(*meshes: Mesh, material: Material | None = None) -> Avatar:
    """An avatar of the meshes, all of one material."""
    meshes = meshes or (ball(),)
    look = material or Material("cloth", base=texture("weave", edge=64))
    parts = tuple(Part(f"part{k}", "body" if k == 0 else "garment", (m,), look.name) for k, m in enumerate(meshes))
    return Avatar("upload", parts, skeleton(), (look,))


def bare(mesh: Mesh) -> Mesh:
    """Positions and faces only."""
    return Mesh(mesh.positions, mesh.faces)


def split(mesh: Mesh) -> Mesh:
    """Each corner a vertex of its own, as STL and flat-shaded files have them."""
    flat = mesh.faces.ravel()
    row = np.full(len(mesh.positions), -1)
    morphs = []
    for m in mesh.morphs:
        row[:] = -1
        row[m.index] = np.arange(len(m.index))
        at = row[flat]
        index = np.flatnonzero(at >= 0).astype(np.int32)
        morphs.append(Morph(m.name, index, m.delta[at[index]], m.normal[at[index]] if m.normal is not None else None))
    take = {
        name: getattr(mesh, name)[flat] if getattr(mesh, name) is not None else None
        for name in ("positions", "normals", "joints", "weights", "colors")
    }
    faces = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
    return replace(mesh, faces=faces, morphs=tuple(morphs), **take)


def without(mesh: Mesh, rows) -> Mesh:
    """Without some faces."""
    keep = np.ones(len(mesh.faces), bool)
    keep[rows] = False
    return replace(mesh, faces=mesh.faces[keep], uv_faces=mesh.uv_faces[keep] if mesh.uv_faces is not None else None)


def turned(mesh: Mesh, rows) -> Mesh:
    """With some faces wound the other way, normals kept."""
    faces = mesh.faces.copy()
    faces[rows] = faces[rows][:, ::-1]
    uv_faces = mesh.uv_faces
    if uv_faces is not None:
        uv_faces = uv_faces.copy()
        uv_faces[rows] = uv_faces[rows][:, ::-1]
    return replace(mesh, faces=faces, uv_faces=uv_faces)


def with_faces(mesh: Mesh, faces) -> Mesh:
    """With more faces; their uvs are those of the first."""
    more = np.array(faces, np.int32)
    uv_faces = mesh.uv_faces
    if uv_faces is not None:
        uv_faces = np.concatenate([uv_faces, np.tile(uv_faces[:1], (len(more), 1))])
    return replace(mesh, faces=np.concatenate([mesh.faces, more]), uv_faces=uv_faces)


def joined(a: Mesh, b: Mesh) -> Mesh:
    """Two bare meshes as one."""
    positions = np.concatenate([a.positions, b.positions])
    return Mesh(positions, np.concatenate([a.faces, b.faces + np.int32(len(a.positions))]))


def corner_soup(mesh: Mesh) -> np.ndarray:
    """(F, 3, 3) corners of the faces, each face from its lowest corner on, faces sorted: what is drawn."""
    p = mesh.positions[mesh.faces].astype(np.float64).round(5) + 0.0
    first = [min(range(3), key=lambda k: tuple(t[k])) for t in p]
    rolled = np.stack([np.roll(t, -k, axis=0) for t, k in zip(p, first, strict=True)])
    return rolled[np.lexsort(rolled.reshape(len(rolled), -1).T[::-1])]
