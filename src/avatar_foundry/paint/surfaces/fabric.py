"""Woven cloth, felt, and embroidered bands."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...avatar import F32
from .. import colour
from .field import Surface, cloudy, noise, normal_map, orm_map, tint


def _grid(size: int) -> tuple[F32, F32]:
    t = ((np.arange(size, dtype=np.float32) + 0.5) / size).astype(np.float32)
    return t[None], t[:, None]


def _weave(size: int, threads: int) -> tuple[F32, F32]:
    """Height 0..1 of a twill and which threads lie on top (1 warp, 0 weft)."""
    x, y = _grid(size)
    threads -= threads % 4  # the diagonal repeats every four threads
    i, j = np.floor(x * threads), np.floor(y * threads)
    warp_on_top = ((i + j) % 4 < 2).astype(np.float32)
    fx, fy = np.sin(np.pi * (x * threads - i)), np.sin(np.pi * (y * threads - j))
    return (warp_on_top * fx + (1 - warp_on_top) * fy).astype(np.float32), warp_on_top


def weave(color: str | None = None, size: int = 1024) -> Surface:
    """Heavy wool twill: threads of two millimetres, slubs, soft rumples."""
    light = colour.parse(color or "#2c2358")
    thread, warp = _weave(size, min(220, size // 4))
    slub = noise(size, 51, 60, 0.8, 6.0) * (1 - warp) + noise(size, 52, 60, 0.8, 1 / 6.0) * warp
    rumple = cloudy(size, 53, 7)
    fuzz = noise(size, 54, 200, 0.7)
    texel = size / 1024
    height = thread * (0.75 * texel) + slub * (0.12 * texel) + rumple * (0.7 * texel) + fuzz * (0.10 * texel)
    value = 0.86 + 0.12 * thread + 0.035 * slub + 0.03 * rumple + 0.03 * fuzz + 0.03 * (warp - 0.5)
    hollow = np.clip(0.80 + 0.20 * thread + 0.05 * rumple, 0, 1)
    rough = 0.84 + 0.05 * (1 - thread) + 0.02 * slub
    return Surface(tint(light, value), normal_map(height, 0.8), orm_map(hollow, rough, 0.0), 0.0, 0.86)


def felt(color: str | None = None, size: int = 1024) -> Surface:
    """Fulled wool for cloaks and hats: no threads, a short nap, clouds of shade."""
    light = colour.parse(color or "#5b1014")
    nap = noise(size, 61, 170, 0.7)
    fibre = np.abs(noise(size, 62, 80, 0.5, 2.5))
    cloud = cloudy(size, 63, 6)
    texel = size / 1024
    height = nap * (0.28 * texel) + fibre * (0.3 * texel) + cloud * (1.3 * texel)
    value = 0.92 + 0.06 * nap + 0.05 * cloud - 0.04 * fibre
    return Surface(
        tint(light, value),
        normal_map(height, 0.8),
        orm_map(np.clip(0.92 + 0.06 * nap, 0, 1), 0.9 + 0.03 * nap, 0.0),
        0.0,
        0.9,
    )


def embroidery(color: str | None = None, size: int = 1024, ground: str | None = None) -> Surface:
    """A band across v, six motifs along u: a running vine with leaves and knots between two cords, couched in gold."""
    gold = colour.parse(color or "#d6a545")
    cloth = colour.parse(ground) if ground else np.asarray(gold * 0.05 + np.array((0.012, 0.004, 0.010)), np.float32)
    x, y = _grid(size)
    u, v = x * 6, (y - 0.5) * 2  # one motif is as long as the band is wide; v from -1 to 1
    p = (u % 1.0) * 2 - 1
    turn = np.where(u % 2 < 1, 1.0, -1.0).astype(np.float32)

    def line(d: NDArray[Any], half: float) -> NDArray[Any]:
        return np.asarray(np.clip(1 - (d / half) ** 2, 0, 1))

    cords = np.maximum(line(np.abs(v) - 0.86, 0.085), 0.8 * line(np.abs(v) - 0.68, 0.03))
    vine_y = 0.36 * np.sin(np.pi * u)
    slope = 1 / np.sqrt(1 + (0.36 * np.pi * np.cos(np.pi * u)) ** 2)
    vine = line((v - vine_y) * slope, 0.075)
    w = v * turn
    ring = np.sqrt(p**2 + (w + 0.16) ** 2)
    scroll = line(ring - 0.30, 0.06) * (np.arctan2(w + 0.16, p) > -2.6)
    eye = line(ring, 0.13)
    dots = np.zeros((size, size), np.float32)
    for cx, cy, r in ((0.72, -0.42, 0.085), (-0.72, -0.42, 0.085), (0.0, 0.55, 0.07)):
        dots = np.maximum(dots, line(np.sqrt((p - cx) ** 2 + (w - cy) ** 2), r))
    leaf = np.zeros((size, size), np.float32)
    for side in (-1.0, 1.0):
        a, b = (p - side * 0.50) * 0.8 + (w - 0.30) * side * 0.6, -(p - side * 0.50) * side * 0.6 + (w - 0.30) * 0.8
        leaf = np.maximum(leaf, line(np.sqrt((a / 0.24) ** 2 + (b / 0.085) ** 2), 1.0))
    art = np.maximum.reduce([np.broadcast_to(cords, dots.shape), vine, scroll, eye, dots, leaf]).astype(np.float32)
    on = np.clip(art * 6, 0, 1)
    stitch = np.sin((x * 6 * 26 + y * 20) * 2 * np.pi).astype(np.float32)
    thread, _ = _weave(size, min(200, size // 4))
    texel = size / 1024
    height = (
        np.sqrt(np.maximum(art, 0)) * (5.0 * texel) + on * stitch * (0.55 * texel) + (1 - on) * thread * (0.5 * texel)
    )
    shade = (0.80 + 0.16 * stitch + 0.2 * art)[..., None] * on[..., None]
    base = gold * shade + cloth * ((0.8 + 0.4 * thread) * (1 - on))[..., None]
    rough = 0.84 - on * (0.42 - 0.06 * stitch)
    hollow = np.clip(1 - (1 - on) * 0.25 + 0.1 * art, 0, 1)
    return Surface(
        colour.encode(np.asarray(base, np.float32)),
        normal_map(height, 0.8),
        orm_map(hollow, rough, on * 0.75),
        0.5,
        0.55,
    )
