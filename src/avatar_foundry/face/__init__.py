"""Faces that move: the 52 ARKit shapes, 15 visemes and 5 extras, carried onto every part of the head."""

from .carry import carry
from .names import ARKIT, EXTRAS, SHAPES, VISEMES
from .normals import morph_normals
from .scale import head_scale
from .shapes import Shape, shapes

__all__ = ["ARKIT", "EXTRAS", "SHAPES", "VISEMES", "Shape", "carry", "head_scale", "morph_normals", "shapes"]
