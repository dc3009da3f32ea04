"""A learned first guess at a humanoid's joints: a small network trained on our own generator's bodies votes for them.

It has seen real proportions, chibis, robots of solids, robes, armour, capes and props, in arms-down, A-, T- and other
poses, but no one else's characters (docs/decisions/learned-proposal.md). It is a start and a voter, not a fit: it sees
1024 points and knows no fingers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32
from ..humanoid import mirror
from .proposal_network import JOINTS, PROP, Answer, calibration, run
from .proposal_points import MIDDLE, POINTS, Seen, arrange

F64 = NDArray[np.float64]
_MIRRORED = np.array([JOINTS.index(mirror(n)) for n in JOINTS])
_PART_MIRRORED = np.array([*_MIRRORED, PROP])
_HEAD, _FEET = JOINTS.index("head"), [JOINTS.index(f"{side}Foot") for side in ("left", "right")]
_FLIP = np.array([-1.0, 1.0, 1.0], np.float32)
SUBSETS = 3  # samples of the surface that are looked at
SWAY = 0.12  # radians by which the closer looks differ
TURNS = 12  # looks all around that find the facing
TRUST = 0.5  # what a unit of doubt counts against a unit of forward
ELSEWHERE = 0.6  # cosine of the angle from which another look counts as another facing
FINE = 0.5  # radians by which the finer looks may correct the facing
SEED = 1_2021


@dataclass(frozen=True, eq=False, slots=True)
class Proposal:
    """Where the joints of a humanoid may be, in the space of the points asked about.

    joints:   the 22 body joints, hips to toes, canonical names -> (3,) f64. Left and right are the figure's own.
    sigma:    expected distance of each from the truth, in the points' unit (calibrated on figures never trained on).
    turn:     (3, 3) f64 rotation that brings the figure upright (+Y) and facing +Z: canonical = turn @ point.
    yaw:      radians about +Y by which the figure is turned from facing +Z; turn undoes it.
    sure:     0..1, P(it faces within 45 degrees of there).
    humanoid: 0..1, P(one whole humanoid).
    anchors:  (A, 3) f32 points of the surface; parts: (A, 23) f32 probabilities that each belongs to each of
              `JOINTS`, the last column to none (props, capes).
    """

    joints: Mapping[str, F64]
    sigma: Mapping[str, float]
    turn: F64
    yaw: float
    sure: float
    humanoid: float
    anchors: F32
    parts: F32


def propose(points: F32, normals: F32 | None = None, *, upright: bool = True) -> Proposal:
    """Guess the joints of a surface from points on it.

    points: (N, 3) area-uniform samples, any unit and place; 3000 or more are best, 200 are enough for a guess.
    normals: (N, 3) outward; None or zero rows where unknown. upright: +Y is up; else up is looked for as well.
    Deterministic: the same arrays give the same answer.
    """
    seen = look_closely(points, normals, upright=upright)
    table = calibration()
    terms = np.array([table[n] for n in JOINTS])
    sigma = np.exp(terms[:, 0] + terms[:, 1] * seen.doubt + terms[:, 2] * np.log(seen.jitter + 1e-3)) * seen.height
    return Proposal(
        MappingProxyType({n: seen.joints[i] for i, n in enumerate(JOINTS)}),
        MappingProxyType({n: float(sigma[i]) for i, n in enumerate(JOINTS)}),
        seen.turn,
        seen.yaw,
        _chance(table["facing"], seen.sure),
        _chance(table["humanoid"], seen.humanoid),
        seen.anchors,
        seen.parts,
    )


def _chance(terms: list[float], x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-(terms[0] + terms[1] * x))))


@dataclass(frozen=True, eq=False, slots=True)
class Raw:
    """A proposal before calibration: joints (22, 3); doubt (22,), the network's word for log(error / height); jitter
    (22,), mean distance of single looks from the joint over the height; sure: margin of the facing over others;
    humanoid: log-odds; else as in `Proposal`.
    """

    joints: F64
    doubt: F64
    jitter: F64
    height: float
    turn: F64
    yaw: float
    sure: float
    humanoid: float
    anchors: F32
    parts: F32


def look_closely(points: F32, normals: F32 | None = None, *, upright: bool = True) -> Raw:
    """What `propose` says, before calibration: medians over SUBSETS samples, each seen straight and mirrored."""
    points = np.asarray(points, np.float32)
    normals = np.zeros_like(points) if normals is None else np.asarray(normals, np.float32)
    looks = [arrange(points[pick], normals[pick]) for pick in _subsets(len(points))]
    base = np.eye(3)
    if not upright:
        base = _find_up(looks[0])
        for _ in range(2):  # the joints themselves say best which way is up
            first = _gather(points, looks, base)
            base = _upright(first.joints[_HEAD] - first.joints[_FEET].mean(axis=0), base)
    return _gather(points, looks, base)


def _gather(points: F32, looks: list[Seen], base: F64) -> Raw:
    """The facing of a figure that `base` brings upright, then what six looks from the front say of it."""
    yaw, sure = _find_yaw(looks, base)
    turn = _about_y(-yaw) @ base
    joints, doubts, parts, humanoid, way = [], [], [], [], np.zeros(3)
    plan = [(s, _about_y(SWAY * (k - 1)) @ turn, mirrored) for k, s in enumerate(looks) for mirrored in (False, True)]
    for (seen, frame, mirrored), answer in zip(plan, _look(plan), strict=True):
        at, doubt, part = answer.joints.astype(np.float64), answer.doubt, answer.part
        if mirrored:
            at, doubt, part = at[_MIRRORED] * _FLIP, doubt[_MIRRORED], part[:, _PART_MIRRORED]
        joints.append(at @ frame * seen.scale + seen.centre)
        doubts.append(doubt)
        parts.append(part)
        humanoid.append(answer.humanoid)
        way += base @ frame.T @ (answer.forward.astype(np.float64) * (_FLIP if mirrored else 1.0))
    if np.cos(np.arctan2(way[0], way[2]) - yaw) > np.cos(FINE):
        yaw = float(np.arctan2(way[0], way[2]))
        turn = _about_y(-yaw) @ base
    stack = np.stack(joints)
    at = np.median(stack, axis=0)
    height = _height(points, base)
    chance = [_softmax(0.5 * (parts[2 * k] + parts[2 * k + 1])) for k in range(len(looks))]
    return Raw(
        at,
        np.mean(doubts, axis=0, dtype=np.float64),
        np.linalg.norm(stack - at, axis=2).mean(axis=0) / height,
        height,
        turn,
        yaw,
        sure,
        float(np.mean(humanoid)),
        np.concatenate([s.rows[:MIDDLE, :3] * np.float32(s.scale) + s.centre.astype(np.float32) for s in looks]),
        np.concatenate(chance).astype(np.float32),
    )


def _subsets(count: int) -> list[NDArray[np.int64]]:
    """SUBSETS index arrays of POINTS each; different points while there are enough."""
    rng = np.random.default_rng(SEED)
    order: NDArray[np.int64] = rng.permutation(count)
    while len(order) < SUBSETS * POINTS:
        order = np.concatenate([order, rng.permutation(count)])
    return [order[k * POINTS : (k + 1) * POINTS] for k in range(SUBSETS)]


def _about_y(angle: float) -> F64:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _look(plan: list[tuple[Seen, F64, bool]]) -> list[Answer]:
    """The network's answers for the figure turned by a frame, then perhaps mirrored left to right."""
    looks = []
    for seen, frame, mirrored in plan:
        turn = frame.astype(np.float32)
        rows = np.concatenate([seen.rows[:, :3] @ turn.T, seen.rows[:, 3:] @ turn.T], axis=1)
        looks.append((seen, rows * np.concatenate([_FLIP, _FLIP]) if mirrored else rows))
    return run(looks)


def _find_yaw(looks: list[Seen], base: F64) -> tuple[float, float]:
    """Facing, and how sure it is: TURNS looks all around, straight and mirrored, then two from where the best points.

    A look's `forward` is a mean of directions, short where front and back cannot be told: its +Z says how surely
    this is the front; and joints are least doubted from there. The margin is over the best that faces elsewhere.
    """
    angles = 2 * np.pi * np.arange(TURNS) / TURNS
    both = (False, True)
    answers = _look([(looks[k % len(looks)], _about_y(-y) @ base, m) for k, y in enumerate(angles) for m in both])
    front = np.array([a.forward[2] - TRUST * a.doubt.mean() for a in answers]).reshape(TURNS, 2).mean(axis=1)
    best = int(front.argmax())
    yaw = float(angles[best])
    elsewhere = np.cos(angles - yaw) < ELSEWHERE
    margin = float(front[best] - front[elsewhere].max())
    for step in range(2):
        frame = _about_y(-yaw) @ base
        straight, mirrored = _look([(looks[step], frame, m) for m in both])
        fine = straight.forward.astype(np.float64) + mirrored.forward * _FLIP
        if fine[2] > 0:
            yaw += float(np.clip(np.arctan2(fine[0], fine[2]), -FINE, FINE))
    return float((yaw + np.pi) % (2 * np.pi) - np.pi), margin


def _ups() -> list[F64]:
    """Six rotations, each with another axis upwards."""
    c = np.eye(3)
    x, y, z = c
    rows = [(x, y, z), (z, x, y), (y, z, x), (-x, -y, z), (z, -x, -y), (y, -z, -x)]
    return [np.stack(r) for r in rows]


def _find_up(seen: Seen) -> F64:
    """(3, 3) rotation that brings up to +Y: of six starts the one in which the looks say most clearly that up is up."""
    plan = [(seen, _about_y(2 * np.pi * k / 3) @ start, False) for start in _ups() for k in range(3)]
    answers = _look(plan)
    best, found = -np.inf, np.eye(3)
    for i, start in enumerate(_ups()):
        score, total = 0.0, np.zeros(3)
        for (_, frame, _), answer in zip(plan[3 * i : 3 * i + 3], answers[3 * i : 3 * i + 3], strict=True):
            up = answer.up.astype(np.float64)
            score += up[1] + 0.1 * np.tanh(0.3 * answer.humanoid)
            total += frame.T @ up
        if score > best:
            best, found = score, _upright(total, start)
    return found


def _upright(up: F64, start: F64) -> F64:
    """The rotation nearest to `start` that brings `up` to +Y; `start` itself when they agree within 8 degrees."""
    up = up / max(float(np.linalg.norm(up)), 1e-9)
    if up @ start[1] > np.cos(np.radians(8.0)):
        return start
    right = start[0] - (start[0] @ up) * up
    right /= max(float(np.linalg.norm(right)), 1e-9)
    return np.stack([right, up, np.cross(right, up)])


def _height(points: F32, base: F64) -> float:
    tall = points.astype(np.float64) @ base[1]
    return float(max(tall.max() - tall.min(), 1e-9))


def _softmax(x: F32) -> F32:
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(x / x.sum(axis=-1, keepdims=True))
