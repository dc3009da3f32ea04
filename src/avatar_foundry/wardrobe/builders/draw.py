"""The draughtsman's hand: patches in chart coordinates, profiles along them, plates with rims."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .chart import F64, Chart
from .sheet import Sheet, Weights, facing, rim

Curve = Callable[..., Any]
DEG = np.pi / 180


def ease(x: "F64 | float", lo: float, hi: float) -> F64:
    """0 below lo, 1 above hi, smooth between."""
    t = np.clip((np.asarray(x, np.float64) - lo) / (hi - lo), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def bump(x: "F64 | float", mid: float, width: float) -> F64:
    """A bell of height one."""
    return np.exp(-(((np.asarray(x, np.float64) - mid) / width) ** 2))


def ridge(x: F64, width: float) -> F64:
    """A crease at zero."""
    return np.exp(-np.abs(x) / width)


def patch(
    chart: Chart,
    *,
    mid: float,
    half: "float | Curve",
    s0: "float | Curve",
    s1: "float | Curve",
    size: tuple[int, int],
    offset: "float | Curve",
    closed: bool = False,
    crowd: float = 0.0,
) -> tuple[F64, F64, F64, F64]:
    """Points (U, W, 3), and u -1..1, v 0..1, angle of each.

    mid, half(v): the angles covered, degrees. s0(angle), s1(angle): from and to along the chart; angle in radians
    from `mid`. offset(u, v, angle): metres. crowd: 0..1 draws columns together at the middle (for ridges).
    """
    nu, nw = size
    line = -1 + 2 * np.arange(nu) / nu if closed else np.linspace(-1, 1, nu)
    if crowd:
        line = (1 - crowd) * line + crowd * line * np.abs(line)
    u, v = np.meshgrid(line, np.linspace(0, 1, nw), indexing="ij")
    wide = np.asarray(half(v) if callable(half) else half, np.float64)
    angle = u * (180.0 if closed else wide) * DEG
    lo = s0(angle) if callable(s0) else s0
    hi = s1(angle) if callable(s1) else s1
    s = lo + (np.asarray(hi) - lo) * v
    lift = offset(u, v, angle) if callable(offset) else np.full(u.shape, offset)
    return chart.at(angle + mid * DEG, s, lift), u, v, angle


def plate(
    points: F64,
    region: str,
    weights: Weights,
    centre: F64,
    *,
    closed: bool = False,
    surface: str = "steel",
    trim: str = "trim",
    border: float = 0.008,
    height: float = 0.0028,
    depth: float = 0.003,
    edges: str = "all",
    inner: float = 0.018,
) -> list[Sheet]:
    """A plate and its raised rim."""
    body = facing(Sheet(points, surface, region, weights, closed), centre)
    return [body, *rim(body, trim, border, height, depth, edges, inner)]
