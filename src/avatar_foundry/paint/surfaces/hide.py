"""Leather and fur."""

import numpy as np

from .. import colour
from .field import Surface, cloudy, noise, normal_map, orm_map, strokes, tint


def leather(color: str | None = None, size: int = 1024) -> Surface:
    """Waxed cowhide: pebbles between fine creases, rubbed lighter on the heights."""
    light = colour.parse(color or "#3d2616")
    grain = np.abs(noise(size, 31, 95, 0.35))
    pebble = np.minimum(grain, 1.0) ** 0.6
    crease = np.abs(noise(size, 32, 14, 0.7))
    crease = 1 - np.exp(-crease * 9)
    wear = cloudy(size, 33, 6)
    scratch = strokes(size, 34, 110, 0.05)
    height = (pebble * 0.85 + crease * 1.1 + 0.35 * wear - 0.5 * scratch) * (size / 1024)
    value = 0.80 + 0.16 * pebble + 0.10 * crease + 0.16 * wear * 0.5 + 0.12 * scratch
    rough = 0.58 - 0.08 * pebble + 0.07 * wear * 0.5 + 0.12 * (1 - crease)
    hollow = np.clip(0.75 + 0.25 * pebble, 0, 1) * (0.85 + 0.15 * crease)
    return Surface(tint(light, value), normal_map(height, 1.1), orm_map(hollow, rough, 0.0), 0.0, 0.58)


def fur(color: str | None = None, size: int = 1024) -> Surface:
    """Short fur, combed along v."""
    light = colour.parse(color or "#7a6a58")
    hair = noise(size, 41, 190, 0.5, 0.22) * 0.7 + noise(size, 42, 90, 0.6, 0.3) * 0.6
    tuft = cloudy(size, 43, 18)
    height = (hair * 1.5 + tuft * 1.2) * (size / 1024)
    value = np.clip(1.0 + 0.22 * hair + 0.16 * tuft, 0.2, 1.6)
    hollow = np.clip(0.85 + 0.15 * hair + 0.1 * tuft, 0.3, 1)
    return Surface(
        tint(light, value), normal_map(height, 0.9), orm_map(hollow, np.full_like(hair, 0.92), 0.0), 0.0, 0.92
    )
