"""The parametric body: named parameters in, a base mesh in metres out."""

from .evaluate import BODY_VERTICES, evaluate, evaluate_batch, natural_height, stature
from .measure import measure
from .parameters import PARAMETERS, Parameter
from .surface import BodyMesh, base_vertices, body_mesh, body_part

__all__ = [
    "BODY_VERTICES",
    "PARAMETERS",
    "BodyMesh",
    "Parameter",
    "base_vertices",
    "body_mesh",
    "body_part",
    "evaluate",
    "evaluate_batch",
    "measure",
    "natural_height",
    "stature",
]
