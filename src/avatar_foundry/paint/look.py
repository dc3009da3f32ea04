"""What the painter is told: skin, eyes, hair, lips and the colours of things. Frozen, hashable, made of JSON values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Regions = tuple[tuple[str, str], ...]
Colors = tuple[tuple[str, Regions], ...]


def colors(mapping: Mapping[str, Mapping[str, str] | str]) -> Colors:
    """`{"shoes06": {"main": "#222"}, "top": "red"}` as sorted tuples; a bare colour means region "main"."""
    rows = {k: {"main": v} if isinstance(v, str) else v for k, v in mapping.items()}
    return tuple((k, tuple(sorted(rows[k].items()))) for k in sorted(rows))


@dataclass(frozen=True, slots=True)
class SkinLook:
    """tone: 0 very fair .. 1 very deep (melanin). undertone: -1 cool .. 1 warm. age: years. gender: 0 female .. 1 male.

    redness: blood in the whole skin, 0..1.  blush: in cheeks, nose, ears, knuckles, knees, elbows, 0..1.
    freckles, stubble: 0..1.  roughness: -1 oily .. 1 dry.
    """

    tone: float = 0.25
    undertone: float = 0.0
    redness: float = 0.3
    blush: float = 0.35
    freckles: float = 0.0
    stubble: float = 0.0
    age: float = 25.0
    gender: float = 0.5
    roughness: float = 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """Everything a material may depend on besides the part itself.

    eyes, hair, brows, lips, eyeshadow, nails: a colour name or "#rrggbb"; brows default to a shade of the hair,
    lips and nails to "natural", eyeshadow to none, hair_tips to the hair's own lighter ends.
    scalp: how much hair colour the skin of the scalp shows, 0 (clean shaven) .. 1 (under hair).
    colors: per item id or slot, then region: see `colors()`.  underwear: a colour.
    """

    skin: SkinLook = field(default_factory=SkinLook)
    eyes: str = "brown"
    hair: str = "dark brown"
    hair_tips: str | None = None
    brows: str | None = None
    lips: str = "natural"
    eyeshadow: str | None = None
    nails: str = "natural"
    scalp: float = 0.85
    colors: Colors = ()
    underwear: str = "#8d8f94"

    def colors_for(self, *names: str) -> dict[str, str]:
        """Region -> colour for a thing known by several names (item id, file name, slot); earlier names win."""
        table = dict(self.colors)
        merged: dict[str, str] = {}
        for name in reversed(names):
            merged.update(table.get(name, ()))
        return merged
