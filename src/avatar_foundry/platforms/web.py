"""The web: the skeleton that Ready Player Me and Mixamo made common, without prefix; one level; small files."""

from ..formats import write_obj_zip
from ..humanoid import NAMES, PARENTS, REQUIRED
from ..stages.adapt_skeleton import Joint, Scheme, renamed
from .files import static_glb, usdz, write_glbs
from .platform import Budget, Platform

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


def web_name(name: str) -> str:
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


def _with_ends(scheme: Scheme) -> Scheme:
    joints: list[Joint] = []
    for j in scheme.joints:
        joints.append(j)
        if j.name.endswith("3") and "Hand" in j.name:
            joints.append(Joint(f"{j.name[:-1]}4", j.name, j.source, tip=0.9))
        if j.name == "Head":
            joints.append(Joint("HeadTop_End", "Head", j.source, tip=-1.0))
    return Scheme(tuple(joints))


PLATFORM = Platform(
    id="web",
    title="Web (three.js, Babylon.js, Ready Player Me names)",
    write=write_glbs,
    exports={"obj": write_obj_zip, "usdz": usdz()},
    static=static_glb,
    skeleton=_with_ends(renamed(NAMES, PARENTS, web_name)),
    texture_size=1024,
    texture_format="webp",
    budget=Budget(triangles=50_000, bones=80, materials=16, draw_calls=16, texture=2048, bytes=8_000_000),
    required=tuple(sorted(map(web_name, REQUIRED))),
    notes=("Mixamo clips play after `mixamorig` is removed from their bone names.",),
)
