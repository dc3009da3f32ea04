"""Which way is up, which way is forward: trials of upright poses, each judged by the limbs that it would have."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix
from scipy.spatial import cKDTree

from .joints import toe_direction
from .limbs import Limbs, find_limbs
from .tree import grow
from .volume import F64, I64, Volume, fill, join_pieces

AXES = np.array([(0, 1, 0), (0, 0, 1), (0, -1, 0), (0, 0, -1), (1, 0, 0), (-1, 0, 0)], np.float64)
COARSE_MOST = 16_000  # voxels
COARSE = 64  # cells along the longest side
HALF = np.diag([-1.0, 1.0, -1.0])  # half a turn about the vertical
OBLIQUE = 0.9  # files mostly stand along an axis
GOOD = 0.8  # a trial this good ends the search
FAR = 0.05  # of the size: samples whose mirror image lies farther from the surface count as this far


@dataclass(frozen=True, eq=False, slots=True)
class Stand:
    """An upright pose: p' = scale * turn @ p + shift has +Y up, the ground at 0, height 1, x = 0 as plane of symmetry.

    kept: (N,) bool over the samples, without what the figure stands on. asymmetry 0..1. score: see `judge`.
    facing: how far the feet stick out in front, summed, in heights; little says little.
    """

    turn: F64
    scale: float
    shift: F64
    kept: F64
    asymmetry: float
    score: float
    facing: float
    limbs: Limbs

    def turned(self) -> "Stand":
        """The same, facing the other way."""
        return replace(self, turn=HALF @ self.turn, shift=HALF @ self.shift)


def upright(up: F64) -> F64:
    """(3, 3) a rotation that takes `up` to +Y; the identity for +Y, a quarter turn for the other axes."""
    y = up / np.linalg.norm(up)
    side = np.array([1.0, 0.0, 0.0]) if abs(y[0]) < 0.9 else np.array([0.0, 0.0, 1.0])
    x = side - (side @ y) * y
    x /= np.linalg.norm(x)
    return np.stack([x, y, np.cross(x, y)])


def mirror_plane(points: F64, rough: bool = False) -> tuple[float, float, float]:
    """The vertical plane in which `points` (N, 3), +Y up, mirror themselves best.

    Returns the angle of its normal in the ground plane (radians from +x towards +z), its offset along that normal and
    the mean distance of mirrored samples to the surface, in shares of FAR sizes. Rough on purpose: every tenth sample.
    """
    size = max(float(np.ptp(points[:, 1])), 0.02 * float(np.ptp(points, axis=0).max()), 1e-30)
    some = points[:: max(1, len(points) // (500 if rough else 900))]
    tree = cKDTree(points[:: max(1, len(points) // 4000)])
    flat = some[:, [0, 2]]
    middle = flat.mean(axis=0)

    def cost(angle: float, offset: float) -> float:
        n = np.array([np.cos(angle), np.sin(angle)])
        d = flat @ n - offset
        image = some.copy()
        image[:, [0, 2]] = flat - 2.0 * d[:, None] * n
        far = np.asarray(tree.query(image, distance_upper_bound=FAR * size)[0])
        return float(np.minimum(far, FAR * size).mean() / (FAR * size))

    def prior(angle: float) -> float:  # people are wider than deep: a little in doubt
        n = np.array([np.cos(angle), np.sin(angle)])
        d = flat @ n
        e = flat @ np.array([-n[1], n[0]])
        return 0.06 * float(np.std(e) / max(float(np.std(d)), 1e-9))

    steps = np.linspace(0, np.pi, 25)[:-1]
    costs = []
    for a in steps:
        c = float(middle @ [np.cos(a), np.sin(a)])
        costs.append((cost(a, c) + min(prior(a), 0.15), a, c))
    costs.sort()
    best = (np.inf, 0.0, 0.0)
    for _, a, c in costs[: 1 if rough else 3]:
        value = cost(a, c)
        for span in (0.07, 0.03, 0.012):
            offsets = c + size * span * np.array([-0.6, -0.3, 0, 0.3, 0.6])
            value, c = min((cost(a, o), o) for o in offsets)
            pivot = flat.mean(axis=0)
            ahead = c - float(pivot @ [np.cos(a), np.sin(a)])
            trials = a + span * np.array([-1, -0.5, 0, 0.5, 1])
            value, a, c = min(
                (cost(t, o), t, o) for t in trials for o in [float(pivot @ [np.cos(t), np.sin(t)]) + ahead]
            )
        best = min(best, (value + min(prior(a), 0.15), a, c))
    return best[1], best[2], best[0]


def without_stand(points: F64, piece: I64) -> F64:
    """(N,) bool: samples that are not on a slab that the figure stands on; +Y up. piece: (N,) component of each."""
    kept = np.ones(len(points), bool)
    low, high = points.min(axis=0), points.max(axis=0)
    for p in np.unique(piece):
        mine = piece == p
        if mine.all():
            continue
        a, b = points[mine].min(axis=0), points[mine].max(axis=0)
        rest = points[~mine]
        under = b[1] < low[1] + 0.3 * (high[1] - low[1]) and b[1] < np.quantile(rest[:, 1], 0.04) + 0.02 * np.ptp(
            rest[:, 1]
        )
        feet = rest[rest[:, 1] < rest[:, 1].min() + 0.05 * np.ptp(rest[:, 1])]
        c, d = feet.min(axis=0), feet.max(axis=0)
        if under and (a[[0, 2]] <= c[[0, 2]] + 1e-9).all() and (b[[0, 2]] >= d[[0, 2]] - 1e-9).all():
            kept &= ~mine
    return kept


def root_of(volume: Volume) -> int:
    """The voxel that the tree grows from: the highest one near the middle."""
    p = volume.points
    return int((p[:, 1] - 0.3 * np.abs(p[:, 0])).argmax())


def judge(limbs: Limbs, asymmetry: float) -> float:
    """0..1 how much this looks like an upright figure: limbs, symmetry, shoulders over hips."""
    score = (0.55 * limbs.leg_score + 0.45 * limbs.arm_score) * (1.0 - 0.6 * min(max(asymmetry - 0.25, 0.0), 1.0))
    if limbs.legs and limbs.arms:
        arms, legs = (np.mean([limb.points[0] for limb in pair], axis=0) for pair in (limbs.arms, limbs.legs))
        lean = abs(float(arms[2] - legs[2])) / max(float(arms[1] - legs[1]), 0.02)
        score *= float(np.exp(-max(lean - 0.45, 0.0) / 0.3))
    return float(score)


def solid(points: F64, cells: float) -> tuple[Volume, csr_matrix]:
    """The solid of `points` (height 1) with bridges over small gaps."""
    volume = fill(points, max(1.0 / cells, float(np.ptp(points, axis=0).max()) / (1.7 * cells)))
    return volume, join_pieces(volume, 0.12)


def find_stand(points: F64, piece: I64) -> Stand:
    """The best upright pose of samples (N, 3) on the surface; piece (N,): the component each lies on."""
    centred = points - points.mean(axis=0)
    _, _, main = np.linalg.svd(centred[:: max(1, len(points) // 3000)], full_matrices=False)
    ways = list(AXES) + [s * a for a in main for s in (1.0, -1.0) if np.abs(a).max() < 0.985]
    best: Stand | None = None
    volumes: dict[bytes, tuple[Volume, csr_matrix]] = {}
    for number, up in enumerate(ways):
        first = upright(up)
        q = points @ first.T
        kept = without_stand(q, piece)
        q = q[kept]
        angle, offset, asymmetry = mirror_plane(q)
        n = np.array([np.cos(angle), 0.0, np.sin(angle)])
        turn = np.stack([n, [0.0, 1.0, 0.0], np.cross(n, [0.0, 1.0, 0.0])]) @ first
        low, high = float(q[:, 1].min()), float(q[:, 1].max())
        scale = 1.0 / max(high - low, 1e-12)
        z = points[kept] @ turn[2]
        shift = scale * np.array([-offset, -low, -float(np.median(z))])
        key = kept.tobytes()
        if key not in volumes:
            cell = float(np.ptp(points[kept], axis=0).max()) / COARSE
            made = fill(points[kept], cell, COARSE_MOST)
            volumes[key] = made, join_pieces(made, 0.12 * COARSE * cell)
        base, graph = volumes[key]
        volume = base.moved(turn, scale, shift)
        tree = grow(volume, graph * scale, root_of(volume), 2.0 * volume.cell)
        limbs = find_limbs(tree, volume)
        facing = sum(toe_direction(leg, volume) for leg in limbs.legs) if limbs.legs else 0.0
        if facing < 0:
            turn, shift = HALF @ turn, HALF @ shift
        score = judge(limbs, asymmetry) * (1.0 if number < len(AXES) else OBLIQUE)
        stand = Stand(turn, scale, shift, kept, asymmetry, score, abs(facing), limbs)
        if best is None or stand.score > best.score + 1e-9:
            best = stand
        if best.score > GOOD:
            break
    assert best is not None
    return best
