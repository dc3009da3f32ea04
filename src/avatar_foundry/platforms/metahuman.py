"""MetaHuman's curves for ARKit's shapes, for rigs that send the one and meshes that have the other.

Values of Epic's pose asset mh_arkit_mapping_pose, from a public text export; its default pose is left out. The asset
has no mouthClose. NAME_metahuman.json says, for each shape of the file: which curves it is, and how much of each.
"""

import json
from collections.abc import Mapping

from ..avatar import Avatar
from ..face.names import ARKIT

PREFIX = "CTRL_expressions_"


def _quarters(name: str, weight: float = 1.0) -> dict[str, float]:
    return {f"{name}{q}": weight for q in ("UL", "UR", "DL", "DR")}


# ARKit's name less its side -> curves less theirs; "*" is the side, "^" the direction in which that eye looks
_SIDED: Mapping[str, Mapping[str, float]] = {
    "eyeBlink": {"eyeBlink*": 1.0},
    "eyeLookDown": {"eyeLookDown*": 1.0},
    "eyeLookUp": {"eyeLookUp*": 1.0},
    "eyeSquint": {"eyeSquintInner*": 1.0},
    "eyeWide": {"eyeWiden*": 1.0},
    "mouthSmile": {"mouthCornerPull*": 1.0},
    "mouthFrown": {"mouthCornerDepress*": 1.0},
    "mouthDimple": {"mouthDimple*": 1.0},
    "mouthStretch": {"mouthStretch*": 1.0},
    "mouthPress": {"mouthPressU*": 1.0, "mouthPressD*": 1.0},
    "mouthLowerDown": {"mouthLowerLipDepress*": 1.0},
    "mouthUpperUp": {"mouthUpperLipRaise*": 1.0},
    "browDown": {"browDown*": 1.0},
    "browOuterUp": {"browRaiseIn*": 1.0, "browRaiseOuter*": 1.0},
    "cheekSquint": {"eyeCheekRaise*": 1.0},
    "noseSneer": {"noseWrinkle*": 1.0},
}
_WHOLE: Mapping[str, Mapping[str, float]] = {
    "eyeLookInLeft": {"eyeLookRightL": 1.0},
    "eyeLookOutLeft": {"eyeLookLeftL": 1.0},
    "eyeLookInRight": {"eyeLookLeftR": 1.0},
    "eyeLookOutRight": {"eyeLookRightR": 1.0},
    "jawForward": {"jawFwd": 0.999},
    "jawLeft": {"jawLeft": 1.0},
    "jawRight": {"jawRight": 1.0},
    "jawOpen": {"jawOpen": 1.0},
    "mouthFunnel": _quarters("mouthFunnel"),
    "mouthPucker": {
        **_quarters("mouthLipsPurse"),
        **_quarters("mouthLipsTowards", 0.412),
        **_quarters("mouthFunnel", 0.752),
    },
    "mouthLeft": {"mouthLeft": 1.0},
    "mouthRight": {"mouthRight": 1.0},
    "mouthRollLower": {
        **dict.fromkeys(("mouthUpperLipRollInL", "mouthUpperLipRollInR"), 0.499),
        **dict.fromkeys(("mouthLowerLipRollInL", "mouthLowerLipRollInR"), 1.0),
    },
    "mouthRollUpper": dict.fromkeys(("mouthUpperLipRollInL", "mouthUpperLipRollInR"), 0.998),
    "mouthShrugLower": dict.fromkeys(("jawChinRaiseDL", "jawChinRaiseDR"), 1.0),
    "mouthShrugUpper": dict.fromkeys(("jawChinRaiseUL", "jawChinRaiseUR"), 1.0),
    "browInnerUp": dict.fromkeys(("browLateralL", "browLateralR", "browRaiseInL", "browRaiseInR"), 1.0),
    "cheekPuff": dict.fromkeys(("mouthCheekBlowL", "mouthCheekBlowR", "mouthLipsBlowL", "mouthLipsBlowR"), 1.0),
    "tongueOut": {
        "tongueDown": 0.826,
        "tongueRight": 0.07,
        "tongueOut": 0.769,
        "tongueRollDown": 0.247,
        "tongueWide": 0.628,
    },
}


def _curves(name: str) -> dict[str, float]:
    for side in ("Left", "Right"):
        if name.endswith(side) and name.removesuffix(side) in _SIDED:
            return {c.replace("*", side[0]): w for c, w in _SIDED[name.removesuffix(side)].items()}
    return dict(_WHOLE.get(name, {}))


#: ARKit shape -> MetaHuman curve -> weight; empty for mouthClose.
CURVES: Mapping[str, Mapping[str, float]] = {n: {PREFIX + c: w for c, w in _curves(n).items()} for n in ARKIT}


def curve_map(avatar: Avatar) -> bytes:
    """JSON: {shape of the file: {curve: weight}}, for the ARKit shapes that the file has."""
    names = {m.name for p in avatar.parts for m in p.mesh.morphs}
    told = {name: dict(CURVES[name]) for name in ARKIT if name in names}
    return (json.dumps(told, indent=1) + "\n").encode()
