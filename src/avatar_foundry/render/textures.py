"""Textures at the size that a picture needs: decoded small, looked up bilinearly."""

from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import Texture

F32 = NDArray[np.float32]
MOST = 4  # halvings: beyond it a texture is a few flat colours anyway


class Pixels(NamedTuple):
    """texels: (H * W,) u32, RGBA in memory order."""

    texels: NDArray[np.uint32]
    width: int
    height: int


class Textures:
    """Decoded textures of one picture or sheet, by image and halvings."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Texture, Pixels]] = {}

    def at(self, texture: Texture, density: float) -> Pixels:
        """`texture` for pictures with `density` full-size texels per pixel side."""
        level = int(np.clip(np.log2(max(density, 1.0)) + 0.3, 0, MOST))
        key = (id(texture), level)  # the texture is kept beside its pixels, so that its id stays its own
        if key not in self._known:
            self._known[key] = (texture, _decode(texture.data, level))
        return self._known[key][1]


def _decode(data: bytes, level: int) -> Pixels:
    image = Image.open(BytesIO(data))
    width, height = max(image.width >> level, 1), max(image.height >> level, 1)
    if level:
        image.draft("RGB", (width, height))  # JPEG decodes at 1/2, 1/4, 1/8 for less than full size costs
    rgba = image.convert("RGBA")
    if (factor := min(rgba.width // width, rgba.height // height)) > 1:
        rgba = rgba.reduce(factor)
    array = np.ascontiguousarray(np.asarray(rgba))
    return Pixels(array.reshape(-1, 4).view(np.uint32)[:, 0], rgba.width, rgba.height)


def sample(pixels: Pixels, uv: F32) -> F32:
    """(N, 4) f32 in 0..1 as stored, bilinear with repeat. uv: (N, 2), origin top-left."""
    w, h = pixels.width, pixels.height
    x, y = (uv[:, 0] % 1.0) * w - 0.5, (uv[:, 1] % 1.0) * h - 0.5
    x0, y0 = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    fx, fy = (x - x0).astype(np.float32), (y - y0).astype(np.float32)
    x1, x0 = (x0 + 1) % w, x0 % w
    y1, y0 = (y0 + 1) % h * w, y0 % h * w
    out = np.zeros((len(uv), 4), np.float32)
    for row, fraction in ((y0, 1 - fy), (y1, fy)):
        for column, share in ((x0, 1 - fx), (x1, fx)):
            texel = pixels.texels[row + column].view(np.uint8).reshape(-1, 4)
            out += texel * (fraction * share)[:, None]
    out *= np.float32(1 / 255)
    return out


_STEPS = 4096
_CURVE = np.arange(_STEPS + 1, dtype=np.float64) / _STEPS
_LINEAR = np.where(_CURVE <= 0.04045, _CURVE / 12.92, ((_CURVE + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear(srgb: F32) -> F32:
    """sRGB 0..1 -> linear (IEC 61966-2-1), to 1/4096 of the input's range."""
    return _LINEAR[(srgb * _STEPS + 0.5).astype(np.int32)]
