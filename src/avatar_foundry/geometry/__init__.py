"""Geometry kernels: arrays in, arrays out, never an Avatar."""

from .memo import by_content, content_digest
from .normals import corner_angles, face_normals, sum_corners, unit, vertex_normals
from .seams import split_seams
from .tangents import tangents
from .triangles import (
    boundary_edges,
    components,
    face_cross,
    is_closed,
    origin_faces,
    signed_volume,
    surface_area,
    triangulate,
    triangulate_pair,
    weld,
)

__all__ = [
    "boundary_edges",
    "by_content",
    "components",
    "content_digest",
    "corner_angles",
    "face_cross",
    "face_normals",
    "is_closed",
    "origin_faces",
    "signed_volume",
    "split_seams",
    "sum_corners",
    "surface_area",
    "tangents",
    "triangulate",
    "triangulate_pair",
    "unit",
    "vertex_normals",
    "weld",
]
