"""Where hands can be led: before the chest, onto the thighs, onto the hips; from the body's own measures."""

import numpy as np
from numpy.typing import NDArray

from ..humanoid import INDEX
from .figure import SIDES, Figure
from .girdle import Trunk, hanging_socket
from .reach import Reach
from .take import Take
from .turning import apply, frames, mixed, unit

F64 = NDArray[np.float64]
Place = tuple[F64, F64]


def hand_place(take: Take, body: Figure, reach: Reach, trunk: Trunk, at: F64, side: int) -> tuple[F64, Place | None]:
    """How far a hand is led, (T,) 0..1, and where: its palm (T, 3) and rotation (T, 3, 3) in model space.

    at: (T, 65, 3) joints; those of the legs are there. Where several places count, the mean of them.
    """
    total = np.zeros(len(take.times))
    place: Place | None = None
    for name in ("chest", "lap", "hip"):
        weight = np.clip(take[f"{SIDES[side]}Arm.{name}"], 0.0, 1.0)
        if not weight.any():
            continue
        if name == "chest":
            found = _chest(take, body, reach, trunk, side)
        else:
            found = _lap(body, reach, at, side) if name == "lap" else _hip(body, reach, trunk, side)
        total = total + weight
        if place is not None:
            share = weight / np.maximum(total, 1e-9)
            mean = place[0] * (1.0 - share)[:, None] + found[0] * share[:, None]
            found = mean, mixed(place[1], found[1], share)
        place = found
    return np.clip(total, 0.0, 1.0), place


def _hand(fingers: F64, palm: F64) -> F64:
    """(T, 3, 3) a hand whose fingers point along `fingers` and whose palm faces `palm` (+Z of the hand)."""
    return frames(fingers, np.cross(fingers, palm))


def _chest(take: Take, body: Figure, reach: Reach, trunk: Trunk, side: int) -> Place:
    """In the chest's frame: from the middle between hanging shoulders, off the surface at that height."""
    arm, sign = f"{SIDES[side]}Arm.", 1.0 if side == 0 else -1.0
    thick, length = reach.girths[INDEX[f"{SIDES[side]}Hand"]], body.arms[side].reach
    level = body.at[INDEX["upperChest"], 1] + hanging_socket(body, side)[1]
    across, up, off = (take[arm + c] * length for c in "xyz")
    meeting = thick * np.exp(-((across / (0.06 * length)) ** 2))  # palms that meet have a thickness
    surface = _front(reach, level - body.at[0, 1] + up, across)
    here = np.stack([body.at[0, 0] + sign * (across + meeting), level + up, body.at[0, 2] + surface + thick + off], 1)
    raised, inward, face = (np.radians(take[arm + c]) for c in ("fingers", "inward", "face"))
    fingers = np.stack([-sign * np.sin(inward) * np.cos(raised), np.sin(raised), np.cos(inward) * np.cos(raised)], 1)
    inside = np.stack([-sign * np.cos(inward), 0.0 * inward, -np.sin(inward)], 1)
    palm = inside * np.cos(face)[:, None] - sign * np.cross(fingers, inside) * np.sin(face)[:, None]
    point = trunk.chest_at + apply(trunk.chest, here - body.at[INDEX["upperChest"]])
    return point, trunk.chest @ _hand(fingers, palm)


def _lap(body: Figure, reach: Reach, at: F64, side: int) -> Place:
    """On the middle of the thigh, fingers towards the knee."""
    name, out = SIDES[side], np.array([1.0 if side == 0 else -1.0, 0.0, 0.0])
    thigh, knee = INDEX[f"{name}UpperLeg"], INDEX[f"{name}LowerLeg"]
    along = at[:, knee] - at[:, thigh]
    ahead = unit(along)
    top = unit(np.array([0.0, 1.0, 0.0]) - ahead * ahead[:, 1:2])
    top = unit(top + 0.25 * out)
    flesh = min(1.28 * reach.girths[thigh], 0.17 * body.legs[side].reach)  # a robe gives way
    point = at[:, thigh] + 0.55 * along + top * (flesh + reach.girths[INDEX[f"{name}Hand"]])
    return point, _hand(unit(ahead - 0.3 * out + 0.04 * top), -top)


def _hip(body: Figure, reach: Reach, trunk: Trunk, side: int) -> Place:
    """On the hip's crest, thumb to the back."""
    sign, angle = (1.0, np.radians(72.0)) if side == 0 else (-1.0, np.radians(-72.0))
    crest = 0.5 * (body.at[INDEX["spine"], 1] - body.at[0, 1])
    r = float(reach.around(np.array([crest]), np.array([angle]))[0])
    r += reach.girths[INDEX[f"{SIDES[side]}Hand"]] + 0.01 * body.arms[side].reach
    there = np.array([np.sin(angle) * r, crest, np.cos(angle) * r])
    hand = _hand(np.array([[-0.15 * sign, -0.5, 0.85]]), np.array([[-sign, -0.15, -0.1]]))
    return trunk.hips_at + apply(trunk.hips, there), trunk.hips @ hand


def _front(reach: Reach, height: F64, across: F64) -> F64:
    """(T,) metres, +Z of the surface before the axis, at heights above the hips and that far to the side."""
    best = np.zeros(len(height))
    for angle in np.radians((0.0, 15.0, 30.0, 45.0)):
        r = np.maximum(reach.around(height, np.full(len(height), angle)),
                       reach.around(height, np.full(len(height), -angle)))  # fmt: skip
        covers = r * np.sin(angle) >= np.abs(across) - 0.03
        best = np.maximum(best, np.where(covers | (angle == 0.0), r * np.cos(angle), 0.0))
    return best
