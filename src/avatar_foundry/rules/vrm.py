"""Rules for VRM: what its specification demands beyond glTF, and what its viewers stumble over."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from ..avatar import Avatar
from ..formats.vrm import HUMAN
from ..formats.vrm_expressions import PRESETS
from .registry import Cure, Finding, Target, rule
from .skeleton_tree import above
from .walk import full, joints_used

BEHIND = 0.03  # metres; toes of a foot on tiptoe lie below its ankle
CLEAR = 1e-4  # metres by which a spring's joint may lie in a collider at rest


def _bones(avatar: Avatar, platform: Target) -> dict[str, int]:
    """Canonical humanoid bone -> joint number, of those that are there."""
    assert avatar.skeleton is not None
    number = {name: i for i, name in enumerate(avatar.skeleton.names)}
    theirs = platform.bones
    return {n: number[theirs.get(n, n)] for n in HUMAN if theirs.get(n, n) in number}


@rule(
    "vrm/bone-order",
    severity="error",
    cure=Cure("Reparent the Bones", "Hang each humanoid bone below the one that VRM names, and export again", 0.7),
)
def bone_order(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every humanoid bone hangs below the one that VRM names as its parent.

    Loaders refuse a hand that is no descendant of its arm; joints of other kinds may lie between."""
    if avatar.skeleton is None:
        return
    bones, parents = _bones(avatar, platform), avatar.skeleton.parents.tolist()
    for name, joint in bones.items():
        over = HUMAN[name]
        while over and over not in bones:
            over = HUMAN[over]
        if not over:
            continue
        if bones[over] not in above(parents, joint):
            message = f"{name} does not hang below {over}"
            yield Finding("astray", message, f"skeleton/{avatar.skeleton.names[joint]}", elements={"joints": [joint]})


@rule(
    "vrm/bone-gap",
    severity="warning",
    cure=Cure("Name the Missing Joints", "Say where the missing joint lies with `hints`", 0.6),
)
def bone_gap(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No finger begins in its middle, and an upper chest comes with a chest.

    VRM maps such a bone only together with its parent, so it is left out of the file's humanoid."""
    if avatar.skeleton is None:
        return
    bones = _bones(avatar, platform)
    for name in bones:
        chained = any(f in name for f in ("Thumb", "Index", "Middle", "Ring", "Little")) or name == "upperChest"
        if chained and HUMAN[name] not in bones:
            yield Finding("parent-missing", f"{name} is there, but {HUMAN[name]} is not", "skeleton")


@rule(
    "vrm/facing",
    severity="error",
    cure=Cure("Turn It to the Front", "Turn the figure so that it looks along +Z", 0.8, "turn-upright"),
)
def facing(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar faces +Z: its left is at +X, its toes point forward.

    Gaze, colliders and first-person cameras look the wrong way otherwise. The VRM 0.x writer turns it about itself."""
    if avatar.skeleton is None:
        return
    bones, at = _bones(avatar, platform), avatar.skeleton.rest[:, :3, 3]
    if {"leftUpperLeg", "rightUpperLeg"} <= bones.keys() and (
        at[bones["leftUpperLeg"], 0] <= at[bones["rightUpperLeg"], 0]
    ):
        yield Finding("mirrored", "the left leg is not at +X", "skeleton")
    for side in ("left", "right"):
        foot, toes = bones.get(f"{side}Foot"), bones.get(f"{side}Toes")
        if foot is not None and toes is not None and at[toes, 2] < at[foot, 2] - BEHIND:
            yield Finding("backwards", f"the {side} toes point backwards", f"skeleton/{avatar.skeleton.names[toes]}")


@rule(
    "vrm/eyes",
    severity="warning",
    cure=Cure("Make a Face", "Leave `no_face` off: the eyes get bones of their own", 0.7),
)
def eyes(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Both eye bones are there and turn something.

    Gaze by bones needs them; without, the avatar stares ahead."""
    if avatar.skeleton is None:
        return
    bones = _bones(avatar, platform)
    used = joints_used(avatar)
    for name in ("leftEye", "rightEye"):
        if name not in bones:
            yield Finding("missing", f"there is no {name}", "skeleton")
        elif not used[bones[name]]:
            yield Finding("idle", f"{name} turns nothing", f"skeleton/{avatar.skeleton.names[bones[name]]}")


@rule(
    "vrm/expressions",
    severity="warning",
    cure=Cure("Make the Shapes", "Process with `morph_targets` on: every preset gets its shapes", 0.8),
)
def expressions(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every preset expression of a face that has shapes moves something.

    Applications drive speech, blinking and moods by the presets and expect an answer."""
    there = {m.name for _, _, mesh in full(avatar) for m in mesh.morphs}
    if not there:
        return
    own = getattr(platform, "shapes", {})
    for name, expression in PRESETS.items():
        if expression.weights and not any(own.get(n, n) in there for n in expression.weights):
            yield Finding("unbound", f"nothing moves in the expression {name}", f"expressions/{name}")


@rule("vrm/shape-name", severity="error", cure=Cure("Rename the Shapes", "Give each shape a name of its own", 0.9))
def shape_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No two shapes of a part share a name.

    Expressions are bound by name here and by number in the file: with one name for two, one of them is dead."""
    for where, part, mesh in full(avatar):
        for name, count in Counter(m.name for m in mesh.morphs).items():
            if count > 1:
                yield Finding("repeated", f"{part.name} has {count} shapes called {name}", where)


@rule(
    "vrm/spring-chain",
    severity="error",
    cure=Cure("Mend the Chain", "Let each spring joint hang below the one before, in one spring only", 0.7),
)
def spring_chain(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Springs are chains: each joint hangs below the one before and swings in one spring only.

    VRM forbids the rest, and viewers crash or shake on it."""
    if avatar.skeleton is None:
        return
    number = {name: i for i, name in enumerate(avatar.skeleton.names)}
    parents = avatar.skeleton.parents.tolist()
    seen = Counter(n for s in avatar.springs for n in s.joints)
    for name, count in seen.items():
        if count > 1:
            yield Finding("shared", f"{name} swings in {count} springs", f"skeleton/{name}")
    for spring in avatar.springs:
        if missing := [n for n in spring.joints if n not in number]:
            yield Finding("missing", f"{spring.name} names {missing[0]}, which is not there", f"springs/{spring.name}")
            continue
        for upper, below in pairwise(spring.joints):
            if number[upper] not in above(parents, number[below]):
                yield Finding("broken", f"{below} does not hang below {upper}", f"springs/{spring.name}")


@rule(
    "vrm/humanoid-spring",
    severity="error",
    cure=Cure("Take the Bone Out", "Let springs swing joints of their own, not the figure's bones", 0.8),
)
def humanoid_spring(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No humanoid bone swings.

    Poses and springs would fight over it in every frame."""
    if avatar.skeleton is None:
        return
    human = {avatar.skeleton.names[i] for i in _bones(avatar, platform).values()}
    for spring in avatar.springs:
        for name in spring.joints:
            if name in human:
                yield Finding("humanoid", f"{spring.name} swings the bone {name}", f"springs/{spring.name}")


@rule(
    "vrm/collider",
    severity="warning",
    cure=Cure("Shrink the Collider", "Make the collider smaller, or begin the chain further out", 0.7),
)
def collider(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """At rest no swinging joint lies within a collider of its spring.

    It would be pushed out at once: the avatar would not look as it was made."""
    if avatar.skeleton is None:
        return
    at = dict(zip(avatar.skeleton.names, avatar.skeleton.rest[:, :3, 3].astype(np.float64), strict=True))
    for spring in avatar.springs:
        points = np.array([at[n] for n in spring.joints[1:] if n in at]).reshape(-1, 3)
        for c in avatar.colliders:
            if c.group not in spring.groups or not len(points):
                continue
            a, along = np.array(c.start), np.array(c.end) - np.array(c.start)
            share = np.clip((points - a) @ along / max(float(along @ along), 1e-12), 0, 1)
            gap = np.linalg.norm(points - a - share[:, None] * along, axis=1) - c.radius - spring.radius
            if float(gap.min()) < -CLEAR:
                yield Finding(
                    "inside",
                    f"{spring.name} lies {-1000 * float(gap.min()):.0f} mm within the collider on {c.bone}",
                    f"springs/{spring.name}",
                    numbers={"depth_mm": round(-1000 * float(gap.min()), 2)},
                )


@rule("vrm/terms", severity="warning", cure=Cure("Name the Licence", "Say under which licence each piece comes", 0.8))
def terms(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Everything the avatar is made of names its licence.

    A VRM tells its users what they may do; without licences only the strictest terms are safe."""
    for entry in avatar.licences:
        if not entry.get("licence"):
            yield Finding("no-licence", f"{entry.get('name', 'something')} has no licence", "licences")


@rule(
    "vrm/texture-format", severity="info", cure=Cure("Convert Textures", "Ask for PNG or JPEG", 0.9, "convert-textures")
)
def texture_format(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Textures are PNG or JPEG.

    VRM knows no others; they are converted to PNG on the way, which makes the file larger."""
    for material in avatar.materials:
        for texture in (material.base, material.normal, material.orm):
            if texture is not None and texture.mime not in ("image/png", "image/jpeg"):
                yield Finding("converted", f"{texture.name} becomes PNG", f"materials/{material.name}")
