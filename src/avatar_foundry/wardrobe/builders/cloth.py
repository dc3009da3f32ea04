"""How cloth falls: pleats that open downwards, gathers at a belt, sags of a sleeve."""

import numpy as np

from .anatomy import Anatomy
from .chart import F64
from .draw import bump, ease
from .sheet import Weights


def pleats(angle: F64, fall: F64, seed: float = 0.0) -> F64:
    """-1..1 at an angle round the body, `fall` 0..1 from the belt down: deep and few below, fine and many above.

    Phases drift so that no two folds are alike; crests are round and valleys tighter, as hanging cloth is.
    """
    drift = 0.5 * np.sin(2 * angle + 1.3 + seed) + 0.35 * np.sin(3 * angle + 0.4 + 2 * seed)
    big = np.sin(9 * angle + drift * 2.2 + 0.5 * fall)
    mid = np.sin(15 * angle - 1.5 * drift + 2.0 + seed + 0.7 * fall)
    fine = np.sin(22 * angle + 2.0 * drift + 0.3)
    wave = big * (0.35 + 0.65 * fall) + 0.45 * mid * (1 - 0.3 * fall) + 0.22 * fine * (1 - ease(fall, 0.05, 0.5))
    return np.asarray(0.85 * np.tanh(1.1 * wave) - 0.12 * (1 - np.cos(wave * 1.5)))


def skirt_weights(p: F64, a: Anatomy, hold: float = 0.06) -> Weights:
    """Hips above; below, each leg takes its side, softly across the middle, lower legs towards the hem.

    hold: the share that stays with the hips at the hem, so that a stride opens the skirt and does not tear it.
    """
    hip, knee = a.joints["l-upper-leg"], a.joints["l-knee"]
    down = ease(-p[..., 1], -hip[1] - 0.06, -hip[1] + 0.12)
    legs = down * (1 - hold * (1 - 0.3 * ease(-p[..., 1], -knee[1], -knee[1] + 0.3)))
    left = ease(p[..., 0], -0.09, 0.09)
    shin = ease(-p[..., 1], -knee[1] - 0.05, -knee[1] + 0.10) * 0.92
    return {
        "hips": 1 - legs,
        "leftUpperLeg": legs * left * (1 - shin),
        "rightUpperLeg": legs * (1 - left) * (1 - shin),
        "leftLowerLeg": legs * left * shin,
        "rightLowerLeg": legs * (1 - left) * shin,
    }


def trunk_weights(p: F64, a: Anatomy) -> Weights:
    """Hips, spine, chest, upper chest by height."""
    j = a.joints
    y = p[..., 1]
    spine = ease(y, j["spine-4"][1] - 0.04, j["spine-3"][1] + 0.02)
    chest = ease(y, j["spine-3"][1], j["spine-2"][1] + 0.03)
    upper = ease(y, j["spine-2"][1] + 0.02, j["spine-1"][1] + 0.01)
    return {
        "hips": 1 - spine,
        "spine": spine - spine * chest,
        "chest": chest * spine * (1 - upper),
        "upperChest": upper * chest * spine,
    }


def mantle_weights(p: F64, a: Anatomy) -> Weights:
    """Upper chest in the middle; collar bones and upper arms outwards."""
    s = a.joints["l-shoulder"]
    x = p[..., 0]
    out = {"upperChest": np.ones(p.shape[:-1])}
    rest = np.ones(p.shape[:-1])
    for side, sign in (("left", 1.0), ("right", -1.0)):
        bone = 0.55 * ease(sign * x, 0.05, s[0] - 0.02)
        arm = 0.8 * ease(sign * x, s[0] - 0.05, s[0] + 0.10)
        out[f"{side}Shoulder"] = bone * (1 - arm)
        out[f"{side}UpperArm"] = arm
        rest = rest - bone * (1 - arm) - arm
    out["upperChest"] = np.maximum(rest, 0)
    return out


def arm_weights(s: F64, a: Anatomy) -> Weights:
    """Left arm by position along the arm chart."""
    at = a.arm_at
    shoulder = 1 - ease(s, at["shoulder"] - 0.03, at["shoulder"] + 0.13)
    lower = ease(s, at["elbow"] - 0.07, at["elbow"] + 0.07)
    twist = 0.5 * ease(s, at["elbow"] + 0.15, at["wrist"])
    return {
        "leftShoulder": 0.7 * shoulder,
        "leftUpperArm": (1 - 0.7 * shoulder) * (1 - lower),
        "leftLowerArm": lower * (1 - twist),
        "leftLowerArmTwist": lower * twist,
    }


def rooted(p: F64, weights: Weights, a: Anatomy, rows: int = 3) -> tuple[F64, Weights]:
    """A left sleeve (U, W, 3) with `rows` rings before its first, that reach into the chest and stay with it.

    A raised arm then stretches the cloth of the armpit instead of opening a gap.
    """
    first = p[:, 0]
    middle = first.mean(0)
    inside = np.array((a.joints["l-shoulder"][0] * 0.52, middle[1] - 0.035, middle[2]))
    steps = np.linspace(1, 0, rows + 1)[:-1]
    rings = [middle + (inside - middle) * f + (first - middle) * (1 - 0.22 * f) for f in steps]
    out = np.concatenate([np.stack(rings, 1), p], 1)
    new: dict[str, F64] = {}
    for bone, w in weights.items():
        w = np.broadcast_to(np.asarray(w, np.float64), p.shape[:2])
        new[bone] = np.concatenate([np.stack([w[:, 0] * (1 - f) for f in steps], 1), w], 1)
    chest = np.concatenate([np.stack([np.full(len(p), f) for f in steps], 1), np.zeros(p.shape[:2])], 1)
    return out, {**new, "upperChest": 0.7 * chest, "chest": 0.3 * chest}


def neckline(angle: F64) -> F64:
    """s of the mantle chart where it leaves the neck: lower in front than behind."""
    return np.asarray(0.03 + 0.21 * ((1 + np.cos(angle)) / 2) ** 0.6)


def gather(fall: F64) -> F64:
    """The blouse of cloth over a belt."""
    return np.asarray(bump(fall, 0.06, 0.06))
