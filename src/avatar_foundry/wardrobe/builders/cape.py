"""A cape from the collar to the calves, held by two brooches and a chain."""

import numpy as np

from ...avatar import F32, Part
from .anatomy import Anatomy
from .chart import F64, unit
from .cloth import pleats
from .draw import DEG, bump, ease
from .garment import Design, wear
from .mage_robe import banded
from .sheet import Sheet, Weights, facing, mirrored

LAYERS = {"felt": 70, "embroidery": 71, "trim": 72}


def weights(p: F64, a: Anatomy) -> Weights:
    """Upper chest, then hips, then a little of the leg on its side so that a stride lifts the cloth."""
    y = p[..., 1]
    up = ease(y, a.joints["spine-3"][1] - 0.05, a.joints["l-shoulder"][1] - 0.05)
    leg = 0.5 * ease(-y, -a.joints["l-upper-leg"][1] + 0.05, -a.joints["l-knee"][1])
    left = ease(p[..., 0], -0.16, 0.16)
    rest = (1 - up) * (1 - leg)
    return {
        "upperChest": up,
        "spine": 0.4 * rest,
        "hips": 0.6 * rest,
        "leftUpperLeg": (1 - up) * leg * left,
        "rightUpperLeg": (1 - up) * leg * (1 - left),
    }


def draw(a: Anatomy) -> Design:
    """The cape on the neutral body."""
    nu, n0, n1 = 73, 9, 15
    u = np.linspace(-1, 1, nu)[:, None]
    v = np.linspace(0, 1, n0)[None]
    half = 132 - 46 * ease(v, 0.05, 0.75)
    fold = pleats(u * 3.0 + 0.4, v + 0 * u, 3.0)
    angle = np.pi + u * half * DEG
    first = 0.10 + 0.16 * np.abs(u) ** 1.5
    s = first + (0.74 - first) * v
    top = a.mantle.at(
        angle,
        s,
        0.038 + 0.016 * v + 0.020 * bump(np.abs(u), 0.62, 0.30) * ease(v, 0.0, 0.4) + fold * 0.006 * ease(v, 0.2, 1),
    )
    last = top[:, -1]
    fall = np.linspace(0, 1, n1 + 1)[None, 1:]
    hem = a.ground + 0.16 + 0.015 * np.cos(u * np.pi)
    y = last[:, None, 1] + (hem - last[:, None, 1]) * fall
    back = float(a.body.base[15328:18002, 2].min()) - 0.062
    deep = pleats(u * 3.0 + 0.4, fall + 0 * u, 3.0) * 0.034 * (0.2 + 0.8 * ease(fall, 0, 0.7))
    x = last[:, None, 0] * (1 - 0.10 * np.sin(np.pi * np.minimum(fall * 1.3, 1)) + 0.32 * fall) + deep * 0.35 * np.sin(
        3 * u
    )
    z0 = last[:, None, 2]
    wrapz = back + 0.085 * np.abs(u) ** 2.5
    z = z0 + (np.minimum(z0, wrapz) - z0) * ease(fall, 0.0, 0.35) - 0.07 * fall**1.3 - deep
    p = np.concatenate([top, np.stack([x, y + 0 * x, z], -1)], 1)
    sheet = facing(Sheet(p, "felt", "cape", weights(p, a)), np.array((0.0, 0.0, 0.1)))
    out = banded(sheet, 0.045)
    s_pin, t_pin = 0.315, 48 * DEG
    at = a.mantle.at(np.array([t_pin]), np.array([s_pin]), 0.040)[0]
    n = unit(at - a.mantle.at(np.array([t_pin]), np.array([s_pin]), 0.0)[0])
    e = unit(np.cross(n, (0.0, 1.0, 0.0)))
    g = np.cross(e, n)
    q = (2 * np.pi * np.arange(16) / 16)[:, None]
    r = np.array([0.0, 0.008, 0.0135, 0.016, 0.020, 0.0225, 0.0235])[None]
    h = np.array([0.009, 0.0078, 0.0035, 0.0045, 0.0055, 0.003, -0.004])[None]
    disc = at + (np.cos(q) * r)[..., None] * e + (np.sin(q) * r)[..., None] * g + (h + 0 * q)[..., None] * n
    hold: Weights = {"upperChest": 0.85, "leftShoulder": 0.15}
    brooch = facing(Sheet(disc, "trim", "torso", hold, True), at - n * 0.02)
    line = np.linspace(-t_pin, t_pin, 37)
    lane = a.mantle.at(line, np.full(37, s_pin) + 0.07 * np.cos(line / t_pin * np.pi / 2), 0.036)
    nl = unit(lane - a.mantle.at(line, np.full(37, s_pin), 0.0))
    tl = unit(np.gradient(lane, axis=0))
    bl = np.cross(tl, nl)
    w = 2 * np.pi * np.arange(6) / 6
    bead = 0.0030 + 0.0014 * (np.arange(37) % 2)
    tube = lane[:, None] + bead[:, None, None] * (
        np.cos(w)[None, :, None] * nl[:, None] + np.sin(w)[None, :, None] * bl[:, None]
    )
    chain = Sheet(tube.transpose(1, 0, 2), "trim", "torso", {"upperChest": 1.0}, True)
    out += [brooch, mirrored(brooch), facing(chain, tube.mean(1))]
    return Design(tuple(out), (), ("felt", "embroidery", "trim"))


def cape(base: F32) -> tuple[Part, ...]:
    """Parts cape.felt, .embroidery, .trim on a body (B, 3)."""
    return wear("cape", "cape", draw, base, LAYERS, "garment")
