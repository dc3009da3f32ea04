"""Lids that meet: each point of the upper lid goes its share of the way to the lower edge, and swings about the eye."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..avatar import F32
from ..face.names import SHAPES
from ..face.shapes import field
from .carry import Match
from .features import Features
from .frontal import F64, I32, I64
from .template import SIDES, template

OVERLAP = 0.006  # distances between the eyes: less than half a millimetre on an adult
CLEAR = 0.008  # between eyeball and closed lid
LID = 0.42  # of an eye's width: how high above its edge the lid ends
MARGIN = 0.02  # distances between the eyes: vertices this near to our lids' edges lie on theirs
NEAR = 0.12  # of an eye's width: corners this near to the edge lie on it


class Rim(NamedTuple):
    """Vertices of the upper and the lower edge of an opening, by x."""

    upper: I64
    lower: I64


def rim_of(f: Features, side: int, positions: F64, faces: I32, base: F32, spacing: float) -> Rim:
    """The edges' vertices: corners, nearest to the opening, of the faces that border on it from above and below.

    And what lies on the edges of our own lids, base (B, 3) being our head on theirs.
    """
    eye = f.eyes[side]
    view = f.skin
    columns = np.flatnonzero(eye.mask.any(axis=0))
    top = eye.mask[:, columns].argmax(axis=0)
    bottom = len(eye.mask) - 1 - eye.mask[::-1, columns].argmax(axis=0)
    out = []
    for rows, step in ((top, -1), (bottom, 1)):
        found = []
        for ahead in (1, 2):
            face = view.face[np.clip(rows + ahead * step, 0, len(eye.mask) - 1), columns]
            ok = face >= 0
            corners = faces[face[ok]]
            edge = np.stack([view.x(columns[ok]), view.y(rows[ok] + 0.5 * step)], axis=1)
            gap = ((positions[corners][:, :, :2] - edge[:, None]) ** 2).sum(axis=2)
            pick = gap.argmin(axis=1)
            every = np.arange(len(pick))
            found.append(corners[every, pick][gap[every, pick] < (NEAR * len(columns) * view.pixel) ** 2])
        rim = np.unique(np.concatenate(found))
        out.append(rim[np.argsort(positions[rim, 0], kind="stable")].astype(np.int64))
    seen = np.unique(faces[np.unique(view.face[view.face >= 0])])
    tree = cKDTree(positions[seen])
    t = template()
    for k, margin in enumerate(t.margin[side]):
        far, near = tree.query(base[t.vertex[margin[1:-1]]].astype(np.float64))
        own = np.union1d(out[k], seen[np.asarray(near)[np.asarray(far) < MARGIN * spacing]])
        out[k] = own[np.argsort(positions[own, 0], kind="stable")].astype(np.int64)
    upper, lower = out
    middle = 0.5 * (
        np.interp(positions[:, 0], eye.upper[:, 0], eye.upper[:, 1])
        + np.interp(positions[:, 0], eye.lower[:, 0], eye.lower[:, 1])
    )
    return Rim(upper[positions[upper, 1] > middle[upper]], lower[positions[lower, 1] <= middle[lower]])


@lru_cache(maxsize=2)
def _shares(side: int) -> F64:
    """(N,) how far each vertex of our skin goes along when our upper lid closes: 1 at its edge."""
    t, f = template(), field()
    blink = -f.delta[f.row[t.vertex], SHAPES.index(f"eyeBlink{SIDES[side]}"), 1].astype(np.float64)
    rim = t.margin[side][0]
    rim = rim[np.argsort(t.skin[rim, 0], kind="stable")][1:-1]
    reach = np.interp(t.skin[:, 0], t.skin[rim, 0], blink[rim])
    return np.asarray(np.clip(blink / np.maximum(reach, 0.3 * blink[rim].max()), 0.0, 1.0))


def close_lids(
    motion: F32,
    m: Match,
    skin: I64,
    positions: F64,
    faces: I32,
    f: Features,
    rim: Rim,
    side: int,
    ball: F64 | None,
    spacing: float,
) -> float:
    """Make eyeBlink of `side` in motion (N, S, 3) of skin vertices (N,), in place; returns the gap left, metres."""
    eye = f.eyes[side]
    number = np.full(len(positions), -1, np.int64)
    number[skin] = np.arange(len(skin))
    upper, lower = number[rim.upper], number[rim.lower]
    upper, lower = upper[upper >= 0], lower[lower >= 0]
    at = positions[skin]
    share = (m.weights * _shares(side)[m.corners]).sum(axis=1) * m.trust
    x = at[:, 0]
    edge = eye.upper
    if len(upper) > 2:
        edge = np.concatenate([eye.upper[[0, -1]], at[upper]])
        edge = edge[np.argsort(edge[:, 0], kind="stable")]
    top = np.stack([np.interp(x, edge[:, 0], edge[:, c]) for c in (1, 2)], axis=1)
    floor_x, floor_y = eye.lower[:, 0], eye.lower[:, 1]
    if len(lower) > 1:  # straight between the vertices that are there
        floor_x, floor_y = np.r_[floor_x[0], at[lower, 0], floor_x[-1]], np.r_[floor_y[0], at[lower, 1], floor_y[-1]]
        order = np.argsort(floor_x, kind="stable")
        floor_x, floor_y = floor_x[order], np.minimum(floor_y, np.interp(floor_x, *eye.lower[:, :2].T))[order]
    low = np.interp(x, floor_x, floor_y) - OVERLAP * spacing
    under = np.interp(x, eye.lower[:, 0], eye.lower[:, 2])
    seen = np.zeros(len(positions), bool)
    seen[faces[np.unique(f.skin.face[f.skin.face >= 0])]] = True
    wide = float(np.ptp(eye.upper[:, 0]))
    rise = np.clip((at[:, 1] - top[:, 0]) / (LID * wide), 0.0, 1.0)
    aside = np.clip((np.abs(x - eye.middle[0]) / wide - 0.5) / 0.25, 0.0, 1.0)
    outer = (1.0 - rise * rise * (3.0 - 2.0 * rise)) * (1.0 - aside)
    share = np.where(
        seen[skin] & (np.abs(at[:, 2] - top[:, 1]) < 0.6 * wide), outer, share
    )  # coarse lids need it smooth
    centre = 0.5 * (top[:, 0] + np.interp(x, eye.lower[:, 0], eye.lower[:, 1]))
    edges = (at[:, 1] < top[:, 0] + 0.01 * spacing) & (at[:, 1] > centre) & (np.abs(x - eye.middle[0]) < 0.5 * wide)
    edges &= np.abs(at[:, 2] - top[:, 1]) < 0.1 * spacing  # the thickness of the lid
    share[edges] = 1.0
    share[upper], share[lower] = 1.0, 0.0
    share[(at[:, 1] < low) | (np.abs(x - eye.middle[0]) > 1.2 * np.ptp(eye.upper[:, 0]))] = 0.0
    drop = np.minimum(low - top[:, 0], 0.0)
    edges[upper] = True
    drop[edges] = np.minimum(low[edges] - at[edges, 1], 0.0)
    drop = np.maximum(drop, np.minimum(low - at[:, 1], 0.0))  # what lies inside the lid does not end below the edge
    blink = np.zeros_like(at)
    blink[:, 1] = share * drop
    if ball is None:
        blink[:, 2] = share * (under - top[:, 1])
    else:
        off = at - ball[:3]
        reach = np.sqrt((off**2).sum(axis=1))
        moved = off[:, 1] + blink[:, 1]
        flat = off[:, 0] ** 2 + moved**2
        swung = np.sqrt(np.maximum(reach**2 - flat, 0.0))
        blink[:, 2] = share * np.clip(swung - off[:, 2], -0.2 * ball[3], ball[3])
        need = np.sqrt(np.maximum(np.minimum(reach, ball[3] + CLEAR * spacing) ** 2 - flat, 0.0))
        lack = np.maximum(need - (off[:, 2] + blink[:, 2]), 0.0)
        outside = seen[skin]
        outside[upper] = True
        blink[:, 2] += np.where((share > 0.05) & (off[:, 2] > 0.0) & outside, lack, 0.0)
        blink[~outside, 2] = np.minimum(blink[~outside, 2], 0.0)
    motion[:, SHAPES.index(f"eyeBlink{SIDES[side]}")] = blink
    return float(gap_of(at, blink, upper, floor_x, floor_y).max(initial=0.0)) if len(upper) else 0.0


def gap_of(at: F64, blink: F64, upper: I64, floor_x: F64, floor_y: F64) -> NDArray[np.float64]:
    """(U,) how much the closed upper edge stays above the lower one, metres."""
    closed = at[upper] + blink[upper]
    return np.asarray(np.maximum(closed[:, 1] - np.interp(closed[:, 0], floor_x, floor_y), 0.0))


def on_rim(points: F64, rim: I64, skin: I64, positions: F64, motion: F32) -> F32:
    """(K, S, 3) what lashes at `points` do: as the edge of the lid, motion (N, S, 3) of skin (N,), where they grow."""
    number = np.full(len(positions), -1, np.int64)
    number[skin] = np.arange(len(skin))
    rows = number[rim]
    rows = rows[rows >= 0]
    x = positions[skin[rows], 0]
    at = np.clip(np.searchsorted(x, points[:, 0]), 1, len(x) - 1)
    t = np.clip((points[:, 0] - x[at - 1]) / np.maximum(x[at] - x[at - 1], 1e-9), 0.0, 1.0).astype(np.float32)
    return np.asarray(motion[rows[at - 1]] * (1 - t)[:, None, None] + motion[rows[at]] * t[:, None, None], np.float32)
