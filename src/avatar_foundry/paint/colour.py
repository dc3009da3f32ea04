"""Colour arithmetic: sRGB and linear, Lab, names of hair, iris and cloth colours. Colours are linear RGB float32."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..avatar import F32
from ..errors import RecipeError

IRIS: Mapping[str, str] = {
    "brown": "#6b4426", "dark brown": "#3d2516", "light brown": "#8a5a2e", "amber": "#b0762a", "hazel": "#857040",
    "green": "#5f8048", "blue": "#4f7fa8", "light blue": "#86b2d0", "deep blue": "#2f5488", "teal": "#3f8a8c",
    "grey": "#7f8b92", "gray": "#7f8b92", "ice": "#b4cfd8", "violet": "#7a5fa8", "red": "#a02a22", "gold": "#d0a040",
    "black": "#1c1410", "white": "#d8dcdc", "pink": "#c8709a",
}  # fmt: skip
HAIR: Mapping[str, str] = {
    "black": "#17130f", "dark brown": "#2e2018", "brown": "#4a3222", "light brown": "#7a5a3c", "chestnut": "#5a3220",
    "auburn": "#5c2c1e", "red": "#76351f", "ginger": "#98552f", "copper": "#84452b", "dark blond": "#7d6546",
    "blond": "#b39a70", "blonde": "#b39a70", "golden": "#b8935a", "strawberry": "#b08460", "platinum": "#e2d6bc",
    "grey": "#8e8c8a", "gray": "#8e8c8a", "silver": "#bcbcc0", "white": "#e8e6e2", "salt and pepper": "#5e5b58",
    "pink": "#d66a9a", "blue": "#2f6ac0", "green": "#3f8a50", "purple": "#6a3fa0", "teal": "#2a8f94",
    "scarlet": "#b01822", "orange": "#d8701e", "violet": "#7a4fb0", "turquoise": "#3aa8a8",
}  # fmt: skip
CLOTH: Mapping[str, str] = {
    "black": "#1b1b1d", "white": "#eceae6", "grey": "#808285", "gray": "#808285", "red": "#a02626", "navy": "#22304f",
    "blue": "#2f5fa0", "green": "#3a6b40", "olive": "#5d5f3a", "brown": "#5a4030", "tan": "#b09470", "beige": "#cdbb9c",
    "cream": "#e6dcc4", "purple": "#5b3a78", "pink": "#d18aa0", "orange": "#c8702a", "yellow": "#d8b53a",
    "teal": "#2a7a7a", "maroon": "#5e1f28", "crimson": "#9c1c30", "gold": "#b48a3c", "silver": "#b4b8bc",
    "denim": "#45638a", "khaki": "#a89a6c", "charcoal": "#3a3b3e", "ivory": "#e8e2d0", "turquoise": "#3a9a9c",
}  # fmt: skip
_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")

_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_RGB = np.linalg.inv(_XYZ)
_WHITE = np.array([0.95047, 1.0, 1.08883])
LUMA: F32 = np.array([0.2126, 0.7152, 0.0722], np.float32)


def linear(srgb: ArrayLike) -> F32:
    """Linear light of sRGB values 0..1 (IEC 61966-2-1)."""
    s = np.asarray(srgb, np.float32)
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4).astype(np.float32)


def srgb(light: ArrayLike) -> F32:
    """sRGB values 0..1 of linear light, clipped to the gamut."""
    x = np.clip(np.asarray(light, np.float32), 0.0, 1.0)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055).astype(np.float32)


def lab_to_linear(lab: ArrayLike) -> F32:
    """Linear RGB (..., 3) of CIE L*a*b* (D65), clipped at zero."""
    lightness, a, b = np.moveaxis(np.asarray(lab, np.float64), -1, 0)
    y = (lightness + 16) / 116
    f = np.stack([y + a / 500, y, y - b / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _WHITE
    return np.asarray(np.maximum(xyz @ _RGB.T, 1e-4), np.float32)


def bytes_of(rgb: ArrayLike) -> tuple[int, int, int]:
    """An sRGB byte triple for one linear colour."""
    r, g, b = np.rint(srgb(rgb) * 255).astype(int).tolist()
    return r, g, b


@lru_cache(maxsize=1024)
def _parsed(name: str, table: str) -> tuple[float, float, float]:
    named = {"iris": IRIS, "hair": HAIR, "cloth": CLOTH}[table]
    text = named.get(name.strip().lower().replace("_", " ").replace("-", " "), name.strip())
    found = _HEX.fullmatch(text)
    if not found:
        raise RecipeError(f"unknown {table} colour {name!r}", hint=f"use #rrggbb or one of: {', '.join(sorted(named))}")
    digits = found[1] if len(found[1]) == 6 else "".join(c * 2 for c in found[1])
    r, g, b = linear([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]).tolist()
    return r, g, b


def parse(name: str, table: str = "cloth") -> F32:
    """Linear RGB (3,) of "#rrggbb", "#rgb" or a name of `table` (iris, hair or cloth). Raises RecipeError."""
    return np.array(_parsed(name, table), np.float32)


@lru_cache(maxsize=1)
def _linear_table() -> F32:
    return linear(np.arange(256, dtype=np.float32) / 255)


def decode(image: NDArray[np.uint8]) -> F32:
    """Linear light of an 8-bit sRGB array, any shape."""
    return _linear_table()[image]


@lru_cache(maxsize=1)
def _srgb_table() -> NDArray[np.uint8]:
    return np.rint(srgb((np.arange(4096, dtype=np.float32) / 4095) ** 2) * 255).astype(np.uint8)


def encode(light: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """8-bit sRGB of linear light, any shape; a table over the square root keeps the darks exact to half a step."""
    index = (np.sqrt(np.clip(light, 0.0, 1.0)) * np.float32(4095.0) + np.float32(0.5)).astype(np.uint16)
    return np.asarray(_srgb_table()[index])
