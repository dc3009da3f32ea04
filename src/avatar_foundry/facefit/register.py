"""Put our head onto another: by its features first, then drawn onto its surface, softer and softer."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, diags_array
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from ..geometry import vertex_normals
from .features import Features
from .frontal import F64
from .template import Template, template

#: Rounds: stiffness, reach of correspondences (distances between the eyes).
ROUNDS = ((60.0, 0.30), (15.0, 0.20), (4.0, 0.15), (1.2, 0.12), (0.6, 0.10))
FIRM = 30.0  # how much more features count than a point of the surface
TURN = 0.35  # distances between the eyes that a quarter turn of the normal counts as
BACK = 1.3  # distances between the eyes: where mirrored anchors hold the depth


class Registered(NamedTuple):
    """base: (B, 3) our base mesh with its head on the other one.  scale: (3,) its size against ours.

    miss: median distance of what shows from the surface, in distances between the eyes.
    """

    base: F64
    scale: F64
    miss: float
    spacing: float


def marks(t: Template, f: Features) -> tuple[F64, F64]:
    """Pairs of points (K, 3): on our head and on the other."""
    ours, theirs = [], []
    for side, eye in enumerate(f.eyes):
        upper, lower = t.edges(side)
        ours += [upper, lower[1:-1]]
        theirs += [eye.upper, eye.lower[1:-1]]
    for a, b in ((t.mouth, f.mouth), (t.nose[None], f.nose), (t.chin[None], f.chin)):
        if b is not None:
            ours.append(a)
            theirs.append(np.atleast_2d(b))
    return np.concatenate(ours), np.concatenate(theirs)


def register(f: Features) -> Registered:
    """Our head on the one whose features are `f`; both eyes and a chin or mouth are known."""
    t = template()
    ours, theirs = marks(t, f)
    spacing = float(f.eyes[0].middle[0] - f.eyes[1].middle[0])
    own = float(np.mean(t.edges(0)[0][:, 0]) - np.mean(t.edges(1)[0][:, 0]))
    tall, own_tall = np.ptp(theirs[:, 1]), np.ptp(ours[:, 1])
    scale = np.array([spacing / own, tall / own_tall, 0.0])
    scale[2] = 0.5 * (scale[0] + scale[1])
    shift = theirs.mean(axis=0) - scale * ours.mean(axis=0)
    placed = scale * t.base + shift
    start = scale * ours + shift
    back = np.array([0.0, 0.0, BACK * spacing])
    some = slice(None, None, 3)
    warp = _spline(
        np.concatenate([start, start[some] - back]), np.concatenate([theirs, theirs[some] - back]), 0.02 * spacing
    )
    near = np.flatnonzero(np.abs(placed - theirs.mean(axis=0)).max(axis=1) < 4.0 * spacing)
    base = placed.copy()
    base[near] = warp(placed[near])
    base, miss = _draw(t, f, base, placed, spacing)
    return Registered(base, scale, miss, spacing)


def _spline(start: F64, end: F64, give: float) -> Callable[[F64], F64]:
    """The smooth map (triharmonic in space: |r|) that takes `start` to `end`, both (K, 3), nearly."""
    k = len(start)
    system = np.zeros((k + 4, k + 4))
    system[:k, :k] = cdist(start, start) - give * np.eye(k)
    system[:k, k] = system[k, :k] = 1.0
    system[:k, k + 1 :], system[k + 1 :, :k] = start, start.T
    solved = np.linalg.solve(system, np.concatenate([end - start, np.zeros((4, 3))]))

    def warp(points: F64) -> F64:
        return np.asarray(points + cdist(points, start) @ solved[:k] + solved[k] + points @ solved[k + 1 :])

    return warp


def _pins(t: Template, f: Features, placed: F64) -> tuple[NDArray[np.int64], F64]:
    """Skin that is known to lie on features: rows of `t.vertex`, and places (K, 3)."""
    rows, places = [], []
    for side, eye in enumerate(f.eyes):
        for own, edge, ours in zip(t.margin[side], (eye.upper, eye.lower), t.edges(side), strict=True):
            x = t.skin[own, 0]
            share = (x - ours[0, 0]) / (ours[-1, 0] - ours[0, 0])
            at = np.linspace(0.0, 1.0, len(edge))
            rows.append(own)
            places.append(np.stack([np.interp(share, at, edge[:, c]) for c in range(3)], axis=1))
    if f.mouth is not None:
        for own, edge in zip((t.above, t.below), f.lips or (f.mouth, f.mouth), strict=True):
            x = t.skin[own, 0]
            share = (x - t.mouth[0, 0]) / (t.mouth[-1, 0] - t.mouth[0, 0])
            at = np.linspace(0.0, 1.0, len(edge))
            line = np.stack([np.interp(share, at, edge[:, c]) for c in range(3)], axis=1)
            ours = np.stack([np.interp(share, at, t.mouth[:, c]) for c in range(3)], axis=1)
            rows.append(own)
            places.append(line + 0.7 * (t.skin[own] - ours) * (edge[-1, 0] - edge[0, 0]) / np.ptp(t.mouth[:, 0]))
    return np.concatenate(rows), np.concatenate(places)


def _draw(t: Template, f: Features, base: F64, placed: F64, spacing: float) -> tuple[F64, float]:
    view = f.skin
    row, column = np.nonzero((view.face >= 0) & (view.normal[..., 2] > 0.15))
    points = np.stack([view.x(column), view.y(row), view.depth[row, column]], axis=1)
    normals = view.normal[row, column]
    tree = cKDTree(np.hstack([points, TURN * spacing * normals]))
    skin = base[t.vertex]
    move = np.zeros_like(skin)
    pinned, places = _pins(t, f, placed)
    top = max(float(e.upper[:, 1].max()) for e in f.eyes) + 1.2 * spacing
    seen = np.flatnonzero(t.seen & (skin[:, 1] < top))
    miss = 0.0
    for stiffness, reach in ROUNDS:
        at = skin + move
        direction = vertex_normals(at.astype(np.float32), t.faces).astype(np.float64)
        asked = np.hstack([at[seen], TURN * spacing * direction[seen]])
        far, near = (np.asarray(a) for a in tree.query(asked, distance_upper_bound=2.0 * reach * spacing))
        found = np.isfinite(far)
        own, to = seen[found], near[found]
        gap = points[to] - at[own]
        facing = np.einsum("ni,ni->n", direction[own], normals[to])
        distance = np.sqrt((gap**2).sum(axis=1))
        good = (facing > 0.5) & (distance < reach * spacing)
        own, to, gap, distance = own[good], to[good], gap[good], distance[good]
        pull = np.einsum("ni,ni->n", gap, normals[to])[:, None] * normals[to]
        weight = np.zeros(len(skin))
        target = move.copy()
        weight[own] = 1.0 / (1.0 + (distance / (0.4 * reach * spacing)) ** 2)
        target[own] += 0.8 * pull + 0.2 * gap
        weight[pinned] = FIRM
        target[pinned] = places - skin[pinned]
        miss = float(np.median(distance)) / spacing if len(distance) else 1.0
        system = csc_array(diags_array(weight + 1e-6) + stiffness * t.bend)
        move = splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(
            weight[:, None] * target + 1e-6 * target
        )
    out = base.copy()
    out[t.vertex] = skin + move
    rest = np.concatenate([np.arange(13380, 13606), np.arange(14598, 15128)])
    far, near = (np.asarray(a) for a in cKDTree(skin).query(base[rest], k=12))
    share = 1.0 / (far + 0.05 * spacing) ** 2
    share /= share.sum(axis=1, keepdims=True)
    out[rest] = base[rest] + np.einsum("kn,kni->ki", share, move[near])
    return out, miss
