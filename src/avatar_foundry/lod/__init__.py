"""Levels of detail of parts: how many faces each gets, which ones, and how far they are off."""

from .gather import gather_level
from .ladder import Ladder, Rung, is_trim, item_ladder, ladder
from .masked import drawn_faces
from .probes import Probes
from .shares import choose_rungs, face_targets
from .warm import warm

__all__ = [
    "Ladder",
    "Probes",
    "Rung",
    "choose_rungs",
    "drawn_faces",
    "face_targets",
    "gather_level",
    "is_trim",
    "item_ladder",
    "ladder",
    "warm",
]
