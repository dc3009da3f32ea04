"""Arms: angles first, then kept off the body, then led to a place that the body's own measures set."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..humanoid import INDEX
from ..rig.pose import ABOVE, BELOW, FORWARD
from .curves import envelope
from .figure import SIDES, Figure
from .hands import put_fingers
from .limbs import Bent, aimed, bone_frames, hanging, solve
from .reach import Reach
from .take import Take
from .turning import apply, bent, frames, mirrored_turn, mixed, transposed, unit

F64 = NDArray[np.float64]
#: Metres of air between a hanging arm and the body, per metre of arm.
AIR = 0.02
_LAG = 0.05  # seconds by which the elbow follows the shoulder, and the wrist the elbow


class Trunk(NamedTuple):
    """What arms hang on, each over time: turns (T, 3, 3) of hips and upper chest from rest, their joints (T, 3)."""

    hips: F64
    chest: F64
    hips_at: F64
    chest_at: F64


def put_arm(
    take: Take, body: Figure, reach: Reach, trunk: Trunk, out: F64, at: F64, side: int, clear: tuple[F64, F64]
) -> None:
    """Write one arm's rotations into `out` (T, 65, 3, 3); `at` (T, 65, 3) holds the joints of the trunk and the legs.

    clear: (T,) degrees of swing and out that keep the arm off the body, from `clearance`.
    """
    name, limb = SIDES[side], body.arms[side]
    shoulder, upper, lower, hand = (INDEX[name + b] for b in ("Shoulder", "UpperArm", "LowerArm", "Hand"))
    ch = trunk.chest
    free = _angles(take, name, side, clear)
    weights = [np.clip(take[f"{name}Arm.{place}"], 0.0, 1.0) for place in ("chest", "lap", "hip")]
    led = np.clip(sum(weights), 0.0, 1.0)

    # the girdle goes along with the way of the arm; a place that leads the hand counts for the arm's way too
    places = _places(take, body, reach, trunk, at, out, side)
    resting = trunk.chest_at + apply(ch, body.at[upper] - body.at[INDEX["upperChest"]])
    target, facing = _blend(places, weights)
    way = free.upper
    if led.any():
        inside = apply(transposed(ch), unit(target - resting))
        way = unit(way * (1.0 - led)[:, None] + inside * led[:, None])
    girdle = _girdle(way, side, take.late(f"{name}Arm.shrug", 0.02))
    out[:, shoulder] = ch @ body.t[shoulder] @ girdle
    start = trunk.chest_at + apply(ch, _socket(body, side, girdle))

    up, low, axis = (apply(ch, v) for v in free)
    a, b = limb.lengths
    wrist = start + a * up + b * low
    turn = bent(take.late(f"{name}Arm.wrist", _LAG), take.late(f"{name}Arm.palm", _LAG / 2), take[f"{name}Arm.side"])
    turn = turn if side == 0 else mirrored_turn(turn)
    link = transposed(body.t[lower]) @ body.t[hand]
    if led.any():
        middle = INDEX[f"{name}MiddleProximal"]
        palm = transposed(body.rest[hand]) @ (body.at[middle] - body.at[hand]) * 0.75
        goal = target - apply(facing, palm)
        goal = wrist * (1.0 - led)[:, None] + goal * led[:, None]
        solved = solve(start, goal, limb.lengths, aimed(axis, wrist - start, goal - start))
        up, low, axis = solved
    out[:, upper] = bone_frames(up, axis, limb.frames[0], body.rest[upper])
    out[:, lower] = bone_frames(low, axis, limb.frames[1], body.rest[lower])
    own = out[:, lower] @ link @ turn
    out[:, hand] = mixed(own, facing, led) if led.any() else own
    put_fingers(take, body, out, side)


def _angles(take: Take, name: str, side: int, clear: tuple[F64, F64]) -> Bent:
    arm = f"{name}Arm."
    return hanging(
        side, take[arm + "swing"] + clear[0], take[arm + "out"] + clear[1], take.late(arm + "turn", _LAG / 2),
        np.maximum(take.late(arm + "elbow", _LAG), 1.0), hinge=-1.0,
    )  # fmt: skip


def _girdle(way: F64, side: int, shrug: F64) -> F64:
    """(T, 3, 3) turn of the shoulder bone: rig.pose.girdle over time, after the shrug."""
    raised = np.degrees(np.arcsin(np.clip(way[:, 1], -1.0, 1.0)))
    ahead = np.degrees(np.arcsin(np.clip(way[:, 2], -1.0, 1.0)))
    share = bent(raised * np.where(raised > 0, ABOVE, BELOW), 0.0, -FORWARD * np.maximum(ahead, 0.0))
    turn = bent(shrug) @ share
    return turn if side == 0 else mirrored_turn(turn)


def _socket(body: Figure, side: int, girdle: F64) -> F64:
    """(T, 3) from the upper chest's joint to the arm's, in the chest's frame, with the girdle turned."""
    shoulder, upper = (INDEX[SIDES[side] + b] for b in ("Shoulder", "UpperArm"))
    moved = body.t[shoulder] @ girdle @ body.rest[shoulder].T
    return np.asarray(
        body.at[shoulder] - body.at[INDEX["upperChest"]] + apply(moved, body.at[upper] - body.at[shoulder])
    )


def _blend(places: list[tuple[F64, F64]], weights: list[F64]) -> tuple[F64, F64]:
    """The mean place and the hand's rotation there; the weights say which places count."""
    target, facing = places[0]
    total = weights[0].copy()
    for (point, rotation), weight in zip(places[1:], weights[1:], strict=True):
        total = total + weight
        share = np.where(total > 1e-9, weight / np.maximum(total, 1e-9), 0.0)
        target = target * (1.0 - share)[:, None] + point * share[:, None]
        facing = mixed(facing, rotation, share)
    return target, facing


def _hand(side: int, fingers: F64, palm: F64) -> F64:
    """(T, 3, 3) a hand whose fingers point along `fingers` and whose palm faces `palm` (+Z of the hand)."""
    x = np.cross(fingers, palm)
    return frames(fingers, x)


def _places(
    take: Take, body: Figure, reach: Reach, trunk: Trunk, at: F64, out: F64, side: int
) -> list[tuple[F64, F64]]:
    """Where the hand's palm goes and how it turns: before the chest, on the thigh, on the hip; model space."""
    name, sign = SIDES[side], 1.0 if side == 0 else -1.0
    arm, count = f"{name}Arm.", len(out)
    ones = np.ones(count)
    hand = INDEX[f"{name}Hand"]
    thick = reach.girths[hand]
    # before the chest, in its frame: from the middle between the shoulders, off the surface at that height
    hanging_down = _girdle(np.array([[0.0, -1.0, 0.0]]), side, np.zeros(1))
    shoulders = body.at[INDEX["upperChest"]] + _socket(body, side, hanging_down)[0]
    length = body.arms[side].reach
    x, y, z = (take[arm + c] for c in "xyz")
    height = shoulders[1] - body.at[0, 1] + y * length
    across = x * length
    surface = _front(reach, height, across)
    here = np.stack([sign * (across + 0.0), shoulders[1] + y * length, body.at[0, 2] + surface + thick + z * length], 1)
    here[:, 0] += sign * thick * np.exp(-((across / (0.06 * length)) ** 2))  # palms that meet have a thickness
    here[:, 0] += body.at[0, 0]
    chest = trunk.chest_at + apply(trunk.chest, here - body.at[INDEX["upperChest"]])
    raised, inward, face = (np.radians(take[arm + c]) for c in ("fingers", "inward", "face"))
    fingers = np.stack([-sign * np.sin(inward) * np.cos(raised), np.sin(raised), np.cos(inward) * np.cos(raised)], 1)
    inside = np.stack([-sign * np.cos(inward), 0 * ones, -np.sin(inward)], 1)
    below = -np.cross(fingers, inside) * sign
    palm = inside * np.cos(face)[:, None] + below * np.sin(face)[:, None]
    facing = trunk.chest @ _hand(side, fingers, palm)
    # on the middle of the thigh
    thigh, knee = INDEX[f"{name}UpperLeg"], INDEX[f"{name}LowerLeg"]
    along = at[:, knee] - at[:, thigh]
    ahead = unit(along)
    top = np.array([0.0, 1.0, 0.0]) - ahead * ahead[:, 1:2]
    top = unit(top + 0.25 * np.array([sign, 0.0, 0.0]))
    flesh = min(1.12 * reach.girths[thigh], 0.17 * body.legs[side].reach)  # a robe gives way
    lap = at[:, thigh] + 0.55 * along + top * (flesh + thick)
    lap_way = unit(ahead - 0.3 * sign * np.array([1.0, 0.0, 0.0]) + 0.04 * top)
    # on the hip's crest, thumb to the back
    crest = 0.5 * (body.at[INDEX["spine"], 1] - body.at[0, 1])
    angle = np.radians(72.0)
    r = float(reach.around(np.array([crest]), np.array([sign * angle]))[0]) + thick + 0.01 * length
    there = np.array([sign * np.sin(angle) * r, crest, np.cos(angle) * r])
    hip = trunk.hips_at + apply(trunk.hips, np.tile(there, (count, 1)))
    hip_way = apply(trunk.hips, np.tile(unit(np.array([-0.15 * sign, -0.5, 0.85])), (count, 1)))
    hip_palm = apply(trunk.hips, np.tile(np.array([-sign, -0.15, -0.1]), (count, 1)))
    return [
        (chest, facing),
        (lap, _hand(side, lap_way, -top)),
        (hip, _hand(side, hip_way, hip_palm)),
    ]


def _front(reach: Reach, height: F64, across: F64) -> F64:
    """(T,) metres, +Z of the surface before the axis, at heights above the hips and that far to the side."""
    best = np.zeros(len(height))
    for angle in np.radians((0.0, 15.0, 30.0, 45.0)):
        r = np.maximum(reach.around(height, np.full(len(height), angle)),
                       reach.around(height, np.full(len(height), -angle)))  # fmt: skip
        covers = r * np.sin(angle) >= np.abs(across) - 0.03
        best = np.maximum(best, np.where(covers | (angle == 0.0), r * np.cos(angle), 0.0))
    return best


def clearance(take: Take, body: Figure, reach: Reach, trunk: Trunk, side: int) -> tuple[F64, F64]:
    """(T,) degrees of swing and out to add so that elbow, wrist and hand stay off hips and chest; smooth over time."""
    name, sign, limb = SIDES[side], 1.0 if side == 0 else -1.0, body.arms[side]
    lower, hand, middle = (INDEX[name + b] for b in ("LowerArm", "Hand", "MiddleProximal"))
    palm = float(np.linalg.norm(body.at[middle] - body.at[hand]))
    (a, b), length = limb.lengths, limb.reach
    swing, out = np.zeros(len(take.times)), np.zeros(len(take.times))
    free = 1.0 - np.clip(sum(take[f"{name}Arm.{p}"] for p in ("chest", "lap", "hip")), 0.0, 1.0)
    if not free.any():
        return swing, out
    window = max(1, round(0.1 * take.fps))
    upright = 1.0 - np.clip(take["root.lie"] * 4.0, 0.0, 1.0)
    # a bent finger reaches half the palm's length towards the body
    curled = 0.42 * palm * np.clip(take[f"{name}Arm.curl"] / 0.26, 0.0, 1.0)
    # stations along the forearm: metres from the elbow, and how thick the arm is there
    along = np.array([0.0, 0.6 * b, b, b + palm, b + 1.6 * palm])[:, None, None]
    forearm, flesh = reach.girths[lower], reach.girths[hand]
    thick = np.stack([0.9 * forearm + 0 * curled, 0.8 * forearm + 0 * curled, flesh + 0 * curled,
                      flesh + 0.3 * curled, 0.5 * flesh + curled]) + AIR * length  # fmt: skip
    chest_from_hips = body.at[INDEX["upperChest"]] - body.at[0]
    to_hips = transposed(trunk.hips) @ trunk.chest
    between = apply(transposed(trunk.hips), trunk.chest_at - trunk.hips_at)
    for _ in range(4):
        bones = _angles(take, name, side, (swing, out))
        from_chest = _socket(body, side, _girdle(bones.upper, side, 0.0 * out)) + a * bones.upper + along * bones.lower
        inside = between + apply(to_hips, from_chest)
        blend = np.clip(inside[..., 1:2] / max(reach.high, 1e-3) * 1.5, 0.0, 1.0)
        p = inside * (1.0 - blend) + (from_chest + chest_from_hips) * blend
        angle, r = np.arctan2(p[..., 0], p[..., 2]), np.hypot(p[..., 0], p[..., 2])
        # arms longer than the figure is tall: their ends are led outwards, off the floor
        height = (trunk.chest_at[:, 1] + (trunk.chest[:, 1:2] @ from_chest[..., None])[..., 0, 0]) - reach.floor
        grounded = np.clip((thick - height).max(axis=0), 0.0, 0.5 * length) * upright
        spread = np.degrees(np.arccos(1.0 - grounded / (length + 1.6 * palm)))
        sunk = np.clip(reach.around(p[..., 1], angle) + thick - r, 0.0, 0.4 * length)
        if max(sunk.max(), grounded.max()) < 1e-4:
            break
        push = np.degrees(sunk / (a + along[..., 0]))
        # what stands out to the front goes on to the front; most goes to the side
        ahead, aside = push * np.cos(angle), push * np.abs(np.sin(angle)) * (sign * p[..., 0] > 0.0)
        behind = 0.6 * np.maximum(-ahead, 0.0).max(axis=0)
        swing = swing + 0.35 * envelope(np.maximum(ahead, 0.0).max(axis=0), window, take.loop) * free
        out = out + envelope(np.maximum.reduce([aside.max(axis=0), behind, spread]), window, take.loop) * free
    return swing, out
