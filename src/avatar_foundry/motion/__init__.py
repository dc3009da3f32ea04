"""Motion: a library of clips, solved for each skeleton from curves, laws of gait and inverse kinematics."""

from .clip import make_clip
from .library import CLIPS, ClipInfo
from .reach import Reach, reach_of

__all__ = ["CLIPS", "ClipInfo", "Reach", "make_clip", "reach_of"]
