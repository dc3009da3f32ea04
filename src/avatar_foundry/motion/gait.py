"""Walking and running by the laws that hold for legs of every length: speed by Froude number, phases by duty factor."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .curves import curve
from .figure import Figure
from .take import Take

F64 = NDArray[np.float64]
GRAVITY = 9.81
TAU = 2.0 * np.pi


def stride_seconds(gait: Mapping[str, Any], body: Figure) -> float:
    """Seconds of two steps: longer legs swing slower, as pendulums do."""
    return float(gait["stride"] * np.sqrt(body.leg / 0.88))


def speed(gait: Mapping[str, Any], body: Figure, step: float = 1.0) -> float:
    """Metres per second at the gait's Froude number v^2 / (g l), by `step` slower where steps are that much shorter."""
    return float(step * np.sqrt(gait["froude"] * GRAVITY * body.leg))


def gait_channels(take: Take, gait: Mapping[str, Any], body: Figure, period: float, step: float = 1.0) -> None:
    """Add a gait's cycle to the take: left foot strikes at the start, right foot half a cycle later.

    period: of the take's clock, which need not run in seconds of this body. step: share of the usual length of a step.
    """
    phase = take.times / period
    stride = speed(gait, body, step) * stride_seconds(gait, body) / body.leg
    duty = gait["duty"]
    for side, offset in (("left", 0.0), ("right", 0.5)):
        p = np.mod(phase - offset, 1.0)
        take.add(f"{side}Foot.z", _track(p, stride, duty) + gait.get("ahead", 0.0))
        take.add(f"{side}Foot.pitch", curve(p, gait["pitch"], 1.0))
        take.add(f"{side}Foot.lift", curve(p, gait["lift"], 1.0))
        take.channels[f"{side}Foot.x"] = np.full(len(p), float(gait["width"]))
        take.channels[f"{side}Foot.yaw"] = np.full(len(p), float(gait["toes_out"]))
    stance = duty / 2.0  # of the left foot's middle
    once, twice = np.cos(TAU * (phase - stance)), np.cos(2 * TAU * (phase - gait["highest"]))
    stride_wave = np.cos(TAU * phase)  # 1 when the left foot strikes
    take.add("hips.x", gait["sway"] * once)
    take.add("hips.y", gait["height"] + gait["bounce"] * twice)
    take.add("hips.roll", gait["list"] * np.cos(TAU * (phase - stance + 0.04)))
    take.add("hips.yaw", -gait["hip_turn"] * stride_wave)
    take.add("hips.pitch", gait["pitch_hips"] + gait.get("pitch_wave", 0.0) * np.cos(2 * TAU * (phase - 0.08)))
    take.add("trunk.turn", gait["chest_turn"] * np.cos(TAU * (phase - 0.01)))
    take.add("trunk.lean", -0.8 * gait["list"] * np.cos(TAU * (phase - stance)))
    take.add("trunk.bend", gait["bend"] + 1.2 * np.cos(2 * TAU * (phase - 0.1)))
    take.channels["head.level"] = np.full(len(phase), 0.92)
    for arm, sign, share in (("leftArm", -1.0, 0.94), ("rightArm", 1.0, 1.0)):
        swing = sign * share * np.cos(TAU * (phase - 0.02))
        # the way to the front is longer than the way back, and the elbow folds on it
        take.channels[f"{arm}.swing"] = gait["arm_rest"] + gait["arm_swing"] * (swing + 0.12 * swing * swing)
        take.channels[f"{arm}.elbow"] = gait["elbow"] + gait["elbow_wave"] * swing
        take.channels[f"{arm}.turn"] = gait["arm_turn"] + 8.0 * np.maximum(swing, 0.0) ** 2
        take.channels[f"{arm}.wrist"] = 4.0 - 6.0 * sign * share * np.cos(TAU * (phase - 0.1))


def _track(p: F64, stride: float, duty: float) -> F64:
    """(T,) how far ahead of the body a foot is, leg lengths: back at walking speed while it stands, then forward.

    The swing is the quintic that leaves and meets the floor at its speed, without a jump of the acceleration.
    """
    back = stride * duty / 2.0
    s = np.clip((p - duty) / (1.0 - duty), 0.0, 1.0)
    slope = -stride * (1.0 - duty)
    travelled = 2.0 * back - slope
    swing = -back + slope * s + travelled * s**3 * (10.0 - 15.0 * s + 6.0 * s * s)
    return np.where(p < duty, back - stride * p, swing)
