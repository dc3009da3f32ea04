"""Face bones that move the head as its shapes do: seeds where the shapes move most, then decomposition."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Frozen
from ..geometry.ssdr import Decomposition, decompose, moved, transforms
from .facs import EYES, ORDER, SEEDS, TEETH, TONGUE, Seed
from .head import Piece

F64 = NDArray[np.float64]

TOP = 0.85  # of the largest motion: vertices that make a seed
SOFT = 0.012  # metres over which a seed's first weights fade
EVEN = 0.7  # 0: every squared millimetre counts the same; 1: every control does
MOVES = 2e-4  # metres: vertices that no control moves farther stay with the head


@dataclass(frozen=True, eq=False, slots=True)
class FaceBones(Frozen):
    """names: of B bones.  places: (B, 3) their joints, metres.  weights: (V, B) over all vertices of the head.
    turns: (C, B, 3, 3), moves: (C, B, 3) how each takes points of the rest in each control of `controls`.
    errors: per control (mean mm, largest mm, share of the motion that is missed) over the vertices that it moves.
    """

    names: tuple[str, ...]
    places: F64
    weights: F32
    controls: tuple[str, ...]
    turns: F64
    moves: F64
    errors: dict[str, tuple[float, float, float]]


def fit_face(pieces: Sequence[Piece]) -> FaceBones | None:
    """The bones of a head's pieces; None when nothing moves."""
    rest = np.concatenate([p.positions for p in pieces]).astype(np.float64)
    poses = np.concatenate([p.poses for p in pieces], axis=1).astype(np.float64)
    kinds = np.repeat([p.kind for p in pieces], [len(p.positions) for p in pieces])
    number = np.repeat(np.arange(len(pieces)), [len(p.positions) for p in pieces])
    used = [c for c in range(len(ORDER)) if np.abs(poses[c]).max(initial=0.0) > MOVES]
    if not used:
        return None
    controls, poses = tuple(ORDER[c] for c in used), poses[used]
    names: list[str] = []
    places: list[F64] = []
    weights: list[F64] = []
    turns: list[F64] = []
    moves: list[F64] = []

    def add(titles: Sequence[str], at: F64, w: F64, t: F64, m: F64) -> None:
        names.extend(titles)
        for held, more in ((places, at), (weights, w), (turns, t), (moves, m)):
            held.append(more)

    skin = kinds == "body"
    skin_names, seeds = first_bones(rest, poses, controls, skin)
    w = np.zeros((len(rest), len(skin_names)))
    w[skin], t, m = fit_skin(rest[skin], poses[:, skin], seeds)
    add(skin_names, seeds, w, t, m)
    for group, title in rigid_groups(rest, poses, kinds, number):
        w = np.zeros((len(rest), 1))
        w[group] = 1.0
        pair = np.concatenate([w[group], np.zeros((int(group.sum()), 1))], axis=1)
        t, m = transforms(rest[group], rest[group] + poses[:, group], pair, None)
        add([title], rest[group].mean(axis=0)[None], w, t, m)
    tongue = kinds == "tongue"
    if tongue.any():
        ends = rest[tongue][[rest[tongue, 2].argmin(), rest[tongue, 2].argmax()]]
        seeds = ends[0] + np.linspace(0.3, 0.9, len(TONGUE))[:, None] * (ends[1] - ends[0])
        w = np.zeros((len(rest), len(seeds)))
        w[tongue], t, m = fit_skin(rest[tongue], poses[:, tongue], seeds)
        add(TONGUE, seeds, w, t, m)
    whole = np.concatenate(weights, axis=1)
    turn, move = np.concatenate(turns, axis=1), np.concatenate(moves, axis=1)
    still = np.concatenate([whole, 1 - whole.sum(axis=1, keepdims=True)], axis=1)
    gap = np.linalg.norm(moved(rest, Decomposition(still, turn, move)) - rest - poses, axis=2)
    motion = np.linalg.norm(poses, axis=2)
    errors = {}
    for c, control in enumerate(controls):
        rows = motion[c] > MOVES
        missed = float(np.sqrt((gap[c] ** 2).sum() / max((motion[c] ** 2).sum(), 1e-18)))
        errors[control] = (1000 * float(gap[c][rows].mean()), 1000 * float(gap[c].max()), missed)
    return FaceBones(tuple(names), np.concatenate(places), whole.astype(np.float32), controls, turn, move, errors)


def first_bones(rest: F64, poses: F64, controls: tuple[str, ...], skin: NDArray[np.bool_]) -> tuple[list[str], F64]:
    """Names and places (B, 3) of the bones that the skin's motions ask for."""
    names, places = [], []
    for seed in SEEDS:
        place = place_of(seed, rest[skin], poses[:, skin], controls)
        if place is not None:
            names.append(seed.name)
            places.append(place)
    return names, np.array(places).reshape(-1, 3)


def place_of(seed: Seed, rest: F64, poses: F64, controls: tuple[str, ...]) -> F64 | None:
    """Where a seed lies: the middle of what its control moves most; None when nothing does."""
    if seed.control not in controls:
        return None
    way = poses[controls.index(seed.control)]
    amount = np.linalg.norm(way, axis=1) if seed.way == 0 else np.sign(seed.way) * way[:, abs(seed.way) - 1]
    if seed.side:
        amount = np.where(np.sign(rest[:, 0]) == seed.side, amount, 0.0)
    if float(amount.max(initial=0.0)) < MOVES:
        return None
    rows = np.flatnonzero(amount > (TOP if seed.at is None else 0.5) * amount.max())
    if seed.at is not None:
        low, high = rest[rows, 0].min(), rest[rows, 0].max()
        goal = low + seed.at * (high - low)
        rows = rows[np.argsort(np.abs(rest[rows, 0] - goal), kind="stable")[: max(len(rows) // 5, 1)]]
    return np.asarray(rest[rows].mean(axis=0))


def fit_skin(rest: F64, poses: F64, seeds: F64) -> tuple[F64, F64, F64]:
    """Weights (V, B), turns (C, B, 3, 3) and moves (C, B, 3) of the bones at `seeds` (B, 3)."""
    motion = np.linalg.norm(poses, axis=2).max(axis=0, initial=0.0)
    live = motion > MOVES
    weights = np.zeros((len(rest), len(seeds)))
    if not live.any() or not len(seeds):
        return weights, np.zeros((len(poses), len(seeds), 3, 3)) + np.eye(3), np.zeros((len(poses), len(seeds), 3))
    far = np.linalg.norm(rest[live][:, None] - seeds, axis=2)
    nearest = far.min(axis=1, keepdims=True)
    first = np.exp(-(((far - nearest) / SOFT) ** 2))
    first = np.concatenate([first, np.full((len(first), 1), 0.05)], axis=1)
    first /= first.sum(axis=1, keepdims=True)
    energy = (poses[:, live] ** 2).sum(axis=(1, 2))
    importance = np.clip(energy / energy.mean(), 0.02, None) ** -EVEN
    found = decompose(rest[live], rest[live] + poses[:, live], first, importance)
    weights[live] = found.weights[:, :-1]
    return weights, found.turns, found.moves


def rigid_groups(
    rest: F64, poses: F64, kinds: NDArray[np.str_], number: NDArray[np.int64]
) -> list[tuple[NDArray[np.bool_], str]]:
    """Eyes and lower teeth: what one bone each moves, and what it is called."""
    out = []
    for side, title in ((1, EYES[0]), (-1, EYES[1])):
        out.append(((kinds == "eyes") & (np.sign(rest[:, 0]) == side), title))
    rows_of = [number == k for k in np.unique(number[kinds == "teeth"])]
    if rows_of:
        out.append((max(rows_of, key=lambda rows: float(np.abs(poses[:, rows]).mean())), TEETH))
    return [(rows, title) for rows, title in out if rows.sum() > 2 and np.abs(poses[:, rows]).max() > MOVES]
