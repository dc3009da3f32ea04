"""Shoulders: what arms hang on, how the girdle goes along with them, and where that puts their joints."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..humanoid import INDEX
from ..rig.pose import ABOVE, BELOW, FORWARD
from .figure import SIDES, Figure
from .limbs import Bent, hanging
from .take import Take
from .turning import apply, bent, mirrored_turn

F64 = NDArray[np.float64]
LAG = 0.05  # seconds by which the elbow follows the shoulder, and the wrist the elbow


class Trunk(NamedTuple):
    """What arms hang on, each over time: turns (T, 3, 3) of hips and upper chest from rest, their joints (T, 3)."""

    hips: F64
    chest: F64
    hips_at: F64
    chest_at: F64


def arm_angles(take: Take, side: int, clear: tuple[F64, F64]) -> Bent:
    """The arm by the take's angles, in the chest's frame; clear: degrees of swing and out on top."""
    arm = f"{SIDES[side]}Arm."
    return hanging(
        side, take[arm + "swing"] + clear[0], take[arm + "out"] + clear[1], take.late(arm + "turn", LAG / 2),
        np.maximum(take.late(arm + "elbow", LAG), 1.0), hinge=-1.0,
    )  # fmt: skip


def girdle(way: F64, side: int, shrug: F64) -> F64:
    """(T, 3, 3) turn of the shoulder bone: rig.pose.girdle over time, after the shrug."""
    raised = np.degrees(np.arcsin(np.clip(way[:, 1], -1.0, 1.0)))
    ahead = np.degrees(np.arcsin(np.clip(way[:, 2], -1.0, 1.0)))
    share = bent(raised * np.where(raised > 0, ABOVE, BELOW), 0.0, -FORWARD * np.maximum(ahead, 0.0))
    turn = bent(shrug) @ share
    return turn if side == 0 else mirrored_turn(turn)


def socket(body: Figure, side: int, turn: F64) -> F64:
    """(T, 3) from the upper chest's joint to the arm's, in the chest's frame, with the girdle turned."""
    shoulder, upper = (INDEX[SIDES[side] + b] for b in ("Shoulder", "UpperArm"))
    moved = body.t[shoulder] @ turn @ body.rest[shoulder].T
    return np.asarray(
        body.at[shoulder] - body.at[INDEX["upperChest"]] + apply(moved, body.at[upper] - body.at[shoulder])
    )


def hanging_socket(body: Figure, side: int) -> F64:
    """(3,) as `socket`, of an arm that hangs."""
    return np.asarray(socket(body, side, girdle(np.array([[0.0, -1.0, 0.0]]), side, np.zeros(1)))[0])
