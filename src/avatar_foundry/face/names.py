"""The shapes by name, in the one order that all meshes and files use: 52 ARKit, 15 Oculus visemes, 5 extras."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple


def _sides(name: str) -> tuple[str, str]:
    return f"{name}Left", f"{name}Right"


_EYE = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
# Apple's order (ARFaceAnchor.BlendShapeLocation). Left and right are the character's own.
ARKIT: tuple[str, ...] = (
    *(f"eye{what}Left" for what in _EYE),
    *(f"eye{what}Right" for what in _EYE),
    *("jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker"),
    *_sides("mouth"),
    *_sides("mouthSmile"),
    *_sides("mouthFrown"),
    *_sides("mouthDimple"),
    *_sides("mouthStretch"),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *_sides("mouthPress"),
    *_sides("mouthLowerDown"),
    *_sides("mouthUpperUp"),
    *_sides("browDown"),
    "browInnerUp",
    *_sides("browOuterUp"),
    "cheekPuff",
    *_sides("cheekSquint"),
    *_sides("noseSneer"),
    "tongueOut",
)
VISEMES: tuple[str, ...] = tuple(
    f"viseme_{sound}"
    for sound in ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
)
EXTRAS: tuple[str, ...] = ("mouthOpen", "mouthSmile", "eyesClosed", "eyesLookUp", "eyesLookDown")
SHAPES: tuple[str, ...] = (*ARKIT, *VISEMES, *EXTRAS)


class Recipe(NamedTuple):
    """How a shape is made: weights of ARKit shapes, and metres by which the tongue's tip rises and comes forward."""

    weights: Mapping[str, float]
    tongue: tuple[float, float]


def _load() -> dict[str, Recipe]:
    source = tomllib.loads(files(__package__).joinpath("visemes.toml").read_text("utf-8"))
    out = {}
    for name in (*VISEMES, *EXTRAS):
        entry = dict(source[name])
        tongue = entry.pop("tongue", {})
        weights: dict[str, float] = {}
        for key, weight in entry.items():
            for member in _sides(key[:-1]) if key.endswith("*") else (key,):
                weights[member] = weight
        assert weights.keys() <= set(ARKIT), f"visemes.toml: {name} names unknown shapes"
        out[name] = Recipe(MappingProxyType(weights), (tongue.get("raise", 0.0), tongue.get("forward", 0.0)))
    return out


RECIPES: Mapping[str, Recipe] = MappingProxyType(_load())
