"""What clips must know of the surface: where it meets the floor, how far the trunk stands out, how thick arms are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Frozen, Skeleton
from ..humanoid import INDEX, NAMES, PARENTS
from .figure import SIDES, Figure, figure

F64 = NDArray[np.float64]
ROWS, COLUMNS = 28, 24
_UNSEEN = frozenset({"eyes", "brows", "lashes", "teeth", "tongue", "hair"})
_TRUNK = tuple(INDEX[n] for n in ("hips", "spine", "chest", "upperChest"))
_LEGS = tuple(INDEX[s + b] for s in SIDES for b in ("UpperLeg", "LowerLeg"))
_ARMS = tuple(INDEX[s + b] for s in SIDES for b in ("UpperArm", "LowerArm", "Hand"))
# the corners, edges and faces of a cube: directions in which a bone's outermost vertices are sought
_WAYS = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) != (0, 0, 0)])
_WAYS = _WAYS / np.linalg.norm(_WAYS, axis=1, keepdims=True)
# and a fan of ways down, so that a sole that rolls over a round heel or tip is known all along
_FAN = np.radians(np.arange(-80, 81, 8))
_WAYS = np.concatenate([_WAYS, np.stack([0 * _FAN, -np.cos(_FAN), np.sin(_FAN)], axis=1)])
# and all around, evenly (a spiral by the golden angle): bodies that fall roll over their heads
_STEPS = np.arange(320) + 0.5
_HEIGHT, _ROUND = 1.0 - 2.0 * _STEPS / len(_STEPS), np.pi * (3.0 - np.sqrt(5.0)) * _STEPS
_LEVEL = np.sqrt(1.0 - _HEIGHT**2)
_ALL_WAYS = np.concatenate([_WAYS, np.stack([_LEVEL * np.cos(_ROUND), _HEIGHT, _LEVEL * np.sin(_ROUND)], axis=1)])
#: Girth without a surface, as shares of the bone's own limb: metres from the bone to the skin.
_GUESS = {"UpperArm": 0.16, "LowerArm": 0.14, "Hand": 0.09, "UpperLeg": 0.2, "LowerLeg": 0.13}


@dataclass(frozen=True, eq=False, slots=True)
class Reach(Frozen):
    """Limits of a body's surface, in model space at rest, metres.

    points: (P, 3) outermost points of each bone and owners: (P,) the bone of AXIS-65 that carries each.
    toed:   (P,) share of the toes in what foot and toes carry of each point.
    hem:    (H, 3) lowest points of what hangs around the legs, moved by hem_bones (H, 4) with hem_weights (H, 4).
    trunk:  (ROWS, COLUMNS) distance of the surface of trunk, thighs and clothes from the vertical axis through the
            hips; rows from `low` to `high` metres above them, columns by angle from the front (+Z) to the left (+X).
    girths: (65,) mean distance of a bone's skin from its axis.
    floor:  height of the lowest vertex.  crown: of the highest.
    """

    points: F64
    owners: NDArray[np.int64]
    toed: F64
    hem: F64
    hem_bones: NDArray[np.int64]
    hem_weights: F64
    trunk: F64
    low: float
    high: float
    girths: F64
    floor: float
    crown: float

    @property
    def skirted(self) -> bool:
        """Whether cloth joins the legs down near the floor: a robe, a long skirt. Then steps are shorter."""
        sides = [np.isin(self.hem_bones, [INDEX[s + b] for b in ("UpperLeg", "LowerLeg")]) for s in SIDES]
        both = [(self.hem_weights * side).sum(axis=1) > 0.05 for side in sides]
        return bool(len(self.hem) and (both[0] & both[1]).mean() > 0.15)

    def around(self, height: F64, angle: F64) -> F64:
        """(N,) metres from the axis to the surface at heights above the hips and angles in radians; 0 beyond it."""
        row = (height - self.low) / max(self.high - self.low, 1e-6) * (ROWS - 1)
        inside = np.clip(1.0 - np.maximum(-row, row - (ROWS - 1)), 0.0, 1.0)
        row = np.clip(row, 0.0, ROWS - 1.001)
        column = np.mod(angle / (2.0 * np.pi) * COLUMNS, COLUMNS)
        r, c = row.astype(int), column.astype(int) % COLUMNS
        u, v, d = row - r, column - np.floor(column), (c + 1) % COLUMNS
        top = self.trunk[r + 1, c] * (1 - v) + self.trunk[r + 1, d] * v
        return np.asarray(((self.trunk[r, c] * (1 - v) + self.trunk[r, d] * v) * (1 - u) + top * u) * inside)


def own_bones(skeleton: Skeleton) -> NDArray[np.int64]:
    """(J,) the bone of AXIS-65 that each joint moves with; twist bones count as their segment, -1: none."""
    out = np.full(len(skeleton.names), -1)
    for k, (name, parent) in enumerate(zip(skeleton.names, skeleton.parents.tolist(), strict=True)):
        if name in INDEX:
            out[k] = PARENTS[INDEX[name]] if name.endswith("Twist") else INDEX[name]
        elif parent >= 0:
            out[k] = out[parent]
    return out


def _extremes(points: F64, owners: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of each bone's vertices that lie outermost in any of the ways."""
    kept = []
    for bone in np.unique(owners):  # one at a time: all vertices in all ways are much memory
        own = np.flatnonzero(owners == bone)
        far = points[own] @ _ALL_WAYS.T
        kept.append(own[(far >= far.max(axis=0) - 1e-7).any(axis=1)])
    return np.concatenate(kept)


def _profile(points: F64, low: float, high: float) -> F64:
    """(ROWS, COLUMNS) greatest distance from the vertical axis, gaps between vertices closed."""
    row = np.round((points[:, 1] - low) / max(high - low, 1e-6) * (ROWS - 1)).astype(int)
    column = np.mod(np.round(np.arctan2(points[:, 0], points[:, 2]) / (2 * np.pi) * COLUMNS).astype(int), COLUMNS)
    keep = (row >= 0) & (row < ROWS)
    out = np.zeros((ROWS, COLUMNS))
    np.maximum.at(out, (row[keep], column[keep]), np.hypot(points[keep, 0], points[keep, 2]))
    # closing: rows of vertices lie apart, and between them only what is underneath would count
    return _spread(_spread(_spread(_spread(out, 2, 0, "max"), 2, 0, "min"), 1, 1, "max"), 1, 1, "min")


def _spread(table: F64, by: int, axis: int, what: str) -> F64:
    """The greatest or least of the entries up to `by` away; rows end, columns go round."""
    pad = [(by, by), (0, 0)] if axis == 0 else [(0, 0), (by, by)]
    padded = np.pad(table, pad, mode="edge" if axis == 0 else "wrap")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * by + 1, axis=axis)
    return np.asarray(windows.max(axis=-1) if what == "max" else windows.min(axis=-1))


def reach_of(avatar: Avatar) -> Reach:
    """Measure an avatar that has a skeleton; clothes and armour count, hair and what lies in the head do not."""
    skeleton = avatar.skeleton
    if skeleton is None:
        raise ValueError("the avatar has no skeleton")
    body = figure(skeleton)
    owner = own_bones(skeleton)
    extra = np.array([name not in INDEX for name in skeleton.names])
    points, owners, loose, heights, joints, weights = [], [], [], [], [], []
    for part in avatar.parts:
        mesh = part.mesh
        if mesh.joints is None or mesh.weights is None or part.role in _UNSEEN:
            continue
        main = mesh.joints[np.arange(len(mesh.joints)), mesh.weights.argmax(axis=1)]
        seen = np.zeros(len(main), bool)
        seen[mesh.faces[part.drawn]] = True
        points.append(mesh.positions[seen].astype(np.float64))
        owners.append(owner[main[seen]])
        loose.append(extra[main[seen]] | (mesh.weights.max(axis=1)[seen] < 0.6))
        heights.append(mesh.positions[:, 1])
        joints.append(owner[mesh.joints[seen]])
        weights.append(mesh.weights[seen].astype(np.float64))
    if not points:
        return guess_reach(body)
    at, own, free = np.concatenate(points), np.concatenate(owners), np.concatenate(loose)
    known = own >= 0
    hem = _hem(body, at, own)
    bones, shares = np.concatenate(joints), np.concatenate(weights)
    toed = _toed(bones[known], shares[known])
    bones, shares = bones[hem], shares[hem]
    hang = at[hem]
    at, own, free = at[known], own[known], free[known]
    girths = _girths(body, at, own)
    hips = body.at[0]
    low, high = body.at[list(_LEGS), 1].min() - hips[1], body.at[INDEX["upperChest"], 1] - hips[1]
    high = max(high, 0.1)
    centred = at[np.isin(own, (*_TRUNK, *_LEGS))] - hips
    firm = np.flatnonzero(~free)
    outermost = firm[_extremes(at[firm], own[firm])]
    return Reach(
        at[outermost], own[outermost], toed[outermost], hang,
        np.maximum(bones, 0), shares, _profile(centred, low, high), float(low), float(high),
        girths, float(min(h.min() for h in heights)), float(max(h.max() for h in heights)),
    )  # fmt: skip


def _hem(body: Figure, points: F64, owners: NDArray[np.int64]) -> NDArray[np.int64]:
    """(H,) rows of the lowest points around the body that no foot carries: a robe's hem, the ends of trousers."""
    feet = [INDEX[s + b] for s in SIDES for b in ("Foot", "Toes")]
    rows = np.flatnonzero(~np.isin(owners, feet) & (points[:, 1] < points[:, 1].min() + 0.25 * body.leg))
    angle = np.arctan2(points[rows, 0] - body.at[0, 0], points[rows, 2] - body.at[0, 2])
    sector = np.floor((angle / (2.0 * np.pi) + 0.5) * 2 * COLUMNS).astype(int)
    order = np.lexsort((points[rows, 1], sector))
    first = np.r_[True, np.diff(sector[order]) != 0] if len(rows) else np.zeros(0, bool)
    return np.asarray(rows[order[first]])


def _toed(bones: NDArray[np.int64], weights: F64) -> F64:
    """(N,) share of the toes in what feet and toes carry of each vertex. bones, weights: (N, 4)."""
    toes, feet = (np.isin(bones, [INDEX[s + b] for s in SIDES]) for b in ("Toes", "Foot"))
    toe, both = (weights * toes).sum(axis=1), (weights * (toes | feet)).sum(axis=1)
    return np.asarray(toe / np.maximum(both, 1e-9))


def _girths(body: Figure, points: F64, owners: NDArray[np.int64]) -> F64:
    """(65,) mean distance of the bone's points from its axis; fingers: a fifth of the palm's length at least."""
    out = _guessed(body)
    away = points - body.at[owners]
    along = (away * body.rest[owners, :, 1]).sum(-1, keepdims=True) * body.rest[owners, :, 1]
    distance = np.linalg.norm(away - along, axis=1)
    total = np.bincount(owners, distance, len(NAMES))
    count = np.bincount(owners, minlength=len(NAMES))
    return np.where(count > 8, total / np.maximum(count, 1), out)


def _guessed(body: Figure) -> F64:
    out = np.full(len(NAMES), 0.02 * body.arm)
    for bone, share in _GUESS.items():
        for side in SIDES:
            out[INDEX[side + bone]] = share * (body.leg if bone.endswith("Leg") else body.arm) * 0.5
    out[list(_TRUNK)] = 1.1 * body.hip + 0.02
    return out


def guess_reach(body: Figure) -> Reach:
    """Limits for a skeleton whose surface is unknown: round limbs of usual thickness and soles below the toes."""
    girths = _guessed(body)
    points, owners = [], []
    for bone in (*_TRUNK, *_LEGS, *_ARMS, INDEX["head"]):
        points.append(body.at[bone] + girths[bone] * _WAYS)
        owners.append(np.full(len(_WAYS), bone))
    for side in SIDES:
        foot, toes, end = (INDEX[side + b] for b in ("Foot", "Toes", "ToesEnd"))
        for bone, ahead in ((foot, -0.5), (toes, 0.0), (end, 0.0)):
            p = body.at[bone] + ahead * (body.at[toes] - body.at[foot])
            points.append(np.array([[p[0], body.floor, p[2]]]))
            owners.append(np.array([toes if bone == end else foot]))
    low = float(body.at[list(_LEGS), 1].min() - body.at[0, 1])
    trunk = np.full((ROWS, COLUMNS), 1.7 * body.hip + 0.02)
    crown = float(body.at[INDEX["head"], 1] + 0.12 * (body.at[INDEX["head"], 1] - body.floor))
    high = max(float(body.at[INDEX["upperChest"], 1] - body.at[0, 1]), 0.1)
    none = np.zeros((0, 4))
    every = np.concatenate(owners)
    return Reach(
        np.concatenate(points),
        every,
        np.isin(every, [INDEX[f"{side}Toes"] for side in SIDES]).astype(np.float64),
        none[:, :3],
        none.astype(np.int64),
        none,
        trunk,
        low,
        high,
        girths,
        body.floor,
        crown,
    )
