"""Unreal Engine 5: the mannequin's names, hierarchy (89 joints), twists and axes.

The GLB stays metres and +Y up, as glTF demands; Unreal's importer turns it into centimetres and +Z up. The FBX is so.
"""

from ..formats import FbxOptions, write_obj_zip
from ..humanoid import NAMES, REQUIRED, T_AXES, Axis
from ..stages.adapt_skeleton import F64, Joint, Scheme, bone, turn_to
from .files import fbx, write_glbs
from .metahuman import curve_map
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
        *_twists("lowerarm", s, f"{side}LowerArm", f"{side}Hand", 2 / 3),
        *_twists("upperarm", s, f"{side}UpperArm", f"{side}LowerArm", 1 / 3),
    ]


def _leg(side: str) -> list[Joint]:
    s = f"_{side[0]}"
    return [
        bone(f"thigh{s}", "pelvis", f"{side}UpperLeg"),
        bone(f"calf{s}", f"thigh{s}", f"{side}LowerLeg"),
        bone(f"foot{s}", f"calf{s}", f"{side}Foot"),
        bone(f"ball{s}", f"foot{s}", f"{side}Toes"),
        *_twists("calf", s, f"{side}LowerLeg", f"{side}Foot", 2 / 3),
        *_twists("thigh", s, f"{side}UpperLeg", f"{side}LowerLeg", 1 / 3),
    ]


def _twists(theirs: str, ending: str, ours: str, towards: str, first: float) -> list[Joint]:
    """Both twist bones of a limb; 01 lies at `first` of the way, 02 at the other third.

    01 is the one next to the joint whose roll they take up: wrist, ankle, shoulder, hip. Our one twist bone takes half
    of the roll; 01 takes two thirds and 02 one third of it, and the skin between them is shared out.
    """
    twist = Joint(
        f"{theirs}_twist_01{ending}", theirs + ending, f"{ours}Twist", towards, first, weighted=True, begin=ours
    )
    return [
        twist._replace(roll=4 / 3),
        twist._replace(name=f"{theirs}_twist_02{ending}", at=1 - first, roll=2 / 3, weighted=False),
    ]


def _pin(name: str, parent: str, source: str) -> Joint:
    return Joint(name, parent, source, pinned=True)


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


UP, DOWN, FRONT, BACK = (0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
LEFT, RIGHT = (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)


def _axes(name: str) -> tuple[Axis, Axis] | None:
    """(+X, +Z) of the mannequin's bone in Unreal for a body in the T-pose; None for bones that it has not.

    +X runs along spine, left arm and right leg, and against right arm and left leg; the hinge is Z. Feet stand as the
    calves do. From public measurements of the mannequin (docs/decisions/unreal-axes.md).
    """
    side, stem = ("left", name[4:]) if name.startswith("left") else ("right", name[5:])
    left = side == "left"
    if not name.startswith(("left", "right")):
        return None if name == "jaw" else (UP, RIGHT)
    if stem.startswith(("Shoulder", "UpperArm", "LowerArm")):
        return LEFT, UP if left else DOWN
    if stem.startswith(("Hand", "Index", "Middle", "Ring", "Little")):
        return LEFT, BACK if left else FRONT
    if stem.startswith(("UpperLeg", "LowerLeg")):
        return (UP, RIGHT) if left else (DOWN, RIGHT)
    if stem.startswith("Toes"):
        return (FRONT, RIGHT) if left else (BACK, RIGHT)
    return None


def _turn(name: str) -> F64:
    """The turn of a canonical bone's axes. A glTF file's +Y is Unreal's +Z, so +Z goes where glTF has +Y; what writes
    FBX turns the axes with the world and comes to the same."""
    if (axes := _axes(name)) is not None:
        return turn_to(name, *axes)
    hinge, (x, y, z) = T_AXES[name]  # thumbs and jaw: X along the bone, mirrored as the hand's, the hinge on Z
    return turn_to(name, (-x, -y, -z) if name.startswith("right") else (x, y, z), hinge)


SCHEME = Scheme(
    JOINTS,
    turns={n: _turn(n) for n in NAMES if not n.endswith("Eye")},
    like={"leftFoot": "leftLowerLeg", "rightFoot": "rightLowerLeg"},
    stands={"hips": 2.0, "spine": -2.0, "chest": -6.0, "upperChest": -4.0, "neck": 19.0, "head": 0.0},
    share={j.name: j.name.replace("_01_", "_02_") for j in JOINTS if "_twist_01_" in j.name},
)

PLATFORM = Platform(
    id="unreal",
    title="Unreal Engine 5",
    write=write_glbs,
    exports={
        "fbx": fbx(FbxOptions(up="z", levels="group", hips="pelvis")),
        "obj": write_obj_zip,
        "metahuman": curve_map,
    },
    skeleton=SCHEME,
    lods="msft",
    budget=Budget(triangles=100_000, bones=512, materials=24, draw_calls=24, texture=4096, bytes=80_000_000),
    required=tuple(sorted(j.name for j in JOINTS if j.source in REQUIRED and j.weighted)),
    bone_axis="±X",
    plain=True,  # Interchange is not known to take WebP
    codecs=("draco",),  # Interchange knows no meshopt
    severities={
        "skin/unused-joint": ("hint", "the mannequin keeps metacarpals and ik bones without weights"),
        "skeleton/t-pose": ("off", "the mannequin itself rests in an A-pose, and the IK Retargeter takes any pose"),
    },
    notes=(
        "The .fbx stands +Z up, in centimetres, its levels in LOD groups: switch on Import Mesh LODs.",
        "Switch on Import Morph Targets.",
        "Metacarpals, neck_02, spine_02, spine_04 and ik bones carry no weights: they are there for the mannequin's "
        "animations and for IK. eye_l, eye_r and jaw are beyond the mannequin's bones.",
        "Shapes bear ARKit's names, which Live Link sends as they are; the format metahuman maps "
        "MetaHuman's curves to them.",
    ),
)
