"""Rules for what hangs below what."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ..avatar import Avatar
from ..humanoid import REQUIRED
from .registry import Cure, Finding, Target, rule
from .walk import full, humanoid, skinned

# What every engine's humanoid together asks for (facts, section 0).
CANONICAL = (*sorted(REQUIRED), "chest", "neck", "leftShoulder", "rightShoulder")
ORDER = Cure("Reparent the Bones", "Hang the bone below the one that it moves with, and export again", 0.7)
HINTS = Cure(
    "Name the Missing Joints", "Say where the joints lie with `hints`, or let the foundry make a skeleton", 0.6
)


@rule("skeleton/hierarchy", severity="error", cure=ORDER)
def hierarchy(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The bones form one tree, parents before children.

    Several roots split the skin; a child before its parent cannot be posed in one pass."""
    if avatar.skeleton is None:
        return
    parents = avatar.skeleton.parents
    top = np.flatnonzero(parents < 0)
    if len(top) != 1:
        message = f"the skeleton has {len(top)} roots"
        yield Finding("roots", message, "skeleton", {"roots": len(top)}, {"joints": top[:64].tolist()})
    early = np.flatnonzero(parents >= np.arange(len(parents)))  # a ring has such a joint, too
    if len(early):
        name = avatar.skeleton.names[int(early[0])]
        message = f"{name} comes before its parent"
        yield Finding("order", message, f"skeleton/{name}", {"joints": len(early)}, {"joints": early[:64].tolist()})


@rule("skeleton/canonical-bone", severity="warning", cure=HINTS)
def canonical_bone(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The 19 bones are there that some engine's humanoid asks for: VRM's 15, chest, neck and both shoulders.

    With all of them one skeleton is retargeted everywhere: VRChat wants all, Godot the shoulders, VRM 0.x the neck."""
    if avatar.skeleton is None:
        return
    there = humanoid(avatar, platform)
    missing = [platform.bones.get(n, n) for n in CANONICAL if n not in there]
    if missing:
        message = f"{', '.join(missing[:6])} {'is' if len(missing) == 1 else 'are'} missing"
        yield Finding("missing", message, "skeleton", {"missing": len(missing), "wanted": len(CANONICAL)})


def above(parents: list[int], joint: int) -> Iterator[int]:
    """The joints from its parent up to the root. Ends in a ring, too."""
    for _ in range(len(parents)):
        joint = parents[joint]
        if not 0 <= joint < len(parents):
            return
        yield joint


@rule("skeleton/hips-first", severity="error", cure=ORDER)
def hips_first(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every humanoid bone hangs below the hips.

    Humanoid importers measure all else from the hips: a leg beside them stays behind when the body moves."""
    if avatar.skeleton is None:
        return
    bones, parents = humanoid(avatar, platform), avatar.skeleton.parents.tolist()
    hips = bones.pop("hips", -1)
    for joint in bones.values() if hips >= 0 else ():
        if hips not in above(parents, joint):
            name = avatar.skeleton.names[joint]
            yield Finding(
                "astray", f"{name} does not hang below the hips", f"skeleton/{name}", elements={"joints": [joint]}
            )


@rule("skeleton/chest-children", severity="hint", cure=ORDER)
def chest_children(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Shoulders and neck are children of the chest, or of the upper chest where there is one.

    VRChat checks it on upload; elsewhere a joint between is retargeted with the wrong axis."""
    if avatar.skeleton is None:
        return
    bones, parents = humanoid(avatar, platform), avatar.skeleton.parents.tolist()
    chest = bones.get("upperChest", bones.get("chest", -1))
    for role in ("neck", "leftShoulder", "rightShoulder"):
        joint = bones.get(role, -1)
        if joint >= 0 and chest >= 0 and parents[joint] != chest:
            name = avatar.skeleton.names[joint]
            message = f"{name} is no child of {avatar.skeleton.names[chest]}"
            yield Finding("parent", message, f"skeleton/{name}", elements={"joints": [joint, chest]})


@rule(
    "skeleton/twist-order",
    severity="error",
    cure=Cure("Sort the Children", "List twist bones after the limb's next bone", 0.9),
)
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
            message = f"{names[child]} comes before the main child"
            yield Finding("twist-first", message, f"skeleton/{names[parent]}", elements={"joints": [child]})


@rule(
    "skeleton/root",
    severity="error",
    cure=Cure("Put the Root at the Origin", "Place the root bone at 0, 0, 0, unturned", 0.9),
)
def root(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Where the platform has a root bone above the hips, it is the first, at the origin and unturned.

    It carries the way that clips travel: an offset there moves the avatar off its capsule."""
    if avatar.skeleton is None or not platform.root:
        return
    name = avatar.skeleton.names[0]
    if name != platform.root:
        yield Finding(
            "other", f"the first bone is {name}, not {platform.root}", f"skeleton/{name}", elements={"joints": [0]}
        )
        return
    gap = float(np.abs(avatar.skeleton.rest[0] - np.eye(4)).max())
    if not gap < 1e-4:
        message = f"{name} does not lie at the origin, or is turned"
        yield Finding("moved", message, f"skeleton/{name}", {"gap": round(gap, 5)}, {"joints": [0]})


@rule("skeleton/helper-joint", severity="warning", cure=HINTS)
def helper_joint(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The joints are there that the platform's own tools look for, such as Unreal's ik bones below the root.

    Animation graphs and retargeting of the engine's own characters name them."""
    if avatar.skeleton is None:
        return
    if missing := [n for n in platform.helpers if n not in set(avatar.skeleton.names)]:
        message = f"{', '.join(missing[:6])} {'is' if len(missing) == 1 else 'are'} missing"
        yield Finding("missing", message, "skeleton", {"missing": len(missing)})


@rule(
    "skin/root-weight",
    severity="warning",
    cure=Cure("Bind to the Hips", "Move the weights from the root bone to the hips", 0.8),
)
def root_weight(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Nothing hangs on a root bone above the hips.

    The root stays on the ground while the body moves: what hangs on it is left behind. Roblox refuses it."""
    if avatar.skeleton is None or not len(avatar.skeleton.names):
        return
    hips = humanoid(avatar, platform).get("hips", -1)
    over = list(above(avatar.skeleton.parents.tolist(), hips)) if hips >= 0 else []
    if not over:
        return
    for where, _, mesh in full(avatar):
        if mesh.joints is None or mesh.weights is None or not skinned(mesh):
            continue
        held = ((mesh.weights > 0) & np.isin(mesh.joints, over)).any(axis=1)
        if held.any():
            message = f"{int(held.sum())} vertices hang on {avatar.skeleton.names[over[0]]}"
            elements = {"vertices": np.flatnonzero(held)[:64].tolist()}
            yield Finding("root", message, where, {"vertices": int(held.sum())}, elements)
