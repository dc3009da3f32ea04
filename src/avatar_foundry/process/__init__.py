"""From an uploaded mesh to a working avatar: read, check, mend, rig, skin, face, levels, files."""

from .options import Options
from .run import process, validate

__all__ = ["Options", "process", "validate"]
