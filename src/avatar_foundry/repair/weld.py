"""Join vertices that lie at one place and mean the same. Where normals, weights or shapes differ, they stay apart."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Mesh
from ..geometry import unit
from .select import gather_vertices
from .topology import connected, edges_of, fans, pairs_of

CREASE = float(np.cos(np.radians(3.0)))  # sharper edges are drawn as edges on purpose
WEIGHT = 0.1  # summed difference of the skin weights
COLOUR = 0.004  # one step of eight bits
ROUNDS = 256  # kinds of vertices looked for at one place; further ones stay apart


def weld(mesh: Mesh, site: I32, step: float) -> tuple[Mesh, dict[str, float]]:
    """Join the vertices of each `site` (V,) that agree. uvs stay, equal ones are joined too; shapes and skin stay.

    Two vertices agree when their normals differ by less than 3 degrees, their weights by less than 0.1 in sum, their
    shapes by less than `step`, and when their faces hang together there over edges of two faces: what only touches
    itself is not sewn up. The first vertex of each group lends its values.
    """
    mesh, joined_uvs = merge_uvs(mesh)
    kind = kinds(mesh, site, step)
    sited = site[mesh.faces].astype(np.int32)
    a, b, c = sited.T
    pairs = pairs_of(edges_of(sited, (a != b) & (b != c) & (c != a)), sited)
    kind = _by_fan(kind, fans(pairs, sited), mesh.faces)
    first = np.full(len(kind), len(kind), np.int64)
    np.minimum.at(first, kind, np.arange(len(kind)))
    keep = np.flatnonzero(first[kind] == np.arange(len(kind)))
    if len(keep) == len(kind):
        return mesh, {"uvs": joined_uvs}
    rank = np.full(len(kind), -1, np.int32)
    rank[keep] = np.arange(len(keep), dtype=np.int32)
    remap = rank[first[kind]]
    faces = remap[mesh.faces]
    out = gather_vertices(mesh, keep, faces)
    return out, {"vertices": len(kind) - len(keep), "uvs": joined_uvs}


def kinds(mesh: Mesh, site: I32, step: float) -> I32:
    """The lowest vertex that each vertex (V,) agrees with at its place, faces aside."""
    count = len(mesh.positions)
    marks = _shape_marks(mesh)
    kind = np.arange(count, dtype=np.int32)
    shared = np.bincount(site, minlength=1)[site] > 1
    pending = np.flatnonzero(shared & np.isfinite(mesh.positions).all(axis=1)).astype(np.int32)
    leader = np.empty(int(site.max(initial=-1)) + 1, np.int32)
    for _ in range(ROUNDS):
        if not len(pending):
            break
        leader[site[pending[::-1]]] = pending[::-1]  # the last write stays: the lowest of each place
        lead = leader[site[pending]]
        same = _same(mesh, marks, lead, pending, step)
        kind[pending[same]] = lead[same]
        pending = pending[~same]
    return kind


def _same(mesh: Mesh, marks: F32 | None, a: I32, b: I32, step: float) -> NDArray[np.bool_]:
    same = np.ones(len(a), bool)
    if mesh.normals is not None:
        n = mesh.normals
        # vertices without a normal of their own agree with any
        same &= np.einsum("ij,ij->i", unit(n[a]), unit(n[b])) >= CREASE
    if mesh.joints is not None and mesh.weights is not None:
        same &= weight_gap(mesh.joints[a], mesh.weights[a], mesh.joints[b], mesh.weights[b]) < WEIGHT
    if mesh.colors is not None:
        same &= np.abs(mesh.colors[a] - mesh.colors[b]).max(axis=1) < COLOUR
    if marks is not None:
        same &= np.abs(marks[a] - marks[b]).max(axis=1) <= max(step, 1e-9)
    return np.asarray(same | (a == b))


def weight_gap(ja: NDArray[Any], wa: F32, jb: NDArray[Any], wb: F32) -> F32:
    """Summed difference (N,) of skin weights, each joint named once per vertex: sum |a - b|."""
    shared = np.zeros(len(wa), np.float32)
    for i in range(wa.shape[1]):
        for k in range(wb.shape[1]):
            shared += np.where(ja[:, i] == jb[:, k], np.minimum(wa[:, i], wb[:, k]), 0)
    return np.asarray(wa.sum(axis=1) + wb.sum(axis=1) - 2 * shared, np.float32)


def _shape_marks(mesh: Mesh) -> F32 | None:
    """(V, 6) two fixed mixtures of all shapes' moves: equal for vertices that move alike, else hardly ever."""
    if not mesh.morphs:
        return None
    share = np.random.default_rng(0).uniform(0.5, 1.5, (len(mesh.morphs), 2)).astype(np.float32)
    marks = np.zeros((len(mesh.positions), 6), np.float32)
    for m, (x, y) in zip(mesh.morphs, share, strict=True):
        marks[m.index, :3] += x * m.delta
        marks[m.index, 3:] += y * m.delta
    return marks


def _by_fan(kind: I32, fan: I32, faces: I32) -> I32:
    """Split each kind of vertices by the fans that its corners belong to; fans that share a vertex are one."""
    flat = faces.ravel()
    count = len(kind)
    group = connected(flat, count + fan, count + int(fan.max(initial=-1)) + 1)[:count]
    return np.asarray(
        np.unique(kind.astype(np.int64) * (int(group.max(initial=0)) + 1) + group, return_inverse=True)[1], np.int32
    )


def merge_uvs(mesh: Mesh) -> tuple[Mesh, int]:
    """Equal texture coordinates become one, in order of first use; how many went."""
    if mesh.uvs is None or mesh.uv_faces is None or not len(mesh.uvs):
        return mesh, 0
    keys = np.ascontiguousarray(mesh.uvs + np.float32(0)).view(np.int64).reshape(-1)  # both halves of a row as one
    unique, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    if len(unique) == len(keys):
        return mesh, 0
    order = np.argsort(first)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    uv_faces = rank[inverse.reshape(-1)][mesh.uv_faces]
    return replace(mesh, uvs=mesh.uvs[first[order]], uv_faces=uv_faces), len(keys) - len(unique)
