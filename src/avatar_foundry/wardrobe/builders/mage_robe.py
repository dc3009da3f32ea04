"""A mage's robe: bodice, wide sleeves, a skirt in folds to the ankle, mantle, cowl, sash, embroidery, boots."""

import numpy as np

from ...avatar import F32, Part
from .anatomy import Anatomy
from .arming import arming_suit, covered
from .boots import boot, pair
from .chart import F64, unit
from .cloth import arm_weights, gather, mantle_weights, neckline, pleats, rooted, skirt_weights, trunk_weights
from .draw import DEG, bump, ease, patch
from .garment import Design, wear
from .sheet import Sheet, Weights, facing, flip, grid_normals, rim

LAYERS = {"leather": 24, "cloth": 34, "embroidery": 36, "trim": 37}


def border(points: F64, region: str, weights: Weights, closed: bool, lift: float = 0.0025) -> Sheet:
    """An embroidered band: a strip of its own a little above the cloth. points (U, W, 3), v of the texture across."""
    n = grid_normals(points, closed)
    p = points + n * lift
    edge = p.copy()
    edge[:, 0], edge[:, -1] = points[:, 0] - n[:, 0] * 0.001, points[:, -1] - n[:, -1] * 0.001
    edge[:, 1:-1] = p[:, 1:-1]
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(p[:, 0], axis=0), axis=1))])
    run = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(edge[0], axis=0), axis=1))])
    repeat = max(1, round(length[-1] / (run[-1] * 6)))
    uv = np.stack(np.broadcast_arrays(length[:, None] / length[-1] * repeat, (run / run[-1])[None]), -1)
    return Sheet(edge, "embroidery", region, weights, closed, uv=uv)


def banded(sheet: Sheet, width: float, last: int = 3, hem: bool = True) -> list[Sheet]:
    """The sheet, an embroidered band along its end (w = -1), and a thin hem that turns it inside."""
    p = sheet.points
    run = np.linalg.norm(np.diff(p[:, -last - 3 :], axis=1), axis=-1)
    back = np.concatenate([np.cumsum(run[:, ::-1], 1)[:, ::-1], np.zeros((len(p), 1))], 1)
    rows = []
    for k in range(last + 2):
        d = width * (1 - k / (last + 1))
        rows.append(_row_at(p[:, -last - 3 :], back, d))
    band = np.stack(rows, 1)
    weights = {
        b: _row_weights(np.broadcast_to(np.asarray(w, np.float64), p.shape[:2])[:, -last - 3 :], back, width, last)
        for b, w in sheet.weights.items()
    }
    strip = border(band, sheet.region, weights, sheet.closed)
    out = [sheet, strip]
    if hem:
        out += rim(sheet, "trim", 0.004, 0.0030, 0.004, "1", inner=0.03)
    return out


def _row_at(p: F64, back: F64, d: float) -> F64:
    out = np.empty((len(p), 3))
    for i in range(len(p)):
        out[i] = [np.interp(-d, -back[i], p[i, :, k]) for k in range(3)]
    return out


def _row_weights(w: F64, back: F64, width: float, last: int) -> F64:
    cols = [
        np.array([np.interp(-width * (1 - k / (last + 1)), -back[i], w[i]) for i in range(len(w))])
        for k in range(last + 2)
    ]
    return np.stack(cols, 1)


def skirt(
    a: Anatomy,
    *,
    hem: float,
    waist: float,
    flare: float = 0.085,
    depth: float = 0.024,
    size: tuple[int, int] = (144, 18),
) -> Sheet:
    """From the waist down to the height `hem` (metres over the ground), in folds."""
    top, low = a.skirt_y
    floor = a.ground + hem
    nu, nw = size
    angle = (-np.pi + 2 * np.pi * np.arange(nu) / nu)[:, None]
    fall = np.linspace(0, 1, nw)[None] ** 0.92
    y = waist + (floor - waist) * fall
    s = np.clip((top - y) / (top - low), 0, 1) + 0 * angle
    lift = 0.012 + 0.012 * gather(fall) + flare * ease(fall, 0.02, 1.0) * (0.55 + 0.45 * fall)
    fold = pleats(angle, fall + 0 * angle) * depth * (0.22 + 0.78 * ease(fall, 0.0, 0.75))
    p = a.skirt.at(angle + 0 * s, s)
    axis = p.mean(0, keepdims=True) * (1, 1, 1)
    out = p - axis
    out[..., 1] = 0
    p = p + unit(out) * (lift + fold)[..., None]
    p[..., 1] = y + 0.006 * np.sin(3 * angle + 1) * fall
    return facing(Sheet(p, "cloth", "skirt", skirt_weights(p, a), True), p.mean(0))


def bodice(a: Anatomy, waist: float) -> Sheet:
    """From the waist to the collar."""
    s0 = a.torso_s(waist - 0.03)
    nu, nw = 64, 18
    p, _, _v, _t = patch(
        a.torso,
        mid=0,
        half=180,
        s0=s0,
        s1=0.85,
        size=(nu, nw),
        closed=True,
        offset=lambda u, v, t: (
            0.013 + 0.012 * bump(v, 0.13, 0.09) + 0.0035 * pleats(t, 0.2 + 0 * v, 2.0) * (1 - ease(v, 0.1, 0.6))
        ),
    )
    w = trunk_weights(p, a)
    return facing(Sheet(p, "cloth", "torso", w, True), p.mean(0))


def sleeve(a: Anatomy, *, wide: float = 0.10) -> Sheet:
    """The left sleeve: close at the shoulder, bell-shaped over the wrist, hanging."""
    nu, nw = 36, 26
    angle = (-np.pi + 2 * np.pi * np.arange(nu) / nu)[:, None]
    end = a.arm_at["wrist"] + 0.015
    v = np.linspace(0, 1, nw)[None]
    s = 0.0 + end * v + 0 * angle
    p = a.arm.at(angle + 0 * s, s)
    axis = np.stack(
        [np.interp(s[0] * (len(a.arm_axis) - 1), np.arange(len(a.arm_axis)), a.arm_axis[:, k]) for k in range(3)], -1
    )
    out = unit(p - axis[None])
    open_ = ease(v, 0.30, 1.0) ** 1.3
    under = np.clip(out @ np.array((0.0, -1.0, 0.0)) * 0.5 + 0.5, 0, 1) ** 1.6
    ripple = 0.010 * np.sin(5 * angle + 2.2 * np.sin(angle) + 4 * v) * open_ + 0.005 * np.sin(
        s * 62 + 2.0 * np.cos(angle + 0.6)
    ) * bump(v, 0.52, 0.16)
    ripple = ripple + 0.004 * np.sin(s * 50 + angle * 1.5) * bump(v, 0.2, 0.14)
    p = p + out * (0.013 + 0.006 * bump(v, 0.5, 0.2) + wide * 0.42 * open_ + ripple)[..., None]
    p = p + np.array((0.0, -1.0, -0.15)) * (wide * 1.35 * open_ * under)[..., None]
    along = unit(axis[-1] - axis[-4])
    p = p + along * (0.03 * open_ * (0.3 + under))[..., None]
    p, w = rooted(p, arm_weights(s, a), a)
    axis = p.mean(0)
    return facing(Sheet(p, "cloth", "left.arm", w, True), axis)


def sleeve_lining(outer: Sheet) -> Sheet:
    """The inside of a sleeve as far as one can look in."""
    p = outer.points[:, -11:]
    n = grid_normals(p, True)
    w = {
        b: np.broadcast_to(np.asarray(x, np.float64), outer.points.shape[:2])[:, -11:] for b, x in outer.weights.items()
    }
    return flip(Sheet(p - n * 0.004, "cloth", outer.region, w, True))


def mantle(a: Anatomy, reach: float = 0.80) -> Sheet:
    """A short cape over the shoulders."""
    nu, nw = 76, 12
    end = lambda t: reach + 0.13 * np.cos(t) ** 2  # noqa: E731
    p, _, _v, _t = patch(
        a.mantle,
        mid=0,
        half=180,
        s0=neckline,
        s1=end,
        size=(nu, nw),
        closed=True,
        offset=lambda u, v, t: 0.016 + 0.018 * ease(v, 0, 0.7) + 0.010 * pleats(t, v, 1.0) * ease(v, 0.25, 1.0),
    )
    return facing(Sheet(p, "cloth", "upper", mantle_weights(p, a), True), p.mean(0) - (0, 0.06, 0))


def cowl(a: Anatomy) -> list[Sheet]:
    """The hood, thrown back: a soft roll about the neck that hangs in a bag behind."""
    nu, nw = 40, 11
    t = (-np.pi + 2 * np.pi * np.arange(nu) / nu)[:, None]
    q = (np.pi * 2 * np.arange(nw) / (nw - 1))[None]
    back = ease(-np.cos(t), -0.2, 1.0)
    ring = a.mantle.at(t[:, 0], 0.12 + 0.14 * ((1 + np.cos(t[:, 0])) / 2) ** 0.6, 0.030)
    centre = a.joints["neck"] + (0, -0.02, -0.01)
    out = unit((ring - centre) * (1, 0, 1))
    thick = 0.017 + 0.020 * back
    tall = 0.020 + 0.030 * back
    wrinkle = 1 + 0.10 * np.sin(7 * t + 2 * np.sin(2 * t)) * np.sin(q) + 0.05 * np.sin(13 * t + q)
    p = ring[:, None] + out[:, None] * ((thick * np.cos(q) + 0.012 * back) * wrinkle)[..., None]
    p = (
        p
        + np.array((0.0, 1.0, 0.0))
        * (tall * np.sin(q) * wrinkle + 0.012 - 0.035 * back * ease(np.cos(q), -0.5, 1.0))[..., None]
    )
    bag = ease(-np.cos(t), 0.55, 1.0) * ease(np.cos(q), -0.2, 0.9)
    p = p + np.array((0.0, -0.115, -0.022)) * bag[..., None]
    mid = p.mean(1, keepdims=True)
    hold = {"upperChest": 0.8, "neck": 0.2}
    roll = Sheet(p, "cloth", "torso", hold, True)
    roll = roll if (grid_normals(p, True) * (p - mid)).sum() >= 0 else flip(roll)
    return [roll]


def sash(a: Anatomy, y: float) -> list[Sheet]:
    """Belt with a metal clasp and two hanging ends."""
    at = a.skirt_s
    p, _, _v, _t = patch(
        a.skirt,
        mid=0,
        half=180,
        s0=at(y + 0.032),
        s1=at(y - 0.030),
        size=(56, 7),
        closed=True,
        offset=lambda u, v, t: 0.030 + 0.003 * np.sin(np.pi * v) + 0.0015 * np.sin(v * 9 + 2 * np.sin(3 * t)),
    )
    hold = trunk_weights(p, a)
    strap = facing(Sheet(p, "leather", "skirt", hold, True), np.array((0.0, y, 0.0)))
    rims = rim(strap, "trim", 0.006, 0.003, 0.01, inner=0)
    q, *_ = patch(
        a.skirt,
        mid=0,
        half=10,
        s0=at(y + 0.040),
        s1=at(y - 0.038),
        size=(13, 11),
        offset=lambda u, v, t: (
            0.036 + 0.008 * np.sqrt(np.maximum(1 - u**2 * 0.9, 0)) * np.sqrt(np.maximum(1 - (2 * v - 1) ** 2 * 0.9, 0))
        ),
    )
    clasp = facing(Sheet(q, "trim", "skirt", {"hips": 0.5, "spine": 0.5}), np.array((0.0, y, 0.0)))
    return [strap, *rims, clasp, *rim(clasp, "trim", 0.006, 0.004, 0.006, inner=0)]


def draw(a: Anatomy) -> Design:
    """The whole robe."""
    waist = a.joints["spine-3"][1] + 0.005
    lower = skirt(a, hem=0.045, waist=waist + 0.01)
    outer = sleeve(a)
    left = [*banded(outer, 0.042), sleeve_lining(outer), *boot(a, cuff=False, top=0.25)]
    sheets = [
        *banded(lower, 0.075),
        bodice(a, waist),
        *banded(mantle(a), 0.036),
        *cowl(a),
        *sash(a, waist),
        *pair(left),
    ]
    return Design(tuple(sheets), (), ("cloth", "embroidery", "trim"), covered(a, hands=False))


def mage_robe(base: F32) -> tuple[Part, ...]:
    """Parts mage_robe.leather, .cloth, .trim on a body (B, 3)."""
    return wear("mage_robe", "mage_robe", draw, base, LAYERS, "garment")


__all__ = ["DEG", "arming_suit", "draw", "mage_robe"]
