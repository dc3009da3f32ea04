"""AXIS-65, the canonical humanoid skeleton: names, parents, sides and required bones, as data.

The 55 VRM 1.0 humanoid bones by their VRM names, plus eight twist bones and two toe ends. A twist bone is a leaf child
of the bone whose segment it covers, listed after that bone's main child (VRChat wants the main child first).

Rest axes: local +Y runs from the joint to its main child, +X is the flexion axis (a positive turn about +X bends the
joint the way the muscle does), +Z completes the right-handed frame. In the T-pose this gives the axes of Godot's
SkeletonProfileHumanoid (`T_AXES`), except the eyes, which are axis-aligned (+Y up, +Z forward, as VRM wants them).
Right is the mirror of left: Y and Z mirrored, X mirrored as a turning axis is, so that an angle about X means the same
on both sides and angles about Y and Z change sign.
"""

from typing import NamedTuple


class Bone(NamedTuple):
    """name: VRM's or ours. parent: "" for the root. required: VRM 1.0 asks for it."""

    name: str
    parent: str
    required: bool = False


_FINGERS = {
    "Thumb": ("Metacarpal", "Proximal", "Distal"),
    **dict.fromkeys(("Index", "Middle", "Ring", "Little"), ("Proximal", "Intermediate", "Distal")),
}


def _arm(side: str) -> list[Bone]:
    bones = [
        Bone(f"{side}Shoulder", "upperChest"),
        Bone(f"{side}UpperArm", f"{side}Shoulder", True),
        Bone(f"{side}LowerArm", f"{side}UpperArm", True),
        Bone(f"{side}Hand", f"{side}LowerArm", True),
    ]
    for finger, segments in _FINGERS.items():
        parent = f"{side}Hand"
        for segment in segments:
            bones.append(Bone(f"{side}{finger}{segment}", parent))
            parent = bones[-1].name
    return [*bones, Bone(f"{side}LowerArmTwist", f"{side}LowerArm"), Bone(f"{side}UpperArmTwist", f"{side}UpperArm")]


def _leg(side: str) -> list[Bone]:
    return [
        Bone(f"{side}UpperLeg", "hips", True),
        Bone(f"{side}LowerLeg", f"{side}UpperLeg", True),
        Bone(f"{side}Foot", f"{side}LowerLeg", True),
        Bone(f"{side}Toes", f"{side}Foot"),
        Bone(f"{side}ToesEnd", f"{side}Toes"),
        Bone(f"{side}LowerLegTwist", f"{side}LowerLeg"),
        Bone(f"{side}UpperLegTwist", f"{side}UpperLeg"),
    ]


AXIS65: tuple[Bone, ...] = (
    Bone("hips", "", True),
    Bone("spine", "hips", True),
    Bone("chest", "spine"),
    Bone("upperChest", "chest"),
    Bone("neck", "upperChest"),
    Bone("head", "neck", True),
    Bone("leftEye", "head"),
    Bone("rightEye", "head"),
    Bone("jaw", "head"),
    *_arm("left"),
    *_arm("right"),
    *_leg("left"),
    *_leg("right"),
)

NAMES: tuple[str, ...] = tuple(b.name for b in AXIS65)
INDEX: dict[str, int] = {name: i for i, name in enumerate(NAMES)}
PARENTS: tuple[int, ...] = tuple(INDEX.get(b.parent, -1) for b in AXIS65)
REQUIRED: frozenset[str] = frozenset(b.name for b in AXIS65 if b.required)
TWISTS: tuple[str, ...] = tuple(n for n in NAMES if n.endswith("Twist"))


def mirror(name: str) -> str:
    """The same bone on the other side; centre bones are their own mirror."""
    if name.startswith("left"):
        return "right" + name[4:]
    return "left" + name[5:] if name.startswith("right") else name


MAIN_CHILD: dict[str, str] = {
    **{b.parent: b.name for b in reversed(AXIS65) if b.parent and not b.name.endswith("Twist")},
    "upperChest": "neck",
    "leftHand": "leftMiddleProximal",
    "rightHand": "rightMiddleProximal",
}
del MAIN_CHILD["head"]  # eyes and jaw hang on it, none continues it: +Y is the crown

Axis = tuple[float, float, float]


def _t_axes() -> dict[str, tuple[Axis, Axis]]:
    right, left, up, down = (-1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0)
    front, back = (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
    thumb = (0.5**0.5, 0.0, 0.5**0.5)
    axes: dict[str, tuple[Axis, Axis]] = dict.fromkeys(NAMES[: INDEX["jaw"]], (left, up))
    axes["jaw"] = (right, front)
    for bone in ("Shoulder", "UpperArm", "LowerArm", "Hand"):
        axes[f"left{bone}"] = ({"Shoulder": front, "LowerArm": down}.get(bone, back), left)
    for finger, segments in _FINGERS.items():
        for segment in segments:
            axes[f"left{finger}{segment}"] = (up, thumb) if finger == "Thumb" else (back, left)
    axes |= {"leftUpperLeg": (right, down), "leftLowerLeg": (left, down), "leftFoot": (right, front)}
    axes |= {"leftToes": (left, front), "leftToesEnd": (left, front)}
    for bone in ("LowerArm", "UpperArm", "LowerLeg", "UpperLeg"):
        axes[f"left{bone}Twist"] = axes[f"left{bone}"]
    for name, ((xx, xy, xz), (yx, yy, yz)) in list(axes.items()):
        if name.startswith("left") and name != "leftEye":
            axes[mirror(name)] = (xx, -xy + 0.0, -xz + 0.0), (-yx + 0.0, yy, yz)
    return {n: axes[n] for n in NAMES}


#: (+X, +Y) of every bone in the T-pose, in model space.
T_AXES: dict[str, tuple[Axis, Axis]] = _t_axes()
