"""Bytes in and out: what files look like. Knows nothing of engines."""

from .glb import GlbOptions, write_glb

__all__ = ["GlbOptions", "write_glb"]
