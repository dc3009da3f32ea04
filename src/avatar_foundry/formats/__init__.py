"""Bytes in and out: what files look like. Knows nothing of engines."""

from .fbx import FbxOptions, write_fbx
from .glb import GlbOptions, write_glb
from .glb_reader import read_glb
from .inspect import describe, inspect_glb
from .obj import write_obj_zip
from .split import stored_counts
from .unrigged import compressible, unrigged
from .usdz import UsdzOptions, write_usdz

__all__ = [
    "FbxOptions",
    "GlbOptions",
    "UsdzOptions",
    "compressible",
    "describe",
    "inspect_glb",
    "read_glb",
    "stored_counts",
    "unrigged",
    "write_fbx",
    "write_glb",
    "write_obj_zip",
    "write_usdz",
]
