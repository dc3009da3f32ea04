"""Physically based shading of fragments: GGX under three soft lights and a small procedural studio.

Cook-Torrance with Smith-GGX and Schlick's Fresnel as in glTF 2.0 appendix B; ACES curve after Narkowicz (2016).
"""

from functools import lru_cache
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import Material, Texture

F32 = NDArray[np.float32]


def f32(values: Any) -> F32:
    """`values` as a float32 array."""
    return np.asarray(values, np.float32)


# Direction towards the light, linear radiance: key, fill, rim.
LIGHTS = (
    ((0.45, 0.75, 0.85), (2.5, 2.4, 2.25)),
    ((-0.9, 0.25, 0.5), (0.65, 0.72, 0.85)),
    ((0.1, 0.6, -1.0), (1.3, 1.3, 1.4)),
)
SKY, GROUND = f32((0.62, 0.66, 0.74)), f32((0.26, 0.23, 0.21))


class Surface(NamedTuple):
    """Fragments ready for light: position, normal, tangent (N, 3|4), uv (N, 2), all float32."""

    position: F32
    normal: F32
    tangent: F32 | None
    uv: F32 | None


@lru_cache(48)
def _pixels(data: bytes, mode: str) -> NDArray[np.uint8]:
    return np.asarray(Image.open(BytesIO(data)).convert(mode))


def linear(srgb: F32) -> F32:
    """sRGB 0..1 -> linear (IEC 61966-2-1)."""
    return f32(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4))


_LINEAR8 = linear(f32(np.arange(256) / 255))


def sample(texture: Texture, uv: F32, mode: str, srgb: bool) -> F32:
    """Bilinear look-up with repeat. (N, channels of `mode`) f32 in 0..1, colour channels linear when `srgb`."""
    pixels = _pixels(texture.data, mode)
    h, w = pixels.shape[:2]
    x, y = (uv[:, 0] % 1.0) * w - 0.5, (uv[:, 1] % 1.0) * h - 0.5
    x0, y0 = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    fx, fy = (x - x0)[:, None].astype(np.float32), (y - y0)[:, None].astype(np.float32)
    x1, y1, x0, y0 = (x0 + 1) % w, (y0 + 1) % h, x0 % w, y0 % h

    def get(yy: NDArray[np.int32], xx: NDArray[np.int32]) -> F32:
        texel = pixels[yy, xx]
        values = texel.astype(np.float32) / 255
        if srgb:
            values[:, :3] = _LINEAR8[texel[:, :3]]
        return f32(values)

    top = get(y0, x0) * (1 - fx) + get(y0, x1) * fx
    bottom = get(y1, x0) * (1 - fx) + get(y1, x1) * fx
    return f32(top * (1 - fy) + bottom * fy)


def base_color(material: Material, uv: F32 | None, count: int) -> F32:
    """(N, 4) linear base colour and alpha."""
    color = np.broadcast_to(f32(material.color), (count, 4))
    if material.base is None or uv is None:
        return color
    return f32(sample(material.base, uv, "RGBA", srgb=True) * color)


def _unit(v: F32) -> F32:
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    return f32(v / np.maximum(length, 1e-9))


def studio(direction: F32, roughness: F32) -> F32:
    """Radiance of the studio seen along `direction`: a gradient and two soft boxes, blurred by roughness."""
    t = np.clip(direction[:, 1:2] * 0.5 + 0.5, 0, 1)
    t = t * t * (3 - 2 * t)
    light = GROUND * (1 - t) + SKY * t
    for axis, _, gain in (((0.6, 0.5, 0.62), 0, 2.2), ((-0.75, 0.35, 0.55), 0, 1.1), ((0.0, 0.9, -0.4), 0, 1.0)):
        towards = _unit(f32(axis))
        width = (0.03 + 0.5 * roughness * roughness)[:, None]
        light = light + gain * np.exp((direction @ towards - 1)[:, None] / width) / (1 + 8 * roughness[:, None] ** 2)
    return f32(light)


def shade(material: Material, surface: Surface, albedo: F32, eye: NDArray[np.float64], occlusion: F32) -> F32:
    """(N, 3) radiance. albedo: (N, 3) linear. occlusion: (N, 1) 0 dark .. 1 open."""
    n = _unit(surface.normal)
    view = _unit((eye - surface.position).astype(np.float32))
    if material.normal is not None and surface.tangent is not None and surface.uv is not None:
        bump = sample(material.normal, surface.uv, "RGB", srgb=False) * 2 - 1
        t = _unit(surface.tangent[:, :3])
        b = np.cross(n, t) * np.sign(surface.tangent[:, 3:4])
        s = np.float32(material.normal_scale)
        n = _unit(t * bump[:, 0:1] * s + b * bump[:, 1:2] * s + n * np.maximum(bump[:, 2:3], 0.05))
    n = np.where((n * view).sum(1, keepdims=True) < 0, -n, n) if material.double_sided else n
    count = len(n)
    rough = np.full(count, material.roughness, np.float32)
    metal = np.full((count, 1), material.metallic, np.float32)
    if material.orm is not None and surface.uv is not None:
        orm = sample(material.orm, surface.uv, "RGB", srgb=False)
        rough, metal, occlusion = rough * orm[:, 1], metal * orm[:, 2:3], occlusion * orm[:, 0:1]
    rough = np.clip(rough, 0.06, 1.0)
    f0 = 0.04 * (1 - metal) + albedo * metal
    diffuse = albedo * (1 - metal)
    a2 = (rough**4)[:, None]
    nv = np.maximum((n * view).sum(1, keepdims=True), 1e-3)
    out = np.zeros((count, 3), np.float32)
    for axis, color in LIGHTS:
        light = _unit(f32(axis))
        nl = np.clip(n @ light, 0, 1)[:, None]
        half = _unit(view + light)
        nh, vh = (n * half).sum(1, keepdims=True).clip(0, 1), (view * half).sum(1, keepdims=True).clip(0, 1)
        d = a2 / (np.pi * (nh * nh * (a2 - 1) + 1) ** 2)
        g = 0.5 / (nl * np.sqrt(nv * nv * (1 - a2) + a2) + nv * np.sqrt(nl * nl * (1 - a2) + a2) + 1e-6)
        fresnel = f0 + (1 - f0) * (1 - vh) ** 5
        out += (diffuse / np.pi + d * g * fresnel) * nl * f32(color) * (0.35 + 0.65 * occlusion)
    up = (n[:, 1:2] * 0.5 + 0.5).astype(np.float32)
    out += diffuse * (GROUND * (1 - up) + SKY * up) * occlusion
    mirror = 2 * (n * view).sum(1, keepdims=True) * n - view
    edge = f0 + (np.maximum(1 - rough[:, None], f0) - f0) * (1 - nv) ** 5
    out += studio(mirror.astype(np.float32), rough) * edge * occlusion
    return out


def tone_map(radiance: F32) -> F32:
    """Linear radiance -> sRGB 0..1."""
    x = radiance * 0.9
    x = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055).astype(np.float32)
