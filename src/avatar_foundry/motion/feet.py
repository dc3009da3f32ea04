"""Where the feet are: placed flat on the floor, rolled over heel or ball, which stay where they are meanwhile."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..humanoid import INDEX
from .curves import ease
from .figure import SIDES, Figure
from .reach import Reach
from .take import Take
from .turning import about, apply, transposed

F64 = NDArray[np.float64]
#: Degrees by which toes bend upwards before the foot leaves the floor as a whole.
TOES_BEND = 58.0
#: Metres of more air under a swinging foot, per metre that it is longer than legs of this length usually have.
LONG = 0.08


class FootWay(NamedTuple):
    """ankle: (T, 3) metres. foot, toes: (T, 3, 3) turns of the rest pose in model space. held: (T,) 1 on the floor."""

    ankle: F64
    foot: F64
    toes: F64
    held: F64


def stance(body: Figure, reach: Reach) -> float:
    """Metres from the middle to a foot that stands one hip width out: never so near that the soles touch."""
    soles = reach.owners == INDEX["leftFoot"]
    wide = float(body.at[INDEX["leftFoot"], 0] - reach.points[soles, 0].min()) if soles.any() else 0.0
    return max(body.hip, min(wide, 0.14 * body.leg) * 1.02)


def foot_way(take: Take, body: Figure, reach: Reach, side: int) -> FootWay:
    """The way of one foot in the figure's own space (its way over the floor taken off)."""
    name, sign = SIDES[side], 1.0 if side == 0 else -1.0
    foot, toes = INDEX[f"{name}Foot"], INDEX[f"{name}Toes"]
    ankle = body.at[foot]
    ball = body.at[toes] - ankle
    rest_yaw = np.degrees(np.arctan2(ball[0], ball[2]))
    own = np.isin(reach.owners, (foot, toes))
    sole = reach.points[own] - ankle if own.any() else np.array([[0.0, body.floor - ankle[1], 0.0]])
    straight = about(1, -rest_yaw)
    ball, sole = straight @ ball, sole @ straight.T
    low = sole[:, 1].min()
    near = sole[sole[:, 1] < low + 0.012 * body.leg]
    heel = np.array([0.0, low, near[:, 2].min()])
    if not body.present[toes]:  # a stiff foot rolls over its tip
        ball = np.array([0.0, low, near[:, 2].max()])

    yaw = take[f"{name}Foot.yaw"] * sign
    pitch = take[f"{name}Foot.pitch"]
    up, over = np.maximum(pitch, 0.0), np.minimum(pitch, 0.0)
    roll = about(0, -pitch)
    # a little below the joint, so that the sole under it and the toes before it share what skin slides
    under = ball + 0.15 * np.array([0.0, low - ball[1], 0.0])
    pivot = np.where(up[:, None] > 0.0, heel, under)
    hub = pivot - apply(roll, pivot)
    lift = take[f"{name}Foot.lift"]
    # long feet on short legs, as chibis have them, would scrape along the floor
    spare = LONG * max(float(np.ptp(sole[:, 2])) - 0.45 * body.leg, 0.0)
    raised = lift * body.leg + spare * ease(lift / 0.03)
    held = ease(1.0 - lift / 0.06) * (1.0 - take[f"{name}Foot.free"])
    # toes droop once they are off the floor, by less than they are above it
    length = max(float(sole[:, 2].max() - ball[2]), 0.02 * body.leg)
    droop = np.degrees(np.arcsin(np.clip(0.6 * raised / length, 0.0, 1.0)))
    flat = up + np.minimum(over + TOES_BEND, 0.0) + np.maximum(np.maximum(0.4 * over, -0.4 * TOES_BEND), -droop)
    facing = about(1, yaw)
    across = body.at[0, 0] + sign * stance(body, reach) * take[f"{name}Foot.x"]
    at = np.stack([across, raised, _ahead(body) + body.leg * take[f"{name}Foot.z"]], axis=-1)
    at[:, 1] += reach.floor - low
    toe_roll = about(0, -flat)
    # the sole's own outermost points say how far it would sink, those between foot and toes as skin blends them
    toed = reach.toed[own] if own.any() else np.zeros(1)
    tip = ((sole - ball) @ transposed(toe_roll))[:, :, 1] + apply(roll, ball)[:, 1:2]
    deep = ((sole @ transposed(roll))[:, :, 1] * (1.0 - toed) + tip * toed).min(axis=1)
    at[:, 1] += np.maximum(low - hub[:, 1] - deep - raised, 0.0)
    at += apply(facing, hub)
    if take.stepping:
        middle = body.at[0] * [1.0, 0.0, 1.0]  # the figure turns about the line through its hips
        around = about(1, take[f"{name}Foot.round"] - take["root.turn"])
        at = apply(around, at - middle) + middle
        facing = around @ facing
    return FootWay(at, facing @ roll @ straight, facing @ toe_roll @ straight, held)


def _ahead(body: Figure) -> float:
    """Metres, +Z of the standing ankles: where they rest, if that is near to below the hips."""
    feet = [leg.joints[2] for leg in body.legs]
    offset = float(body.at[feet, 2].mean() - body.at[0, 2])
    return float(body.at[0, 2]) + float(np.clip(offset, -0.07 * body.leg, 0.05 * body.leg))
