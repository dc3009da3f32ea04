"""Cloth that belongs to no single limb: skirts and robes swing between both legs, capes and packs hang on the trunk."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ..avatar import F32, I32
from ..rig.refine import smooth_step
from .weights_pieces import TRUNK, Pieces
from .weights_voxels import Cells

F64 = NDArray[np.float64]
LEG = ("UpperLeg", "LowerLeg")
SHORTEST = 1.7  # a hem nearer to the hip joints than this many half hip widths is a crotch
MINI = 0.8  # ... and even a mini skirt, whose crotch is seen above its hem, is longer than this
TRIM = 0.02  # of the height: what lies nearer to a skirt than this goes with it
ACROSS = 0.75  # largest sideways part of a normal that faces front or back


def edge_graph(faces: I32, count: int) -> "csr_array":
    """(V, V) symmetric 0/1 adjacency of a mesh's vertices."""
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int32)
    graph = coo_array((np.ones(len(ends), np.float32), (ends[:, 0], ends[:, 1])), shape=(count, count)).tocsr()
    graph = (graph + graph.T).tocsr()
    graph.data[:] = 1.0
    return graph


def outer(points: F64, cells: Cells) -> NDArray[np.bool_]:
    """(V,) whether there is air a cell and a half beside a point, at its level: false for legs inside a skirt."""
    out = np.zeros(len(points), bool)
    limit = np.array(cells.number.shape) - 1
    for angle in np.arange(8) * (np.pi / 4.0):
        beside = points + 1.5 * cells.size * np.array([np.cos(angle), 0.0, np.sin(angle)])
        place = np.clip(((beside - cells.origin) / cells.size).astype(np.int64), 0, limit)
        out |= cells.number[tuple(place.T)] < 0
    return out


def _leg_line(at: Mapping[str, F64], side: str, level: F64) -> F64:
    """(P,) how far aside a leg's axis is at heights (P,)."""
    joints = np.array([at[f"{side}{n}"] for n in ("Foot", "LowerLeg", "UpperLeg")])
    return np.asarray(np.interp(level, joints[:, 1], joints[:, 0]))


def find_skirt(points: F64, faces: I32, cells: Cells, at: Mapping[str, F64]) -> NDArray[np.bool_]:
    """(V,) vertices of skirts, dresses, robes and coat tails below the hip joints.

    Such cloth crosses the middle between the legs well below the crotch, facing front or back; thighs that touch face
    each other there. From where it crosses, it goes on over the outside of the surface.
    """
    hips = [at["leftUpperLeg"], at["rightUpperLeg"]]
    half = 0.5 * float(np.linalg.norm(hips[0] - hips[1]))
    top = min(float(h[1]) for h in hips)
    left, right = _leg_line(at, "left", points[:, 1]), _leg_line(at, "right", points[:, 1])
    aside = points[:, 0] - 0.5 * (left + right)
    corners = aside[faces]
    level = points[faces, 1].mean(axis=1)
    crossing = (corners.min(axis=1) <= 0) & (corners.max(axis=1) >= 0) & (level < top)
    none = np.zeros(len(points), bool)
    rows = np.flatnonzero(crossing)
    if not len(rows):
        return none
    a, b, c = (points[faces[rows, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    lowest = points[faces[rows], 1].min(axis=1)
    gusset = lowest[normal[:, 1] < -0.7]
    upright = (np.abs(normal[:, 0]) < ACROSS) & (np.abs(normal[:, 1]) < 0.9)
    rows, lowest = rows[upright], lowest[upright]
    if not len(rows):
        return none
    hem = float(lowest.min())
    shin = 0.5 * sum(float(at[f"{s}LowerLeg"][1]) for s in ("left", "right"))
    short = top - hem < max(SHORTEST * half, 0.3 * (top - shin))
    if short and (top - hem < MINI * half or (len(gusset) and float(gusset.min()) < hem + 0.4 * half)):
        return none
    outside = outer(points, cells)
    cloth = outside & (points[:, 1] <= top) & (points[:, 1] >= hem - 0.3 * half)
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    ends = ends[cloth[ends].all(axis=1)]
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(points),) * 2)
    _, patch = connected_components(graph, directed=False)
    seeds = faces[rows[level[rows] < top - 0.3 * half]].ravel()
    seeds = seeds[cloth[seeds]]
    return np.asarray(cloth & np.isin(patch, np.unique(patch[seeds])))


def drape(
    weights: F32,
    points: F64,
    faces: I32,
    pieces: Pieces,
    cells: Cells,
    at: Mapping[str, F64],
    column: Mapping[str, int],
) -> None:
    """Let skirts follow both legs, in place: shared by where the cloth lies between them, smooth all around.

    weights: (V, J), rows sum to 1, twists not split off yet. Cloth does not follow feet.
    """
    skirt = find_skirt(points, faces, cells, at)
    rows = np.flatnonzero(skirt)
    if len(rows) < 8:
        return
    local = weights[rows]
    for side in ("left", "right"):
        shin = column[f"{side}LowerLeg"]
        for name in ("Foot", "Toes"):
            if side + name in column:
                local[:, shin] += local[:, column[side + name]]
                local[:, column[side + name]] = 0.0
    level = points[rows, 1]
    left, right = _leg_line(at, "left", level), _leg_line(at, "right", level)
    middle, half = 0.5 * (left + right), np.maximum(0.5 * np.abs(left - right), 1e-6)
    share = smooth_step(0.5 * ((points[rows, 0] - middle) / half + 1.0))
    for name in LEG:
        a, b = column[f"left{name}"], column[f"right{name}"]
        both = local[:, a] + local[:, b]
        local[:, a], local[:, b] = both * share, both * (1.0 - share)
    graph = edge_graph(faces, len(points))[rows]
    edges = np.linalg.norm(points[faces[:, 0]] - points[faces[:, 1]], axis=1)[skirt[faces].any(axis=1)]
    rounds = int(np.clip((0.6 * float(half.mean()) / max(float(np.median(edges)), 1e-6)) ** 2 * 2.0, 2, 40))
    degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1.0)[:, None]
    weights[rows] = local
    ground = outer(points, cells)  # what is inside the skirt does not hold the hem
    graph = graph @ _diagonal(ground)
    degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1e-9)[:, None]
    for _ in range(rounds):
        weights[rows] = 0.5 * weights[rows] + 0.5 * (graph @ weights) / degree
    weights[rows] /= np.maximum(weights[rows].sum(axis=1, keepdims=True), 1e-9)
    # trims and aprons that lie on the cloth go with it
    low, high = points[rows, 1].min(), points[rows, 1].max()
    others = np.flatnonzero(ground & ~skirt & (points[:, 1] >= low) & (points[:, 1] <= high))
    if len(others):
        far, near = map(np.asarray, cKDTree(points[rows]).query(points[others]))
        touch = far < TRIM * float(np.ptp(points[:, 1]))
        touch &= ~np.isin(pieces.piece[others], np.unique(pieces.piece[rows]))
        weights[others[touch]] = weights[rows[near[touch]]]


def _diagonal(keep: NDArray[np.bool_]) -> "csr_array":
    n = len(keep)
    return csr_array((keep.astype(np.float32), (np.arange(n), np.arange(n))), shape=(n, n))


def hang_back(weights: F32, points: F64, pieces: Pieces, at: Mapping[str, F64], column: Mapping[str, int]) -> None:
    """Take the limbs away, in place, from pieces that lie wholly behind the spine: capes, packs, wings.

    A closed one follows one bone of the trunk; a sheet follows the trunk from top to bottom.
    """
    spine = np.array([at[n] for n in (*TRUNK, "neck") if n in at])
    trunk = [column[n] for n in TRUNK if n in column]
    limb = np.setdiff1d(np.arange(weights.shape[1]), trunk)
    hips, chest = at["hips"][1], spine[-2][1]
    span = max(float(spine[-1][1] - hips), 1e-6)
    behind = points[:, 2] < np.interp(points[:, 1], spine[:, 1], spine[:, 2]) - 0.02 * span
    count = len(pieces.closed)
    total = np.diff(pieces.starts)
    back = np.bincount(pieces.piece, behind, count) / np.maximum(total, 1)
    lows, highs = pieces.bounds(points)
    middle = 0.5 * (lows + highs)
    reaches = (highs[:, 1] > hips + 0.35 * span) & (lows[:, 1] < chest) & (middle[:, 1] < spine[-1][1])
    central = np.abs(middle[:, 0] - at["hips"][0]) < 0.25 * span
    central &= highs[:, 0] - lows[:, 0] > 0.3 * span
    for c in np.flatnonzero((back > 0.97) & (total >= 4) & reaches & central).tolist():
        rows = pieces.rows(c)
        if float(weights[rows][:, trunk].sum(axis=1).mean()) < 0.2:
            continue
        weights[rows[:, None], np.array(limb)] = 0.0
        left = weights[rows].sum(axis=1)
        bare = rows[left < 0.05]
        near = np.abs(points[bare, 1, None] - spine[None, : len(trunk), 1]).argmin(axis=1)
        weights[bare, np.array(trunk)[near]] = 1.0
        weights[rows] /= weights[rows].sum(axis=1, keepdims=True)
        if pieces.closed[c]:
            weights[rows] = np.eye(weights.shape[1])[int(weights[rows].sum(axis=0).argmax())]
