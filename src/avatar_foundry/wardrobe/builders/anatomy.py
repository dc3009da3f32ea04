"""The charts of the neutral body: torso, arm, shoulder, leg, foot, neck, skirt. Left side only."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...pack import open_pack
from .chart import F64, Chart, around, path, unit
from .neutral import Neutral, neutral

FRONT = np.array((0.0, 0.0, 1.0))
SIDE = np.array((1.0, 0.0, 0.0))
UP = np.array((0.0, 1.0, 0.0))
FAN = 0.62
"""Share of the torso chart below the fan that closes over the shoulders to the neck."""


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Charts by part, landmarks by name, and where along the arm and the leg charts the joints lie (s)."""

    body: Neutral
    torso: Chart
    torso_y: tuple[float, float]
    arm: Chart
    arm_at: dict[str, float]
    arm_axis: F64
    shoulder: Chart
    leg: Chart
    leg_at: dict[str, float]
    leg_axis: F64
    boot: Chart
    neck: Chart
    skirt: Chart
    skirt_y: tuple[float, float]
    mantle: Chart
    ground: float
    joints: dict[str, F64]

    def skirt_s(self, y: float) -> float:
        """s of the skirt chart at a height."""
        top, low = self.skirt_y
        return (top - y) / (top - low)

    def torso_s(self, y: float) -> float:
        """s of the torso chart at a height below the fan."""
        lo, hi = self.torso_y
        return (y - lo) / (hi - lo) * FAN


def corners_of(body: Neutral, groups: tuple[str, ...], keep: "NDArray[np.bool_] | None" = None) -> F64:
    """(T, 3, 3) triangle corners; keep: (B,) bool over base vertices."""
    faces = np.concatenate([body.triangles[g] for g in groups])
    if keep is not None:
        faces = faces[keep[faces].all(1)]
    return np.asarray(body.base.astype(np.float64)[faces])


def _torso(body: Neutral, top: float) -> tuple[Chart, tuple[float, float]]:
    p = body.base
    shoulder, pelvis, neck = body.joint("l-shoulder"), body.joint("pelvis"), body.joint("neck")
    arms = (np.abs(p[:, 0]) > shoulder[0] - 0.012) & (p[:, 1] > pelvis[1] + 0.05)
    corners = np.concatenate([corners_of(body, ("helper-tights", "helper-skirt"), ~arms), _neck_lid(body)])
    lo, hi = float(pelvis[1] - 0.22), float(shoulder[1] - 0.13)
    low, fan = 48, 30
    t = np.linspace(0, 1, fan + 1)[1:]
    y = np.concatenate([np.linspace(lo, hi, low), hi + (neck[1] - 0.11 - hi) * t**1.3])
    z = np.interp(y, [lo, pelvis[1], hi, neck[1]], [0.0, 0.0, -0.012, -0.02])
    axis = np.stack([np.zeros_like(y), y, z], -1)
    lift = np.concatenate([np.zeros(low), np.sin(np.radians(top) * t)])[:, None] * UP
    n = len(y)
    frames = (np.tile(FRONT, (n, 1)), np.tile(SIDE, (n, 1)))
    a = -np.pi + 2 * np.pi * np.arange(96) / 96
    tilt = np.sqrt(1 - (lift**2).sum(1))
    with np.errstate(divide="ignore"):
        reach = (shoulder[0] - 0.005) / np.maximum(np.abs(np.sin(a))[:, None] * tilt[None], 1e-6)
    reach[:, y < pelvis[1] + 0.08] = 9.0
    chart = around(axis, frames, corners, angles=96, lift=lift, smooth=(2.5, 1.5), limit=0.6, reach=reach, far=True)
    return chart, (lo, hi)


def _arm(body: Neutral) -> tuple[Chart, dict[str, float], F64]:
    s, e, w = (body.joint(f"l-{n}") for n in ("shoulder", "elbow", "hand"))
    keep = body.base[:, 0] > 0.02
    knots = np.stack([s - unit(e - s) * 0.02, e, w + unit(w - e) * 0.06])
    line, frames = path(knots, 72, 5.0, UP + 0.15 * SIDE)
    chart = around(
        line, frames, corners_of(body, ("helper-tights", "body"), keep), angles=64, smooth=(2.0, 2.0), limit=0.085
    )
    total = np.linalg.norm(knots[1] - knots[0]) + np.linalg.norm(knots[2] - knots[1])
    at = {
        "shoulder": float(0.02 / total),
        "elbow": float(np.linalg.norm(knots[1] - knots[0]) / total),
        "wrist": float(1 - 0.06 / total),
    }
    return chart, at, line


def _shoulder(body: Neutral) -> Chart:
    """Like the bell of a pauldron: tilts over the joint towards the neck at s = 0, straight round the arm at s = 1."""
    s, e = body.joint("l-shoulder"), body.joint("l-elbow")
    along = unit(e - s)
    n = 48
    tilt = np.radians(np.concatenate([np.linspace(66, 0, 24), np.zeros(24)]))
    step = np.concatenate([np.zeros(24), np.linspace(0, 0.20, 24)])
    axis = s[None] + along * step[:, None] + np.array((0.0, -0.012, -0.004))
    e0 = unit(UP - (UP @ along) * along)
    frames = (np.tile(e0, (n, 1)), np.tile(np.cross(along, e0), (n, 1)))
    keep = body.base[:, 0] > 0.02
    return around(
        axis,
        frames,
        corners_of(body, ("helper-tights",), keep),
        angles=64,
        lift=-along * np.sin(tilt)[:, None],
        smooth=(3.0, 4.0),
        limit=0.105,
    )


def _leg(body: Neutral) -> tuple[Chart, dict[str, float], F64]:
    h, k, a = (body.joint(f"l-{n}") for n in ("upper-leg", "knee", "ankle"))
    knots = np.stack([h, k, a + unit(a - k) * 0.0])
    line, frames = path(knots, 72, 6.0, FRONT)
    keep = body.base[:, 0] > 0.0
    chart = around(line, frames, corners_of(body, ("helper-tights",), keep), angles=64, smooth=(2.0, 2.0), limit=0.125)
    total = np.linalg.norm(k - h) + np.linalg.norm(a - k)
    return chart, {"hip": 0.0, "knee": float(np.linalg.norm(k - h) / total), "ankle": 1.0}, line


def _boot(body: Neutral) -> Chart:
    """From mid calf (s = 0) down the shin, round the heel, and along the foot to the tip of the toes (s = 1)."""
    k, a = body.joint("l-knee"), body.joint("l-ankle")
    foot = body.base[(body.base[:, 1] < a[1] + 0.03) & (body.base[:, 0] > 0.02)]
    toe_z, ground = float(foot[:, 2].max()), float(foot[:, 1].min())
    top = a + (k - a) * 0.78
    tip = np.array((a[0] + 0.010, ground + 0.016, toe_z - 0.022))
    shaft = np.linspace(0, 1, 30)[:, None] * (a + UP * 0.035 - top) + top
    bend = np.linspace(0, np.pi / 2, 16)
    pivot = np.array((a[0], a[1] + 0.035, a[2] + 0.055))
    down = np.tile(-UP, (30, 1))
    axis, tangent = [shaft], [np.tile(unit(a - k), (30, 1)) * 0.6 + down * 0.4]
    for b in bend[1:]:
        back = np.array((0.0, -np.sin(b), -np.cos(b)))
        axis.append((pivot + back * np.array((0, 0.055 + 0.012 * np.sin(b), 0.055)))[None])
        tangent.append(np.array((0.0, -np.cos(b), np.sin(b)))[None])
    last = axis[-1][0]
    fwd = np.linspace(0, 1, 27)[1:, None] * (tip - last) + last
    axis.append(fwd)
    tangent.append(np.tile(unit(FRONT * 1.0 + SIDE * 0.06), (26, 1)))
    line, t = np.concatenate(axis), unit(np.concatenate(tangent))
    e1 = np.tile(SIDE, (len(line), 1))
    e1 = unit(e1 - (e1 * t).sum(1, keepdims=True) * t)
    e0 = np.cross(e1, t)
    keep = body.base[:, 0] > 0.0
    return around(
        line,
        (-e0 if (e0[0] @ FRONT) < 0 else e0, e1),
        corners_of(body, ("helper-tights",), keep),
        angles=48,
        smooth=(1.2, 1.5),
        limit=0.13,
        fill=True,
    )


def _neck(body: Neutral) -> Chart:
    n, h = body.joint("neck"), body.joint("head")
    line, frames = path(np.stack([n - (h - n) * 0.7, h + (h - n) * 0.1]), 32, 0, FRONT)
    return around(
        line,
        (frames[0], np.tile(SIDE, (32, 1))),
        corners_of(body, ("body",)),
        angles=64,
        smooth=(3.0, 3.0),
        limit=0.085,
    )


def _skirt(body: Neutral, ground: float) -> tuple[Chart, tuple[float, float]]:
    pelvis = body.joint("pelvis")
    top, low = float(body.joint("spine-3")[1] + 0.05), float(body.base[18002:18722, 1].min() + 0.01)
    y = np.linspace(top, low, 56)
    axis = np.stack([np.zeros(56), y, np.interp(y, [low, pelvis[1]], [0.0, 0.0])], -1)
    frames = (np.tile(FRONT, (56, 1)), np.tile(SIDE, (56, 1)))
    keep = (np.abs(body.base[:, 0]) < body.joint("l-shoulder")[0] - 0.012) | (body.base[:, 1] < pelvis[1] + 0.05)
    corners = corners_of(body, ("helper-skirt", "helper-tights"), keep)
    return around(axis, frames, corners, angles=96, smooth=(3.0, 3.0), limit=0.5, far=True), (top, low)


def _neck_lid(body: Neutral) -> F64:
    """(T, 3, 3) triangles that close the suit's neck, so that rays do not leave through it."""
    faces = body.triangles["helper-tights"]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    _, index, count = np.unique(np.sort(edges, 1), axis=0, return_index=True, return_counts=True)
    rim = edges[index[count == 1]]
    points = body.base.astype(np.float64)[rim]
    near = (points[..., 1] > body.joint("neck")[1] - 0.12).all(1) & (np.abs(points[..., 0]) < 0.15).all(1)
    points = points[near]
    return np.concatenate([points, np.broadcast_to(points.mean((0, 1)), (len(points), 1, 3))], 1)


def _mantle(body: Neutral) -> Chart:
    """Over both shoulders: from the neck (s = 0) out to the upper arms and the ribs (s = 1)."""
    neck, s = body.joint("neck"), body.joint("l-shoulder")
    n = 40
    tilt = np.radians(np.linspace(72, -32, n))
    y = np.linspace(neck[1] - 0.10, s[1] - 0.10, n)
    axis = np.stack([np.zeros(n), y, np.full(n, -0.015)], -1)
    frames = (np.tile(FRONT, (n, 1)), np.tile(SIDE, (n, 1)))
    corners = np.concatenate([corners_of(body, ("helper-tights",)), _neck_lid(body)])
    return around(
        axis,
        frames,
        corners,
        angles=96,
        lift=np.sin(tilt)[:, None] * UP,
        smooth=(4.0, 3.0),
        limit=0.36,
        far=True,
    )


@lru_cache(maxsize=2)
def _anatomy(digest: str) -> Anatomy:
    body = neutral()
    ground = float(body.base[:13380, 1].min())
    torso, torso_y = _torso(body, 78)
    arm, arm_at, arm_axis = _arm(body)
    leg, leg_at, leg_axis = _leg(body)
    skirt, skirt_y = _skirt(body, ground)
    return Anatomy(
        body,
        torso,
        torso_y,
        arm,
        arm_at,
        arm_axis,
        _shoulder(body),
        leg,
        leg_at,
        leg_axis,
        _boot(body),
        _neck(body),
        skirt,
        skirt_y,
        _mantle(body),
        ground,
        {k: np.asarray(v, np.float64) for k, v in body.joints.items()},
    )


def anatomy() -> Anatomy:
    """The charts of the open pack's neutral body."""
    return _anatomy(open_pack().digest)
