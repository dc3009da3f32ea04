"""From what formats other than glTF have - corners with separate normals, uvs, colours, materials - to parts.

Vertices stay as the file has them; they are split only where normals or colours differ between faces.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...avatar import Mesh, Morph, Part
from ...errors import SourceError
from .upload import Log

F64 = NDArray[np.float64]
LARGEST = 1e15  # of a coordinate: squares of lengths stay within float32
SAME = 0.9995  # cosine between normals that count as one


@dataclass(eq=False, slots=True)
class Piece:
    """A mesh as read. Faces are triangles; uv_faces, normal_faces, color_faces index their own arrays, (F, 3) each.

    material: (F,) numbers of materials, -1 for none.  joints, weights: (V, K), numbers of the scene's joints.
    """

    name: str
    positions: NDArray[Any]
    faces: NDArray[np.int32]
    uvs: NDArray[Any] | None = None
    uv_faces: NDArray[np.int32] | None = None
    normals: NDArray[Any] | None = None
    normal_faces: NDArray[np.int32] | None = None
    colors: NDArray[Any] | None = None
    color_faces: NDArray[np.int32] | None = None
    material: NDArray[np.int32] | None = None
    joints: NDArray[np.uint16] | None = None
    weights: NDArray[np.float32] | None = None
    morphs: tuple[Morph, ...] = ()


def finite(values: NDArray[Any], what: str) -> NDArray[Any]:
    """`values`, or SourceError when one of them is no number."""
    if not np.isfinite(values).all():
        raise SourceError(f"The file is damaged: {int((~np.isfinite(values)).sum())} of its {what} are not numbers")
    return values


def within(index: NDArray[Any], count: int, what: str) -> NDArray[np.int32]:
    """Indices as i32, or SourceError when one of them is not in 0..count-1."""
    if index.size and (int(index.min()) < 0 or int(index.max()) >= count):
        raise SourceError(f"The file is damaged: {what} names entry {int(index.max())} of {count}")
    return np.ascontiguousarray(index, np.int32)


def moved(piece: Piece, matrix: F64) -> Piece:
    """The piece under a (4, 4) matrix: mirrored ones have their faces turned round again."""
    if np.array_equal(matrix, np.eye(4)):
        return piece
    linear = matrix[:3, :3]
    cofactors = np.linalg.det(linear) * np.linalg.pinv(linear).T
    flip = np.linalg.det(linear) < 0

    def order(faces: NDArray[np.int32] | None) -> NDArray[np.int32] | None:
        return np.ascontiguousarray(faces[:, ::-1]) if flip and faces is not None else faces

    faces = order(piece.faces)
    assert faces is not None
    return replace(
        piece,
        positions=piece.positions @ linear.T + matrix[:3, 3],
        normals=piece.normals @ cofactors.T if piece.normals is not None else None,
        faces=faces,
        uv_faces=order(piece.uv_faces),
        normal_faces=order(piece.normal_faces),
        color_faces=order(piece.color_faces),
        morphs=tuple(Morph(m.name, m.index, (m.delta @ linear.T).astype(np.float32)) for m in piece.morphs),
    )


def parts_of(piece: Piece, materials: Sequence[str], log: Log, taken: set[str]) -> Iterator[Part]:
    """One part per material of the piece. taken: part names that exist; grows."""
    if not len(piece.faces):
        log.counts["meshes_without_triangles"] += 1
        return
    for values in (finite(piece.positions, "vertex positions"), *(m.delta for m in piece.morphs)):
        if len(values) and not float(np.abs(values).max()) < LARGEST:
            raise SourceError("The file is damaged: the model is larger than anything")
    numbers = np.unique(piece.material) if piece.material is not None else np.array([-1])
    for n in numbers.tolist():
        some = piece.material == n if piece.material is not None and len(numbers) > 1 else None
        label = materials[n] if 0 <= n < len(materials) else ""
        name = piece.name if len(numbers) == 1 else f"{piece.name}.{label or n}"
        k, title = 2, name
        while title in taken:
            title, k = f"{name}_{k}", k + 1
        taken.add(title)
        mesh, origin = mesh_of(piece, some)
        note_weights(mesh, piece, origin, title, log)
        yield Part(title, "body" if title.lower() == "body" else "garment", (mesh,), label)


def note_weights(mesh: Mesh, piece: Piece, origin: NDArray[np.int64], title: str, log: Log) -> None:
    """Remember vertices without weights (their rows were made joint 0) and sums that were off."""
    if piece.weights is None:
        return
    sums = piece.weights[origin].sum(axis=1)
    if len(bare := np.flatnonzero(sums <= 0)):
        log.unbound[title] = bare.astype(np.int32)
    if off := int((np.abs(sums[sums > 0] - 1.0) > 0.01).sum()):
        log.unnormalised[title] = off


def mesh_of(piece: Piece, some: NDArray[np.bool_] | None) -> tuple[Mesh, NDArray[np.int64]]:
    """(mesh of the chosen faces, for each of its vertices the vertex of the piece)."""

    def pick(a: NDArray[np.int32] | None) -> NDArray[np.int32] | None:
        return a if a is None or some is None else a[some]

    faces = pick(piece.faces)
    assert faces is not None
    split, owner = split_corners(
        faces, len(piece.positions), piece.normals, pick(piece.normal_faces), piece.colors, pick(piece.color_faces)
    )
    used = np.zeros(len(owner), bool)
    used[split] = True
    if some is None:  # vertices that no face uses stay when there is one part: a finding may want to name them
        used[: len(piece.positions)] = True
    if not used.all():
        number = np.cumsum(used, dtype=np.int32) - 1
        split, owner = number[split], owner[used]
    normals = spread(piece.normals, pick(piece.normal_faces), split, len(owner))
    colors = spread(piece.colors, pick(piece.color_faces), split, len(owner))
    uvs, uv_faces = piece.uvs, pick(piece.uv_faces)
    if uvs is not None and uv_faces is not None:
        if some is not None:
            live = np.zeros(len(uvs), bool)
            live[uv_faces] = True
            uv_faces = (np.cumsum(live, dtype=np.int32) - 1)[uv_faces]
            uvs = uvs[live]
        uvs = np.ascontiguousarray(uvs, np.float32)
    joints = weights = None
    if piece.joints is not None and piece.weights is not None:
        joints, weights = piece.joints[owner], piece.weights[owner].astype(np.float32)
        total = weights.sum(axis=1, keepdims=True)
        joints[total[:, 0] <= 0] = 0
        weights[total[:, 0] <= 0, 0] = 1.0
        weights /= np.where(total > 0, total, 1.0)
    if normals is not None:
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        normals = (normals / np.where(length > 1e-12, length, 1.0)).astype(np.float32)
    mesh = Mesh(
        positions=np.ascontiguousarray(piece.positions[owner], np.float32),
        faces=split,
        normals=normals,
        uvs=uvs if uv_faces is not None else None,
        uv_faces=uv_faces if uvs is not None else None,
        joints=joints,
        weights=weights,
        morphs=tuple(carried for m in piece.morphs if len((carried := carry(m, owner, len(piece.positions))).index)),
        colors=colors.astype(np.float32) if colors is not None else None,
    )
    return mesh, owner


def split_corners(
    faces: NDArray[np.int32],
    count: int,
    normals: NDArray[Any] | None,
    normal_faces: NDArray[np.int32] | None,
    colors: NDArray[Any] | None,
    color_faces: NDArray[np.int32] | None,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """(faces with split vertices, vertex of origin of each): more vertices only where normals or colours disagree.

    The first `count` vertices keep their numbers, so a smooth mesh comes out as it was.
    """
    corner = faces.reshape(-1)
    torn = np.zeros(count, bool)
    keys: list[NDArray[np.int64]] = []
    if normals is not None and normal_faces is not None and not np.array_equal(normal_faces, faces):
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        unit = normals / np.where(length > 1e-12, length, 1.0)
        of = normal_faces.reshape(-1)
        first = np.zeros(count, np.int64)
        first[corner[::-1]] = of[::-1]
        apart = np.einsum("ij,ij->i", unit[of], unit[first[corner]]) < SAME
        torn[corner[apart]] = True
        grid = np.round(unit * 500.0).astype(np.int64) + 512
        keys.append((grid[:, 0] << 20 | grid[:, 1] << 10 | grid[:, 2])[of])
    if colors is not None and color_faces is not None and not np.array_equal(color_faces, faces):
        of = color_faces.reshape(-1)
        level = np.clip(np.round(colors * 255.0), 0, 255).astype(np.int64)
        code = level @ np.array([1 << 24, 1 << 16, 1 << 8, 1][: colors.shape[1]])
        first = np.zeros(count, np.int64)
        first[corner[::-1]] = of[::-1]
        torn[corner[code[of] != code[first[corner]]]] = True
        keys.append(code[of])
    owner = np.arange(count, dtype=np.int64)
    if not torn.any():
        return np.ascontiguousarray(faces), owner
    where = np.flatnonzero(torn[corner])
    rows = np.stack([corner[where].astype(np.int64), *(k[where] for k in keys)], axis=1)
    order = np.lexsort(rows.T[::-1])
    fresh = np.ones(len(order), bool)
    fresh[1:] = (rows[order][1:] != rows[order][:-1]).any(axis=1)
    group = np.cumsum(fresh) - 1
    heads = rows[order][fresh, 0]
    keep = np.ones(len(heads), bool)
    keep[1:] = heads[1:] != heads[:-1]  # each vertex keeps its number for its first group
    number = np.where(keep, heads, count - 1 + np.cumsum(~keep))
    out = corner.copy()
    out[where[order]] = number[group]
    return out.reshape(-1, 3).astype(np.int32), np.concatenate([owner, heads[~keep]])


def spread(
    values: NDArray[Any] | None, corners: NDArray[np.int32] | None, faces: NDArray[np.int32], count: int
) -> NDArray[Any] | None:
    """Values per corner -> per vertex, the first corner of each vertex deciding."""
    if values is None or corners is None:
        return None
    out = np.zeros((count, values.shape[1]))
    out[faces.reshape(-1)[::-1]] = values[corners.reshape(-1)[::-1]]
    return out


def carry(morph: Morph, owner: NDArray[np.int64], count: int) -> Morph:
    """A shape on split or dropped vertices."""
    if len(owner) == count and np.array_equal(owner, np.arange(count)):
        return morph
    place = np.full(count, -1, np.int64)
    place[morph.index] = np.arange(len(morph.index))
    row = place[owner]
    index = np.flatnonzero(row >= 0).astype(np.int32)
    return Morph(morph.name, index, morph.delta[row[index]])
