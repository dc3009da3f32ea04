"""Tileable height fields and what follows from them. Seeded: the same pixels in every process."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...avatar import F32
from .. import colour

U8 = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Surface:
    """base: (S, S, 3) sRGB.  normal: (S, S, 3), tangent space, green up.  orm: occlusion, roughness, metallic.

    metallic, roughness: glTF factors to use with (1, 1) or without (the means) the orm map.
    """

    base: U8 | None
    normal: U8 | None
    orm: U8 | None
    metallic: float = 1.0
    roughness: float = 1.0


def noise(size: int, seed: int, cycles: float, width: float = 0.5, stretch: float = 1.0) -> F32:
    """(size, size) tileable noise, mean 0, deviation 1, round about `cycles` waves per tile.

    width: of the band, in octaves. stretch: > 1 draws it out along x.
    """
    from scipy import fft

    spectrum = fft.rfft2(np.random.default_rng(seed).standard_normal((size, size), np.float32))
    fy = fft.fftfreq(size, 1 / size)[:, None]
    fx = fft.rfftfreq(size, 1 / size)[None] * stretch
    f = np.sqrt(fx * fx + fy * fy)
    f[0, 0] = 1.0
    band = np.exp(-((np.log2(f / cycles) / width) ** 2) / 2).astype(np.float32)
    band[0, 0] = 0
    out = np.asarray(fft.irfft2(spectrum * band, s=(size, size)), np.float32)
    return np.asarray(out / out.std(), np.float32)


def cloudy(size: int, seed: int, cycles: float) -> F32:
    """Three octaves, half as strong each."""
    out = (
        noise(size, seed, cycles)
        + 0.5 * noise(size, seed + 1, cycles * 2.3)
        + 0.25 * noise(size, seed + 2, cycles * 5.1)
    )
    return np.asarray(out / 1.15, np.float32)


def strokes(size: int, seed: int, count: int, longest: float, tilt: float = np.pi) -> F32:
    """(size, size) 0..1: thin straight scratches, longest in tiles."""
    rng = np.random.default_rng(seed)
    out = np.zeros((size, size), np.float32)
    steps = int(longest * size)
    start = rng.integers(0, size, (count, 2))
    angle = rng.uniform(-tilt / 2, tilt / 2, count)
    length = rng.uniform(0.15, 1, count) ** 2 * steps
    power = rng.uniform(0.25, 1, count).astype(np.float32)
    t = np.arange(steps)[None]
    on = t < length[:, None]
    x = ((start[:, :1] + np.cos(angle)[:, None] * t).astype(np.int64) % size)[on]
    y = ((start[:, 1:] + np.sin(angle)[:, None] * t).astype(np.int64) % size)[on]
    fade = (1 - np.abs(2 * t / np.maximum(length[:, None], 1) - 1)) * power[:, None]
    np.maximum.at(out, (y, x), fade[on].astype(np.float32))
    return out


def normal_map(height: NDArray[Any], strength: float) -> U8:
    """Normals of a height in texels."""
    gx = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * np.float32(0.5 * strength)
    gy = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * np.float32(0.5 * strength)
    scale = np.float32(127.5) / np.sqrt(gx * gx + gy * gy + 1)
    return np.stack([127.5 - gx * scale, 127.5 + gy * scale, 127.5 + scale], -1).astype(np.uint8)


def orm_map(occlusion: NDArray[Any], roughness: NDArray[Any], metallic: "NDArray[Any] | float") -> U8:
    """Pack three 0..1 fields."""
    fields = np.broadcast_arrays(
        occlusion, roughness, np.float32(metallic) if isinstance(metallic, float) else metallic
    )
    packed = (np.clip(np.stack(fields, -1), 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.asarray(packed)


def tint(light: F32, value: NDArray[Any]) -> U8:
    """sRGB bytes of a linear colour (3,) times a field (S, S) or (S, S, 3)."""
    return colour.encode(light * (value[..., None] if value.ndim == 2 else value))
