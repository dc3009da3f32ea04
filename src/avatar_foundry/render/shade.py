"""Physically based shading of surface points: GGX under three soft lights and a small procedural studio.

Cook-Torrance with Smith-GGX and Schlick's Fresnel as in glTF 2.0 appendix B; ACES curve after Narkowicz (2016).
The studio turns with the camera, so that every view of a sheet is lit alike.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import Material
from .light import Openness, frame
from .textures import Textures, linear, sample

F32 = NDArray[np.float32]


def f32(values: Any) -> F32:
    """`values` as a float32 array."""
    return np.asarray(values, np.float32)


# Direction towards the light (camera turned to +Z), linear radiance: key, fill, rim.
LIGHTS = (
    ((0.5, 0.72, 0.85), (2.5, 2.38, 2.2)),
    ((-0.95, 0.2, 0.5), (0.5, 0.56, 0.68)),
    ((-0.35, 0.55, -1.0), (0.9, 0.95, 1.05)),
)
BOXES = (((0.6, 0.5, 0.62), 2.0), ((-0.75, 0.35, 0.55), 0.9), ((0.0, 0.9, -0.4), 0.5))
SKY, GROUND = f32((0.66, 0.7, 0.77)), f32((0.27, 0.25, 0.235))
EXPOSURE = 0.8
# How far light reaches around the terminator, per channel: blood scatters red farthest.
SKIN_WRAP, NO_WRAP = f32((0.32, 0.14, 0.09)), f32((0.0, 0.0, 0.0))
BOUNCED, HAIR_LIGHT = f32(0.12), f32(0.35)  # what reaches the deepest fold; hair lets light through
MOUTH = f32(0.7)  # light that finds its way between the lips, where rays are too few to tell
HAIR_SHEEN = f32(0.25)  # strands are no sheet: they mirror less at a glance than their cards would
GRAZE = np.float32(0.06)  # least cosine between a normal and the view
SKIN_SHADOW = f32((1.0, 0.86, 0.8))  # the tint of light that has passed through skin


class Points(NamedTuple):
    """Surface points: position, normal, tangent (N, 3) f32, handed (N,), uv (N, 2).

    density: units of uv per pixel side.
    """

    position: F32
    normal: F32
    tangent: F32
    handed: F32
    uv: F32
    density: float

    def pick(self, rows: NDArray[Any]) -> "Points":
        """The points at `rows`."""
        return Points(
            self.position[rows], self.normal[rows], self.tangent[rows], self.handed[rows], self.uv[rows], self.density
        )


def unit(v: F32) -> F32:
    """Rows of `v` at length 1."""
    length = np.sqrt(np.einsum("nc,nc->n", v, v))
    return f32(v / np.maximum(length, 1e-9)[:, None])


def _dot(a: F32, b: F32) -> F32:
    return f32(np.einsum("nc,nc->n", a, b))[:, None]


def base_color(material: Material, uv: F32, density: float, textures: Textures) -> F32:
    """(N, 4) linear base colour and alpha. density: units of uv per pixel side."""
    if material.base is None:
        return f32(np.broadcast_to(f32(material.color), (len(uv), 4)))
    texel = sample(textures.at(material.base, density * material.base.width), uv)
    texel[:, :3] = linear(texel[:, :3])
    return texel * f32(material.color)


def _bumped(material: Material, p: Points, textures: Textures) -> F32:
    if material.normal is None:
        return p.normal
    texel = sample(textures.at(material.normal, p.density * material.normal.width), p.uv)[:, :3] * 2 - 1
    across = unit(p.tangent - p.normal * _dot(p.normal, p.tangent))
    other = np.cross(p.normal, across) * p.handed[:, None]
    scale = np.float32(material.normal_scale)
    return unit(
        across * (texel[:, :1] * scale) + other * (texel[:, 1:2] * scale) + p.normal * np.maximum(texel[:, 2:3], 0.05)
    )


class Studio(NamedTuple):
    """eye: (3,). lights, boxes: unit directions in the world with their strengths."""

    eye: NDArray[np.float64]
    lights: tuple[tuple[F32, F32], ...]
    boxes: tuple[tuple[F32, float], ...]

    @property
    def key(self) -> F32:
        """(3,) unit, towards the key light."""
        return self.lights[0][0]

    def mirrored(self, direction: F32, roughness: F32) -> F32:
        """(N, 3) radiance seen along `direction`: a gradient and soft boxes, blurred by roughness (N, 1)."""
        t = np.clip(direction[:, 1:2] * 0.5 + 0.5, 0, 1)
        t = t * t * (3 - 2 * t)
        # A dark horizon line behind the camera gives polished metal its contrast.
        band = 1 - 0.45 * (1 - roughness) * np.exp(-((direction[:, 1:2] + 0.05) ** 2) / 0.03)
        out = (GROUND * (1 - t) + SKY * t) * band
        width = 0.03 + 0.5 * roughness * roughness
        for towards, gain in self.boxes:
            out += gain * np.exp((direction @ towards - 1)[:, None] / width) / (1 + 8 * roughness * roughness)
        return f32(out)


def studio(eye: NDArray[np.float64], target: NDArray[np.float64]) -> Studio:
    """The studio around a camera: lights keep their place relative to the picture."""
    away = eye - target
    yaw = np.arctan2(away[0], away[2])
    c, s = np.cos(yaw), np.sin(yaw)

    def turned(axis: tuple[float, float, float]) -> F32:
        x, y, z = np.array(axis) / np.linalg.norm(axis)
        return f32((c * x + s * z, y, c * z - s * x))

    return Studio(
        eye,
        tuple((turned(axis), f32(color)) for axis, color in LIGHTS),
        tuple((turned(axis), gain) for axis, gain in BOXES),
    )


def shade(material: Material, p: Points, light: Openness, room: Studio, textures: Textures) -> tuple[F32, F32]:
    """Radiance (N, 3) and alpha (N,)."""
    color = base_color(material, p.uv, p.density, textures)
    albedo = color[:, :3]
    n = _bumped(material, p, textures)
    view = unit(f32(room.eye - p.position))
    # Smooth and bumped normals may turn away from the eye at outlines, where mirrors would show sparks: bend them back.
    n = unit(n + view * np.maximum(GRAZE - _dot(n, view), 0))
    count = len(n)
    rough = np.full((count, 1), material.roughness, np.float32)
    metal = np.full((count, 1), material.metallic, np.float32)
    hair = material.name.startswith("hair")
    sheen = HAIR_SHEEN if hair else f32(1)
    least = HAIR_LIGHT if hair else BOUNCED
    sky = least + (1 - least) * light.sky
    if material.orm is not None:
        orm = sample(textures.at(material.orm, p.density * material.orm.width), p.uv)
        rough, metal, sky = rough * orm[:, 1:2], metal * orm[:, 2:3], sky * orm[:, 0:1]
    sun = light.sun
    if material.name in ("teeth", "tongue"):
        sky, sun = sky * MOUTH, sun * MOUTH
    rough = np.clip(rough, 0.06, 1.0)
    f0 = 0.04 * (1 - metal) + albedo * metal
    diffuse = albedo * (1 - metal)
    skin = material.name.startswith("skin")
    wrap = SKIN_WRAP if skin else NO_WRAP
    a2 = rough**4
    nv = np.clip(_dot(n, view), 1e-3, 1.0)
    out = np.zeros((count, 3), np.float32)
    for i, (towards, radiance) in enumerate(room.lights):
        reach = sun if i == 0 else 0.35 + 0.65 * sky
        cosine = (n @ towards)[:, None]
        nl = np.clip(cosine, 0, 1)
        half = unit(view + towards)
        nh, vh = np.clip(_dot(n, half), 0, 1), np.clip(_dot(view, half), 0, 1)
        d = a2 / (np.pi * (nh * nh * (a2 - 1) + 1) ** 2)
        g = 0.5 / (nl * np.sqrt(nv * nv * (1 - a2) + a2) + nv * np.sqrt(nl * nl * (1 - a2) + a2) + 1e-6)
        fresnel = f0 + (1 - f0) * (1 - vh) ** 5 * sheen
        soft = np.clip((cosine + wrap) / (1 + wrap) ** 2, 0, 1) if skin else nl
        out += (diffuse * (soft / np.pi) + (d * g * nl) * fresnel) * (radiance * reach)
    up = n[:, 1:2] * 0.5 + 0.5
    # Bounced light keeps creases of bright and of ruddy surfaces from going grey (Jimenez et al. 2016).
    open_sky = np.maximum(sky, sky + (1 - sky) * sky * albedo * 0.8)
    if skin:
        open_sky = open_sky ** (1 / (2 - SKIN_SHADOW))
    out += diffuse * (GROUND * (1 - up) + SKY * up) * open_sky
    mirror = 2 * _dot(n, view) * n - view
    edge = f0 + (np.maximum(1 - rough, f0) - f0) * (1 - nv) ** 5 * sheen
    out += room.mirrored(mirror, rough) * edge * np.clip(sky * sky + 0.5 * sky * (1 - rough), 0, 1)
    return f32(out), color[:, 3]


def tangents_of(edge1: F32, edge2: F32, uv1: F32, uv2: F32, normal: F32) -> tuple[F32, F32]:
    """Direction of rising u (N, 3) and handedness (N,) +-1 of triangles with these edges in space and in uv.

    Bitangents follow glTF: cross(normal, tangent) * handedness is the direction of falling v in the top-left origin.
    """
    det = uv1[:, 0] * uv2[:, 1] - uv2[:, 0] * uv1[:, 1]
    sign = np.where(det < 0, np.float32(-1), np.float32(1))[:, None]
    tangent = (edge1 * uv2[:, 1:2] - edge2 * uv1[:, 1:2]) * sign
    bitangent = (edge2 * uv1[:, :1] - edge1 * uv2[:, :1]) * sign
    flat = np.einsum("nc,nc->n", tangent, tangent) < 1e-24
    if flat.any():
        tangent[flat] = frame(normal[flat])[0]
    handed = np.where(np.einsum("nc,nc->n", np.cross(normal, tangent), bitangent) < 0, 1, -1)
    return unit(tangent), f32(handed)


def tone_map(radiance: F32) -> F32:
    """Linear radiance -> sRGB 0..1."""
    x = radiance * np.float32(EXPOSURE)
    x = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    return f32(np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055))
