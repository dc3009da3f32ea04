"""Steel as a smith leaves it, and gilding."""

import numpy as np

from .. import colour
from .field import Surface, cloudy, noise, normal_map, orm_map, strokes, tint


def steel(color: str | None = None, size: int = 1024) -> Surface:
    """Planished plate: shallow hammer marks, brushing, scratches, a breath of tarnish."""
    light = colour.parse(color or "#c5c8ce")
    hammer = noise(size, 11, 24, 0.35)
    hammer = np.where(hammer > 0, hammer * 0.5, hammer)  # dents are deeper than the ridges between them
    brush = noise(size, 12, 150, 0.6, 9.0)
    scratch = strokes(size, 13, 150, 0.16) + 0.6 * strokes(size, 14, 220, 0.05)
    stain = cloudy(size, 15, 5)
    texel = size / 1024
    height = hammer * (0.20 * texel) + brush * (0.014 * texel) - scratch * (0.30 * texel)
    rough = 0.26 + 0.025 * brush + 0.05 * np.maximum(stain, 0) + 0.16 * scratch
    value = 1 - 0.045 * np.maximum(stain, 0) - 0.012 * hammer - 0.012 * brush + 0.05 * scratch
    warm = 1 + np.maximum(stain, 0)[..., None] * np.array((0.006, 0.0, -0.014), np.float32)
    return Surface(
        tint(light, value[..., None] * warm),
        normal_map(height, 1.0),
        orm_map(np.ones_like(rough), rough, 1.0),
        1.0,
        0.3,
    )


def gilding(color: str | None = None, size: int = 1024) -> Surface:
    """Burnished gold with a darker breath in the hollows."""
    light = colour.parse(color or "#d9a441")
    dents = noise(size, 21, 34, 0.5)
    worn = cloudy(size, 22, 7)
    fine = noise(size, 23, 120, 0.6)
    scratch = strokes(size, 24, 160, 0.06)
    rough = 0.26 + 0.06 * np.maximum(worn, 0) + 0.02 * fine + 0.12 * scratch
    value = 1 - 0.10 * np.maximum(-worn, 0) - 0.03 * fine
    height = (dents * 0.30 + fine * 0.04 - scratch * 0.2) * (size / 1024)
    return Surface(tint(light, value), normal_map(height, 1.0), orm_map(np.ones_like(rough), rough, 1.0), 1.0, 0.3)
