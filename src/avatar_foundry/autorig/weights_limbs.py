"""What a solid of centimetre cells cannot tell apart: fingers within a hand, and twist bones along a limb."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32
from ..rig.refine import TWIST, smooth_step

F64 = NDArray[np.float64]
FINGERS = ("Thumb", "Index", "Middle", "Ring", "Little")
_ENDS = {"UpperArm": "LowerArm", "LowerArm": "Hand", "UpperLeg": "LowerLeg", "LowerLeg": "Foot"}


def _on_line(points: F64, line: F64) -> tuple[F64, F64]:
    """Distance (P,) to a polyline (K, 3); place (P,) along it in lengths of its segments: 1.5 is amid the second."""
    best, place = np.full(len(points), np.inf), np.zeros(len(points))
    for k, (a, b) in enumerate(pairwise(line)):
        axis = b - a
        t = (points - a) @ axis / max(float(axis @ axis), 1e-12)
        inside = np.clip(t, 0.0, 1.0)
        far = np.linalg.norm(points - a - inside[:, None] * axis, axis=1)
        open_ = t if k == len(line) - 2 else np.minimum(t, 1.0)
        better = far < best
        best = np.where(better, far, best)
        place = np.where(better, k + np.clip(open_, 0.0, 2.0), place)
    return best, place


def split_hand(weights: F32, points: F64, at: Mapping[str, F64], column: Mapping[str, int], side: str) -> None:
    """Share the weight of a hand, in place, among the hand and the fingers that the skeleton has.

    Each point belongs to one finger, the nearest ray from wrist to tip, and blends only along it.
    """
    rays: list[tuple[list[str], F64]] = []
    hand = f"{side}Hand"
    for finger in FINGERS:
        parts = ("Metacarpal", "Proximal", "Distal") if finger == "Thumb" else ("Proximal", "Intermediate", "Distal")
        names = [n for n in (f"{side}{finger}{s}" for s in parts) if n in at]
        if names:
            joints = [at[n] for n in names]
            before = joints[-2] if len(joints) > 1 else at[hand]
            tip = joints[-1] + 0.9 * (joints[-1] - before) * (1.0 if len(joints) > 1 else 0.6)
            rays.append((names, np.array([at[hand], *joints, tip])))
    rows = np.flatnonzero(weights[:, column[hand]] > 0)
    if not rays or not len(rows):
        return
    found = [_on_line(points[rows], line) for _, line in rays]
    mine = np.argmin(np.stack([far for far, _ in found]), axis=0)
    whole = weights[rows, column[hand]].copy()
    for k, (names, line) in enumerate(rays):
        pick = np.flatnonzero(mine == k)
        place, left = found[k][1][pick], whole[pick].copy()
        weights[rows[pick], column[hand]] = 0.0
        lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
        girth = float(np.median(found[k][0][pick])) if len(pick) else 0.0
        previous = hand
        for i, name in enumerate(names):
            width = np.clip(1.6 * girth / lengths[i : i + 2], 0.15, 0.8)
            ahead = place - (i + 1)
            share = smooth_step(0.5 + np.where(ahead < 0, ahead / width[0], ahead / width[-1]))
            weights[rows[pick], column[previous]] += left * (1.0 - share)
            left = left * share
            previous = name
        weights[rows[pick], column[previous]] += left


def split_twists(weights: F32, points: F64, at: Mapping[str, F64], column: Mapping[str, int]) -> None:
    """Hand the twist bones their share of a limb, in place, as on our own bodies."""
    for side in ("left", "right"):
        for bone, end in _ENDS.items():
            if f"{side}{bone}Twist" not in column or side + bone not in column or side + end not in at:
                continue
            start, stop = at[side + bone], at[side + end]
            low, high = TWIST[bone]
            t = (points - start) @ (stop - start) / max(float((stop - start) @ (stop - start)), 1e-12)
            share = smooth_step((t - low) / (high - low))
            if bone.startswith("Upper"):
                share = 1.0 - share
            weights[:, column[f"{side}{bone}Twist"]] = weights[:, column[side + bone]] * share
            weights[:, column[side + bone]] *= 1.0 - share
