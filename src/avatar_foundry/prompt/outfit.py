"""From the garments that a text names to something that a person would wear."""

from collections.abc import Collection, Iterable, Sequence

from ..wardrobe import ITEMS, default_outfit

# What fills a gap that the text leaves, by sex: "blue jeans" does not mean no shirt.
PLAIN = {"male": {"top": "tee", "bottom": "jeans"}, "female": {"top": "fitted_tee", "bottom": "fitted_jeans"}}
ADULT_AGE = 30.0


def displaced(slot: str) -> frozenset[str]:
    """Slots whose items make room for one of `slot`."""
    if slot == "full":
        return frozenset({"full", "top", "bottom"})
    return frozenset({slot, "full"}) if slot in ("top", "bottom") else frozenset({slot})


def assemble(worn: Iterable[str], added: Sequence[str], removed: Collection[str], sex: str) -> list[str]:
    """`worn` with `added` in place of what they displace, less `removed`, its gaps filled.

    Top, bottom and feet are covered in the end, unless the text took them away.
    """
    outfit = [item for item in worn if item in ITEMS]
    for item in added:
        slots = displaced(ITEMS[item].slot)
        if "feet" in ITEMS[item].covers:
            slots |= {"shoes"}
        outfit = [g for g in outfit if ITEMS[g].slot not in slots and g != item] + [item]
    outfit = [g for g in outfit if g not in removed]
    covered = {c for g in outfit for c in _covers(g)}
    stripped = {c for g in removed if g in ITEMS for c in _covers(g)}
    fill = dict(PLAIN[sex])
    fill["feet"] = default_outfit(ADULT_AGE, 1.0 if sex == "male" else 0.0)[-1]
    return outfit + [item for place, item in fill.items() if place not in covered | stripped]


def _covers(name: str) -> tuple[str, ...]:
    return ("feet",) if ITEMS[name].slot == "shoes" else ITEMS[name].covers
