"""From our head to theirs: which point of ours lies under each vertex of theirs."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.spatial import cKDTree

from ..avatar import F32
from ..face.shapes import field
from ..geometry import vertex_normals
from ..geometry.distance import project
from .frontal import F64, I64
from .register import Registered
from .template import template

TURN = 0.25  # distances between the eyes that a quarter turn of the normal counts as
SHORT = 0.06  # distances between the eyes: longer edges do not even out
FAR, FARTHEST = 0.12, 0.30  # distances between the eyes: skin this far from ours moves less, does not move


class Match(NamedTuple):
    """For each of N points: corners (N, 3) rows of `template().vertex`, weights (N, 3), trust (N,) 0..1."""

    corners: I64
    weights: F64
    trust: F64


def match(points: F64, normals: F64, side: F64, base: F32, r: Registered) -> Match:
    """Points (N, 3) of their skin, with normals and side of the mouth (N,), on our registered skin."""
    t = template()
    skin = base[t.vertex].astype(np.float64)
    own_normal = vertex_normals(skin.astype(np.float32), t.faces).astype(np.float64)
    moved = np.zeros(len(base), bool)
    moved[field().vertex] = True
    faces = t.faces
    corners = skin[faces]
    middle, direction = corners.mean(axis=1), own_normal[faces].mean(axis=1)
    ours = t.side[faces].sum(axis=1)
    unit = r.spacing
    features = np.hstack([middle, TURN * unit * direction])
    asked = np.hstack([points, TURN * unit * normals])
    near = np.zeros((len(points), 6), np.int64)
    for own in (-1, 0, 1):  # never on the other lip
        rows = np.flatnonzero(side == own)
        allowed = np.flatnonzero(ours * own >= 0) if own else np.arange(len(faces))
        if len(rows):
            _, found = cKDTree(features[allowed]).query(asked[rows], k=6)
            near[rows] = allowed[np.asarray(found)]
    a, b, c = (corners[near][:, :, i] for i in range(3))
    weights = project(points[:, None].repeat(near.shape[1], 1), a, b, c)
    foot = np.einsum("nkc,nkci->nki", weights, corners[near])
    gap = ((foot - points[:, None]) ** 2).sum(axis=2)
    turn = ((np.einsum("nkc,nkci->nki", weights, own_normal[faces[near]]) - normals[:, None]) ** 2).sum(axis=2)
    best = (gap + (TURN * unit) ** 2 * turn).argmin(axis=1)
    every = np.arange(len(points))
    distance = np.sqrt(gap[every, best]) / unit
    trust = np.clip((FARTHEST - distance) / (FARTHEST - FAR), 0.0, 1.0)
    return Match(faces[near[every, best]].astype(np.int64), weights[every, best], trust * trust * (3.0 - 2.0 * trust))


def smooth(motion: F32, points: F64, faces: I64, where: F64, spacing: float, rounds: int = 3) -> F32:
    """`motion` (N, S, 3) of skin at `points`, evened out along short edges; faces (F, 3) rows, where (N,) 0..1."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = np.concatenate([ends, ends[:, ::-1]])
    length = np.sqrt(((points[ends[:, 0]] - points[ends[:, 1]]) ** 2).sum(axis=1)) / (SHORT * spacing)
    share = np.exp(-(length**2)) * where[ends[:, 0]]
    kept = share > 1e-3
    graph = csr_array((share[kept], (ends[kept, 0], ends[kept, 1])), shape=(len(points), len(points)))
    total = np.asarray(graph.sum(axis=1)).ravel()
    rows = np.flatnonzero(total > 0)
    amount = np.minimum(total[rows], 1.0)
    step = csr_array(diags_array(0.6 * amount / total[rows]) @ graph[rows]).astype(np.float32)
    keep = (1.0 - 0.6 * amount).astype(np.float32)[:, None]
    flat = motion.reshape(len(motion), -1).copy()
    for _ in range(rounds):
        flat[rows] = keep * flat[rows] + step @ flat
    return flat.reshape(motion.shape)


def gather(m: Match, deltas: F32) -> F32:
    """(N, S, 3) the field `deltas` (M + 1, S, 3) at matched points."""
    t, f = template(), field()
    rows = f.row[t.vertex[m.corners]]
    out = np.zeros((len(rows), *deltas.shape[1:]), np.float32)
    for k in range(3):
        out += (m.weights[:, k] * m.trust)[:, None, None].astype(np.float32) * deltas[rows[:, k]]
    return out
