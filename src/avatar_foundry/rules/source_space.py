"""Rules about an upload's size and how it stands."""

from collections.abc import Iterator

import numpy as np

from ..repair.guesses import guess_unit
from .registry import Cure, Finding
from .source_registry import source_rule
from .source_subject import Subject

SHORT, TALL = 0.4, 3.2  # metres; outside it is no figure, or another unit
SURE = 0.5  # guesses less likely than this are kept quiet
TURNED = 20.0  # degrees that a fitted figure may lean or look aside


@source_rule(
    "source/unit",
    severity="warning",
    cure=Cure("Rescale to Metres", "Scale the figure to the height of a person", 0.8, "rescale"),
)
def unit(subject: Subject) -> Iterator[Finding]:
    """The figure is between 0.4 and 3.2 metres tall.

    A hundred times that is centimetres taken for metres. Guessed from how tall figures are, and as sure as that."""
    whole = subject.whole
    if not len(whole.faces):
        return
    extent, up = subject.points, subject.up
    axis = up.axis if up.confidence >= SURE else 1
    height = float(np.ptp(extent[:, axis])) * subject.unit_metres
    if subject.fit is not None and subject.fit.scale > 0:
        height = float(np.ptp((extent @ np.asarray(subject.fit.turn, np.float64).T)[:, 1])) * subject.unit_metres
    if SHORT <= height <= TALL:
        return
    guess = guess_unit(height)
    numbers = {
        "height": round(height, 6),
        "scale": round(guess.metres, 9),
        "height_then": round(height * guess.metres, 4),
    }
    why = f"it was probably made in {guess.name}s" if guess.name else "its unit is arbitrary"
    fix = "rescale" if guess.confidence >= SURE else "-"
    yield Finding("implausible", f"The figure is {height:.4g} m tall; {why}", "", numbers, {}, guess.confidence, fix)


@source_rule(
    "source/up-axis",
    severity="warning",
    cure=Cure("Turn Upright", "Turn the figure so that its head points along +Y", 0.8, "turn-upright"),
)
def up_axis(subject: Subject) -> Iterator[Finding]:
    """The figure's head points along +Y.

    Another up axis lays it on its back in the engine. Without a skeleton it is a guess from extents, mirror symmetry
    and feet, and its confidence says so."""
    whole = subject.whole
    if not len(whole.faces):
        return
    if subject.fit is not None:
        up = np.asarray(subject.fit.turn, np.float64)[1]
        lean = float(np.degrees(np.arccos(np.clip(up[1], -1, 1))))
        if lean > TURNED:
            message = f"The figure leans {lean:.0f} degrees from upright"
            yield Finding(
                "leaning", message, "", {"degrees": round(lean, 2)}, {}, round(float(subject.fit.humanoid), 3)
            )
        return
    guess = subject.up
    if guess.confidence >= SURE and guess.name != "+Y":
        numbers = {"axis": guess.axis, "sign": guess.sign}
        message = f"The figure's head seems to point along {guess.name}"
        yield Finding("up", message, "", numbers, {}, guess.confidence)


@source_rule(
    "source/facing",
    severity="info",
    cure=Cure("Turn to the Front", "Turn the figure so that it faces +Z", 0.85, "turn-upright"),
)
def facing(subject: Subject) -> Iterator[Finding]:
    """The figure faces +Z.

    Told by the fitted figure, or by what the file says of itself (VRM 0 faces -Z); never guessed from the shape."""
    if subject.fit is not None:
        front = np.asarray(subject.fit.turn, np.float64)[2]
        aside = float(np.degrees(np.arctan2(np.hypot(front[0], 0.0), front[2]))) if abs(front[1]) < 0.9 else 0.0
        if aside > TURNED:
            message = f"The figure looks {aside:.0f} degrees away from +Z"
            yield Finding("aside", message, "", {"degrees": round(aside, 2)}, {}, round(float(subject.fit.humanoid), 3))
        return
    front_name = subject.source.front if subject.source is not None else None
    if front_name is not None and front_name != "+Z":
        yield Finding("declared", f"The file says that the figure faces {front_name}", "", {}, {}, 0.95)
