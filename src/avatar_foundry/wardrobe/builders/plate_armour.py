"""Full plate over an arming suit: cuirass, gorget, pauldrons, arm and leg harness, fauld, tassets, boots, gloves."""

import numpy as np

from ...avatar import F32, Part
from .anatomy import Anatomy, anatomy
from .arming import arming_suit, covered, gloves
from .boots import BEND, SHAFT, boot, foot_weights, pair
from .chart import F64
from .cloth import neckline
from .draw import DEG, bump, ease, patch, plate, ridge
from .garment import Design, wear
from .sheet import Sheet, Weights, facing, rim

LAYERS = {"cloth": 22, "leather": 30, "steel": 45, "trim": 46}
CHEST = {"upperChest": 0.55, "chest": 0.45}


def cuirass(a: Anatomy) -> list[Sheet]:
    """Breastplate with a ridge, plackart over it, backplate."""
    waist, top = a.torso_s(a.joints["spine-3"][1] - 0.005), 0.86
    centre = np.array((0.0, 0.33, -0.01))

    def width(v: F64) -> F64:
        s = waist + (top - waist) * v
        return 93 - 40 * ease(s, 0.54, 0.86)

    def swell(u: F64, v: F64, t: F64) -> F64:
        front = np.clip(np.cos(t), 0, 1)
        keel = 0.010 * ridge(t, 0.075) * ease(v, 0.0, 0.2) * (1 - 0.8 * ease(v, 0.75, 1))
        return 0.017 + 0.020 * bump(v, 0.52, 0.33) * front**1.5 + keel

    down = 0.016
    breast, *_ = patch(
        a.torso,
        mid=0,
        half=width,
        s0=lambda t: waist - down * np.cos(t),
        s1=lambda t: top - 0.035 * np.cos(t * 1.2) ** 8,
        size=(35, 21),
        offset=swell,
        crowd=0.35,
    )
    low = a.torso_s(a.joints["spine-3"][1] - 0.012)

    def over(u: F64, v: F64, t: F64) -> F64:
        vv = (low + v * (peak(t) - low) - waist) / (top - waist)
        return swell(u, np.clip(vv, 0, 1), t) + 0.0055 + 0.004 * (1 - ease(v, 0, 0.15))

    def peak(t: F64) -> F64:
        return 0.462 + 0.135 * np.exp(-np.abs(t) / 0.45)

    plackart, *_ = patch(
        a.torso, mid=0, half=88, s0=lambda t: low - down * np.cos(t), s1=peak, size=(31, 9), offset=over, crowd=0.35
    )

    def blades(u: F64, v: F64, t: F64) -> F64:
        groove = -0.004 * bump(t, 0, 0.12) * ease(v, 0.1, 0.4)
        return 0.015 + 0.009 * bump(v, 0.72, 0.2) * bump(np.abs(t), 0.55, 0.35) + groove

    back, *_ = patch(
        a.torso,
        mid=180,
        half=lambda v: 94 - 26 * ease(waist + (top - waist) * v, 0.56, 0.9),
        s0=waist,
        s1=lambda t: top + 0.03 - 0.02 * np.cos(t) ** 6,
        size=(27, 19),
        offset=blades,
    )
    chest = {"upperChest": _rise(a, breast), "chest": 0.5, "spine": 0.6 * (1 - _rise(a, breast))}
    out = plate(breast, "torso", chest, centre, border=0.010)
    out += plate(
        plackart, "torso", {"chest": 0.5, "spine": 0.5, "upperChest": 0.25 * _rise(a, plackart)}, centre, border=0.009
    )
    out += plate(
        back,
        "torso",
        {"upperChest": _rise(a, back), "chest": 0.5, "spine": 0.6 * (1 - _rise(a, back))},
        centre,
        border=0.010,
    )
    return out


def _rise(a: Anatomy, p: F64) -> F64:
    return ease(p[..., 1], a.joints["spine-2"][1] - 0.02, a.joints["l-shoulder"][1] - 0.04)


def gorget(a: Anatomy) -> list[Sheet]:
    """Collar plate over the shoulders' root and the standing collar."""
    neck = a.joints["neck"]
    yoke, *_ = patch(
        a.mantle,
        mid=0,
        half=180,
        s0=neckline,
        s1=lambda t: 0.42 + 0.05 * np.cos(t) ** 2 * (np.cos(t) > 0),
        size=(36, 5),
        closed=True,
        offset=lambda u, v, t: 0.012 + 0.019 * ease(v, 0.1, 0.9) + 0 * t,
    )
    collar, *_ = patch(
        a.neck,
        mid=0,
        half=180,
        s0=lambda t: 0.243 - 0.08 * (1 - np.cos(t)),
        s1=lambda t: 0.597 - 0.04 * np.cos(t),
        size=(34, 5),
        closed=True,
        offset=lambda u, v, t: 0.018 + (0.010 + 0.010 * (1 - np.cos(t)) / 2) * (1 - v) ** 2 + 0.008 * v**2,
    )
    hold = {"upperChest": 0.85, "neck": 0.15}
    out = plate(yoke, "torso", hold, neck - (0, 0.06, 0), closed=True, edges="1", border=0.009)
    out += plate(collar, "torso", {"upperChest": 0.55, "neck": 0.45}, neck, closed=True, edges="1", border=0.007)
    return out


def arm(a: Anatomy) -> list[Sheet]:
    """Pauldron, upper arm, couter, vambrace, gauntlet cuff: left."""
    s, e, w = (a.joints[f"l-{n}"] for n in ("shoulder", "elbow", "hand"))
    out: list[Sheet] = []

    def lame(
        s0: float, s1: float, half: float, lift: float, upper: float, size: tuple[int, int], cut: float = 0.0
    ) -> None:
        p, *_ = patch(
            a.shoulder,
            mid=2,
            half=lambda v: half - 10 * v**2,
            s0=lambda t: s0 + cut * np.sin(t / 2) ** 4,
            s1=lambda t: s1 - 0.03 * np.sin(t) ** 2,
            size=size,
            offset=lambda u, v, t: lift + 0.006 * v**2 + 0.004 * bump(v, 0.3, 0.4),
        )
        hold = {"leftUpperArm": upper, "leftShoulder": 1 - upper}
        out.extend(
            plate(
                p,
                "left.arm",
                hold,
                s - (0.03, 0.03, 0),
                edges="all" if cut else "open",
                border=0.007,
                height=0.0026,
                inner=0.014,
            )
        )

    lame(0.76, 0.90, 92, 0.018, 0.92, (21, 4))
    lame(0.66, 0.81, 97, 0.025, 0.8, (23, 4))
    lame(0.55, 0.715, 101, 0.030, 0.66, (25, 4))
    lame(0.06, 0.61, 106, 0.036, 0.5, (27, 11), 0.22)
    el = a.arm_at["elbow"]
    tube = {"leftUpperArm": 0.8, "leftUpperArmTwist": 0.2}
    p, *_ = patch(
        a.arm,
        mid=0,
        half=180,
        s0=0.19,
        s1=el - 0.085,
        size=(24, 5),
        closed=True,
        offset=lambda u, v, t: 0.013 + 0.003 * (2 * v - 1) ** 4 + 0 * t,
    )
    out += plate(
        p,
        "left.arm",
        tube,
        _line(a.arm_axis, 0.19, el - 0.085, 6),
        closed=True,
        border=0.006,
        height=0.0022,
        inner=0.01,
    )
    # couter: looks away from the bend
    i = int(el * (len(a.arm_axis) - 1))
    out_dir = e - (s + w) / 2
    tangent = a.arm_axis[i + 2] - a.arm_axis[i - 2]
    tangent /= np.linalg.norm(tangent)
    e0 = np.array((0.15, 1.0, 0.0)) - tangent * (np.array((0.15, 1.0, 0.0)) @ tangent)
    e0 /= np.linalg.norm(e0)
    turn = np.degrees(np.arctan2(out_dir @ np.cross(tangent, e0), out_dir @ e0))
    p, _, v, _t = patch(
        a.arm,
        mid=turn,
        half=lambda v: 62 + 48 * np.sin(np.pi * v) ** 0.8,
        s0=el - 0.095,
        s1=el + 0.095,
        size=(21, 10),
        offset=lambda u, v, t: (
            0.013 + 0.013 * np.sin(np.pi * v) * np.cos(t / 2.2) + 0.004 * ridge(v - 0.5, 0.06) * np.cos(t / 2)
        ),
    )
    # a cap over a hinge turns as the skin does there, almost wholly with the lower bone: else it sinks when bent
    below = 0.86 + 0.14 * ease(v, 0.0, 0.35)
    out += plate(
        p,
        "left.arm",
        {"leftUpperArm": 1 - below, "leftLowerArm": below},
        e,
        border=0.0065,
        height=0.0024,
        inner=0.012,
    )
    wr = a.arm_at["wrist"]
    p, _, v, _ = patch(
        a.arm,
        mid=0,
        half=180,
        s0=el + 0.085,
        s1=wr - 0.10,
        size=(24, 6),
        closed=True,
        offset=lambda u, v, t: 0.010 + 0.004 * (1 - v) ** 3 + 0.002 * ridge(np.sin((t - turn * DEG) / 2), 0.1),
    )
    out += plate(
        p,
        "left.arm",
        {"leftLowerArm": 1 - 0.35 * v, "leftLowerArmTwist": 0.35 * v},
        _line(a.arm_axis, el + 0.085, wr - 0.1, 8),
        closed=True,
        border=0.006,
        height=0.0022,
        inner=0.01,
    )
    p, _, v, _ = patch(
        a.arm,
        mid=0,
        half=180,
        s0=wr - 0.17,
        s1=wr - 0.005,
        size=(26, 5),
        closed=True,
        offset=lambda u, v, t: 0.012 + 0.020 * (1 - v) ** 1.6 + 0 * t,
    )
    out += plate(
        p,
        "left.arm",
        {"leftLowerArm": 0.55, "leftLowerArmTwist": 0.45},
        _line(a.arm_axis, wr - 0.17, wr, 7),
        closed=True,
        border=0.008,
        inner=0.022,
    )
    return out


def _line(axis: F64, s0: float, s1: float, n: int) -> F64:
    at = np.linspace(s0, s1, n) * (len(axis) - 1)
    return np.stack([np.interp(at, np.arange(len(axis)), axis[:, k]) for k in range(3)], -1)


def fauld(a: Anatomy) -> list[Sheet]:
    """Lames round the hips."""
    at = a.skirt_s
    y0 = a.joints["spine-3"][1]
    out: list[Sheet] = []
    for k in range(4):
        hi, lo = y0 + 0.004 - 0.041 * k, y0 - 0.052 - 0.041 * k
        p, _, _, t = patch(
            a.skirt,
            mid=0,
            half=180,
            s0=at(hi),
            s1=lambda t, lo=lo: at(lo) + 0.016 * np.cos(t) * np.cos(t),
            size=(44, 3),
            closed=True,
            offset=lambda u, v, t, k=k: 0.013 + 0.004 * k + 0.008 * v,
        )
        leg = 0.16 * k * np.clip(np.cos(t), 0, 1)  # the lower lames ride a little on a raised thigh
        left = ease(p[..., 0], -0.12, 0.12)
        hold: Weights = {
            "hips": 1 - leg,
            "spine": max(0.0, 0.55 - 0.3 * k),
            "leftUpperLeg": leg * left,
            "rightUpperLeg": leg * (1 - left),
        }
        out += plate(
            p,
            "skirt",
            hold,
            np.array((0.0, (hi + lo) / 2, 0.0)),
            closed=True,
            edges="1",
            border=0.007,
            height=0.0024,
            inner=0.014,
        )
    return out


def tasset(a: Anatomy) -> list[Sheet]:
    """Plates that hang over the left thigh."""
    at = a.skirt_s
    y0 = a.joints["spine-3"][1] - 0.165
    out: list[Sheet] = []
    for k in range(4):
        hi, lo = y0 - 0.044 * k, y0 - 0.062 - 0.044 * k
        half = 35.0 - 1.5 * k
        end = 0.02 if k == 3 else 0.006
        p, *_ = patch(
            a.skirt,
            mid=40,
            half=lambda v, half=half, k=k: half - (6 * v**3 if k == 3 else 0),
            s0=at(hi),
            s1=lambda t, lo=lo, half=half, end=end: at(lo) - end * np.abs(t / (half * DEG)) ** 3,
            size=(13, 4),
            offset=lambda u, v, t, k=k: 0.026 + 0.003 * k + 0.006 * v + 0.004 * np.cos(t * 2),
        )
        hold = {"hips": 0.50 - 0.16 * k, "leftUpperLeg": 0.50 + 0.16 * k}
        out += plate(
            p,
            "skirt",
            hold,
            np.array((0.05, (hi + lo) / 2, -0.02)),
            edges="open",
            border=0.007,
            height=0.0024,
            inner=0.01,
        )
    return out


def leg(a: Anatomy) -> list[Sheet]:
    """Cuisse, poleyn with its wing, greave: left."""
    kn = a.leg_at["knee"]
    knee = a.joints["l-knee"]
    out: list[Sheet] = []
    p, *_ = patch(
        a.leg,
        mid=18,
        half=lambda v: 118 - 4 * v,
        s0=lambda t: 0.16 + 0.02 * np.cos(t),
        s1=kn - 0.086,
        size=(27, 9),
        offset=lambda u, v, t: 0.012 + 0.009 * v**2 + 0.004 * ridge(t + 18 * DEG, 0.1),
    )
    out += plate(p, "left.leg", {"leftUpperLeg": 1.0}, _line(a.leg_axis, 0.16, kn - 0.086, 11), border=0.008)
    p, _, v, _ = patch(
        a.leg,
        mid=0,
        half=lambda v: 66 + 44 * np.sin(np.pi * v) ** 0.8,
        s0=kn - 0.112,
        s1=kn + 0.105,
        size=(23, 12),
        crowd=0.3,
        offset=lambda u, v, t: (
            0.021 + 0.012 * np.sin(np.pi * v) * np.cos(t / 2) + 0.006 * ridge(t, 0.12) * np.sin(np.pi * v)
        ),
    )
    below = 0.78 + 0.22 * ease(v, 0.0, 0.3)
    hold: Weights = {"leftUpperLeg": 1 - below, "leftLowerLeg": below}
    out += plate(p, "left.leg", hold, knee, border=0.0075, height=0.0026, inner=0.012)
    p, *_ = patch(
        a.leg,
        mid=84,
        half=lambda v: 8 + 24 * np.sin(np.pi * v) ** 0.7,
        s0=kn - 0.066,
        s1=kn + 0.062,
        size=(9, 7),
        offset=lambda u, v, t: (
            0.019 + 0.013 * np.cos(u * 1.3) * np.sin(np.pi * v) + 0.010 * (1 - u) * np.sin(np.pi * v)
        ),
    )
    wing = {"leftLowerLeg": 1.0}
    out += plate(p, "left.leg", wing, knee, border=0.006, height=0.0022, inner=0.008)
    p, *_ = patch(
        a.leg,
        mid=0,
        half=180,
        s0=lambda t: kn + 0.085 + 0.02 * (1 - np.cos(t)),
        s1=lambda t: 0.935 + 0.012 * np.cos(t),
        size=(26, 10),
        closed=True,
        offset=lambda u, v, t: 0.011 + 0.004 * (1 - v) ** 4 + 0.006 * v**4 + 0.006 * ridge(t, 0.16) * (1 - 0.6 * v),
    )
    out += plate(
        p, "left.leg", {"leftLowerLeg": 1.0}, _line(a.leg_axis, kn + 0.085, 0.935, 13), closed=True, border=0.008
    )
    return out


def sabaton(a: Anatomy) -> list[Sheet]:
    """Lames over the instep and a toe cap, on the boot: left."""
    out: list[Sheet] = []
    spans = [
        (SHAFT + 0.08, BEND + 0.055),
        (BEND + 0.035, BEND + 0.115),
        (BEND + 0.095, BEND + 0.175),
        (BEND + 0.155, BEND + 0.235),
        (BEND + 0.215, 0.965),
    ]
    for k, (s0, s1) in enumerate(spans):
        p, *_ = patch(
            a.boot,
            mid=0,
            half=lambda v, k=k: 84 - 8 * v * (k == 0),
            s0=s0,
            s1=lambda t, s1=s1, k=k: s1 + (0.012 - 0.02 * np.sin(t) ** 2) * (k < 4),
            size=(13, 4 if k not in (0, 4) else 6),
            offset=lambda u, v, t, k=k: 0.0125 - 0.0006 * k + 0.003 * v + 0.002 * ridge(t, 0.12),
        )
        p[..., 1] = np.maximum(p[..., 1], a.ground + 0.017)
        out += plate(
            p,
            "left.leg",
            foot_weights(p.mean((0, 1), keepdims=True), a),
            p.mean((0, 1)) - (0, 0.05, 0),
            edges="open",
            border=0.0055,
            height=0.002,
            inner=0.008,
        )
    return out


def belt(a: Anatomy) -> list[Sheet]:
    """Sword belt and buckle."""
    y = a.joints["spine-3"][1]
    at = a.skirt_s
    p, *_ = patch(
        a.skirt,
        mid=0,
        half=180,
        s0=at(y + 0.022),
        s1=at(y - 0.016),
        size=(44, 3),
        closed=True,
        offset=lambda u, v, t: 0.034 + 0 * t,
    )
    strap = facing(Sheet(p, "leather", "skirt", {"hips": 0.4, "spine": 0.6}, True), np.array((0.0, y, 0.0)))
    q, *_ = patch(
        a.skirt,
        mid=0,
        half=7.5,
        s0=at(y + 0.028),
        s1=at(y - 0.022),
        size=(9, 5),
        offset=lambda u, v, t: 0.040 + 0.003 * np.cos(u) * np.cos(2 * v - 1),
    )
    buckle = facing(Sheet(q, "trim", "skirt", {"hips": 0.4, "spine": 0.6}), np.array((0.0, y, 0.0)))
    return [
        strap,
        *rim(strap, "leather", 0.003, 0.0018, 0.008, inner=0),
        buckle,
        *rim(buckle, "trim", 0.005, 0.003, 0.006, inner=0),
    ]


def draw(a: Anatomy) -> Design:
    """The whole harness."""
    left = [*arm(a), *tasset(a), *leg(a), *sabaton(a), *boot(a, cuff=False, top=0.355, lift=0.0045, flare=0.0)]
    sheets = [*cuirass(a), *gorget(a), *fauld(a), *belt(a), *pair(left)]
    return Design(
        tuple(sheets),
        (arming_suit(a, low=a.joints["l-ankle"][1] + 0.06), *gloves(a)),
        ("steel", "trim"),
        covered(a, hands=True, rise=0.022),
    )


def plate_armour(base: F32) -> tuple[Part, ...]:
    """Parts plate_armour.cloth, .leather, .steel, .trim on a body (B, 3)."""
    return wear("plate_armour", "plate_armour", draw, base, LAYERS, "armour")


__all__ = ["LAYERS", "anatomy", "draw", "plate_armour"]
