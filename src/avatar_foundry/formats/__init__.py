"""Bytes in and out: what files look like. Knows nothing of engines."""

from .glb import GlbOptions, write_glb
from .glb_reader import read_glb
from .inspect import describe, inspect_glb
from .split import stored_counts

__all__ = ["GlbOptions", "describe", "inspect_glb", "read_glb", "stored_counts", "write_glb"]
