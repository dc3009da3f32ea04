"""How sure the fit is: of the figure as a whole and of each joint."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

import numpy as np
from scipy.spatial import cKDTree

from ..avatar import F32
from ..body import BODY_VERTICES
from .limbs import Limbs
from .tree import Tree, branches
from .volume import F64, Volume

#: Share of joints found within 4 % of the height: the eight characters of docs/rigging.md as they come and in four
#: random poses each, figures that were recognised only. Fingers where both hands showed them.
USUAL = {
    **{"Shoulder": 0.48, "UpperArm": 0.84, "LowerArm": 0.89, "Hand": 0.95},
    **{"UpperLeg": 0.71, "LowerLeg": 0.96, "Foot": 0.8, "Toes": 0.76},
    **{f + s: 0.75 for f in ("Index", "Middle", "Ring", "Little") for s in ("Proximal", "Intermediate", "Distal")},
    **{"Thumb" + s: 0.7 for s in ("Metacarpal", "Proximal", "Distal")},
    **{"hips": 0.53, "spine": 0.53, "chest": 0.53, "upperChest": 0.75, "neck": 0.95, "head": 0.93},
}
OTHER = 0.6
CENTRE = frozenset({"hips", "spine", "chest", "upperChest", "neck", "head"})
FACES = 0.03  # heights that feet stick out in front, summed: enough to tell front from back


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against a figure, lengths in heights.

    forward: mean distance of the fitted body's skin from the surface; back: of the surface from the skin.
    reached: share of the solid that hangs together. extra: length of further limbs, in limbs' own lengths.
    lean: how far the shoulders are off the hips, per length of the trunk. aside: the head off the middle, in widths.
    asymmetry: see `mirror_plane`. facing: see `Stand`. legs, arms: scores of the pairs.
    """

    legs: float
    arms: float
    forward: float = 1.0
    back: float = 1.0
    reached: float = 1.0
    extra: float = 0.0
    lean: float = 0.0
    aside: float = 0.0
    asymmetry: float = 0.0
    facing: float = 1.0


def gather(
    limbs: Limbs,
    joints: Mapping[str, F64],
    tree: Tree,
    volume: Volume,
    samples: F64,
    base: F32 | None,
) -> Evidence:
    """The evidence of a fit at height 1; `asymmetry` and `facing` are the caller's."""
    reached = float(np.isfinite(tree.distance).mean())
    if base is None or not limbs.arms or not limbs.legs:
        return Evidence(limbs.leg_score, limbs.arm_score, reached=reached)
    skin = base[:BODY_VERTICES:3].astype(np.float64)
    some = samples[:: max(1, len(samples) // 4000)]
    forward = float(np.mean(cKDTree(samples[::2]).query(skin)[0]))
    back = float(np.mean(cKDTree(skin).query(some)[0]))
    four = (*limbs.arms, *limbs.legs)
    taken = {ring for limb in four for ring in limb.rings}
    more = [b.length for b in branches(tree, volume, 0.1) if b.stem >= 0 and taken.isdisjoint(b.rings)]
    shoulder, hip = (0.5 * (joints["left" + n] + joints["right" + n]) for n in ("UpperArm", "UpperLeg"))
    trunk = max(float(shoulder[1] - hip[1]), 0.03)
    head = volume.points[volume.points[:, 1] > shoulder[1] + 0.25 * (1.0 - shoulder[1])]
    wide = max(abs(float(joints["leftUpperArm"][0])), 0.03)
    return Evidence(
        limbs.leg_score,
        limbs.arm_score,
        forward,
        back,
        reached,
        sum(more) / float(np.mean([limb.length for limb in four])),
        abs(float(shoulder[2] - hip[2])) / trunk,
        abs(float(np.median(head[:, 0]))) / wide if len(head) else 9.0,
    )


def _ramp(x: float, free: float, fall: float) -> float:
    """1 up to `free`, then falling by e each `fall`."""
    return exp(-max(x - free, 0.0) / fall)


def figure(e: Evidence) -> tuple[float, tuple[str, ...]]:
    """P(humanoid) 0..1 and what speaks against it."""
    checks = (
        (min(1.0, e.legs / 0.55), "no pair of legs was found"),
        (min(1.0, e.arms / 0.55), "no pair of arms was found"),
        (_ramp(0.9 - e.reached, 0.0, 0.1), f"only {100 * e.reached:.0f} % of it hangs together"),
        (_ramp(e.forward, 0.0105, 0.006), "a human body does not fit its surface"),
        (_ramp(e.back, 0.023, 0.012), "much of its surface is not that of a human body"),
        (_ramp(e.lean, 0.45, 0.15), "its shoulders are not above its hips"),
        (_ramp(e.aside, 0.8, 0.3), "its head is not in the middle"),
        (max(_ramp(e.extra, 1.6, 0.8), 0.35), "it has more limbs than a person"),
        (_ramp(e.asymmetry, 0.6, 0.1), "its left and right differ too much"),
    )
    chance = float(np.prod([value for value, _ in checks]))
    fitted = e.forward < 1.0  # else the limbs that are missing say enough
    return chance, tuple(r for value, r in checks if value < 0.75 and (fitted or "human body" not in r))


def rate(
    e: Evidence, joints: Mapping[str, F64], given: frozenset[str]
) -> tuple[float, tuple[str, ...], dict[str, float]]:
    """humanoid 0..1, reasons against, confidence per joint; `given` joints came from the user."""
    humanoid, reasons = figure(e)
    faces = min(1.0, 0.5 + 0.5 * e.facing / FACES)
    if e.facing < 0.5 * FACES and humanoid > 0.3:
        reasons = (*reasons, "which way it faces is not clear")
    confidence = {}
    for name in joints:
        kind = name.removeprefix("left").removeprefix("right")
        arm = kind in ("Shoulder", "UpperArm", "LowerArm", "Hand")
        leg = kind in ("UpperLeg", "LowerLeg", "Foot", "Toes")
        clear = min(1.0, (e.arms if arm else e.legs if leg else max(e.arms, e.legs)) / 0.9)
        sure = USUAL.get(kind, OTHER) * clear * min(1.0, humanoid / 0.7) * (1.0 if name in CENTRE else faces)
        confidence[name] = 1.0 if name in given else round(float(sure), 4)
    return humanoid, reasons, confidence
