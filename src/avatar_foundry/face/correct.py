"""Shapes of the eyes made for one body: lids that meet, and eyeballs that turn about their own centre.

The authored blink travels as far as the eyes of the bare base mesh are open, and then some: the upper lid ends behind
the lower one. Here each piece of the upper margin ends on the lower margin of this body, a fraction of a millimetre
beyond, so that the lashes stay outside; the rest of the lid follows in the proportions of the authored shape.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32
from ..body.targets import base_positions
from ..geometry import by_content
from ..pack import open_pack
from .names import RECIPES, SHAPES
from .shapes import field

# The left lid margin's ridge on the base mesh, from the nose outwards.
UPPER = (13365, 13363, 13364, 13369, 13371, 13359, 13352, 13353, 13358, 13357, 13356, 13355, 13354, 13377)
LOWER = (13365, 13360, 13361, 13362, 13378, 13367, 13368, 13370, 13372, 13373, 13374, 13366, 13379, 13375, 13376, 13377)
EYES = {"Left": slice(14598, 14670), "Right": slice(14670, 14742)}  # base vertices of the eyeball helpers
# Degrees that the eye turns at 1. The authored eyes shear and turn by 10 to 15: less than trackers mean by 1.
GAZE = {"Up": 16.0, "Down": 20.0, "In": 24.0, "Out": 24.0}
OVERLAP = np.float32(6e-4)  # metres on an adult: closes what straight edges between the margins' vertices leave open
LASHES = 14742  # first base vertex of the lash helpers; no helper before it is moved by a lid
CLEARANCE = np.float32(4e-4)  # metres between eyeball and lid: half a lid's true thickness, more than a pixel's error
CORRECTED = tuple(
    s
    for s, name in enumerate(SHAPES)
    if name.startswith(("eyeBlink", "eyeLook")) or name in ("eyesClosed", "eyesLookUp", "eyesLookDown")
)


class Lid(NamedTuple):
    """One eye's upper lid.

    upper: (U,) i32 margin vertices. lower: (U, 2) i32 and share: (U,) f32, the point of the lower margin under each.
    rows: (N,) i32 rows of the field that the lid carries along, lashes included.
    spread: (N, U) f32, how much of each margin vertex's correction each takes.
    """

    upper: I32
    lower: I32
    share: F32
    rows: I32
    spread: F32


@by_content(entries=8)
def corrected(base: F32, scale: float) -> F32:
    """Deltas (M + 1, len(CORRECTED), 3) f32 of the shapes CORRECTED for `base`; rows as in `field()`."""
    f = field()
    delta = f.delta[:, CORRECTED] * np.float32(scale)
    column = {SHAPES[s]: i for i, s in enumerate(CORRECTED)}
    for side, eye in EYES.items():
        ball = base[eye]
        centre = ball.mean(axis=0)
        for look in ("Up", "Down", "In", "Out"):
            turned = (ball - centre) @ (_turn(look, side) - np.eye(3, dtype=np.float32)).T
            delta[f.row[eye], column[f"eyeLook{look}{side}"]] = turned
        radius = np.sqrt(((ball - centre) ** 2).sum(axis=1)).max()
        _close(base, delta[:, column[f"eyeBlink{side}"]], _lid(side), np.float32(scale), centre, radius)
    for name in ("eyesClosed", "eyesLookUp", "eyesLookDown"):
        parts = [np.float32(w) * delta[:, column[source]] for source, w in RECIPES[name].weights.items()]
        delta[:, column[name]] = np.sum(parts, axis=0)
    return np.ascontiguousarray(delta, np.float32)


def _close(base: F32, blink: F32, lid: Lid, scale: np.float32, centre: F32, radius: np.float32) -> None:
    """Correct `blink` (M + 1, 3) in place: meet the lower lid, and stay in front of the eyeball."""
    below = base[lid.lower[:, 0]] * (1 - lid.share)[:, None] + base[lid.lower[:, 1]] * lid.share[:, None]
    below[:, 1] -= OVERLAP * scale
    blink[lid.rows] += lid.spread @ (below - base[lid.upper] - blink[field().row[lid.upper]])
    vertex = field().vertex[lid.rows]
    open_, closed = base[vertex] - centre, base[vertex] + blink[lid.rows] - centre
    needed = np.linalg.norm(open_, axis=1)  # lashes swing about the eye
    skin = vertex < LASHES
    needed[skin] = np.minimum(needed[skin], radius + CLEARANCE)  # sockets lie inside the ball and stay there
    distance = np.linalg.norm(closed, axis=1)
    push = np.maximum(needed - distance, 0.0) / np.maximum(distance, 1e-6)
    blink[lid.rows] += push[:, None] * closed


@lru_cache(maxsize=2)
def _lid(side: str) -> Lid:
    base, f = base_positions(), field()
    mirror = open_pack().array("base/mirror") if side == "Right" else np.arange(len(base))
    upper, lower = (np.asarray(mirror[list(ridge)], np.int32) for ridge in (UPPER, LOWER))
    out = np.abs(base[:, 0])  # distance from the midline orders both margins
    at = np.clip(np.searchsorted(out[lower], out[upper]), 1, len(lower) - 1)
    pair = np.stack([lower[at - 1], lower[at]], axis=1)
    width = out[pair[:, 1]] - out[pair[:, 0]]
    share = np.clip((out[upper] - out[pair[:, 0]]) / np.maximum(width, 1e-6), 0.0, 1.0).astype(np.float32)
    blink = f.delta[:-1, SHAPES.index(f"eyeBlink{side}")]
    rows = np.flatnonzero(blink[:, 1] < -3e-4).astype(np.int32)
    travel = -blink[f.row[upper], 1]
    order = np.argsort(out[upper], kind="stable")
    hat = _hats(out[f.vertex[rows]], out[upper][order])
    reach = np.maximum(hat @ travel[order], 1e-3)
    amount = np.clip(-blink[rows, 1] / reach, 0.0, 1.25)
    spread = np.zeros((len(rows), len(upper)), np.float32)
    spread[:, order] = hat * amount[:, None]
    return Lid(upper, pair.astype(np.int32), share, rows, spread)


def _hats(x: NDArray[np.floating], knots: NDArray[np.floating]) -> F32:
    """Weights (N, K) of linear interpolation at `x` between increasing `knots`; constant beyond the ends."""
    at = np.clip(np.searchsorted(knots, x), 1, len(knots) - 1)
    width = np.maximum(knots[at] - knots[at - 1], 1e-6)
    t = np.clip((x - knots[at - 1]) / width, 0.0, 1.0)
    out = np.zeros((len(x), len(knots)), np.float32)
    every = np.arange(len(x))
    out[every, at - 1] = 1.0 - t
    out[every, at] = t
    return out


@lru_cache(maxsize=8)
def _turn(look: str, side: str) -> F32:
    """The rotation (3, 3) that turns the gaze, +Z, by GAZE[look] degrees. In is towards the nose."""
    angle = np.radians(GAZE[look])
    sign = 1.0 if look == "Up" or (look == "Out") == (side == "Left") else -1.0
    c, s = np.cos(angle), np.sin(angle) * (-1.0 if look == "Down" else sign)
    if look in ("Up", "Down"):
        return np.array(((1, 0, 0), (0, c, s), (0, -s, c)), np.float32)
    return np.array(((c, 0, s), (0, 1, 0), (-s, 0, c)), np.float32)
