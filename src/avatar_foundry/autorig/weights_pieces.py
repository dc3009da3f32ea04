"""Separate pieces of a mesh: what is hard stays hard, and nothing takes a limb that it merely touches.

A robot's shells, a helmet, a shoulder plate or an eyeball are closed pieces of their own, and each follows one bone.
Distances alone would bend them near every joint. A piece that really runs along several bones (a sleeve, trousers, a
whole body) keeps its blend.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..avatar import F32, I32
from ..humanoid import AXIS65, INDEX, MAIN_CHILD

F64 = NDArray[np.float64]
TOUCH = 0.4  # a bone with less of a closed piece than this, over less than _SPAN of its length, is only touched
SPAN = 0.35
RULES = 0.6  # a bone with this much of a hard piece takes all of it
WRAP = 200.0  # degrees around a bone that a piece must surround to bend with the flesh
TRUNK = ("hips", "spine", "chest", "upperChest")
SOUP = 0.5  # of all faces
TRIFLE = 0.02  # of the height: smaller pieces never bend


@dataclass(frozen=True, eq=False, slots=True)
class Pieces:
    """piece: (V,) which connected piece a vertex belongs to. closed: (C,) bool, no open edges.

    order, starts: vertices by piece; piece c has order[starts[c]:starts[c + 1]]. soup: most faces hang on no others, so
    that pieces mean nothing.
    """

    piece: I32
    closed: NDArray[np.bool_]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    soup: bool

    def rows(self, c: int) -> NDArray[np.int64]:
        """The vertices of a piece."""
        return self.order[self.starts[c] : self.starts[c + 1]]

    def bounds(self, points: F64) -> tuple[F64, F64]:
        """(C, 3) lowest and (C, 3) highest coordinates of every piece."""
        low = np.minimum.reduceat(points[self.order], self.starts[:-1])
        return low, np.maximum.reduceat(points[self.order], self.starts[:-1])


def find_pieces(faces: I32, count: int) -> Pieces:
    """The connected pieces of a welded mesh. Edges of more than two faces count as closed."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    graph = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(count, count))
    _, piece = connected_components(graph, directed=False)
    edges.sort(axis=1)
    key = np.sort(edges[:, 0] * count + edges[:, 1])
    fresh = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)
    single = fresh[np.diff(np.append(fresh, len(key))) == 1]
    open_edges = np.bincount(piece[key[single] // count], minlength=int(piece.max()) + 1)
    all_edges = np.bincount(piece[edges[:, 0]], minlength=len(open_edges))
    order = np.argsort(piece, kind="stable")
    starts = np.searchsorted(piece[order], np.arange(len(open_edges) + 1))
    loose = all_edges < 3 * 4  # pieces of fewer than four faces
    soup = bool(all_edges[loose].sum() > SOUP * all_edges.sum())
    return Pieces(piece.astype(np.int32), (open_edges <= 0.01 * all_edges) & (all_edges > 0), order, starts, soup)


def owner_bones(names: tuple[str, ...]) -> I32:
    """(J,) the joint that stands for each joint when pieces are judged: twists count with their limb."""
    column = {n: i for i, n in enumerate(names)}
    stand = [column.get(n.removesuffix("Twist"), column[n]) for n in names]
    return np.array(stand, np.int32)


def harden(weights: F32, points: F64, faces: I32, pieces: Pieces, names: tuple[str, ...], at: Mapping[str, F64]) -> F32:
    """(V, J) weights in which closed pieces give back bones that they only touch, and hard ones follow one bone.

    points: (V, 3) metres; faces: (F, 3). at: joints by name. A hard piece follows its bone alone, without
    the limb's twist. Rows still sum to 1.
    """
    if len(pieces.closed) < 2 or pieces.soup:
        return weights
    out = weights.copy()
    stand = owner_bones(names)
    fold = np.zeros((len(stand), len(stand)), weights.dtype)
    fold[np.arange(len(stand)), stand] = 1.0
    height = float(np.ptp(points[:, 1]))
    everywhere = np.maximum(weights.sum(axis=0, dtype=np.float64) @ fold, 1e-9)
    low, high = pieces.bounds(points)
    sizes = np.linalg.norm(high - low, axis=1)
    trifle = sizes <= TRIFLE * height
    _freeze(out, pieces, trifle, fold)
    ground = _pedestals(low, high, points, faces, pieces, at) & ~trifle
    out[ground[pieces.piece]] = np.eye(len(names), dtype=np.float32)[names.index("hips")]
    trifle |= ground
    for c in np.flatnonzero(~trifle).tolist():
        rows, closed, size = pieces.rows(c), pieces.closed[c], float(sizes[c])
        eye = _eyeball(points[rows], at, height)
        if eye:
            out[rows] = 0.0
            out[rows, names.index(eye)] = 1.0
            continue
        mine = out[rows]
        merged = mine @ fold
        share = merged.mean(axis=0)
        top = int(share.argmax())
        hard = bool(closed)
        if closed:
            touched = _touched(merged, points[rows], share, names, at, float(points[:, 1].max()))
            here = merged.sum(axis=0) / everywhere
            touched = [j for j in touched if here[j] < 0.5]  # a bone that is at home here stays
            if touched:
                mine[:, np.isin(stand, touched)] = 0.0
                bare = mine.sum(axis=1) < 0.02
                mine[bare] = 0.0
                mine[bare, top] = 1.0
                mine /= mine.sum(axis=1, keepdims=True)
                out[rows] = mine
                share = (mine @ fold).mean(axis=0)
                top = int(share.argmax())
        elif not closed:
            hard = size < 0.35 * height and not _wraps(points[rows], names[top], at)
        if hard and share[top] >= RULES:
            out[rows] = 0.0
            out[rows, top] = 1.0
    return out


def _pedestals(
    low: F64, high: F64, points: F64, faces: I32, pieces: Pieces, at: Mapping[str, F64]
) -> NDArray[np.bool_]:
    """(C,) pieces that both feet stand on: bases and shadows, which follow no foot. A hem lies around the feet."""
    feet = [at[n] for n in ("leftFoot", "rightFoot") if n in at]
    out = np.zeros(len(low), bool)
    if len(feet) < 2:
        return out
    x = sorted(float(f[0]) for f in feet)
    top = max(float(f[1]) for f in feet)
    for c in np.flatnonzero((low[:, 0] < x[0]) & (high[:, 0] > x[1]) & (high[:, 1] < top)).tolist():
        mine = points[faces[pieces.piece[faces[:, 0]] == c]][:, :, [0, 2]]
        out[c] = all(_covers(mine, foot[[0, 2]]) for foot in feet)
    return out


def _covers(triangles: F64, spot: F64) -> bool:
    """Whether one of the flat triangles (F, 3, 2) holds a spot (2,)."""
    a, b, c = (triangles[:, k] - spot for k in range(3))
    turns = np.stack([u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0] for u, v in ((a, b), (b, c), (c, a))])
    return bool(((turns >= 0).all(axis=0) | (turns <= 0).all(axis=0)).any())


def _freeze(weights: F32, pieces: Pieces, which: NDArray[np.bool_], fold: F32) -> None:
    """Let every vertex of these pieces, in place, follow the one bone that the piece has most of."""
    rows = pieces.order[which[pieces.piece[pieces.order]]]
    if not len(rows):
        return
    owner = pieces.piece[rows]
    starts = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    top = np.add.reduceat(weights[rows] @ fold, starts).argmax(axis=1)
    weights[rows] = 0.0
    weights[rows, np.repeat(top, np.diff(np.append(starts, len(rows))))] = 1.0


def _eyeball(points: F64, at: Mapping[str, F64], height: float) -> str:
    """The eye bone whose joint lies in the middle of a small round piece, or ""."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = high - low
    if len(points) < 8 or size.max() > 0.12 * height or size.min() < 0.45 * size.max():
        return ""
    for side in ("left", "right"):
        eye = at.get(f"{side}Eye")
        if eye is not None and float(np.linalg.norm(0.5 * (low + high) - eye)) < 0.4 * size.max():
            return f"{side}Eye"
    return ""


def _touched(
    merged: F32, points: F64, share: F32, names: tuple[str, ...], at: Mapping[str, F64], crown: float
) -> list[int]:
    """Joints that have only a little of the piece, at one end of the bone."""
    mine = merged.argmax(axis=1)
    out = []
    for j in np.flatnonzero((share > 0) & (share < TOUCH)).tolist():
        rows = np.flatnonzero(mine == j)
        if not len(rows):
            out.append(j)
            continue
        if names[j] in TRUNK or names[j] not in INDEX:
            continue
        start, before = at[names[j]], at.get(parent_name(names[j]))
        end = at.get(MAIN_CHILD.get(names[j], ""))
        if names[j] == "head":
            end = np.array([start[0], max(points[:, 1].max(), crown), start[2]])
        elif end is None:
            end = start + (np.array([0.0, 0.1, 0.0]) if before is None else 0.4 * (start - before))
        axis = end - start
        t = np.clip((points[rows] - start) @ axis / max(float(axis @ axis), 1e-12), 0.0, 1.0)
        if np.ptp(t) < SPAN:
            out.append(j)
    top = int(share.argmax())
    return [j for j in out if j != top]


def _wraps(points: F64, bone: str, at: Mapping[str, F64]) -> bool:
    """Does the piece surround the bone's axis?"""
    start = at[bone]
    end = at.get(MAIN_CHILD.get(bone, ""), start + np.array([0.0, 0.1, 0.0]))
    axis = (end - start) / max(float(np.linalg.norm(end - start)), 1e-9)
    side = np.cross(axis, [0.0, 0.0, 1.0] if abs(axis[2]) < 0.8 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    other = np.cross(axis, side)
    across = points - start
    angle = np.sort(np.degrees(np.arctan2(across @ other, across @ side)))
    gap = float(np.max(np.diff(np.append(angle, angle[0] + 360.0)))) if len(angle) else 360.0
    return 360.0 - gap >= WRAP


def parent_name(name: str) -> str:
    """The canonical parent, "" for the root."""
    return AXIS65[INDEX[name]].parent
