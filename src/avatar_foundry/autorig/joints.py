"""Joints along centre lines: by the proportions of people where the shape says nothing, by the shape where it does."""

from collections.abc import Mapping

import numpy as np

from .limbs import Limb, Limbs
from .torso import neck_height
from .volume import F64, Volume

KNEE, ELBOW, HAND = 0.515, 0.51, 0.27  # shares of ankle..hip, of shoulder..wrist, of shoulder..fingertip
ANKLE = 0.057  # of the height, above the sole; less on short legs
BALL = 0.47  # of the way from under the ankle to the tip of the toes
HIP, HIP_BY_HEAD = 0.605, 0.52  # of the way from ankle to shoulder on adults; less the lower the shoulders are
NECK, HEAD = 0.017, 0.023  # below and above the narrowest place of the neck
THICKER = 1.8  # times: a forearm that much thicker than the upper arm starts at the elbow
STEEP = 0.72  # sine of the slope from which an arm hangs
USUAL_ASIDE = 0.092  # of the height: shoulder joints off the middle, on people and chibis alike
BELOW_TOP = 0.033  # of the height: shoulder joint under the top of the shoulder
SIDES = ("left", "right")


def along(points: F64, share: float) -> F64:
    """(3,) the point at `share` of the length of a polyline (K, 3)."""
    length = np.r_[0.0, np.cumsum(np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1)))]
    at = share * length[-1]
    return np.array([np.interp(at, length, points[:, k]) for k in range(3)])


def share_of(points: F64, place: F64) -> float:
    """The share of a polyline's length at which it passes nearest to `place`."""
    length = np.r_[0.0, np.cumsum(np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1)))]
    shares = np.linspace(0.0, 1.0, 201)
    at = np.stack([np.interp(shares * length[-1], length, points[:, k]) for k in range(3)], axis=1)
    return float(shares[((at - place) ** 2).sum(axis=1).argmin()])


def smooth(points: F64, rounds: int = 2) -> F64:
    """A polyline with its kinks taken out; ends stay."""
    out = points.copy()
    for _ in range(rounds):
        if len(out) > 2:
            out[1:-1] = 0.25 * out[:-2] + 0.5 * out[1:-1] + 0.25 * out[2:]
    return out


def _unit(v: F64) -> F64:
    return np.asarray(v / max(float(np.sqrt(v @ v)), 1e-12))


def arm_root(arm: Limb, volume: Volume) -> tuple[F64, F64, float]:
    """Where an arm meets the body: the place on its axis level with the armpit (3,), the way inward (3,), its radius.

    A ray runs along the underside of the arm towards the body until it meets flesh.
    """
    line = smooth(arm.points)
    count = len(line)
    some = line[min(1, count - 1) : max(4, int(0.45 * count))]
    radius = float(np.median(arm.radius[: max(3, int(0.45 * count))]))
    inward = _unit(some[0] - some[-1]) if len(some) > 1 else np.array([-np.sign(line[0, 0]), 0.0, 0.0])
    middle = some.mean(axis=0)
    side = np.sign(middle[0]) or 1.0
    below = np.array([inward[1], -inward[0], 0.0]) * -side  # across the arm in the frontal plane, downwards
    below = _unit(below) if below @ below > 0.01 else np.array([0.0, -1.0, 0.0])
    if below[1] > 0:
        below = -below
    steps = np.arange(0.0, 0.45, 0.5 * volume.cell)
    depths = np.arange(0.0, 0.25, 0.5 * volume.cell)
    grid = middle + steps[:, None, None] * inward + depths[:, None] * below
    flesh = np.zeros(grid.shape[:2], bool)
    for z in (-1.5, 0.0, 1.5):
        flesh |= volume.holds(grid.reshape(-1, 3) + np.array([0, 0, z * volume.cell])).reshape(flesh.shape)
    flesh[:, depths < 0.5 * radius] = True
    deep = np.where(flesh.all(axis=1), depths[-1], depths[np.argmin(flesh, axis=1)])
    body = deep > 2.2 * radius + 0.03
    hit = np.flatnonzero(body[:-2] & body[1:-1] & body[2:])
    furthest = min(0.35 * abs(float(line[0, 0])), abs(float(line[0, 0])) - 0.02)
    beyond = np.flatnonzero(grid[:, 0, 0] * side < max(furthest, 0.02))
    last = beyond[0] if len(beyond) else len(steps) - 1
    reach = steps[min(hit[0], last) if len(hit) else last]
    root = middle + reach * inward
    root[2] = line[0, 2]
    return root, inward, radius


def thickening(arm: Limb, path: F64, wrist: float, usual: float) -> float:
    """Share of shoulder..wrist at which a thin upper arm goes over into a thick forearm, as on robots; else `usual`."""
    at = np.array([share_of(path, p) for p in arm.points]) / max(wrist, 1e-6)
    radius = np.maximum(arm.radius, 1e-6)
    best = usual
    for k in np.flatnonzero((at > 0.2) & (at < 0.66)):
        before = radius[(at > at[k] - 0.3) & (at < at[k] - 0.02)]
        after = radius[(at > at[k] + 0.05) & (at < at[k] + 0.35)]
        if len(before) > 1 and len(after) > 1 and np.median(after) > THICKER * np.median(before):
            return float(at[k])
    return best


def shoulder_joint(root: F64, inward: F64, radius: float, line: F64, volume: Volume) -> F64:
    """The shoulder joint: inside of the armpit, deeper on thick arms, higher on lowered ones, under the shoulder's top.

    root, inward, radius: of `arm_root`. line: the arm's centre line, from the body.
    """
    side = np.sign(line[0, 0]) or 1.0
    slope = float(np.clip(inward[1], 0.0, 1.0))
    point = root + inward * (2.0 * min(radius, 0.055) - 0.05)
    point = point + slope * np.array([-0.025 * side, 0.03, 0.0])
    hangs = float(np.clip((slope - STEEP) / 0.2, 0.0, 1.0))
    point = (1.0 - hangs) * point + hangs * np.array([line[0, 0] - 0.015 * side, max(line[0, 1], point[1]), line[0, 2]])
    aside = 0.65 * abs(float(point[0])) + 0.35 * USUAL_ASIDE
    rise = (abs(float(point[0])) - aside) * min(slope / max(float(np.hypot(inward[0], inward[2])), 0.1), 1.0)
    point = np.array([side * aside, point[1] + max(rise, 0.0), point[2]])
    up = point + np.arange(0.0, 0.3, 0.5 * volume.cell)[:, None] * np.array([0.0, 1.0, 0.0])
    flesh = volume.holds(up)
    under = up[int(np.argmin(flesh)), 1] - BELOW_TOP if flesh[0] and not flesh.all() else point[1]
    if abs(under - point[1]) < 0.03 + 0.12 * hangs:
        point[1] += (0.5 + 0.5 * hangs) * (under - point[1])
    return point


def crotch_height(legs: tuple[Limb, Limb], samples: F64) -> float:
    """The lowest flesh between the legs: surface samples near the plane midway between them."""
    top = float(np.mean([leg.points[0, 1] for leg in legs]))
    middle = float(np.mean([leg.points[0, 0] for leg in legs]))
    front = np.mean([leg.points[0, 2] for leg in legs])
    radius = float(np.median([leg.radius[:3].max() for leg in legs]))
    near = (np.abs(samples[:, 0] - middle) < 0.008) & (np.abs(samples[:, 2] - front) < 1.2 * radius)
    ys = np.sort(samples[near & (samples[:, 1] > 0.6 * top), 1])
    return float(ys[min(3, len(ys) - 1)]) if len(ys) else top + 0.02


def place(limbs: Limbs, volume: Volume, samples: F64, given: Mapping[str, F64]) -> dict[str, F64]:
    """First places of the body's joints; space as in `find_limbs`, facing +z. samples (N, 3): on the surface.

    given: joints known beforehand; they stay where they are and their neighbours follow.
    """
    out: dict[str, F64] = {}
    shoulder_y = 0.78
    if limbs.arms:
        for side, arm in zip(SIDES, limbs.arms, strict=True):
            root, inward, radius = arm_root(arm, volume)
            line = smooth(np.vstack([arm.points, arm.tip]))
            known = given.get(side + "UpperArm")
            shoulder = shoulder_joint(root, inward, radius, line, volume)
            shoulder = shoulder if known is None else known
            outer = line[(line - shoulder) @ -inward > 0.5 * radius]
            path = np.vstack([shoulder, outer if len(outer) else line[-1:]])
            out[side + "UpperArm"] = shoulder
            hand, elbow = 1.0 - HAND, ELBOW
            if side + "Hand" in given:
                hand = share_of(path, given[side + "Hand"])
            out[side + "Hand"] = given.get(side + "Hand", along(path, hand))
            elbow = thickening(arm, path, hand, elbow)
            out[side + "LowerArm"] = given.get(side + "LowerArm", along(path, hand * elbow))
        shoulder_y = float(np.mean([out[s + "UpperArm"][1] for s in SIDES]))
        for side in SIDES:
            p = out[side + "UpperArm"]
            out[side + "Shoulder"] = np.array([0.35 * p[0], p[1] + 0.01, p[2]])
    if limbs.legs:
        crotch = crotch_height(limbs.legs, samples)
        ankle_height = min(ANKLE, 0.3 * crotch)
        spread = 0.5 * abs(limbs.legs[0].points[0, 0] - limbs.legs[1].points[0, 0])
        by_crotch = crotch + min(0.4 * spread, 0.03)
        trunk = max(shoulder_y - ankle_height, 0.05)
        usual = float(np.clip(HIP - HIP_BY_HEAD * (0.8 - shoulder_y), 0.4, HIP))
        doubt = (by_crotch - ankle_height) / trunk - usual
        trust = 0.6 * float(np.exp(-0.5 * (doubt / 0.08) ** 2))
        hip_y = trust * by_crotch + (1.0 - trust) * (ankle_height + usual * trunk)
        for side, leg in zip(SIDES, limbs.legs, strict=True):
            leg_given = {n: given[side + n] for n in ("UpperLeg", "LowerLeg", "Foot", "Toes") if side + n in given}
            hip, knee, ankle, ball = leg_joints(leg, volume, hip_y, ankle_height, leg_given)
            out[side + "UpperLeg"], out[side + "LowerLeg"] = hip, knee
            out[side + "Foot"], out[side + "Toes"] = ankle, ball
        hips = np.mean([out["leftUpperLeg"], out["rightUpperLeg"]], axis=0)
        out["hips"] = hips * [0, 1, 1] + [0, 0.01, 0]
    if limbs.arms and limbs.legs:
        nape, clear = neck_height(samples, shoulder_y, 1.0)
        depth = float(np.mean([out[s + "UpperArm"][2] for s in SIDES]))
        top = np.array([0.0, max(nape - NECK, shoulder_y + 0.005), depth])
        for name, share in (("spine", 0.2), ("chest", 0.45), ("upperChest", 0.7), ("neck", 1.0)):
            out[name] = out["hips"] + share * (top - out["hips"])
        out["head"] = np.array([0.0, nape + HEAD, depth])
        del clear
    return out


def leg_joints(
    leg: Limb, volume: Volume, hip_y: float, ankle_height: float, known: Mapping[str, F64]
) -> tuple[F64, F64, F64, F64]:
    """Hip, knee, ankle and ball of a foot. The ankle lies on the shin's axis, `ankle_height` before the sole.

    known: joints of this leg that are given, without the side.
    """
    line = smooth(np.vstack([leg.points, leg.tip]))
    length = np.r_[0.0, np.cumsum(np.sqrt((np.diff(line, axis=0) ** 2).sum(axis=1)))]
    foot = min(0.16, 0.45 * length[-1])  # along the line, toes included
    shin_low = line[length <= length[-1] - foot][-1:]
    start = line[0] if not len(shin_low) else shin_low[0]
    upper = line[(length > 0.35 * (length[-1] - foot)) & (length < length[-1] - foot)]
    down = _unit(start - upper[0]) if len(upper) > 2 else np.array([0.0, -1.0, 0.0])
    if down[1] > -0.97:  # nearly upright shins are taken as upright: feet are flat on the ground
        sole = volume.points[np.sqrt(((volume.points - line[-3:].mean(axis=0)) ** 2).sum(axis=1)) < 0.09]
        far = float(np.quantile((sole - start) @ down, 0.97)) if len(sole) else length[-1]
        ankle = start + down * max(far - ankle_height, 0.0)
    else:
        high = line[line[:, 1] > ankle_height + 0.02]
        shin = high[-1] if len(high) else line[0]
        ankle = np.array([shin[0], float(leg.points[:, 1].min()) * 0.0 + ankle_height, shin[2]])
    ankle = known.get("Foot", ankle)
    hip = known.get("UpperLeg", np.array([line[0, 0], hip_y, line[0, 2]]))
    way = ankle - hip
    share = (line - hip) @ way / max(float(way @ way), 1e-12)
    mid = (share > 0.05) & (share < 0.9) & (length < length[-1] - 0.5 * foot)
    share, path = np.r_[0.0, share[mid], 1.0], np.vstack([hip, line[mid], ankle])
    order = np.argsort(share, kind="stable")
    knee = np.array([np.interp(1.0 - KNEE, share[order], path[order, k]) for k in range(3)])
    ball = ankle + BALL * (leg.tip - ankle)
    ball[1] = ankle[1] + 0.85 * (leg.tip[1] - ankle[1])
    return hip, known.get("LowerLeg", knee), ankle, known.get("Toes", ball)


def toe_direction(leg: Limb, volume: Volume) -> float:
    """How far a foot sticks out in front (positive: +z) of the shin, in heights."""
    p = volume.points
    x, z = leg.points[-1, 0], leg.points[-1, 2]
    near = (np.abs(p[:, 0] - x) < 0.08) & (np.abs(p[:, 2] - z) < 0.15)
    foot = near & (p[:, 1] < 0.03)
    high = leg.points[leg.points[:, 1] > min(0.09, 0.5 * float(leg.points[0, 1]))]
    shin = high[-1] if len(high) else leg.points[0]
    return float(p[foot, 2].mean() - shin[2]) if foot.any() else 0.0
