"""Lids that meet: the carried blink, made exact for the edges that this face really has."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32
from ..face.names import SHAPES
from .eyes import Eye
from .features import Features
from .frontal import F64, I32, I64
from .template import SIDES

OVERLAP = 0.005  # distances between the eyes: a third of a millimetre on an adult
CLEAR = 0.006  # between eyeball and closed lid


class Rim(NamedTuple):
    """Vertices of the upper and the lower edge of an opening, by x."""

    upper: I64
    lower: I64


def rim_of(eye: Eye, f: Features, positions: F64, faces: I32) -> Rim | None:
    """The edges' vertices: corners, nearest to the opening, of the faces that border on it from above and below."""
    view = f.skin
    columns = np.flatnonzero(eye.mask.any(axis=0))
    out = []
    for rows, step in (
        (eye.mask[:, columns].argmax(axis=0), -1),
        (len(eye.mask) - 1 - eye.mask[::-1, columns].argmax(axis=0), 1),
    ):
        found = []
        for ahead in (1, 2):
            r = np.clip(rows + ahead * step, 0, len(eye.mask) - 1)
            face = view.face[r, columns]
            ok = face >= 0
            corners = faces[face[ok]]
            edge = np.stack([view.x(columns[ok]), view.y(rows[ok] + 0.5 * step)], axis=1)
            gap = ((positions[corners][:, :, :2] - edge[:, None]) ** 2).sum(axis=2)
            pick = gap.argmin(axis=1)
            close = gap[np.arange(len(pick)), pick] < (0.12 * len(columns) * view.pixel) ** 2
            found.append(corners[np.arange(len(pick)), pick][close])
        rim = np.unique(np.concatenate(found))
        out.append(rim[np.argsort(positions[rim, 0], kind="stable")])
    upper, lower = out
    upper = upper[~np.isin(upper, lower)]
    return Rim(upper, lower) if len(upper) >= 2 and len(lower) >= 2 else None


def close_lids(motion: F32, skin: I64, positions: F64, rim: Rim, side: int, ball: F64 | None, spacing: float) -> float:
    """Correct eyeBlink of `side` in motion (N, S, 3) of skin vertices (N,), in place; returns the gap left, metres."""
    s = SHAPES.index(f"eyeBlink{SIDES[side]}")
    number = np.full(len(positions), -1, np.int64)
    number[skin] = np.arange(len(skin))
    upper, lower = number[rim.upper], number[rim.lower]
    upper, lower = upper[upper >= 0], lower[lower >= 0]
    blink = motion[:, s].astype(np.float64)
    at = positions[skin]
    lids = lower[np.argsort(at[lower, 0], kind="stable")]
    top = upper[np.argsort(at[upper, 0], kind="stable")]
    floor = at[lids] + blink[lids]
    floor = floor[np.argsort(floor[:, 0], kind="stable")]
    closed = at[top] + blink[top]
    wanted = np.stack([np.interp(closed[:, 0], floor[:, 0], floor[:, c]) for c in (1, 2)], axis=1)
    wanted[:, 0] -= OVERLAP * spacing
    error = np.zeros((len(top), 3))
    error[:, 1:] = wanted - closed[:, 1:]
    travel = np.maximum(at[top, 1] - wanted[:, 0], 0.002 * spacing)
    span = at[top, 0]
    middle, half = 0.5 * (span[0] + span[-1]), 0.5 * (span[-1] - span[0])
    above = at[:, 1] - np.interp(at[:, 0], span, wanted[:, 0])
    zone = (np.abs(at[:, 0] - middle) < 1.25 * half) & (above > 0) & (np.abs(at[:, 1] - at[top, 1].mean()) < 1.5 * half)
    zone &= np.abs(at[:, 2] - at[top, 2].mean()) < 1.2 * half
    reach = np.maximum(np.interp(at[:, 0], span, np.maximum(-blink[top, 1], 0.25 * travel)), 1e-5)
    amount = np.where(zone, np.clip(-blink[:, 1] / reach, 0.0, 1.0), 0.0)
    amount[top] = 1.0
    amount[lids] = 0.0
    for c in (1, 2):
        blink[:, c] += amount * np.interp(at[:, 0], span, error[:, c])
    if ball is not None:
        off = at + blink - ball[:3]
        distance = np.linalg.norm(off, axis=1)
        needed = np.minimum(np.linalg.norm(at - ball[:3], axis=1), ball[3] + CLEAR * spacing)
        push = np.where(amount > 0.02, np.maximum(needed - distance, 0.0) / np.maximum(distance, 1e-6), 0.0)
        push[off[:, 2] < 0] = 0.0
        blink[:, 1:] += (push[:, None] * off)[:, 1:]
    motion[:, s] = blink
    return float(gap_of(at, blink, top, lids).max(initial=0.0))


def gap_of(at: F64, blink: F64, upper: I64, lower: I64) -> NDArray[np.float64]:
    """(U,) how much the closed upper edge stays above the lower one, metres."""
    floor = at[lower] + blink[lower]
    floor = floor[np.argsort(floor[:, 0], kind="stable")]
    closed = at[upper] + blink[upper]
    return np.asarray(np.maximum(closed[:, 1] - np.interp(closed[:, 0], floor[:, 0], floor[:, 1]), 0.0))
