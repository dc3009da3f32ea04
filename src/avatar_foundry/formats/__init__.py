"""Bytes in and out: what files look like. Knows nothing of engines."""

from .glb import GlbOptions, write_glb
from .split import stored_counts

__all__ = ["GlbOptions", "stored_counts", "write_glb"]
