"""Off the floor and back by the law of falling bodies."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .figure import Figure
from .gait import GRAVITY
from .take import Take


def flight_share(entry: Mapping[str, Any], body: Figure) -> float:
    """How much longer a clip with a flight takes on this body: a jump's height goes with the legs, its time with their
    root."""
    return float(np.sqrt(body.leg / 0.88)) if "flight" in entry else 1.0


def flight(take: Take, source: Mapping[str, Any], body: Figure) -> None:
    """Add the parabola between take-off and landing to hips and feet; the clock is the nominal one."""
    start, end = float(source["start"]), float(source["end"])
    s = np.clip((take.times - start) / (end - start), 0.0, 1.0)
    height = GRAVITY * (end - start) ** 2 / 8.0 / 0.88  # leg lengths, whatever the leg
    rise = 4.0 * height * s * (1.0 - s)
    for channel in ("hips.y", "leftFoot.lift", "rightFoot.lift"):
        take.add(channel, rise)
    del body
