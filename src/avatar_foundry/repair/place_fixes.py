"""The repairs of size and stand."""

import numpy as np

from ..avatar import Avatar
from .guesses import guess_unit, guess_up
from .place import transform
from .work import Numbers, Work

SHORT, TALL = 0.4, 3.2  # metres; a figure within stays as it is unless a scale is given
SURE = 0.5

#: axis and sign of up -> rotation that brings it to +Y and keeps the front where it can.
UPRIGHT = {
    (1, 1): np.eye(3),
    (2, 1): np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    (2, -1): np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    (1, -1): np.diag([1.0, -1.0, -1.0]),
    (0, 1): np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]),
    (0, -1): np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]]),
}

#: where a figure faces -> rotation about the up axis that makes it face +Z.
TO_FRONT = {
    "+Z": np.eye(3),
    "-Z": np.diag([-1.0, 1.0, -1.0]),
    "+X": np.array([[0.0, 0, -1], [0, 1, 0], [1, 0, 0]]),
    "-X": np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]),
}


def _points(avatar: Avatar) -> np.ndarray:
    rows = [p.mesh.positions[np.unique(p.mesh.faces)] for p in avatar.parts if len(p.mesh.faces)]
    return np.concatenate(rows).astype(np.float64) if rows else np.zeros((0, 3))


def turn_upright(work: Work) -> Numbers:
    """Turn as `options.turn` says, or by the guessed up axis when that is likely; feet to the ground."""
    turn = work.options.turn
    points = _points(work.avatar)
    if not len(points):
        return {}
    if turn is None:
        guess = guess_up(points)
        if guess.confidence < SURE:
            return {}
        turn = UPRIGHT[guess.axis, guess.sign]
    angle = float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))))
    if angle < 1e-3:
        return {}
    shift = _standing(points @ turn.T) if work.options.ground else None
    work.avatar = transform(work.avatar, turn=turn, shift=shift)
    return {"degrees": round(angle, 4)}


def rescale(work: Work) -> Numbers:
    """Scale by `options.scale`, or by the guessed unit when the height is implausible and the guess is likely."""
    scale = work.options.scale
    points = _points(work.avatar)
    if not len(points):
        return {}
    height = float(np.ptp(points[:, 1]))
    if scale is None:
        if SHORT <= height <= TALL:
            return {}
        guess = guess_unit(height)
        if guess.confidence < SURE:
            return {}
        scale = guess.metres
    if abs(scale - 1) < 1e-9 or scale <= 0:
        return {}
    shift = _standing(points * scale) if work.options.ground else None
    work.avatar = transform(work.avatar, scale=scale, shift=shift)
    return {"scale": scale, "height": round(height * scale, 6)}


def _standing(points: np.ndarray) -> np.ndarray:
    """Shift (3,) that puts the lowest point on y = 0."""
    return np.array([0.0, -float(points[:, 1].min()), 0.0])
