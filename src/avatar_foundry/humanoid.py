"""AXIS-65, the canonical humanoid skeleton: names, parents, sides and required bones, as data.

The 55 VRM 1.0 humanoid bones by their VRM names, plus eight twist bones and two toe ends. A twist bone is a leaf child
of the bone whose segment it covers, listed after that bone's main child (VRChat wants the main child first).

Rest axes (the numbers come from rig): local +Y runs from the joint to its main child, +X is the flexion axis (a
positive turn about +X bends the joint the way the muscle does), +Z completes the right-handed frame. Eyes are
axis-aligned (+Y up, +Z forward).
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
