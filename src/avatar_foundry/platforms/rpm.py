"""The names that Mixamo's and Ready Player Me's skeletons share."""

from ..stages.adapt_skeleton import Joint, Scheme

SPECIAL = {
    "hips": "Hips",
    "spine": "Spine",
    "chest": "Spine1",
    "upperChest": "Spine2",
    "neck": "Neck",
    "head": "Head",
    "Shoulder": "Shoulder",
    "UpperArm": "Arm",
    "LowerArm": "ForeArm",
    "Hand": "Hand",
    "UpperLeg": "UpLeg",
    "LowerLeg": "Leg",
    "Foot": "Foot",
    "Toes": "ToeBase",
    "ToesEnd": "Toe_End",
    "Eye": "Eye",
}
FINGERS = {"Thumb": "Thumb", "Index": "Index", "Middle": "Middle", "Ring": "Ring", "Little": "Pinky"}


def rpm_name(name: str) -> str:
    """leftUpperArm -> LeftArm, leftLittleDistal -> LeftHandPinky3; "" for twist bones and jaw, which Mixamo lacks."""
    side = next((s for s in ("left", "right") if name.startswith(s)), "")
    stem = name.removeprefix(side)
    for finger, theirs in FINGERS.items():
        if side and stem.startswith(finger):
            segments = (
                ("Metacarpal", "Proximal", "Distal") if finger == "Thumb" else ("Proximal", "Intermediate", "Distal")
            )
            return f"{side.title()}Hand{theirs}{segments.index(stem.removeprefix(finger)) + 1}"
    return side.title() + SPECIAL[stem] if stem in SPECIAL else ""


def with_ends(scheme: Scheme) -> Scheme:
    """The scheme with a joint at the tip of each finger and at the crown, without weights, as Mixamo has them."""
    joints: list[Joint] = []
    for j in scheme.joints:
        joints.append(j)
        if j.name.endswith("3") and "Hand" in j.name:
            joints.append(Joint(f"{j.name[:-1]}4", j.name, j.source, tip=0.9))
        if j.source == "head":
            joints.append(Joint(f"{j.name}Top_End", j.name, j.source, tip=-1.0))
    return Scheme(tuple(joints))
