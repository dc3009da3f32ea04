"""Arms: angles first, kept off the body, then led to a place that the body's own measures set."""

import numpy as np
from numpy.typing import NDArray

from ..humanoid import INDEX
from .figure import SIDES, Figure
from .girdle import LAG, Trunk, arm_angles, girdle, hanging_socket, socket
from .hands import put_fingers
from .limbs import aimed, bone_frames, solve
from .places import hand_place
from .reach import Reach
from .take import Take
from .turning import apply, bent, mirrored_turn, mixed, transposed, unit

F64 = NDArray[np.float64]


def put_arm(
    take: Take, body: Figure, reach: Reach, trunk: Trunk, out: F64, at: F64, side: int, clear: tuple[F64, F64]
) -> None:
    """Write one arm's rotations into `out` (T, 65, 3, 3); `at` (T, 65, 3) holds the joints of the trunk and the legs.

    clear: (T,) degrees of swing and out that keep the arm off the body, from `clearance`.
    """
    name, limb = SIDES[side], body.arms[side]
    shoulder, upper, lower, hand = (INDEX[name + b] for b in ("Shoulder", "UpperArm", "LowerArm", "Hand"))
    free = arm_angles(take, side, clear)
    led, place = hand_place(take, body, reach, trunk, at, side)

    # the girdle goes along with the way of the arm; a place that leads the hand counts for the arm's way too
    way = free.upper
    if place is not None:
        resting = trunk.chest_at + apply(trunk.chest, hanging_socket(body, side))
        inside = apply(transposed(trunk.chest), unit(place[0] - resting))
        way = unit(way * (1.0 - led)[:, None] + inside * led[:, None])
    turned = girdle(way, side, take.late(f"{name}Arm.shrug", 0.02))
    out[:, shoulder] = trunk.chest @ body.t[shoulder] @ turned
    start = trunk.chest_at + apply(trunk.chest, socket(body, side, turned))

    up, low, axis = (apply(trunk.chest, v) for v in free)
    if place is not None:
        point, facing = place
        wrist = start + limb.lengths[0] * up + limb.lengths[1] * low
        middle = body.at[INDEX[f"{name}MiddleProximal"]] - body.at[hand]
        goal = point - apply(facing, 0.75 * body.rest[hand].T @ middle)
        goal = wrist * (1.0 - led)[:, None] + goal * led[:, None]
        up, low, axis = solve(start, goal, limb.lengths, aimed(axis, wrist - start, goal - start))
    out[:, upper] = bone_frames(up, axis, limb.frames[0], body.rest[upper])
    out[:, lower] = bone_frames(low, axis, limb.frames[1], body.rest[lower])

    turn = bent(take.late(f"{name}Arm.wrist", LAG), take.late(f"{name}Arm.palm", LAG / 2), take[f"{name}Arm.side"])
    own = out[:, lower] @ (body.t[lower].T @ body.t[hand]) @ (turn if side == 0 else mirrored_turn(turn))
    out[:, hand] = own if place is None else mixed(own, place[1], led)
    put_fingers(take, body, out, side)
