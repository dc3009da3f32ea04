"""The face over time: blinks, glances and the mouth of somebody who speaks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .curves import curve, ease
from .take import Take

F64 = NDArray[np.float64]
_CLOSE, _SHUT, _OPEN = 0.07, 0.04, 0.15  # seconds; lids fall faster than they rise (VanderWerf et al. 2003)


def blink(take: Take, at: Sequence[float]) -> None:
    """Both lids close at these seconds."""
    weight = np.zeros(len(take.times))
    for start in at:
        t = take.times - start
        rising = 1.0 - ease((t - _CLOSE - _SHUT) / _OPEN)
        weight = np.maximum(weight, np.where(t < _CLOSE, ease(t / _CLOSE), rising))
    for side in ("Left", "Right"):
        _put(take, f"eyeBlink{side}", weight)


def glance(take: Take, looks: Sequence[Sequence[float]]) -> None:
    """Eyes jump to (seconds, turn, nod) and stay there; the way takes 25 ms and 2.5 ms per degree (main sequence)."""
    period = float(take.times[-1]) if take.loop else 0.0
    for k, channel in ((1, "eyes.turn"), (2, "eyes.nod")):
        keys, last = [], looks[-1][k] if take.loop else 0.0
        for look in looks:
            keys += [[look[0], last], [look[0] + 0.025 + 0.0025 * abs(look[k] - last), look[k]]]
            last = look[k]
        take.add(channel, curve(take.times, keys, period))


def look_by_shapes(take: Take) -> None:
    """Glances as shapes, for a figure without eye bones; 30 degrees are a full shape."""
    turn, nod = take["eyes.turn"] / 30.0, take["eyes.nod"] / 30.0
    for left, right, weight in (("Out", "In", turn), ("In", "Out", -turn), ("Down", "Down", nod), ("Up", "Up", -nod)):
        _put(take, f"eyeLook{left}Left", weight)
        _put(take, f"eyeLook{right}Right", weight)


def express(take: Take, shape: str, weight: F64) -> None:
    """A shape; a name ending in * stands for both sides, the left one a little stronger, as faces are."""
    if shape.endswith("*"):
        _put(take, f"{shape[:-1]}Left", weight)
        _put(take, f"{shape[:-1]}Right", 0.92 * weight)
    else:
        _put(take, shape, weight)


def speak(take: Take, sounds: Sequence[Sequence[float | str]]) -> None:
    """Visemes (seconds, sound, weight): each fades into the next."""
    starts = [float(s[0]) for s in sounds] + [float(sounds[-1][0]) + 0.2]
    for k, (start, sound, weight) in enumerate(sounds):
        before = starts[k - 1] if k else max(float(start) - 0.1, 0.0)  # the mouth is still when a clip begins
        after = starts[k + 1]
        keys = [[before, 0.0], [float(start), float(weight)], [after, 0.0]]
        _put(take, f"viseme_{sound}", curve(take.times, keys))


def _put(take: Take, shape: str, weight: F64) -> None:
    take.shapes[shape] = np.clip(np.maximum(take.shapes.get(shape, 0.0), weight), 0.0, 1.0)
