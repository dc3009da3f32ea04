"""How the unit normals change in each morph: exact, all morphs in one pass, only where something moves."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..avatar import F32, I32, Morph
from ..cache import cached_arrays
from ..geometry import by_content, content_digest, corner_angles, unit, vertex_normals


class Patches(NamedTuple):
    """The faces around the moved vertices of every morph, one patch per morph, concatenated.

    vertex: (L,) i32, mesh vertex of each patch vertex.   moved: (K,) i32, patch vertex of each entry of the morphs.
    faces:  (P, 3) i32 into patch vertices.
    indptr, corner: CSR structure that sums face corners into the K entries; corners index (P, 3).ravel().
    """

    vertex: I32
    moved: I32
    faces: I32
    indptr: I32
    corner: I32


LARGE = 4000  # entries above which a plan is worth a file
CLOSES, OPENS = "mouthClose", "jawOpen"


def morph_normals(positions: F32, faces: I32, normals: F32, morphs: Sequence[Morph]) -> tuple[Morph, ...]:
    """`morphs` with `.normal` filled in: (K, 3) f32, so that `normals + normal` is the morphed surface's unit normal.

    positions, normals: (V, 3). faces: (F, 3); when some faces were hidden, the change is measured on the rest and
    applied to the given `normals`. Weighting by corner angle as in `geometry.vertex_normals`.
    The lips of mouthClose meet only while the jaw is open, so its change is measured from the open jaw: the two shapes
    together shade right. Vertices that a morph does not name keep their normals, although a neighbour may move by
    its smallest deltas.
    """
    names = [m.name for m in morphs]
    if CLOSES in names and OPENS in names:
        k, jaw = names.index(CLOSES), morphs[names.index(OPENS)]
        others = _changes(positions, faces, normals, (*morphs[:k], *morphs[k + 1 :]))
        opened = positions.copy()
        opened[jaw.index] += jaw.delta
        return (*others[:k], *_changes(opened, faces, vertex_normals(opened, faces), morphs[k : k + 1]), *others[k:])
    return _changes(positions, faces, normals, morphs)


def _changes(positions: F32, faces: I32, normals: F32, morphs: Sequence[Morph]) -> tuple[Morph, ...]:
    ends = np.cumsum([0, *(len(m.index) for m in morphs)])
    if not ends[-1]:
        return tuple(replace(m, normal=np.zeros((0, 3), np.float32)) for m in morphs)
    index = np.concatenate([m.index for m in morphs])
    named, entry = _named(index)
    touched = np.zeros(len(positions), bool)
    touched[named] = True
    faces = faces[touched[faces].any(axis=1)]  # the same for all outfits that leave the head bare, so plans are shared
    rest = Patches(*_patches(faces, named, np.array([0, len(named)]), len(positions)))
    patches = Patches(*_patches(faces, index, ends, len(positions)))
    corners = positions[patches.vertex]
    corners[patches.moved] += np.concatenate([m.delta for m in morphs])
    before = _unit_sums(positions[rest.vertex], rest)[entry]
    own = normals[index]
    change = unit(own + (_unit_sums(corners, patches) - before)) - own
    return tuple(
        replace(m, normal=np.ascontiguousarray(change[a:b]))
        for m, a, b in zip(morphs, ends[:-1], ends[1:], strict=True)
    )


def _unit_sums(corners: F32, patches: Patches) -> F32:
    angles, flat = corner_angles(corners, patches.faces)
    shape = (len(patches.indptr) - 1, len(patches.faces))
    sums = csr_array((angles.ravel()[patches.corner], patches.corner // 3, patches.indptr), shape=shape) @ flat
    return unit(np.asarray(sums, np.float32))


@by_content(entries=32)
def _named(index: I32) -> tuple[I32, I32]:
    """The vertices that any morph names, and where each entry's vertex is among them."""
    named, entry = np.unique(index, return_inverse=True)
    return named.astype(np.int32), entry.reshape(-1).astype(np.int32)


@by_content(entries=64)
def _patches(faces: I32, index: I32, ends: NDArray[Any], count: int) -> tuple[I32, I32, I32, I32, I32]:
    """`Patches` for the morphs whose vertices are index[ends[m] : ends[m + 1]]. Topology only, so it is kept."""
    if len(index) < LARGE:
        return _make_patches(faces, index, ends, count)
    key = "/".join([*(content_digest(a).hex() for a in (faces, index, ends)), str(count)])

    def make() -> dict[str, I32]:
        return dict(zip(Patches._fields, _make_patches(faces, index, ends, count), strict=True))

    return Patches(**cached_arrays(f"face/patches/{key}", make))


def _make_patches(faces: I32, index: I32, ends: NDArray[Any], count: int) -> tuple[I32, I32, I32, I32, I32]:
    vertices, moved, corner_faces, indptrs, corners = [], [], [], [np.zeros(1, np.int64)], []
    base_vertex = base_face = base_corner = 0
    for a, b in pairwise(ends):
        own = index[a:b]
        slot = np.full(count, -1, np.int64)
        slot[own] = np.arange(b - a)
        near = faces[(slot[faces] >= 0).any(axis=1)]
        vertex, local = np.unique(np.concatenate([near.reshape(-1), own]), return_inverse=True)
        vertices.append(vertex)
        moved.append(local[near.size :] + base_vertex)
        corner_faces.append(local[: near.size].reshape(-1, 3) + base_vertex)
        entry = slot[near.reshape(-1)]
        order = np.argsort(entry, kind="stable")
        order = order[entry[order] >= 0]
        corners.append(order + 3 * base_face)
        indptrs.append(np.cumsum(np.bincount(entry[order], minlength=b - a)) + base_corner)
        base_vertex += len(vertex)
        base_face += len(near)
        base_corner += len(order)
    return (
        np.concatenate(vertices).astype(np.int32),
        np.concatenate(moved).astype(np.int32),
        np.concatenate(corner_faces).astype(np.int32),
        np.concatenate(indptrs).astype(np.int32),
        np.concatenate(corners).astype(np.int32),
    )
