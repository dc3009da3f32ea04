"""Levels of detail of parts: how many faces each gets, which ones, and how far they are off."""

from .gather import gather_level
from .ladder import Ladder, ladder
from .probes import Probes
from .shares import face_targets

__all__ = ["Ladder", "Probes", "face_targets", "gather_level", "ladder"]
