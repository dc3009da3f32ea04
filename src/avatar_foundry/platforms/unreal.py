"""Unreal Engine 5: the mannequin's names and hierarchy (89 joints), +X along the bone on the right side, -X mirrored.

The GLB stays metres and +Y up, as glTF demands; Unreal's importer turns it into centimetres and +Z up. The FBX is so.
"""

import numpy as np

from ..formats import FbxOptions
from ..humanoid import NAMES, REQUIRED
from ..stages.adapt_skeleton import F64, Joint, Scheme, bone
from .files import fbx, write_glbs
from .platform import Budget, Platform

MIDDLE = {"hips": "pelvis", "spine": "spine_01", "chest": "spine_03", "upperChest": "spine_05", "neck": "neck_01"}
LIMBS = {
    "Shoulder": "clavicle",
    "UpperArm": "upperarm",
    "LowerArm": "lowerarm",
    "Hand": "hand",
    "UpperLeg": "thigh",
    "LowerLeg": "calf",
    "Foot": "foot",
    "Toes": "ball",
}
FINGERS = ("Index", "Middle", "Ring", "Little")


def _arm(side: str) -> list[Joint]:
    s = f"_{side[0]}"
    joints = [
        bone(f"clavicle{s}", "spine_05", f"{side}Shoulder"),
        bone(f"upperarm{s}", f"clavicle{s}", f"{side}UpperArm"),
        bone(f"lowerarm{s}", f"upperarm{s}", f"{side}LowerArm"),
        bone(f"hand{s}", f"lowerarm{s}", f"{side}Hand"),
    ]
    for finger in FINGERS:
        theirs = "pinky" if finger == "Little" else finger.lower()
        parent = f"{theirs}_metacarpal{s}"
        joints.append(Joint(parent, f"hand{s}", f"{side}Hand", f"{side}{finger}Proximal", 0.35))
        for i, segment in enumerate(("Proximal", "Intermediate", "Distal"), 1):
            joints.append(bone(f"{theirs}_0{i}{s}", parent, f"{side}{finger}{segment}"))
            parent = joints[-1].name
    parent = f"hand{s}"
    for i, segment in enumerate(("Metacarpal", "Proximal", "Distal"), 1):
        joints.append(bone(f"thumb_0{i}{s}", parent, f"{side}Thumb{segment}"))
        parent = joints[-1].name
    return [
        *joints,
        # numbered from the wrist: 01 carries the skin, 02 the first third
        bone(f"lowerarm_twist_01{s}", f"lowerarm{s}", f"{side}LowerArmTwist"),
        Joint(f"lowerarm_twist_02{s}", f"lowerarm{s}", f"{side}LowerArm", f"{side}Hand", 1 / 3),
        bone(f"upperarm_twist_01{s}", f"upperarm{s}", f"{side}UpperArmTwist"),
        Joint(f"upperarm_twist_02{s}", f"upperarm{s}", f"{side}UpperArm", f"{side}LowerArm", 2 / 3),
    ]


def _leg(side: str) -> list[Joint]:
    s = f"_{side[0]}"
    return [
        bone(f"thigh{s}", "pelvis", f"{side}UpperLeg"),
        bone(f"calf{s}", f"thigh{s}", f"{side}LowerLeg"),
        bone(f"foot{s}", f"calf{s}", f"{side}Foot"),
        bone(f"ball{s}", f"foot{s}", f"{side}Toes"),
        bone(f"calf_twist_01{s}", f"calf{s}", f"{side}LowerLegTwist"),
        Joint(f"calf_twist_02{s}", f"calf{s}", f"{side}LowerLeg", f"{side}Foot", 1 / 3),
        bone(f"thigh_twist_01{s}", f"thigh{s}", f"{side}UpperLegTwist"),
        Joint(f"thigh_twist_02{s}", f"thigh{s}", f"{side}UpperLeg", f"{side}LowerLeg", 2 / 3),
    ]


def _pin(name: str, parent: str, source: str) -> Joint:
    return Joint(name, parent, source, follows=False)


JOINTS = (
    Joint("root", ""),
    bone("pelvis", "root", "hips"),
    bone("spine_01", "pelvis", "spine"),
    Joint("spine_02", "spine_01", "spine", "chest", 0.5),
    bone("spine_03", "spine_02", "chest"),
    Joint("spine_04", "spine_03", "chest", "upperChest", 0.5),
    bone("spine_05", "spine_04", "upperChest"),
    bone("neck_01", "spine_05", "neck"),
    Joint("neck_02", "neck_01", "neck", "head", 0.5),
    bone("head", "neck_02", "head"),
    bone("eye_l", "head", "leftEye"),
    bone("eye_r", "head", "rightEye"),
    bone("jaw", "head", "jaw"),
    *_arm("left"),
    *_arm("right"),
    *_leg("left"),
    *_leg("right"),
    Joint("ik_foot_root", "root"),
    _pin("ik_foot_l", "ik_foot_root", "leftFoot"),
    _pin("ik_foot_r", "ik_foot_root", "rightFoot"),
    Joint("ik_hand_root", "root"),
    _pin("ik_hand_gun", "ik_hand_root", "rightHand"),
    _pin("ik_hand_l", "ik_hand_gun", "leftHand"),
    _pin("ik_hand_r", "ik_hand_gun", "rightHand"),
    Joint("interaction", "root"),
    Joint("center_of_mass", "root"),
)


def _turn(sign: float) -> F64:
    """Columns are the new axes in the old frame: X = sign * old Y (along the bone), Z = old X (the hinge)."""
    return np.array([[0.0, 0.0, 1.0], [sign, 0.0, 0.0], [0.0, sign, 0.0]])


def _sign(name: str) -> float:
    """Measured on the mannequin: spine and left arm +X, right arm -X, left leg -X, right leg +X."""
    leg = any(part in name for part in ("Leg", "Foot", "Toes"))
    if name.startswith("left"):
        return -1.0 if leg else 1.0
    return (1.0 if leg else -1.0) if name.startswith("right") else 1.0


PLATFORM = Platform(
    id="unreal",
    title="Unreal Engine 5",
    write=write_glbs,
    exports={"fbx": fbx(FbxOptions(up="z", levels="group"))},
    skeleton=Scheme(JOINTS, {n: _turn(_sign(n)) for n in NAMES if not n.endswith("Eye")}),
    lods="msft",
    budget=Budget(triangles=100_000, bones=512, materials=24, draw_calls=24, texture=4096, bytes=80_000_000),
    required=tuple(sorted(j.name for j in JOINTS if j.source in REQUIRED and j.weighted)),
    severities={
        "skin/unused-joint": ("hint", "the mannequin keeps metacarpals, second twists and ik bones without weights")
    },
    notes=(
        "The .fbx stands +Z up, in centimetres, its levels in LOD groups: switch on Import Mesh LODs.",
        "Switch on Import Morph Targets.",
        "Metacarpals, second twists and ik bones carry no weights: they are there for retargeting and IK.",
    ),
)
