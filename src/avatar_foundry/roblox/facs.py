"""Roblox's face as data: its FACS controls as sums of ARKit shapes, and where the bones that show them start.

Names: create.roblox.com, FaceControls and FACS poses reference. No vendor says which ARKit shape is which control; the
table is ours. A share of one half of the face is written as NAME.left or NAME.right.
"""

from collections.abc import Mapping
from typing import NamedTuple

Mix = Mapping[str, float]


def _both(name: str) -> Mix:
    return {f"{name}Left": 1.0, f"{name}Right": 1.0}


def _sides() -> dict[str, Mix]:
    out: dict[str, Mix] = {}
    for side in ("Left", "Right"):
        half = side.lower()
        out |= {
            f"{side}EyeClosed": {f"eyeBlink{side}": 1.0},
            f"{side}LipCornerPuller": {f"mouthSmile{side}": 1.0},
            f"{side}CheekRaiser": {f"cheekSquint{side}": 1.0, f"eyeSquint{side}": 0.5},
            f"{side}InnerBrowRaiser": {f"browInnerUp.{half}": 1.0},
            f"{side}LipCornerDown": {f"mouthFrown{side}": 1.0},
            f"{side}LowerLipDepressor": {f"mouthLowerDown{side}": 1.0},
            f"{side}LipStretcher": {f"mouthStretch{side}": 1.0},
            f"{side}UpperLipRaiser": {f"mouthUpperUp{side}": 1.0},
            f"{side}CheekPuff": {f"cheekPuff.{half}": 1.0},
            f"{side}Dimpler": {f"mouthDimple{side}": 1.0},
            f"{side}BrowLowerer": {f"browDown{side}": 1.0},
            f"{side}OuterBrowRaiser": {f"browOuterUp{side}": 1.0},
            f"{side}NoseWrinkler": {f"noseSneer{side}": 1.0},
            f"{side}EyeUpperLidRaiser": {f"eyeWide{side}": 1.0},
        }
    return out


#: Control -> ARKit shapes. FlatPucker, TongueUp and TongueDown have no ARKit shape and are left out.
CONTROLS: dict[str, Mix] = {
    **_sides(),
    "EyesLookDown": _both("eyeLookDown"),
    "EyesLookUp": _both("eyeLookUp"),
    "EyesLookLeft": {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0},
    "EyesLookRight": {"eyeLookInLeft": 1.0, "eyeLookOutRight": 1.0},
    "JawDrop": {"jawOpen": 1.0},
    "JawLeft": {"jawLeft": 1.0},
    "JawRight": {"jawRight": 1.0},
    "Pucker": {"mouthPucker": 1.0},
    "Funneler": {"mouthFunnel": 1.0},
    "ChinRaiser": {"mouthShrugLower": 1.0},
    "ChinRaiserUpperLip": {"mouthShrugUpper": 1.0},
    # closing lips over an open jaw is ARKit's mouthClose; with the jaw closed they only press a little
    "LipsTogether": {"mouthPressLeft": 0.4, "mouthPressRight": 0.4},
    "JawDrop_LipsTogether": {"jawOpen": 1.0, "mouthClose": 1.0},
    "LipPresser": _both("mouthPress"),
    "LowerLipSuck": {"mouthRollLower": 1.0},
    "UpperLipSuck": {"mouthRollUpper": 1.0},
    "MouthLeft": {"mouthLeft": 1.0},
    "MouthRight": {"mouthRight": 1.0},
    "Corrugator": {"browDownLeft": 0.5, "browDownRight": 0.5},
    "TongueOut": {"tongueOut": 1.0},
}

REQUIRED = (
    "LeftEyeClosed",
    "RightEyeClosed",
    "EyesLookDown",
    "JawDrop",
    "Pucker",
    "LeftLipCornerPuller",
    "RightLipCornerPuller",
    "ChinRaiser",
    "ChinRaiserUpperLip",
    "LeftCheekRaiser",
    "RightCheekRaiser",
    "LeftInnerBrowRaiser",
    "RightInnerBrowRaiser",
    "LeftLipCornerDown",
    "RightLipCornerDown",
    "LeftLowerLipDepressor",
    "RightLowerLipDepressor",
)
#: Frames after the neutral one: what is required first, the rest by name.
ORDER = (*REQUIRED, *sorted(set(CONTROLS) - set(REQUIRED)))


class Seed(NamedTuple):
    """Where a face bone starts: at the vertices that `control` moves most.

    way:  axis that the motion is looked at along, signed: 0 any, +-1 x, +-2 y, +-3 z.
    side: only vertices with x of this sign; 0 all.
    at:   0..1, where between the lowest and the highest x of those vertices; None at their middle.
    """

    name: str
    control: str
    way: int = 0
    side: int = 0
    at: float | None = None


def _seeds(side: str, sign: int) -> list[Seed]:
    inner, outer = (0.12, 0.88) if sign > 0 else (0.88, 0.12)
    return [
        Seed(f"{side}UpperLid", f"{side}EyeClosed", -2, sign, 0.5),
        Seed(f"{side}UpperLidInner", f"{side}EyeClosed", -2, sign, inner),
        Seed(f"{side}UpperLidOuter", f"{side}EyeClosed", -2, sign, outer),
        Seed(f"{side}LowerLid", f"{side}CheekRaiser", 2, sign),
        Seed(f"{side}LowerLidBlink", f"{side}EyeClosed", 2, sign),
        Seed(f"{side}InnerBrow", f"{side}InnerBrowRaiser", 2, sign),
        Seed(f"{side}MiddleBrow", f"{side}BrowLowerer", -2, sign),
        Seed(f"{side}OuterBrow", f"{side}OuterBrowRaiser", 2, sign),
        Seed(f"{side}Cheek", f"{side}CheekPuff", 0, sign),
        Seed(f"{side}Nostril", f"{side}NoseWrinkler", 0, sign),
        Seed(f"{side}LipCorner", f"{side}LipCornerPuller", 0, sign),
        Seed(f"{side}LipCornerOut", f"{side}LipStretcher", 0, sign),
        Seed(f"{side}UpperLip", f"{side}UpperLipRaiser", 2, sign),
        Seed(f"{side}LowerLip", f"{side}LowerLipDepressor", -2, sign),
        Seed(f"{side}UpperLipRoll", "UpperLipSuck", 0, sign, outer),
        Seed(f"{side}LowerLipRoll", "LowerLipSuck", 0, sign, outer),
    ]


SEEDS: tuple[Seed, ...] = (
    *_seeds("Left", 1),
    *_seeds("Right", -1),
    Seed("Jaw", "JawDrop", -2),
    Seed("Chin", "ChinRaiser", 2),
    Seed("UpperLip", "ChinRaiserUpperLip", 2),
    Seed("LowerLip", "LipPresser", 2),
    Seed("UpperLipRoll", "UpperLipSuck"),
    Seed("LowerLipRoll", "LowerLipSuck"),
    Seed("UpperLipFunnel", "Funneler", 2),
    Seed("LowerLipFunnel", "Funneler", -2),
    Seed("Pucker", "Pucker"),
    Seed("Nose", "LeftNoseWrinkler", 2),
)
EYES = ("LeftEyeball", "RightEyeball")
TEETH = "LowerTeeth"
TONGUE = ("Tongue", "TongueTip")
