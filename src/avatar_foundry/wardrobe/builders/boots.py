"""Boots with soles, drawn on the boot chart: shaft, foot, toe cap, sole, welt."""

import numpy as np

from ...geometry.hull import convex_hull
from .anatomy import Anatomy
from .chart import F64, unit
from .draw import DEG, bump, ease
from .sheet import Sheet, Weights, facing, mirrored, rim

SHAFT, BEND = 30 / 71, 44 / 71
"""s of the boot chart at the end of the shaft and at the end of the heel's fan."""


def foot_weights(p: F64, shape: Anatomy) -> Weights:
    """Lower leg, foot, toes, by position."""
    ankle, ball = shape.joints["l-ankle"], shape.joints["l-foot-1"]
    leg = ease(p[..., 1], ankle[1] - 0.005, ankle[1] + 0.07)
    toes = ease(p[..., 2], ball[2] - 0.018, ball[2] + 0.022) * (1 - leg)
    return {"leftLowerLeg": leg, "leftFoot": np.maximum(1 - leg - toes, 0), "leftToes": toes}


def boot(
    shape: Anatomy, *, top: float = 0.0, cuff: bool = True, lift: float = 0.006, flare: float = 0.006
) -> list[Sheet]:
    """The left boot. top: s where the shaft begins (0 is mid calf). Surfaces: leather, sole is "leather" too."""
    chart = shape.boot
    nu, nw = 20, 37
    angle = (-np.pi + 2 * np.pi * np.arange(nu) / nu)[:, None]
    s = np.concatenate(
        [np.linspace(top, SHAFT, 9)[:-1], np.linspace(SHAFT, BEND, 12)[:-1], np.linspace(BEND, 0.985, nw - 19)]
    )[None]
    wrinkle = 0.0022 * np.sin(s * 95) * bump(s, SHAFT + 0.07, 0.07) * (0.4 + 0.6 * np.cos(angle) ** 2)
    toe = 0.004 * ease(s, 0.75, 0.95)
    up = lift + flare * (1 - ease(s, top, SHAFT)) + wrinkle + toe + 0 * angle
    p = chart.at(angle, np.broadcast_to(s, up.shape), up)
    # a boot has a flat bed: what lies under the sole's line is pressed onto it
    bed = shape.ground + 0.004
    soft = 0.012
    h = p[..., 1] - bed
    p[..., 1] = bed + np.where(h < soft, soft * np.exp(np.minimum(h / soft - 1, 0.0)), h)
    tip = p[:, -1].mean(0)
    rounds = []
    for grow, fwd in ((0.86, 0.006), (0.62, 0.0105), (0.3, 0.013), (0.0, 0.014)):
        ring = tip + (p[:, -1] - tip) * grow
        ring[:, 2] += fwd
        rounds.append(ring)
    p = np.concatenate([p, np.stack(rounds, 1)], 1)
    weights = foot_weights(p, shape)
    body = facing(Sheet(p, "leather", "left.leg", weights, True), _centres(p))
    out = [body]
    if cuff:
        band = chart.at(angle, np.linspace(top, top + 0.055, 4)[None] + 0 * angle, lift + 0.0125)
        strap = facing(Sheet(band, "leather", "left.leg", foot_weights(band, shape), True), _centres(band))
        out += [strap, *rim(strap, "leather", 0.003, 0.0018, 0.007, inner=0.01)]
        for at in (SHAFT - 0.03,):
            band = chart.at(angle, np.linspace(at, at + 0.04, 3)[None] + 0 * angle, lift + 0.0055)
            strap = facing(Sheet(band, "leather", "left.leg", foot_weights(band, shape), True), _centres(band))
            out += [strap, *rim(strap, "leather", 0.002, 0.0012, 0.004, inner=0)]
    else:
        out += rim(body, "leather", 0.004, 0.002, 0.003, "0", inner=0.015)
    return [*out, *_sole(shape, p)]


def _centres(p: F64) -> F64:
    """(W, 3) middle of each ring."""
    return np.asarray(p.mean(0))


def _sole(shape: Anatomy, p: F64) -> list[Sheet]:
    """The outline of the foot from above, as a slab with a heel."""
    low = p[..., 1] < shape.ground + 0.035
    xz = p[low][:, [0, 2]]
    hull = convex_hull(xz)
    centre = (hull.max(0) + hull.min(0)) / 2
    theta = -np.pi + 2 * np.pi * np.arange(32) / 32
    ray = np.stack([np.sin(theta), np.cos(theta)], -1)
    a, b = hull, np.roll(hull, -1, 0)
    n = np.stack([(b - a)[:, 1], -(b - a)[:, 0]], -1)
    n *= np.sign((n * (a - centre)).sum(1, keepdims=True))
    with np.errstate(divide="ignore"):
        t = ((a - centre) * n).sum(1)[None] / (ray @ n.T)
    r = np.where(t > 0, t, np.inf).min(1)
    waist = 1 - 0.10 * bump((centre + ray * r[:, None])[:, 1], shape.joints["l-foot-1"][2] - 0.075, 0.04)
    edge = centre + ray * (r * waist)[:, None]
    rows = []
    g = shape.ground
    for grow, y in (
        (-0.004, g + 0.016),
        (0.005, g + 0.0155),
        (0.0065, g + 0.0095),
        (0.0045, g + 0.007),
        (0.006, g - 0.012),
        (0.001, g - 0.014),
        (-0.03, g - 0.014),
    ):
        d = edge + ray * grow
        heel = ease(d[:, 1], shape.joints["l-foot-1"][2] - 0.085, shape.joints["l-foot-1"][2] - 0.078)
        height = np.full(len(d), y)
        if y < g:
            height += 0.010 * (
                heel * (1 - ease(d[:, 1], shape.joints["l-foot-1"][2] - 0.05, shape.joints["l-foot-1"][2] - 0.01))
            )
        rows.append(np.stack([d[:, 0], height, d[:, 1]], -1))
    middle = rows[-1].copy()
    middle[:, [0, 2]] = centre
    rows.append(middle)
    grid = np.stack(rows, 1)
    where = np.array((centre[0], g + 0.0, centre[1]))
    return [facing(Sheet(grid, "leather", "left.leg", foot_weights(grid, shape), True, tags=("sole",)), where)]


def pair(left: list[Sheet]) -> list[Sheet]:
    """Both sides."""
    return [*left, *map(mirrored, left)]


__all__ = ["BEND", "DEG", "SHAFT", "boot", "foot_weights", "pair", "unit"]
