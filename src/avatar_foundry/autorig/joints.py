"""Joints along centre lines: by the proportions of people where the shape says nothing, by the shape where it does."""

import numpy as np

from .limbs import Limb, Limbs
from .tree import Tree
from .volume import F64, Volume

KNEE, ELBOW, HAND = 0.515, 0.51, 0.27  # shares of ankle..hip, of shoulder..wrist, of shoulder..fingertip


def along(points: F64, share: float) -> F64:
    """(3,) the point at `share` of the length of a polyline (K, 3)."""
    length = np.r_[0.0, np.cumsum(np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1)))]
    at = share * length[-1]
    return np.array([np.interp(at, length, points[:, k]) for k in range(3)])


def smooth(points: F64, rounds: int = 2) -> F64:
    """A polyline with its kinks taken out; ends stay."""
    out = points.copy()
    for _ in range(rounds):
        if len(out) > 2:
            out[1:-1] = 0.25 * out[:-2] + 0.5 * out[1:-1] + 0.25 * out[2:]
    return out


def place(limbs: Limbs, tree: Tree, volume: Volume) -> dict[str, F64]:
    """First places of the body's joints; space as in `find_limbs`, facing +z."""
    out: dict[str, F64] = {}
    shoulder_y = 0.78
    if limbs.arms:
        for side, arm in zip(("left", "right"), limbs.arms, strict=True):
            line = smooth(np.vstack([arm.points, arm.tip]))
            start = line[min(1, len(line) - 1)]
            inward = line[0] - line[min(3, len(line) - 1)]
            inward /= max(float(np.linalg.norm(inward)), 1e-9)
            radius = float(np.median(arm.radius[:4]))
            shoulder = line[0] + inward * min(1.6 * radius, 0.08)
            path = np.vstack([shoulder, line])
            out[side + "UpperArm"] = shoulder
            wrist = along(path, 1.0 - HAND)
            out[side + "Hand"] = wrist
            out[side + "LowerArm"] = along(path, (1.0 - HAND) * ELBOW)
            del start
        shoulder_y = float(np.mean([out[s + "UpperArm"][1] for s in ("left", "right")]))
        for side, sign in (("left", 1.0), ("right", -1.0)):
            p = out[side + "UpperArm"]
            out[side + "Shoulder"] = np.array([0.3 * p[0], p[1], p[2]])
            del sign
    if limbs.legs:
        tops = [leg.points[0] for leg in limbs.legs]
        crotch = float(np.mean([p[1] for p in tops]))
        ankle_y = min(0.058, 0.3 * crotch)
        hip_y = 0.5 * (crotch + 0.05) + 0.5 * (ankle_y + 0.56 * (shoulder_y - ankle_y))
        for side, leg in zip(("left", "right"), limbs.legs, strict=True):
            line = smooth(np.vstack([leg.points, leg.tip]))
            high = line[line[:, 1] > ankle_y + 0.02]
            shin = high[-1] if len(high) else line[0]
            ankle = np.array([shin[0], ankle_y, shin[2]])
            hip = np.array([line[0, 0], hip_y, line[0, 2]])
            y = ankle_y + KNEE * (hip_y - ankle_y)
            order = np.argsort(line[:, 1])
            knee = np.array([np.interp(y, line[order, 1], line[order, k]) for k in range(3)])
            out[side + "UpperLeg"], out[side + "LowerLeg"], out[side + "Foot"] = hip, knee, ankle
            out[side + "Toes"] = np.array([ankle[0], 0.012, 0.45 * ankle[2] + 0.55 * leg.tip[2]])
        hips = np.mean([out["leftUpperLeg"], out["rightUpperLeg"]], axis=0)
        out["hips"] = hips * [0, 1, 1] + [0, 0.02, 0]
    if limbs.arms and limbs.legs:
        top = np.array([0.0, shoulder_y + 0.04, float(np.mean([out[s + "UpperArm"][2] for s in ("left", "right")]))])
        for name, share in (("spine", 0.2), ("chest", 0.45), ("upperChest", 0.7), ("neck", 1.0)):
            out[name] = out["hips"] + share * (top - out["hips"])
        out["head"] = top + np.array([0, 0.05, 0])
    return out


def flip_sides(joints: dict[str, F64]) -> dict[str, F64]:
    """The same joints after half a turn about the vertical."""
    turned = {}
    for name, p in joints.items():
        other = {"left": "right" + name[4:], "righ": "left" + name[5:]}.get(name[:4], name)
        turned[other] = p * [-1, 1, -1]
    return turned


def toe_direction(leg: Limb, volume: Volume) -> float:
    """How far a foot sticks out in front (positive: +z) of the shin, in heights."""
    p = volume.points
    x, z = leg.points[-1, 0], leg.points[-1, 2]
    near = (np.abs(p[:, 0] - x) < 0.08) & (np.abs(p[:, 2] - z) < 0.15)
    foot = near & (p[:, 1] < 0.03)
    high = leg.points[leg.points[:, 1] > min(0.09, 0.5 * float(leg.points[0, 1]))]
    shin = high[-1] if len(high) else leg.points[0]
    return float(p[foot, 2].mean() - shin[2]) if foot.any() else 0.0
