"""Skin, eyes, hair and cloth: textures made, encoded once and remembered."""

from .look import Look, SkinLook, colors
from .materials import material_for
from .warm import warm

__all__ = ["Look", "SkinLook", "colors", "material_for", "warm"]
