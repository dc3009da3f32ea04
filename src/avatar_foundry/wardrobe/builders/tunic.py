"""A ranger's outfit: belted tunic, jerkin, shoulder cape with a thrown-back hood, bracers, leggings, boots."""

import numpy as np

from ...avatar import F32, Part
from .anatomy import Anatomy
from .arming import arming_suit, covered
from .boots import boot, pair
from .chart import F64, unit
from .cloth import arm_weights, pleats, rooted, trunk_weights
from .draw import bump, ease, patch
from .garment import Design, wear
from .mage_robe import banded, border, cowl, mantle, skirt
from .sheet import Sheet, facing, grid_normals, rim

LAYERS = {"felt": 22, "leather": 36, "cloth": 32, "embroidery": 37, "trim": 38}


def body(a: Anatomy, waist: float) -> Sheet:
    """The tunic's bodice."""
    p, _, _v, _t = patch(
        a.torso,
        mid=0,
        half=180,
        s0=a.torso_s(waist - 0.03),
        s1=0.85,
        size=(64, 18),
        closed=True,
        offset=lambda u, v, t: (
            0.010 + 0.010 * bump(v, 0.12, 0.08) + 0.003 * pleats(t, 0.2 + 0 * v, 5.0) * (1 - ease(v, 0.1, 0.55))
        ),
    )
    return facing(Sheet(p, "cloth", "torso", trunk_weights(p, a), True), p.mean(0))


def sleeve(a: Anatomy) -> Sheet:
    """To the forearm, close, with creases at the elbow."""
    nu, nw = 30, 22
    angle = (-np.pi + 2 * np.pi * np.arange(nu) / nu)[:, None]
    el, wr = a.arm_at["elbow"], a.arm_at["wrist"]
    end = wr - 0.03
    s = end * np.linspace(0, 1, nw)[None] + 0 * angle
    np.stack(
        [np.interp(s[0] * (len(a.arm_axis) - 1), np.arange(len(a.arm_axis)), a.arm_axis[:, k]) for k in range(3)], -1
    )
    crease = 0.0045 * np.sin(s * 85 + 1.8 * np.cos(angle + 0.5)) * bump(s, el, 0.10) + 0.0035 * np.sin(
        s * 60 + 1.5 * angle
    ) * bump(s, 0.2, 0.12)
    puff = 0.007 * bump(s, el + 0.09, 0.05) + 0.006 * bump(s, 0.16, 0.12)
    p, w = rooted(a.arm.at(angle + 0 * s, s, 0.008 + puff + crease), arm_weights(s, a), a)
    return facing(Sheet(p, "cloth", "left.arm", w, True), p.mean(0))


def bracer(a: Anatomy) -> list[Sheet]:
    """Leather on the forearm, with two straps and gold edges: left."""
    el, wr = a.arm_at["elbow"], a.arm_at["wrist"]
    out: list[Sheet] = []
    at = [
        np.interp(np.linspace(el + 0.1, wr, 7) * (len(a.arm_axis) - 1), np.arange(len(a.arm_axis)), a.arm_axis[:, k])
        for k in range(3)
    ]
    axis = np.stack(at, -1)
    low, high = el + 0.115, wr - 0.012
    s = np.linspace(low, high, 7)[None]
    p, _, v, _ = patch(
        a.arm,
        mid=0,
        half=180,
        s0=low,
        s1=high,
        size=(28, 7),
        closed=True,
        offset=lambda u, v, t: 0.0135 + 0.004 * (1 - v) ** 2 + 0.001 * np.cos(t),
    )
    cuff = facing(Sheet(p, "leather", "left.arm", arm_weights(s + 0 * v, a), True), axis)
    out += [cuff, *rim(cuff, "trim", 0.005, 0.002, 0.004, inner=0.012)]
    for k in (0.25, 0.72):
        mid = low + (high - low) * k
        q, _, v, _ = patch(
            a.arm,
            mid=0,
            half=180,
            s0=mid - 0.018,
            s1=mid + 0.018,
            size=(28, 4),
            closed=True,
            offset=lambda u, v, t, k=k: 0.0160 + 0.004 * (1 - k) ** 2 + 0.001 * np.sin(np.pi * v) + 0 * t,
        )
        out.append(facing(Sheet(q, "leather", "left.arm", arm_weights(np.full((1, 4), mid), a), True), q.mean(0)))
    return out


def jerkin(a: Anatomy, waist: float) -> list[Sheet]:
    """A sleeveless leather vest, open in front, over the tunic."""
    s0, top = a.torso_s(waist - 0.012), 0.86

    def half(v: F64) -> F64:
        return 152 - 0 * v

    def lift(u: F64, v: F64, t: F64) -> F64:
        return 0.018 + 0.003 * bump(v, 0.1, 0.1) + 0.006 * bump(v, 0.12, 0.1)

    out: list[Sheet] = []

    # one sheet from edge to edge round the back; the armholes are cut by drawing in the top line
    def high(t: F64) -> F64:
        side = bump(np.abs(t), np.pi / 2, 0.62)
        return top - (top - 0.60) * np.clip(side * 1.35, 0, 1)

    p, _, _v, _t = patch(a.torso, mid=180, half=half, s0=s0, s1=high, size=(61, 16), offset=lift)
    vest = facing(Sheet(p, "leather", "torso", trunk_weights(p, a)), p.mean(0))
    out += [vest, *rim(vest, "leather", 0.006, 0.0022, 0.004, inner=0.012)]
    return out


def girdle(a: Anatomy, y: float) -> list[Sheet]:
    """Belt, buckle, strap end and a pouch on the hip."""
    at = a.skirt_s
    p, *_ = patch(
        a.skirt,
        mid=0,
        half=180,
        s0=at(y + 0.024),
        s1=at(y - 0.022),
        size=(52, 4),
        closed=True,
        offset=lambda u, v, t: 0.029 + 0 * t,
    )
    strap = facing(Sheet(p, "leather", "skirt", trunk_weights(p, a), True), np.array((0.0, y, 0.0)))
    out = [strap, *rim(strap, "leather", 0.003, 0.0018, 0.008, inner=0)]
    hold = {"hips": 0.6, "spine": 0.4}
    q, *_ = patch(
        a.skirt,
        mid=0,
        half=8,
        s0=at(y + 0.030),
        s1=at(y - 0.028),
        size=(9, 7),
        offset=lambda u, v, t: 0.034 + 0.004 * (1 - u**2) * (1 - (2 * v - 1) ** 2),
    )
    clasp = facing(Sheet(q, "trim", "skirt", hold), np.array((0.0, y, 0.0)))
    out += [clasp, *rim(clasp, "trim", 0.005, 0.003, 0.006, inner=0)]
    q, _u, _v, _ = patch(
        a.skirt,
        mid=-62,
        half=15,
        s0=at(y + 0.012),
        s1=at(y - 0.105),
        size=(15, 12),
        offset=lambda u, v, t: (
            0.030 + 0.036 * np.maximum(1 - u**4, 0) ** 0.5 * np.maximum(1 - (2 * v - 1) ** 4, 0) ** 0.5 + 0 * t
        ),
    )
    pouch = facing(Sheet(q, "leather", "skirt", hold), np.array((0.0, y, 0.0)))
    q, *_ = patch(
        a.skirt,
        mid=-62,
        half=15.5,
        s0=at(y + 0.014),
        s1=lambda t: at(y - 0.050) + 0.03 * (1 - (t / 0.27) ** 2),
        size=(13, 7),
        offset=lambda u, v, t: (
            0.033 + 0.037 * np.maximum(1 - u**4, 0) ** 0.5 * np.maximum(1 - (2 * (v * 0.55) - 1) ** 4, 0) ** 0.5
        ),
    )
    flap = facing(Sheet(q, "leather", "skirt", hold), np.array((0.0, y, 0.0)))
    return [*out, pouch, flap, *rim(flap, "leather", 0.004, 0.0018, 0.003, inner=0)]


def draw(a: Anatomy) -> Design:
    """The whole outfit."""
    waist = a.joints["spine-3"][1] - 0.005
    length = float(a.joints["l-knee"][1] - a.ground + 0.17)
    hem = skirt(a, hem=length, waist=waist + 0.01, flare=0.040, depth=0.014, size=(96, 12))
    left = [*banded(sleeve(a), 0.02, last=2), *bracer(a), *boot(a, cuff=True, top=0.03)]
    sheets = [
        *banded(hem, 0.036),
        body(a, waist),
        *jerkin(a, waist),
        *girdle(a, waist),
        *banded(mantle(a, reach=0.60), 0.030),
        *cowl(a),
        *pair(left),
    ]
    suit = arming_suit(a, "felt", low=a.joints["l-ankle"][1] + 0.06, arms=False)
    return Design(tuple(sheets), (suit,), ("cloth", "embroidery", "trim"), covered(a, hands=False))


def tunic(base: F32) -> tuple[Part, ...]:
    """Parts tunic.felt, .leather, .cloth, .embroidery, .trim on a body (B, 3)."""
    return wear("tunic", "tunic", draw, base, LAYERS, "garment")


__all__ = ["border", "draw", "grid_normals", "tunic", "unit"]
