"""Join several parts into one mesh per level of detail: vertices, skin and shapes side by side, nothing welded."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Mesh, Morph, Part
from ..geometry import vertex_normals
from ..lod.gather import concatenate_shapes, take_faces


def merge_parts(parts: Sequence[Part], name: str, material: str) -> Part:
    """One part; a part with fewer levels than the others shows its last one again."""
    levels = max(len(p.lods) for p in parts)
    lods = tuple(merge_meshes([p.lods[min(k, len(p.lods) - 1)] for p in parts]) for k in range(levels))
    errors = []
    for k in range(levels):
        worst: dict[str, float] = {}
        for p in parts:
            if p.lod_errors:
                for key, value in p.lod_errors[min(k, len(p.lod_errors) - 1)].items():
                    worst[key] = max(worst.get(key, 0.0), value)
        errors.append(worst)
    role = "body" if any(p.role == "body" for p in parts) else parts[0].role
    pieces = tuple(
        tuple(piece for p in parts for piece in pieces_of(p, min(k, len(p.lods) - 1))) for k in range(levels)
    )
    return Part(name, role, lods, material, lod_errors=tuple(errors) if any(errors) else (), pieces=pieces)


def pieces_of(part: Part, level: int) -> tuple[tuple[str, int], ...]:
    """What a level was merged from: (role, number of vertices) in their order; itself if from nothing."""
    return part.pieces[level] if part.pieces else ((part.role, len(part.lods[level].positions)),)


def is_piece(part: Part, level: int, role: str) -> NDArray[np.bool_]:
    """(V,) the vertices of a level that come from parts of `role`."""
    roles, counts = zip(*pieces_of(part, level), strict=True)
    return np.repeat(np.array(roles) == role, counts)


def merge_meshes(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh; shapes of one name become one shape. Every mesh must have uvs; skins all or none."""
    first = np.cumsum([0, *(len(m.positions) for m in meshes)]).astype(np.int32)
    first_uv = np.cumsum([0, *(len(m.uvs) if m.uvs is not None else 0 for m in meshes)]).astype(np.int32)
    normals = [m.normals if m.normals is not None else vertex_normals(m.positions, m.faces) for m in meshes]
    skinned = all(m.joints is not None and m.weights is not None for m in meshes)
    return Mesh(
        positions=np.concatenate([m.positions for m in meshes]),
        faces=np.concatenate([m.faces + at for m, at in zip(meshes, first, strict=False)]),
        normals=np.concatenate(normals),
        uvs=np.concatenate([m.uvs for m in meshes if m.uvs is not None]),
        uv_faces=np.concatenate(
            [m.uv_faces + at for m, at in zip(meshes, first_uv, strict=False) if m.uv_faces is not None]
        ),
        joints=np.concatenate([m.joints for m in meshes if m.joints is not None]) if skinned else None,
        weights=np.concatenate([m.weights for m in meshes if m.weights is not None]) if skinned else None,
        morphs=merge_morphs([(m.morphs, int(at)) for m, at in zip(meshes, first, strict=False)]),
    )


def merge_morphs(groups: Sequence[tuple[tuple[Morph, ...], int]]) -> tuple[Morph, ...]:
    """Shapes of several meshes, each with the number of its first vertex, by name, in the longest list's order."""
    order: dict[str, list[tuple[Morph, int]]] = {}
    for morphs, _ in sorted(groups, key=lambda g: -len(g[0])):
        for m in morphs:
            order.setdefault(m.name, [])
    for morphs, at in groups:
        for m in morphs:
            order[m.name].append((m, at))
    out = []
    for name, pieces in order.items():
        bends: list[F32] = [m.normal for m, _ in pieces if m.normal is not None]
        out.append(
            Morph(
                name,
                np.concatenate([m.index + np.int32(at) for m, at in pieces]),
                np.concatenate([m.delta for m, _ in pieces]),
                np.concatenate(bends) if len(bends) == len(pieces) else None,
            )
        )
    return tuple(out)


def taken_apart(part: Part, level: int) -> list[Part]:
    """A level of a merged part as one part per role again, with the material that they share."""
    mesh = part.lods[level]
    shapes, out = concatenate_shapes(mesh.morphs), []
    for role in dict.fromkeys(role for role, _ in pieces_of(part, level)):
        rows = is_piece(part, level, role)[mesh.faces[:, 0]]
        uv_faces = None if mesh.uv_faces is None else mesh.uv_faces[rows]
        own = take_faces(mesh, shapes, mesh.faces[rows], uv_faces)
        name = f"{part.name}.{role}" if part.pieces else part.name
        out.append(replace(part, name=name, role=role, lods=(own,), lod_errors=(), pieces=()))
    return out
