"""VRM's expressions as weights of our shapes: 18 presets, and the 52 ARKit shapes under their own names.

Lip sync by the visemes of the same sound; moods by facts section 10.3. `blend` lets a mood fade out blinking, gaze or
speech by as much as it moves these parts of the face itself.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ..face.names import ARKIT, EXTRAS, VISEMES

OLD_PRESETS: Mapping[str, str] = MappingProxyType(
    {
        **{"happy": "joy", "angry": "angry", "sad": "sorrow", "relaxed": "fun", "surprised": "unknown"},
        **{"aa": "a", "ih": "i", "ou": "u", "ee": "e", "oh": "o"},
        **{"blink": "blink", "blinkLeft": "blink_l", "blinkRight": "blink_r"},
        **{"lookUp": "lookup", "lookDown": "lookdown", "lookLeft": "lookleft", "lookRight": "lookright"},
        "neutral": "neutral",
    }
)


class Expression(NamedTuple):
    """weights: shape name -> 0..1. fades: what the expression fades out: of "Blink", "LookAt", "Mouth"."""

    weights: Mapping[str, float]
    fades: tuple[str, ...] = ()


def _both(**sides: float) -> dict[str, float]:
    return {f"{name}{side}": weight for name, weight in sides.items() for side in ("Left", "Right")}


PRESETS: Mapping[str, Expression] = MappingProxyType(
    {
        "happy": Expression(_both(mouthSmile=0.8, cheekSquint=0.5, eyeSquint=0.3), ("Blink", "Mouth")),
        "angry": Expression(
            _both(browDown=1.0, noseSneer=0.4, eyeSquint=0.4, mouthPress=0.4, mouthFrown=0.3), ("Blink", "Mouth")
        ),
        "sad": Expression(
            {"browInnerUp": 0.9, **_both(mouthFrown=0.7, eyeLookDown=0.2), "mouthShrugLower": 0.3},
            ("Blink", "LookAt", "Mouth"),
        ),
        "relaxed": Expression(_both(mouthSmile=0.35, eyeBlink=0.2), ("Blink", "Mouth")),
        "surprised": Expression(
            {"browInnerUp": 1.0, **_both(browOuterUp=0.9, eyeWide=0.9), "jawOpen": 0.35}, ("Blink", "Mouth")
        ),
        "aa": Expression({"viseme_aa": 1.0}),
        "ih": Expression({"viseme_I": 1.0}),
        "ou": Expression({"viseme_U": 1.0}),
        "ee": Expression({"viseme_E": 1.0}),
        "oh": Expression({"viseme_O": 1.0}),
        "blink": Expression(_both(eyeBlink=1.0)),
        "blinkLeft": Expression({"eyeBlinkLeft": 1.0}),
        "blinkRight": Expression({"eyeBlinkRight": 1.0}),
        "lookUp": Expression(_both(eyeLookUp=1.0)),
        "lookDown": Expression(_both(eyeLookDown=1.0)),
        "lookLeft": Expression({"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0}),
        "lookRight": Expression({"eyeLookInLeft": 1.0, "eyeLookOutRight": 1.0}),
        "neutral": Expression({}),
    }
)
CUSTOM: tuple[str, ...] = ARKIT
VRCHAT_SHAPES: Mapping[str, str] = MappingProxyType(
    {
        name: "vrc.v_" + {"I": "ih", "O": "oh", "U": "ou"}.get(sound, sound.lower())
        for name, sound in ((v, v.removeprefix("viseme_")) for v in VISEMES)
    }
)
assert {n for e in PRESETS.values() for n in e.weights} <= {*ARKIT, *VISEMES, *EXTRAS}

Holder = tuple[int, Sequence[str]]  # node or mesh number, names of its shapes


def binds(weights: Mapping[str, float], holders: Sequence[Holder]) -> list[tuple[int, int, float]]:
    """(holder, shape number, weight) for every holder that has a shape of `weights`."""
    return [
        (number, names.index(name), weight)
        for number, names in holders
        for name, weight in weights.items()
        if name in names
    ]


def new_expressions(holders: Sequence[Holder], own: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """VRMC_vrm.expressions. holders by node; own: canonical shape name -> its name in the file."""

    def entry(expression: Expression) -> dict[str, object] | None:
        found = binds({own.get(n, n): w for n, w in expression.weights.items()}, holders)
        if expression.weights and not found:
            return None
        out: dict[str, object] = {"isBinary": False}
        out |= {
            f"override{what}": "blend" if what in expression.fades else "none" for what in ("Blink", "LookAt", "Mouth")
        }
        if found:
            out["morphTargetBinds"] = [{"node": n, "index": i, "weight": w} for n, i, w in found]
        return out

    preset = {name: made for name, e in PRESETS.items() if (made := entry(e)) is not None}
    custom = {name: made for name in CUSTOM if (made := entry(Expression({name: 1.0}))) is not None}
    return {"preset": preset, **({"custom": custom} if custom else {})}  # type: ignore[dict-item]


def old_groups(holders: Sequence[Holder], own: Mapping[str, str]) -> list[dict[str, object]]:
    """VRM 0 blendShapeGroups. holders by mesh. ARKit shapes begin with a capital, as face trackers for VRM 0 ask."""
    out: list[dict[str, object]] = []
    wanted = [(n, OLD_PRESETS[n], e.weights) for n, e in PRESETS.items()]
    wanted += [(n[0].upper() + n[1:], "unknown", {n: 1.0}) for n in CUSTOM]
    for name, preset, weights in wanted:
        found = binds({own.get(n, n): w for n, w in weights.items()}, holders)
        if found or not weights:
            title = name if preset == "unknown" else preset.capitalize() if len(preset) > 1 else preset.upper()
            out.append(
                {
                    "name": title[0].upper() + title[1:],
                    "presetName": preset,
                    "isBinary": False,
                    "binds": [{"mesh": m, "index": i, "weight": round(100 * w, 3)} for m, i, w in found],
                    "materialValues": [],
                }
            )
    return out
