"""Joints that no body could have, and what becomes of them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
UNEVEN = 0.09  # heights: one shoulder joint above the other, in any pose that people take
SHOULDERS = 0.78  # of the way from hips to head
SIDES = ("left", "right")


def even_shoulders(joints: Mapping[str, F64], given: frozenset[str]) -> tuple[dict[str, F64], tuple[str, ...]]:
    """The joints at height 1 with a stray shoulder put where the other one has it, and the sides that strayed.

    given: joints that a person named; they are never moved.
    """
    out = dict(joints)
    arms = [f"{side}UpperArm" for side in SIDES]
    if any(name not in out for name in (*arms, "hips", "head", "neck")):
        return out, ()
    if abs(out[arms[0]][1] - out[arms[1]][1]) <= UNEVEN:
        return out, ()
    usual = out["hips"][1] + SHOULDERS * (out["head"][1] - out["hips"][1])
    stray = max((0, 1), key=lambda k: abs(out[arms[k]][1] - usual))
    side, other = SIDES[stray], SIDES[1 - stray]
    middle = 0.5 * (out["neck"][0] + out["hips"][0])
    for bone in ("Shoulder", "UpperArm"):
        name = f"{side}{bone}"
        if name in out and name not in given and f"{other}{bone}" in out:
            x, y, z = out[f"{other}{bone}"]
            out[name] = np.array([2.0 * middle - x, y, z])
    shoulder, hand = out[arms[stray]], out.get(f"{side}Hand")
    elbow = f"{side}LowerArm"
    if hand is not None and elbow in out and elbow not in given:
        straight = float(np.linalg.norm(hand - shoulder))
        bent = float(np.linalg.norm(out[elbow] - shoulder) + np.linalg.norm(hand - out[elbow]))
        if bent > 1.6 * max(straight, 1e-6):
            out[elbow] = 0.5 * (shoulder + hand)
    return out, (side,)


def given_across(given: Mapping[str, F64]) -> float:
    """How far to the left the places named "left" lie of those named "right", in heights; 0 when nothing says."""
    left = [float(p[0]) for name, p in given.items() if name.startswith("left")]
    right = [float(p[0]) for name, p in given.items() if name.startswith("right")]
    return sum(left) - sum(right)
