"""How sure the fit is: of the figure as a whole and of each joint."""

from collections.abc import Mapping

import numpy as np

from .limbs import Limbs
from .volume import F64


def rate(
    limbs: Limbs, joints: Mapping[str, F64], asymmetry: float, given: frozenset[str]
) -> tuple[float, tuple[str, ...], dict[str, float]]:
    """humanoid 0..1, reasons against, confidence per joint; `given` joints came from the user."""
    reasons = []
    if limbs.legs is None or limbs.leg_score < 0.5:
        reasons.append("no pair of legs was found")
    if limbs.arms is None or limbs.arm_score < 0.5:
        reasons.append("no pair of arms was found")
    if asymmetry > 0.6:
        reasons.append(f"left and right differ too much ({asymmetry:.2f})")
    humanoid = float(np.clip(0.5 * limbs.leg_score + 0.5 * limbs.arm_score - max(asymmetry - 0.5, 0.0), 0.0, 1.0))
    confidence = {}
    for name in joints:
        arm = name.endswith(("Shoulder", "UpperArm", "LowerArm", "Hand"))
        leg = name.endswith(("Leg", "Foot", "Toes"))
        score = limbs.arm_score if arm else limbs.leg_score if leg else humanoid
        confidence[name] = 1.0 if name in given else 0.85 * float(score)
    return humanoid, tuple(reasons), confidence
