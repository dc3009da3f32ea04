"""Smooth skinning decomposition with rigid bones: few bones that move a surface as its shapes do.

Le and Deng 2012, "Smooth Skinning Decomposition with Rigid Bones": weights and bone transforms take turns, each solved
with the other held. Here the bones' first places are given, each row of weights is a convex combination of at most K
bones, and the last column of the weights belongs to a bone that never moves.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

ROUNDS = 14
SWEEPS = 2  # over all bones per round
STEPS = 120  # of projected gradient per round
CANDIDATES = 12
ROWS = 8
RIDGE = 1e-8  # square metres: weights that matter to no pose stay where they are


class Decomposition(NamedTuple):
    """weights: (V, B + 1), rows sum to 1, at most K above 0; the last is the still bone's.
    turns: (P, B, 3, 3), moves: (P, B, 3): bone b takes x to turns[p, b] @ x + moves[p, b] in pose p."""

    weights: F64
    turns: F64
    moves: F64


def decompose(
    rest: F64, poses: F64, weights: F64, importance: F64 | None = None, influences: int = 4, rounds: int = ROUNDS
) -> Decomposition:
    """Fit bones to `poses` (P, V, 3) of a surface whose rest is `rest` (V, 3), from first weights (V, B + 1).

    Only the CANDIDATES largest first weights of a vertex can become its bones. importance: (P,) of squared errors in
    each pose."""
    if importance is None:
        importance = np.ones(len(poses))
    columns = largest(weights, CANDIDATES)
    turns, moves = transforms(rest, poses, weights, None)
    for k in range(rounds):
        weights = solve_weights(rest, poses, weights, turns, moves, columns, importance)
        if k == rounds // 2:
            columns = largest(weights, influences)
        if k >= rounds // 2:
            weights = solve_weights(rest, poses, weights, turns, moves, columns, importance)
        for _ in range(SWEEPS):
            turns, moves = transforms(rest, poses, weights, (turns, moves))
    return Decomposition(weights, turns, moves)


def largest(weights: F64, count: int) -> NDArray[np.int64]:
    """(V, K) columns of the largest weights of each row."""
    return np.argsort(-weights, axis=1, kind="stable")[:, :count]


def moved(rest: F64, found: Decomposition) -> F64:
    """(P, V, 3) what the bones make of the surface."""
    poses, bones = found.turns.shape[:2]
    ahead = np.concatenate([rest, np.ones((len(rest), 1))], axis=1)
    shares = (found.weights[:, :bones, None] * ahead[:, None, :]).reshape(len(rest), 4 * bones)
    each = np.concatenate([found.turns, found.moves[..., None]], axis=3)  # (P, B, 3, 4)
    # rows by the handful: OpenBLAS shares larger products among threads, and rounds by how many there are
    rows = np.pad(shares, ((0, -len(rest) % ROWS), (0, 0))).reshape(-1, ROWS, 4 * bones)
    out = (rows @ each.transpose(1, 3, 0, 2).reshape(4 * bones, 3 * poses)).reshape(-1, poses, 3)[: len(rest)]
    return np.asarray(out.transpose(1, 0, 2) + found.weights[:, -1][None, :, None] * rest)


def carried(rest: F64, turns: F64, moves: F64) -> F64:
    """(..., V, 3) the vertices (V, 3) as rigid transforms (..., 3, 3), (..., 3) take them."""
    return np.asarray(rest @ np.swapaxes(turns, -1, -2) + moves[..., None, :])


def solve_weights(
    rest: F64,
    poses: F64,
    weights: F64,
    turns: F64,
    moves: F64,
    columns: NDArray[np.int64],
    importance: F64,
) -> F64:
    """Weights that bring the surface nearest to all poses; only those in `columns` (V, K) are above 0.

    Accelerated projected gradient on all rows at once (Beck and Teboulle 2009)."""
    count = columns.shape[1]
    x = np.take_along_axis(weights, columns, axis=1)
    gram, right = np.zeros((len(rest), count, count)), np.zeros((len(rest), count))
    still = np.zeros((len(rest), 1, 3))
    for p in range(len(poses)):
        each = np.swapaxes(carried(rest, turns[p], moves[p]) - rest, 0, 1)
        way = np.take_along_axis(np.concatenate([each, still], axis=1), columns[:, :, None], axis=1)
        gram += importance[p] * (way @ np.swapaxes(way, 1, 2))
        right += importance[p] * (way @ (poses[p] - rest)[:, :, None])[:, :, 0]
    gram[:, np.arange(count), np.arange(count)] += RIDGE
    right += RIDGE * x
    step = 1.0 / np.maximum(np.linalg.eigvalsh(gram)[:, -1], RIDGE)[:, None]
    ahead, momentum = simplex(x), 1.0
    x = ahead
    for _ in range(STEPS):
        new = simplex(ahead - step * ((gram @ ahead[:, :, None])[:, :, 0] - right))
        faster = (1 + np.sqrt(1 + 4 * momentum * momentum)) / 2
        ahead = new + (momentum - 1) / faster * (new - x)
        x, momentum = new, faster
    out = np.zeros_like(weights)
    np.put_along_axis(out, columns, x, axis=1)
    return out


def simplex(rows: F64) -> F64:
    """The nearest rows that are nowhere negative and sum to 1 (Held, Wolfe and Crowder 1974)."""
    down = -np.sort(-rows, axis=1)
    over = (np.cumsum(down, axis=1) - 1) / np.arange(1, rows.shape[1] + 1)
    last = (down > over).sum(axis=1) - 1
    return np.maximum(rows - np.take_along_axis(over, last[:, None], axis=1), 0.0)


def transforms(rest: F64, poses: F64, weights: F64, before: tuple[F64, F64] | None) -> tuple[F64, F64]:
    """Rigid transforms (P, B, 3, 3) and (P, B, 3): each bone fitted to what the others leave, in turn; all poses at
    once. Weighted Procrustes (Le and Deng 2012, section 4.2)."""
    bones = weights.shape[1] - 1
    if before is None:
        turns, moves = np.tile(np.eye(3), (len(poses), bones, 1, 1)), np.zeros((len(poses), bones, 3))
    else:
        turns, moves = before[0].copy(), before[1].copy()
    now = moved(rest, Decomposition(weights, turns, moves))
    for b in range(bones):
        w = weights[:, b]
        rows = np.flatnonzero(w > 1e-6)
        if len(rows) < 3:
            continue
        w, x = w[rows], rest[rows]
        mine = carried(x, turns[:, b], moves[:, b])
        # what this bone should reach, times its weight
        goal = poses[:, rows] - now[:, rows] + w[None, :, None] * mine
        square = w * w
        total = square.sum()
        centre = (square[:, None] * x).sum(axis=0) / total
        aim = w @ goal / total
        spread = np.swapaxes(goal, 1, 2) @ (w[:, None] * (x - centre))
        spread += 1e-7 * np.eye(3)  # few or flat vertices: rather no turn than a wild one
        u, _, vt = np.linalg.svd(spread)
        u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
        turns[:, b] = u @ vt
        moves[:, b] = aim - turns[:, b] @ centre
        after = carried(x, turns[:, b], moves[:, b])
        now[:, rows] += w[None, :, None] * (after - mine)
    return turns, moves
