"""Rules for bones."""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np

from ..avatar import Avatar
from .registry import Finding, Target, rule

SCALE_TOLERANCE = 1e-3
MIRROR_TOLERANCE = 0.02  # metres; scanned and posed people are not exactly symmetric
ARM_TOLERANCE = 5.0  # degrees; Unity's own limit for the upper arm of a T-pose


@rule("skeleton/required-bone", severity="error")
def required_bone(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The bones that the platform's humanoid needs are there.

    Without one of them the avatar cannot be retargeted."""
    if avatar.skeleton is None:
        yield Finding("no-skeleton", "the avatar has no skeleton", "skeleton")
        return
    for name in sorted(set(platform.required) - set(avatar.skeleton.names)):
        yield Finding("missing", f"the bone {name} is missing", f"skeleton/{name}")


@rule("skeleton/unique-name", severity="error")
def unique_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No two bones share a name.

    Engines find bones by name and take the first; upper and lower case count as the same."""
    if avatar.skeleton is None:
        return
    for name, count in sorted(Counter(n.lower() for n in avatar.skeleton.names).items()):
        if count > 1:
            yield Finding("repeated", f"{count} bones are called {name}", f"skeleton/{name}")


@rule("skeleton/bone-name", severity="error")
def bone_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Bone names use only characters that the platform keeps.

    Loaders replace the others, and clips no longer find their bones."""
    if avatar.skeleton is None:
        return
    for name in avatar.skeleton.names:
        if not re.fullmatch(platform.bone_pattern, name):
            yield Finding("character", f"the bone name {name!r} will be changed on import", f"skeleton/{name}")


@rule("skeleton/hierarchy", severity="error")
def hierarchy(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The bones form one tree, parents before children.

    Several roots split the skin; a child before its parent cannot be posed in one pass."""
    if avatar.skeleton is None:
        return
    parents = avatar.skeleton.parents
    if (roots := int((parents < 0).sum())) != 1:
        yield Finding("roots", f"the skeleton has {roots} roots", "skeleton")
    if (parents >= np.arange(len(parents))).any():
        yield Finding("order", "a bone comes before its parent", "skeleton")


@rule("skeleton/scale", severity="error")
def scale(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No bone is scaled, sheared or mirrored in its rest pose.

    Scaled bones deform what hangs below them as soon as they turn."""
    if avatar.skeleton is None:
        return
    axes = avatar.skeleton.rest[:, :3, :3].astype(np.float64)
    off = np.abs(axes @ axes.transpose(0, 2, 1) - np.eye(3)).max(axis=(1, 2)) > SCALE_TOLERANCE
    off |= np.linalg.det(axes) < 0
    for i in np.flatnonzero(off).tolist():
        name = avatar.skeleton.names[i]
        yield Finding("scaled", f"the bone {name} is scaled or sheared", f"skeleton/{name}")


@rule("skeleton/twist-order", severity="error")
def twist_order(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """A limb's next bone is its first child; twist bones come after it.

    VRChat follows the first child: a twist bone there ends the arm at the elbow."""
    if avatar.skeleton is None:
        return
    names, parents = avatar.skeleton.names, avatar.skeleton.parents.tolist()
    first: dict[int, int] = {}
    count = Counter(parents)
    for i, parent in enumerate(parents):
        first.setdefault(parent, i)
    for parent, child in first.items():
        if parent >= 0 and "twist" in names[child].lower() and count[parent] > 1:
            yield Finding("twist-first", f"{names[child]} comes before the main child", f"skeleton/{names[parent]}")


@rule("skeleton/symmetric", severity="info")
def symmetric(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Left and right joints mirror each other.

    Mirrored clips and poses slip on a skeleton that does not."""
    if avatar.skeleton is None:
        return
    at = dict(zip(avatar.skeleton.names, avatar.skeleton.rest[:, :3, 3], strict=True))
    bones = platform.bones
    gaps = []
    for canonical in sorted(b for b in bones if b.startswith("left")):
        left, right = at.get(bones[canonical]), at.get(bones.get("right" + canonical[4:], ""))
        if left is not None and right is not None:
            gaps.append((float(np.abs(left - right * (-1, 1, 1)).max()), bones[canonical]))
    if (worst := max(gaps, default=(0.0, "")))[0] > MIRROR_TOLERANCE:
        message = f"{worst[1]} and its mirror differ by {worst[0] * 100:.1f} cm"
        yield Finding("asymmetric", message, f"skeleton/{worst[1]}")


@rule("skeleton/t-pose", severity="hint")
def t_pose(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The upper arms lie level in the rest pose.

    Humanoid importers retarget from the T-pose; from an A-pose they have to guess the shoulders' turn."""
    if avatar.skeleton is None:
        return
    at = dict(zip(avatar.skeleton.names, avatar.skeleton.rest[:, :3, 3], strict=True))
    bones = platform.bones
    for side in ("left", "right"):
        upper, lower = at.get(bones.get(f"{side}UpperArm", "")), at.get(bones.get(f"{side}LowerArm", ""))
        if upper is None or lower is None:
            continue
        along = lower - upper
        droop = float(np.degrees(np.arctan2(-along[1], np.hypot(along[0], along[2]))))
        if abs(droop) > ARM_TOLERANCE:
            where = f"skeleton/{bones[f'{side}UpperArm']}"
            yield Finding("not-level", f"the {side} upper arm hangs {droop:.0f} degrees", where)
