"""Where regions lie on a sheet: the smallest sheet that shows them nearly as sharp as they are."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..avatar import F32
from ..geometry.rectangles import pack
from .atlas_regions import Region

GUTTER = 4  # pixels around each region that show what lies beside it, so that mip levels do not bleed
GRAIN = 4  # cells begin and end on multiples of this: halves and quarters of a sheet are whole
SHARP = 0.9  # share of the wanted pixels for which the next larger sheet is not taken
STEPS = 7  # halvings of the interval in which the scale is sought


class Cell(NamedTuple):
    """A rectangle of the sheet, pixels, gutter included, and the window of uv space inside its gutter."""

    x: int
    y: int
    width: int
    height: int
    window: tuple[float, float, float, float]

    @property
    def around(self) -> tuple[float, float, float, float]:
        """The window that the whole cell shows."""
        u0, v0, u1, v1 = self.window
        du = (u1 - u0) * GUTTER / (self.width - 2 * GUTTER)
        dv = (v1 - v0) * GUTTER / (self.height - 2 * GUTTER)
        return u0 - du, v0 - dv, u1 + du, v1 + dv

    def map(self, uvs: F32, sheet: tuple[int, int]) -> F32:
        """uvs (U, 2) of the material's own picture -> uvs on the sheet (width, height)."""
        u0, v0, u1, v1 = self.window
        local = (uvs.astype(np.float64) - (u0, v0)) / (max(u1 - u0, 1e-9), max(v1 - v0, 1e-9))
        inner = self.width - 2 * GUTTER, self.height - 2 * GUTTER
        corner = self.x + GUTTER, self.y + GUTTER
        return np.asarray((np.array(corner) + np.clip(local, 0.0, 1.0) * inner) / sheet, np.float32)


def lay_out(regions: Sequence[Region], size: int) -> tuple[tuple[int, int], list[Cell]] | None:
    """The sheet (width, height), powers of two up to `size`, and each region's cell on it; None for too many."""
    for sheet in sheets(size):
        if cells := largest(regions, sheet, 0.0 if sheet == (size, size) else SHARP):
            return sheet, cells
    return None


def largest(regions: Sequence[Region], sheet: tuple[int, int], least: float) -> list[Cell] | None:
    """The cells at the largest scale between `least` and 1 at which they fit; None when they do not at `least`."""
    if cells := placed(regions, sheet, 1.0):
        return cells
    low, high = least, 1.0
    cells = placed(regions, sheet, low)
    for _ in range(STEPS if cells else 0):
        middle = (low + high) / 2
        if trial := placed(regions, sheet, middle):
            low, cells = middle, trial
        else:
            high = middle
    return cells


def sheets(size: int) -> list[tuple[int, int]]:
    """From a sixteenth of the largest sheet up."""
    return [(size // 4, size // 4), (size // 2, size // 4), (size // 2, size // 2), (size, size // 2), (size, size)]


def placed(regions: Sequence[Region], sheet: tuple[int, int], scale: float) -> list[Cell] | None:
    """The cells when every region gets `scale` of what it wants; None when they do not fit."""
    sizes = [(edge(w * scale), edge(h * scale)) for _, (w, h) in regions]
    if sum(w * h for w, h in sizes) > sheet[0] * sheet[1]:
        return None
    corners = pack(sizes, *sheet)
    if corners is None:
        return None
    return [Cell(x, y, w, h, r.window) for (x, y), (w, h), r in zip(corners, sizes, regions, strict=True)]


def edge(pixels: float) -> int:
    """A cell's edge for so many pixels of content."""
    return max(-int(-pixels // GRAIN), 1) * GRAIN + 2 * GUTTER
