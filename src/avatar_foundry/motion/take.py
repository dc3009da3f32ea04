"""A take: what a body does over time, in channels that mean the same on every body."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .curves import delayed

F64 = NDArray[np.float64]

#: Every channel of a group and its value when a clip says nothing. Angles in degrees, lengths in the shares named.
#:
#: hips    x left, y up, z ahead in leg lengths from standing; pitch to the front, yaw to the left, roll to the right
#: trunk   bend to the front, turn to the left, lean to the right, shared out over the spine; breath 0..1 of a full one
#: head    as trunk, over neck and head; level 0..1: how much of the trunk's turn the head gives back
#: arm     swing to the front and out to the side from hanging, turn inwards about the upper arm, elbow, palm (roll
#:         to the back), wrist (towards the palm), side (towards the thumb), shrug, curl 0..1 of a fist, point 0..1 of
#:         the index; chest, lap, hip 0..1: the hand's way to a place: before the chest (x outwards, y above the
#:         shoulders, z off the surface, in arm lengths), on the thigh, on the hip; fingers (up), face (palm down) and
#:         inward: its angles before the chest
#: leg     swing, out, turn (toes out), knee, ankle: in use as far as foot.free says
#: foot    x outwards in hip widths, z ahead and lift in leg lengths, yaw outwards, pitch (toes up; below 0 the heel
#:         rises over the ball), knee (outwards), free 0..1: follows the leg's angles instead of the floor;
#:         round: degrees to the left that the foot has gone around the figure's middle, where that steps
#: root    x left, z ahead in leg lengths and turn to the left: the way over the floor; lie 0..1: it rests on the floor
#: eyes    turn to the left, nod downwards
DEFAULTS: dict[str, dict[str, float]] = {
    "hips": dict.fromkeys(("x", "y", "z", "pitch", "yaw", "roll"), 0.0),
    "trunk": dict.fromkeys(("bend", "turn", "lean", "breath"), 0.0),
    "head": dict.fromkeys(("bend", "turn", "lean", "level"), 0.0),
    "arm": {
        **dict.fromkeys(
            ("palm", "side", "point", "shrug", "chest", "lap", "hip", "x", "y", "z", "face", "inward"), 0.0
        ),
        **{"swing": 3.0, "out": 7.0, "turn": 14.0, "elbow": 16.0, "wrist": 5.0, "curl": 0.26, "fingers": 45.0},
    },
    "leg": {**dict.fromkeys(("swing", "turn", "ankle"), 0.0), "out": 4.0, "knee": 6.0},
    "foot": {**dict.fromkeys(("z", "lift", "pitch", "knee", "free", "round"), 0.0), "x": 1.34, "yaw": 9.0},
    "root": dict.fromkeys(("x", "z", "turn", "lie"), 0.0),
    "eyes": dict.fromkeys(("turn", "nod"), 0.0),
}


@dataclass(eq=False, slots=True)
class Take:
    """times: (T,) seconds. channels: "group.channel" -> (T,); arms, legs and feet by side: "leftArm.swing".

    shapes: face shape -> (T,). floor: the body is kept on the floor.
    stepping: feet stand still while the root turns, and go around by "foot.round".
    """

    times: F64
    fps: float
    loop: bool
    channels: dict[str, F64] = field(default_factory=dict)
    shapes: dict[str, F64] = field(default_factory=dict)
    floor: bool = False
    stepping: bool = False

    def __getitem__(self, name: str) -> F64:
        """(T,) a channel, or its default throughout."""
        if name in self.channels:
            return self.channels[name]
        group, channel = name.split(".")
        kind = group.removeprefix("left").removeprefix("right").lower()
        return np.full(len(self.times), DEFAULTS[kind][channel])

    def late(self, name: str, seconds: float) -> F64:
        """(T,) a channel that follows `seconds` behind: overlapping action."""
        return delayed(self[name], seconds * self.fps, self.loop)

    def add(self, name: str, values: F64) -> None:
        """Add to a channel."""
        self.channels[name] = self[name] + values
