"""Draw the embedded body onto the surface, skin first, softer and softer; what lies under the skin goes along."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csc_matrix, identity
from scipy.sparse.linalg import SuperLU, splu
from scipy.spatial import cKDTree

from ..avatar import F32
from ..body import BODY_VERTICES
from ..geometry import vertex_normals
from .embed import template
from .volume import F64, I64, Volume

#: Rounds: stiffness (how far smoothing reaches, in edges), reach of correspondences (heights), share of skin used.
ROUNDS = ((40.0, 0.12, 4), (40.0, 0.09, 4), (16.0, 0.07, 4), (16.0, 0.06, 4), (6.0, 0.05, 2), (3.0, 0.04, 1))
TURN = 0.12  # heights that a quarter turn of the normal counts as when looking for counterparts
CLOSE = 0.06  # heights: helpers farther from the skin than this follow it as one


@lru_cache(maxsize=8)
def _smoother(stiffness: float) -> SuperLU:
    """Factors of 1 + stiffness^2 L^2, L the uniform Laplacian of the skin."""
    faces = template().faces
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(BODY_VERTICES, BODY_VERTICES)).tocsr()
    graph = graph + graph.T
    graph.data[:] = 1.0
    degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1.0)
    laplacian = (
        identity(BODY_VERTICES)
        - coo_matrix((1.0 / degree, (np.arange(BODY_VERTICES), np.arange(BODY_VERTICES)))).tocsr() @ graph
    )
    return splu(csc_matrix(identity(BODY_VERTICES) + stiffness**2 * (laplacian.T @ laplacian)))


@lru_cache(maxsize=1)
def _followers() -> tuple[I64, I64, F64]:
    """Base vertices beyond the skin (K,), the skin vertices (K, 12) that each follows and their shares (K, 12)."""
    base = template().base
    rest = np.arange(BODY_VERTICES, len(base))
    far, near = cKDTree(base[:BODY_VERTICES]).query(base[rest], k=12)
    share = 1.0 / (np.asarray(far) + 0.25 * CLOSE) ** 2
    return rest, np.asarray(near, np.int64), share / share.sum(axis=1, keepdims=True)


def outer_samples(points: F64, normals: F64, volume: Volume) -> tuple[F64, F64]:
    """Samples that face the outside, normals turned outwards; those inside the solid are dropped."""
    ahead = volume.holds(points + 1.8 * volume.cell * normals)
    behind = volume.holds(points - 1.8 * volume.cell * normals)
    sign = np.where(ahead & ~behind, -1.0, 1.0)
    keep = ~(ahead & behind)
    return points[keep], (normals * sign[:, None])[keep]


def draw(base: F64, points: F64, normals: F64) -> F32:
    """(B, 3) f32: `base` (B, 3) drawn onto a surface given by samples and outward normals (N, 3), height 1.

    Each round pairs skin with samples near in place and direction, pulls along their normals, and smooths the pull
    over the skin by an implicit bi-Laplacian, the less the later.
    """
    model = template()
    skin = base[:BODY_VERTICES].copy()
    move = np.zeros_like(skin)
    tree = cKDTree(np.hstack([points, TURN * normals]))
    for stiffness, reach, every in ROUNDS:
        at = skin + move
        direction = vertex_normals(at.astype(np.float32), model.faces).astype(np.float64)
        some = np.arange(0, BODY_VERTICES, every)
        asked = np.hstack([at[some], TURN * direction[some]])
        far, near = (np.asarray(a) for a in tree.query(asked, distance_upper_bound=1.5 * reach))
        found = np.flatnonzero(np.isfinite(far))
        row, to = some[found], near[found]
        gap = points[to] - at[row]
        facing = np.einsum("ni,ni->n", direction[row], normals[to])
        good = (facing > 0.4) & ((gap**2).sum(axis=1) < reach**2)
        row, to, gap = row[good], to[good], gap[good]
        pull = np.einsum("ni,ni->n", gap, normals[to])[:, None] * normals[to]
        target = move.copy()
        target[row] += 0.75 * pull + 0.25 * gap
        if every > 1:  # what was not asked goes as far as its neighbours were pulled
            known = np.zeros(BODY_VERTICES)
            known[row] = 1.0
            target = _spread(target - move, known, stiffness) + move
        move = np.asarray(_smoother(stiffness).solve(target))
    out = base.copy()
    out[:BODY_VERTICES] = skin + move
    rest, near, share = _followers()
    out[rest] = base[rest] + np.einsum("kn,kni->ki", share, move[near])
    return out.astype(np.float32)


def _spread(pull: F64, known: NDArray[np.float64], stiffness: float) -> F64:
    """Pulls known at some vertices, carried to all: smoothed pulls over smoothed presence."""
    solver = _smoother(min(stiffness, 6.0))
    both = np.asarray(solver.solve(np.column_stack([pull * known[:, None], known])))
    weight = np.maximum(both[:, 3:], 0.04)
    return np.where(known[:, None] > 0, pull, both[:, :3] / weight)
