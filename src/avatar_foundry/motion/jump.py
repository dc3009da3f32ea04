"""Off the floor and back by the law of falling bodies."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .curves import ease
from .figure import Figure
from .gait import GRAVITY
from .take import Take

LEG = 0.88  # metres: the leg of the adult whose clock clips are written for
RUN_UP = 0.12  # seconds in which hips get up to speed, and lose it


def flight_share(entry: Mapping[str, Any], body: Figure) -> float:
    """How much longer a clip with a flight takes on this body: a jump's height goes with the legs, its time with their
    root."""
    return float(np.sqrt(body.leg / LEG)) if "flight" in entry else 1.0


def flight(take: Take, source: Mapping[str, Any]) -> None:
    """Add the parabola between take-off and landing to hips and feet; the clock is the nominal one.

    The hips already rise at full speed when the feet leave and still fall when they meet the floor again; the feet
    leave and land softly.
    """
    start, end = float(source["start"]), float(source["end"])
    s = np.clip((take.times - start) / (end - start), 0.0, 1.0)
    height = GRAVITY * (end - start) ** 2 / 8.0 / LEG  # leg lengths, whatever the leg
    rise = 4.0 * height * s * (1.0 - s)
    away = np.maximum(np.maximum(start - take.times, take.times - end), 0.0) / RUN_UP
    meeting = np.where(away < 1.0, away * (1.0 - away) ** 2, 0.0) * RUN_UP * 4.0 * height / (end - start)
    take.add("hips.y", rise - meeting)
    for side in ("left", "right"):
        take.add(f"{side}Foot.lift", rise * ease(s / 0.22) * ease((1.0 - s) / 0.22))
