"""Legs: hips as high as the planted feet allow, then two-bone inverse kinematics down to the ankles."""

import numpy as np
from numpy.typing import NDArray

from ..humanoid import INDEX
from .curves import envelope
from .feet import FootWay
from .figure import SIDES, Figure
from .limbs import STRAIGHT, bone_frames, hanging, solve
from .take import Take
from .turning import about, apply, mixed, unit

F64 = NDArray[np.float64]
#: Share of a leg's length between hip and planted ankle at most: a standing knee is never locked.
STANDING, PLANTED = 0.9955, 0.9968
AIRBORNE = (0.9, 0.99)


def standing_height(body: Figure, ways: tuple[FootWay, FootWay]) -> float:
    """Metres above the ground of the hips with both feet flat where `ways` begin, knees just soft."""
    heights = []
    for leg, way in zip(body.legs, ways, strict=True):
        offset = body.at[leg.joints[0]] - body.at[0]
        ankle = way.ankle.min(axis=0)
        heights.append(ankle[1] + STANDING * leg.reach - offset[1])
    return float(min(heights))


def lower_hips(take: Take, body: Figure, ways: tuple[FootWay, FootWay], hips: F64, turn: F64) -> F64:
    """(T, 3) hips low enough for every planted foot; smooth, and never higher than asked."""
    excess = np.zeros(len(hips))
    for leg, way in zip(body.legs, ways, strict=True):
        joint = hips + apply(turn, body.at[leg.joints[0]] - body.at[0])
        away = joint - way.ankle
        flat = np.hypot(away[:, 0], away[:, 2])
        allowed = np.sqrt(np.maximum((PLANTED * leg.reach) ** 2 - flat**2, 0.0))
        excess = np.maximum(excess, np.where(way.held > 0.999, away[:, 1] - allowed, 0.0))
    down = envelope(np.maximum(excess, 0.0), max(1, round(0.07 * take.fps)), take.loop)
    return np.asarray(hips - down[:, None] * [0.0, 1.0, 0.0])


def put_leg(take: Take, body: Figure, way: FootWay, out: F64, at: F64, side: int) -> None:
    """Write one leg's rotations into `out` (T, 65, 3, 3) and its joints into `at` (T, 65, 3); the hips are there."""
    name, limb, sign = SIDES[side], body.legs[side], 1.0 if side == 0 else -1.0
    thigh, shin, foot = limb.joints
    toes, end = INDEX[f"{name}Toes"], INDEX[f"{name}ToesEnd"]
    hips = out[:, 0] @ body.rest[0].T
    start = at[:, 0] + apply(hips, body.at[thigh] - body.at[0])
    free = np.clip(take[f"{name}Foot.free"], 0.0, 1.0)
    yaw = np.radians(sign * (take[f"{name}Foot.knee"] + 0.7 * take[f"{name}Foot.yaw"]))
    # the knee bends square to where it points: between the way of the foot and that of the hips
    ahead = unit(0.5 * apply(way.foot, _facing(body, side)) + 0.5 * hips[:, :, 2])
    toed = 0.7 * sign * take[f"{name}Foot.yaw"]
    yaw = np.degrees(yaw) - toed
    hinge = apply(about(1, yaw), np.cross(np.array([0.0, 1.0, 0.0]), ahead))
    ankle, foot_turn, toe_turn = way.ankle, way.foot, way.toes
    if free.any():
        angles = hanging(
            side, take[f"{name}Leg.swing"], take[f"{name}Leg.out"], -take[f"{name}Leg.turn"],
            take[f"{name}Leg.knee"], hinge=1.0,
        )  # fmt: skip
        up, low, axis = (apply(hips, v) for v in angles)
        loose = start + limb.lengths[0] * up + limb.lengths[1] * low
        hinge = unit(hinge * (1.0 - free)[:, None] + axis * free[:, None])
        ankle = ankle * (1.0 - free)[:, None] + loose * free[:, None]
        shin_turn = np.stack([axis, -low, np.cross(axis, -low)], axis=-1)
        flat = about(1, sign * 8.0) @ about(1, -_rest_yaw(body, side))
        hanging_foot = shin_turn @ about(0, -take[f"{name}Leg.ankle"]) @ flat
        foot_turn = mixed(foot_turn, hanging_foot, free)
        toe_turn = mixed(toe_turn, hanging_foot, free)
    up, low, axis = solve(start, ankle, limb.lengths, hinge, *_limits(way.held))
    out[:, thigh] = bone_frames(up, axis, limb.frames[0], body.rest[thigh])
    out[:, shin] = bone_frames(low, axis, limb.frames[1], body.rest[shin])
    out[:, foot] = foot_turn @ body.rest[foot]
    out[:, toes] = toe_turn @ body.rest[toes]
    out[:, end] = toe_turn @ body.rest[end]
    at[:, thigh] = start
    at[:, shin] = start + limb.lengths[0] * up
    at[:, foot] = at[:, shin] + limb.lengths[1] * low


def _rest_yaw(body: Figure, side: int) -> float:
    """Degrees about +Y of the resting foot's way from straight ahead."""
    way = body.at[INDEX[f"{SIDES[side]}Toes"]] - body.at[INDEX[f"{SIDES[side]}Foot"]]
    return float(np.degrees(np.arctan2(way[0], way[2])))


def _facing(body: Figure, side: int) -> F64:
    """(3,) the level way of the resting foot."""
    yaw = np.radians(_rest_yaw(body, side))
    return np.array([np.sin(yaw), 0.0, np.cos(yaw)])


def _limits(held: F64) -> tuple[F64, F64]:
    """Shares of a leg's length up to which it follows its foot exactly, and at most: a leg in the air stays softer."""
    return AIRBORNE[0] + (PLANTED - AIRBORNE[0]) * held, AIRBORNE[1] + (STRAIGHT - AIRBORNE[1]) * held
