"""Rules for how the skeleton stands at rest. Angles and tolerances: Unity's own for a T-pose (facts, section 1.3)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar
from ..humanoid import MAIN_CHILD
from .registry import Cure, Finding, Target, rule
from .walk import humanoid

F64 = NDArray[np.float64]
ARM_TOLERANCE = 5.0  # degrees
AXIS_TOLERANCE = 12.0  # degrees between a bone and its axis: feet and hands have several children
SHORTEST = 1e-4  # metres
FINGERS = ("Index", "Middle", "Ring", "Little")
FACE = Cure(
    "Turn It to the Front", "Turn the figure so that it looks along +Z, or swap left and right", 0.7, "turn-upright"
)
POSE = Cure("Ask for the T-Pose", 'Leave `pose` at "T": the foundry turns the arms and fingers level', 0.9)

Aim = tuple[float, float, float]
# canonical bone (left side) -> ideal direction towards its main child, tolerance in degrees; +X is the figure's left
IDEAL: dict[str, tuple[Aim, float]] = {
    "UpperLeg": ((0.05, -1, 0), 15),
    "LowerLeg": ((0.05, -1, -0.15), 20),
    "Foot": ((0.05, 0, 1), 20),  # over the ground
    "Shoulder": ((1, 0, 0), 20),
    "LowerArm": ((1, 0, 0), 5),
}
MIDDLE = {"spine": "chest", "chest": "upperChest", "upperChest": "neck", "neck": "head"}
UPRIGHT = 30.0
HAND, THUMB, KNUCKLE = 10.0, (10.0, 5.0), (10.0, 5.0)


def between(a: F64, b: F64) -> float:
    """Degrees between two directions."""
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


@rule("skeleton/t-pose", severity="hint", cure=POSE)
def t_pose(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The upper arms lie level in the rest pose, to 5 degrees.

    Humanoid importers retarget from the T-pose; from an A-pose they have to guess the shoulders' turn."""
    if avatar.skeleton is None:
        return
    bones, at = humanoid(avatar, platform), avatar.skeleton.rest[:, :3, 3]
    for side in ("left", "right"):
        upper, lower = bones.get(f"{side}UpperArm", -1), bones.get(f"{side}LowerArm", -1)
        if upper < 0 or lower < 0:
            continue
        along = at[lower] - at[upper]
        droop = float(np.degrees(np.arctan2(-along[1], np.hypot(along[0], along[2]))))
        if abs(droop) > ARM_TOLERANCE:
            where = f"skeleton/{avatar.skeleton.names[upper]}"
            message = f"the {side} upper arm hangs {droop:.0f} degrees"
            numbers = {"degrees": round(droop, 1), "limit": ARM_TOLERANCE}
            yield Finding("not-level", message, where, numbers, {"joints": [upper]})


@rule("skeleton/stance", severity="hint", cure=POSE)
def stance(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Legs, feet, spine, shoulders, forearms, hands and fingers are within Unity's tolerances of a T-pose.

    Outside them its Humanoid importer says "not in T-pose" and bends the bone itself, skin and all."""
    if avatar.skeleton is None:
        return
    bones, at = humanoid(avatar, platform), avatar.skeleton.rest[:, :3, 3].astype(np.float64)
    level = not list(t_pose(avatar, platform))
    for role, angle, limit in _angles(bones, at, level):
        if angle > limit:
            name = avatar.skeleton.names[bones[role]]
            message = f"{name} is {angle:.0f} degrees off, {limit:.0f} are allowed"
            numbers = {"degrees": round(angle, 1), "limit": limit}
            yield Finding("bent", message, f"skeleton/{name}", numbers, {"joints": [bones[role]]})


def _angles(bones: dict[str, int], at: F64, level: bool) -> Iterator[tuple[str, float, float]]:
    """(canonical bone, degrees off, degrees allowed). level: the upper arms are; else forearms and thumbs may hang."""

    def along(role: str, child: str) -> F64 | None:
        if role not in bones or child not in bones:
            return None
        step: F64 = at[bones[child]] - at[bones[role]]
        return step if np.linalg.norm(step) > SHORTEST else None

    for role, child in MIDDLE.items():
        above = next((c for c in (child, *_beyond(child)) if c in bones), "")
        if (step := along(role, above)) is not None:
            yield role, between(step, np.array([0.0, 1, 0])), UPRIGHT
    for side, sign in (("left", 1.0), ("right", -1.0)):
        mirrored = np.array([sign, 1, 1])
        for stem, (aim, limit) in IDEAL.items():
            step = along(side + stem, MAIN_CHILD[side + stem])
            if step is None or (stem == "LowerArm" and not level):
                continue
            yield side + stem, between(step * (1, 0, 1) if stem == "Foot" else step, np.array(aim) * mirrored), limit
        arm = along(f"{side}LowerArm", f"{side}Hand")
        if arm is None:
            continue
        if (hand := along(f"{side}Hand", f"{side}MiddleProximal")) is not None:
            yield f"{side}Hand", between(hand, arm), HAND
        for finger in FINGERS:
            for k, segment in enumerate(("Proximal", "Intermediate")):
                role = f"{side}{finger}{segment}"
                if (step := along(role, MAIN_CHILD[role])) is not None:
                    yield role, between(step, arm), KNUCKLE[k]
        for k, segment in enumerate(("Metacarpal", "Proximal")):
            role = f"{side}Thumb{segment}"
            if level and (step := along(role, MAIN_CHILD[role])) is not None:
                yield role, between(step, np.array([1.0, 0, 1]) * mirrored), THUMB[k]


def _beyond(role: str) -> Iterator[str]:
    while role in MIDDLE:
        role = MIDDLE[role]
        yield role


@rule(
    "skeleton/centred",
    severity="warning",
    cure=Cure("Centre the Figure", "Move the figure so that its hips lie over 0, 0", 0.8),
)
def centred(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The hips lie over the origin: to 1 % of their height sideways, to 20 % forwards.

    Unity turns a humanoid about the origin: off it, the figure circles round the point where it should stand."""
    if avatar.skeleton is None or (hips := humanoid(avatar, platform).get("hips", -1)) < 0:
        return
    x, y, z = (float(v) for v in avatar.skeleton.rest[hips, :3, 3])
    if y > 0 and (abs(x) > 0.01 * y or abs(z) > 0.2 * y):
        name = avatar.skeleton.names[hips]
        message = f"the hips lie {100 * x:+.1f} cm to the left and {100 * z:+.1f} cm to the front of the origin"
        numbers = {"left_m": round(x, 4), "front_m": round(z, 4), "height_m": round(y, 4)}
        yield Finding("off-centre", message, f"skeleton/{name}", numbers, {"joints": [hips]})


@rule("skeleton/facing", severity="error", cure=FACE)
def facing(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The figure faces +Z: its left leg is at +X, and not both feet point backwards.

    Otherwise it walks backwards in every engine, and left and right trackers drive the wrong side."""
    if avatar.skeleton is None:
        return
    bones, at = humanoid(avatar, platform), avatar.skeleton.rest[:, :3, 3]
    left, right = bones.get("leftUpperLeg", -1), bones.get("rightUpperLeg", -1)
    if left >= 0 and right >= 0 and at[left, 0] <= at[right, 0]:
        message = "the left leg is not at +X"
        yield Finding("mirrored", message, "skeleton", {"left_m": float(at[left, 0])}, {"joints": [left, right]})
    feet = [(bones.get(f"{s}Foot", -1), bones.get(f"{s}Toes", -1)) for s in ("left", "right")]
    ahead = [float(at[t, 2] - at[f, 2]) for f, t in feet if f >= 0 and t >= 0]
    if len(ahead) == 2 and max(ahead) < -0.03:
        message = "both feet point backwards"
        yield Finding("backwards", message, "skeleton", {"toes_ahead_m": round(max(ahead), 4)})


@rule(
    "skeleton/bone-length",
    severity="warning",
    cure=Cure("Spread the Joints", "Move the joint off the one above it, with `hints` or in the source", 0.7),
)
def bone_length(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Humanoid bones have a length: no joint lies on the one above it.

    Retargeting takes its direction from the two; where they meet, it is anyone's guess."""
    if avatar.skeleton is None:
        return
    bones, at = humanoid(avatar, platform), avatar.skeleton.rest[:, :3, 3]
    pairs = [(bones[a], bones[b]) for a, b in MAIN_CHILD.items() if a in bones and b in bones]
    if not pairs:
        return
    upper, lower = np.array(pairs).T
    length = np.linalg.norm(at[upper] - at[lower], axis=1)
    for k in np.flatnonzero(length < SHORTEST).tolist():
        names = avatar.skeleton.names[int(upper[k])], avatar.skeleton.names[int(lower[k])]
        elements = {"joints": [int(upper[k]), int(lower[k])]}
        yield Finding("no-length", f"{names[0]} and {names[1]} lie in one point", f"skeleton/{names[1]}", {}, elements)


@rule(
    "skeleton/bone-axis",
    severity="warning",
    cure=Cure("Let the Foundry Turn the Axes", "Process the file: its bones are given the platform's axes", 0.8),
)
def bone_axis(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Where the platform has a convention, limbs lie along its axis: +Y in Godot and Blender, X in Unreal.

    Clips of the engine's own characters turn bones about these axes: along others, elbows bend sideways."""
    if avatar.skeleton is None or not platform.bone_axis:
        return
    column = "XYZ".index(platform.bone_axis[-1])
    bones, rest = humanoid(avatar, platform), avatar.skeleton.rest.astype(np.float64)
    stems = ("UpperArm", "LowerArm", "UpperLeg", "LowerLeg", "IndexProximal", "MiddleProximal", "ThumbProximal")
    for role in (f"{side}{stem}" for side in ("left", "right") for stem in stems):
        if role not in bones or MAIN_CHILD[role] not in bones:
            continue
        i, j = bones[role], bones[MAIN_CHILD[role]]
        axis, along = rest[i, :3, column], rest[j, :3, 3] - rest[i, :3, 3]
        angle = between(axis, along)
        if platform.bone_axis.startswith("±"):
            angle = min(angle, 180 - angle)
        if angle > AXIS_TOLERANCE:
            name = avatar.skeleton.names[i]
            message = f"the {platform.bone_axis} axis of {name} is {angle:.0f} degrees off its bone"
            numbers = {"degrees": round(angle, 1), "limit": AXIS_TOLERANCE}
            yield Finding("turned", message, f"skeleton/{name}", numbers, {"joints": [i]})
