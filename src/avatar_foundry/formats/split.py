"""From a welded mesh to the vertex arrays a GPU draws: split at uv seams, only what the faces use."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Avatar, Mesh, Morph
from ..geometry import split_seams, tangents, unit, vertex_normals
from ..geometry.memo import by_content
from ..geometry.tangents import uv_halves

# Faces of a level whose uvs may be turned over before it gets tangents of its own, as a share.
TURNED = 0.002


@dataclass(frozen=True, eq=False, slots=True)
class Shapes:
    """All morphs of a split mesh, concatenated: shape i owns rows starts[i]:starts[i + 1].

    index: (N,) i32 split vertices, strictly increasing within a shape.  delta, normal: (N, 3) f32.
    low, high: (M, 3) f32, bounds of each shape's own deltas; the zeros of other vertices are not in them.
    """

    names: tuple[str, ...]
    starts: NDArray[np.int64]
    index: I32
    delta: F32
    normal: F32 | None
    low: F32
    high: F32


@dataclass(frozen=True, eq=False, slots=True)
class SplitMesh:
    """S split vertices in rising order of the welded vertex they come from (`vertex_of`)."""

    vertex_of: I32
    faces: I32
    positions: F32
    normals: F32
    uvs: F32 | None
    tangents: F32 | None
    joints: NDArray[np.uint16] | None
    weights: F32 | None
    shapes: Shapes
    uv_of: I32 | None = None


def split_mesh(
    mesh: Mesh, *, with_tangents: bool = False, with_morphs: bool = True, full: SplitMesh | None = None
) -> SplitMesh:
    """Split `mesh` at its uv seams and drop unused vertices. Guarantees unit normals, exact weight sums.

    full: the full detail of which `mesh` is a coarser level, to take tangents from.
    """
    if mesh.uvs is None or mesh.uv_faces is None:
        used, flat = np.unique(mesh.faces, return_inverse=True)
        vertex_of, faces = used.astype(np.int32), flat.reshape(-1, 3).astype(np.int32)
        uv_of, uvs = None, None
    else:
        vertex_of, uv_of, faces = split_seams(mesh.faces, mesh.uv_faces)  # sorted by vertex
        uvs = mesh.uvs[uv_of]
    positions = mesh.positions[vertex_of]
    whole = mesh.normals if mesh.normals is not None else vertex_normals(mesh.positions, mesh.faces)
    normals = unit(whole[vertex_of])
    joints, weights = None, None
    if mesh.joints is not None and mesh.weights is not None:
        joints, weights = exact_weights(mesh.joints[vertex_of], mesh.weights[vertex_of])
    frames = None
    if with_tangents and uvs is not None and uv_of is not None:
        frames = carried_tangents(full, positions, normals, uvs, uv_of, faces) if full is not None else None
        if frames is None:
            frames = tangents(positions, normals, uvs, faces)
    return SplitMesh(
        vertex_of=vertex_of,
        faces=faces,
        positions=positions,
        normals=normals,
        uvs=uvs,
        tangents=frames,
        joints=joints,
        weights=weights,
        shapes=split_morphs(mesh.morphs if with_morphs else (), vertex_of, len(mesh.positions)),
        uv_of=uv_of,
    )


def carried_tangents(full: SplitMesh, positions: F32, normals: F32, uvs: F32, uv_of: I32, faces: I32) -> F32 | None:
    """Tangents (S, 4) of a coarser level, gathered from the full detail, so that normal maps look alike in both.

    None unless each vertex is found there by its uv, with the very same position and normal, and
    its faces are on the side that the full detail says: simplifying can turn the uvs of a face over.
    """
    if full.tangents is None or full.uv_of is None:
        return None
    place = np.full(max(int(full.uv_of.max(initial=-1)), int(uv_of.max(initial=-1))) + 1, -1, np.int32)
    place[full.uv_of] = np.arange(len(full.uv_of), dtype=np.int32)
    rows = place[uv_of]
    if (rows < 0).any():
        return None
    same = np.array_equal(full.positions[rows], positions) and np.array_equal(full.normals[rows], normals)
    if not same:
        return None
    out = full.tangents[rows]
    _, sign, usable = uv_halves(uvs, faces)
    wrong = (out[:, 3][faces] != sign[:, None]).any(axis=1) & usable
    return out if wrong.sum() <= TURNED * len(faces) else None


def split_morphs(morphs: tuple[Morph, ...], vertex_of: I32, count: int) -> Shapes:
    """Carry all morphs through a split in one pass; shapes that no longer move anything are left out.

    vertex_of: (S,) i32 rising.  count: V, vertices of the welded mesh.
    """
    if not morphs:
        none = np.zeros((0, 3), np.float32)
        return Shapes((), np.zeros(1, np.int64), np.zeros(0, np.int32), none, None, none, none)
    row, target, ends = copied_rows(np.concatenate([m.index for m in morphs]), vertex_of, count)
    delta = np.take(np.concatenate([m.delta for m in morphs]), row, axis=0)
    lengths = np.array([len(m.index) for m in morphs])
    starts = ends[np.concatenate([[0], np.cumsum(lengths)])]
    low, high = bounds(delta, starts)
    alive = np.asarray(((low < 0) | (high > 0)).any(axis=1))
    with_normals = all(m.normal is not None for m in morphs)
    normal = None
    if with_normals:
        normal = np.take(np.concatenate([m.normal for m in morphs if m.normal is not None]), row, axis=0)
    if not alive.all():
        keep = np.repeat(alive, np.diff(starts))
        target, delta = target[keep], delta[keep]
        normal = normal[keep] if normal is not None else None
        starts = np.concatenate([[0], np.cumsum(np.diff(starts)[alive])])
        low, high = low[alive], high[alive]
    names = tuple(m.name for m, a in zip(morphs, alive, strict=True) if a)
    return Shapes(names, starts, target, delta, normal, low, high)


@by_content(16)
def copied_rows(index: I32, vertex_of: I32, count: int) -> tuple[I32, I32, NDArray[np.int64]]:
    """(row (N,), target (N,), ends (K + 1,)): entry row[n] of `index` (K,) moves split vertex target[n].

    Entry k owns ends[k]:ends[k + 1]. Depends on topology alone.
    """
    first = np.searchsorted(vertex_of, np.arange(count + 1, dtype=np.int32)).astype(np.int32)  # CSR: copies of vertex v
    copies = (first[1:] - first[:-1])[index]
    row = np.repeat(np.arange(len(index), dtype=np.int32), copies)
    ends = np.zeros(len(index) + 1, np.int64)
    np.cumsum(copies, out=ends[1:])
    offset = np.arange(len(row), dtype=np.int32) - np.repeat(ends[:-1].astype(np.int32), copies)
    return row, (first[index][row] + offset).astype(np.int32), ends


def bounds(values: F32, starts: NDArray[np.int64]) -> tuple[F32, F32]:
    """Least and greatest of each run starts[i]:starts[i + 1] of (N, 3) values, as two (M, 3); zero for empty runs."""
    low = np.zeros((len(starts) - 1, 3), np.float32)
    high = np.zeros_like(low)
    full = np.diff(starts) > 0
    if full.any():
        low[full] = np.minimum.reduceat(values, starts[:-1][full], axis=0)
        high[full] = np.maximum.reduceat(values, starts[:-1][full], axis=0)
    return low, high


@by_content()
def exact_weights(joints: NDArray[np.uint16], weights: F32) -> tuple[NDArray[np.uint16], F32]:
    """Joints and weights as glTF demands: no joint twice, joint 0 without weight, sums within float32's last bit.

    joints, weights: (S, 4). Normalised in float64; what the cast to float32 loses goes onto the largest weight.
    Rows without any weight hang on joint 0.
    """
    w = np.maximum(weights.astype(np.float64), 0.0)
    joints = np.where(w > 0, joints, 0).astype(np.uint16)
    for a in range(3):
        for b in range(a + 1, 4):
            same = (joints[:, a] == joints[:, b]) & (w[:, b] > 0) & (w[:, a] > 0)
            if same.any():
                w[same, a] += w[same, b]
                w[same, b] = 0.0
                joints[same, b] = 0
    total = w.sum(axis=1)
    w[total <= 0, 0] = 1.0
    w /= np.where(total > 0, total, 1.0)[:, None]
    out = w.astype(np.float32)
    joints[out == 0] = 0
    rows = np.arange(len(out))
    top = out.argmax(axis=1)
    out[rows, top] += (1.0 - out.sum(axis=1, dtype=np.float64)).astype(np.float32)
    return joints, out


def stored_counts(avatar: Avatar) -> tuple[int, int]:
    """(vertices, faces) that a file stores for the full detail: vertices are counted after the split at uv seams."""
    vertices = faces = 0
    for part in avatar.parts:
        mesh = part.mesh
        if mesh.uv_faces is not None:
            vertices += len(split_seams(mesh.faces, mesh.uv_faces)[0])
        else:
            vertices += len(np.unique(mesh.faces))
        faces += len(mesh.faces)
    return vertices, faces
