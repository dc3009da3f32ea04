"""Fingers: one curl for the hand, shared out as a relaxed hand does, and an index that may stay straight."""

import numpy as np
from numpy.typing import NDArray

from ..humanoid import INDEX
from .figure import SIDES, Figure
from .take import Take
from .turning import bent, mirrored_turn, transposed

F64 = NDArray[np.float64]
_FINGERS = ("Index", "Middle", "Ring", "Little")
_SEGMENTS = ("Proximal", "Intermediate", "Distal")
_FIST = (74.0, 92.0, 56.0)  # degrees of the three joints in a fist
_SHARE = (0.82, 0.96, 1.08, 1.16)  # a relaxed hand closes towards the little finger
_SPREAD = (-4.0, 0.0, 3.5, 8.0)  # degrees of the open hand, apart from the middle finger
_THUMB = (("ThumbMetacarpal", 26.0), ("ThumbProximal", 34.0), ("ThumbDistal", 48.0))


def put_fingers(take: Take, body: Figure, out: F64, side: int) -> None:
    """Write the rotations of one hand's fingers into `out` (T, 65, 3, 3); its hand is there already."""
    name = SIDES[side]
    curl, point = take.late(f"{name}Arm.curl", 0.04), take[f"{name}Arm.point"]
    if np.ptp(curl) == 0.0 and np.ptp(point) == 0.0:
        curl, point = curl[:1], point[:1]  # a hand that keeps its shape needs it once
    hand = INDEX[f"{name}Hand"]

    def put(bone: int, parent: int, turn: F64) -> None:
        turn = turn if side == 0 else mirrored_turn(turn)
        out[:, bone] = out[:, parent] @ (transposed(body.t[parent]) @ body.t[bone]) @ turn

    for k, finger in enumerate(_FINGERS):
        share = curl + (1.0 - np.clip(curl, 0.0, 1.0)) * curl * (_SHARE[k] - 1.0)
        if k == 0:
            share = share * (1.0 - point)
        parent = hand
        for segment, fist in zip(_SEGMENTS, _FIST, strict=True):
            bone = INDEX[f"{name}{finger}{segment}"]
            spread = _SPREAD[k] * (1.0 - np.clip(curl, 0.0, 1.0)) if segment == "Proximal" else 0.0
            put(bone, parent, bent(share * fist, 0.0, spread))
            parent = bone
    parent = hand
    for segment, fist in _THUMB:
        bone = INDEX[name + segment]
        put(bone, parent, bent(curl * fist))
        parent = bone
