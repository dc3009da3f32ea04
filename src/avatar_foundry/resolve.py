"""From a recipe as asked to a recipe in which every value that shapes the files is written out.

Order of precedence: defaults < preset < prompt < explicit fields. Resolving a resolved recipe changes nothing.
"""

import random
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from . import wardrobe
from .body import PARAMETERS, natural_height
from .errors import RecipeError, Suggestion
from .explain import nearest
from .paint.colour import CLOTH, IRIS
from .paint.colour import HAIR as HAIR_COLORS
from .paint.colour import parse as parse_color
from .platforms import PLATFORMS
from .platforms.files import compressed
from .presets import load_presets
from .prompt import Word, read
from .recipe import Recipe, parse

ADULT = 18.0  # years; younger bodies always wear a full outfit and take no adult shapes
DEFAULTS: dict[str, Any] = {
    "body": {"age": 30.0, "muscle": 0.5, "weight": 0.5, "proportions": 0.6, "bust": 0.5, "firmness": 0.5},
    "skin": {"tone": 0.3, "undertone": 0.0, "redness": 0.3, "freckles": 0.0},
    "hair": {"color": "#3a281c", "stubble": 0.0},
    "colors": {"eyes": "#5a4632"},
}
# What the foundry picks when nobody says, by sex: everyday clothes, hair and brows that suit most faces.
HAIR = {"female": "ponytail", "male": "short_tousled"}
BROWS = {"female": "brows_natural", "male": "brows_angled"}
FACE_SPREAD = 0.35  # standard deviation of a seeded face parameter, in units of its range


class Resolution(NamedTuple):
    """recipe: complete. words: what each word of the prompt did. notes: what was changed and why, for people."""

    recipe: Recipe
    words: tuple[Word, ...]
    notes: tuple[str, ...]


def resolve(asked: Recipe) -> Resolution:
    """Complete `asked`. Raises RecipeError for an unknown preset or item."""
    preset = _preset(asked.preset)
    explicit = asked.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    reading = read(asked.prompt, preset) if asked.prompt else None
    said = reading.recipe if reading else {}
    data = merge(DEFAULTS, preset, said, explicit)
    notes: list[str] = []
    _settle_sex(data, preset, said, explicit)
    if asked.seed:
        _vary(data, asked.seed, preset, said, explicit)
    _settle_body(data)
    _settle_looks(data, notes)
    _settle_colors(data)
    _settle_files(data)
    return Resolution(parse(data), reading.words if reading else (), tuple(notes))


def merge(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Later layers win; mappings merge key by key, everything else is replaced."""
    out: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            old = out.get(key)
            out[key] = merge(old, value) if isinstance(value, Mapping) and isinstance(old, Mapping) else value
    return {k: dict(v) if isinstance(v, Mapping) else v for k, v in out.items()}


def _preset(name: str | None) -> Mapping[str, Any]:
    if name is None:
        return {}
    presets = load_presets()
    if name in presets:
        return presets[name].recipe
    close = nearest(name, tuple(presets))
    suggestion = (
        Suggestion(f"Use '{close[0]}'", f"The nearest preset is '{close[0]}'.", close[1])
        if close
        else Suggestion("Choose a preset that exists", ", ".join(presets), 0.5)
    )
    raise RecipeError(f"/preset: unknown preset '{name}'", pointer="/preset", suggestions=[suggestion])


def _settle_sex(
    data: dict[str, Any], preset: Mapping[str, Any], said: Mapping[str, Any], explicit: Mapping[str, Any]
) -> None:
    """When prompt or fields turn a preset's sex, what the preset chose for the other sex is chosen anew."""
    body = data["body"]
    if "gender" not in body:
        body["gender"] = 1.0 if random.Random(data.get("seed", 0)).random() < 0.5 else 0.0
    before = preset.get("body", {}).get("gender")
    if before is None or (before >= 0.5) == (body["gender"] >= 0.5):
        return
    asked = (said.get("body", {}), explicit.get("body", {}))
    if "height" in body and not any("height" in layer for layer in asked):
        plain = {"age": body["age"], "height": None}
        ratio = natural_height(_keyed({**plain, "gender": body["gender"]})) / natural_height(
            _keyed({**plain, "gender": before})
        )
        body["height"] = round(body["height"] * ratio, 3)
    if body["gender"] < 0.5:
        data["hair"].pop("stubble", None)
    for key, table in (("style", HAIR), ("brows", BROWS)):
        chosen = data["hair"].get(key)
        if chosen and not any(key in layer.get("hair", {}) for layer in (said, explicit)) and not _suits(chosen, body):
            data["hair"][key] = table[_sex(body)]


def _sex(body: Mapping[str, Any]) -> str:
    return "male" if body["gender"] >= 0.5 else "female"


def _suits(item: str, body: Mapping[str, Any]) -> bool:
    return item == "none" or wardrobe.resolve(item).sex in ("any", _sex(body))


def _keyed(body: Mapping[str, Any]) -> dict[str, float]:
    return {f"body.{k}": float(v) for k, v in body.items() if v is not None}


def _vary(data: dict[str, Any], seed: int, *settled: Mapping[str, Any]) -> None:
    """Give a face of its own to what no layer settled. One seed, one face."""
    dice = random.Random(seed)
    chosen = {k for layer in settled for k in layer.get("face", {})}
    for key, p in PARAMETERS.items():
        section, _, name = key.partition(".")
        roll = dice.gauss(0.0, FACE_SPREAD)  # rolled for every parameter, so that one choice does not shift the rest
        if section == "face" and p.varies and name not in chosen:
            # Two-sided parameters spread about 0; one-sided ones stay at 0 for half of all faces.
            share = max(-0.6, min(0.6, roll)) if p.minimum < 0 else max(0.0, min(0.6, roll))
            if value := round(share * (min(-p.minimum, p.maximum) if p.minimum < 0 else p.maximum), 3):
                data.setdefault("face", {})[name] = value


def _settle_body(data: dict[str, Any]) -> None:
    body = data["body"]
    if not any(body.get(k) for k in ("african", "asian", "caucasian")):
        body.update(african=1 / 3, asian=1 / 3, caucasian=1 / 3)
    total = sum(body.get(k, 0.0) for k in ("african", "asian", "caucasian"))
    total = total if abs(total - 1.0) > 5e-6 else 1.0  # rounded shares are shares already: they must not move again
    for k in ("african", "asian", "caucasian"):
        body[k] = round(body.get(k, 0.0) / total, 6)
    if body["age"] < ADULT:
        for k in ("bust", "firmness"):
            body[k] = 0.5
        data["hair"]["stubble"] = 0.0
    if body.get("height") is None:
        body["height"] = round(natural_height(_keyed(body)), 4)
    for section in ("body", "face"):
        spec = {k: float(v) for k, v in data.get(section, {}).items()}
        # With a seed an absent face parameter is rolled: a zero that someone chose must stay in sight.
        keep: Collection[str] = MACROS if section == "body" else spec if data.get("seed") else ()
        data[section] = {k: v for k, v in spec.items() if k in keep or v != 0.0}


# Parameters that blend whole bodies are always written out; details only where they differ from none.
MACROS = frozenset(
    k.removeprefix("body.") for k, p in PARAMETERS.items() if k.startswith("body.") and not (p.low or p.high)
)


def _settle_looks(data: dict[str, Any], notes: list[str]) -> None:
    body, hair = data["body"], data["hair"]
    sex, age = _sex(body), body["age"]
    hair["style"] = _item(hair.get("style") or HAIR[sex], "/hair/style", "hair")
    hair["brows"] = _item(hair.get("brows") or BROWS[sex], "/hair/brows", "brows")
    hair["lashes"] = _item(hair.get("lashes") or "lashes_natural", "/hair/lashes", "lashes")
    asked = data.get("outfit")
    if asked is None:
        asked = wardrobe.default_outfit(age, body["gender"])
    worn = [_item(name, f"/outfit/{i}", None) for i, name in enumerate(asked)]
    outfit = list(wardrobe.complete_outfit(worn, age, body["gender"]))
    if outfit != worn:
        notes.append(f"bodies below {ADULT:g} always wear a full outfit cut for them: {', '.join(outfit)}")
    data["outfit"] = _without_clashes(outfit)
    if left := [name for name in outfit if name not in data["outfit"]]:
        notes.append(f"left out, since something else takes its place: {', '.join(left)}")


ALONE = frozenset({"full", "shoes", "hat", "cape", "hands"})  # slots that hold one thing; the last one asked for stays


def _without_clashes(outfit: list[str]) -> list[str]:
    """`outfit` with one item per exclusive slot, and no shoes in boots that belong to an armour or a robe."""
    items = [wardrobe.ITEMS[name] for name in outfit]
    last = {item.slot: item.id for item in items}
    booted = any("feet" in item.covers for item in items if item.slot != "shoes" and last[item.slot] == item.id)
    return [
        item.id
        for item in items
        if (item.slot not in ALONE or last[item.slot] == item.id) and not (booted and item.slot == "shoes")
    ]


def _item(name: str, pointer: str, slot: str | None) -> str:
    """The canonical id of an item; 'none' for no hair. Raises RecipeError with the nearest names."""
    if slot == "hair" and name in ("none", "bald"):
        return "none"
    try:
        item = wardrobe.resolve(name)
    except RecipeError as error:
        error.pointer = pointer
        raise
    if slot is not None and item.slot != slot:
        fitting = [i.id for i in wardrobe.by_slot(slot)]
        hint = Suggestion(f"Choose one of slot {slot}", ", ".join(fitting), 0.7)
        raise RecipeError(f"{pointer}: '{name}' is of slot {item.slot}", pointer=pointer, suggestions=[hint])
    return item.id


OWN_COLORS = {"eyes": "iris", "lips": "cloth", "underwear": "cloth"}  # what is no item, and whose names it takes
NO_COLORS = frozenset({"natural", "skin"})  # words that the painter takes where it takes a colour


def _settle_colors(data: dict[str, Any]) -> None:
    """Refuse colours of nothing and colours that do not exist, before any work is done."""
    for key in ("color", "brow_color"):
        if name := data["hair"].get(key):
            _check_color(name, f"/hair/{key}", "hair")
    items = wardrobe.ITEMS.values()
    known = {*OWN_COLORS, *wardrobe.SLOTS, *wardrobe.ITEMS, *(i.asset.rpartition("/")[2] for i in items if i.asset)}
    colors: dict[str, str] = {}
    for key, name in data["colors"].items():
        thing, dot, region = key.partition(".")
        if thing not in known:
            thing = _item(thing, f"/colors/{key}", None)
        _check_color(name, f"/colors/{key}", OWN_COLORS.get(key, "cloth"))
        colors[thing + dot + region] = name
    data["colors"] = colors


def _check_color(name: str, pointer: str, table: str) -> None:
    if name in NO_COLORS:
        return
    try:
        parse_color(name, table)
    except RecipeError as error:
        close = nearest(name, tuple({"iris": IRIS, "hair": HAIR_COLORS, "cloth": CLOTH}[table]))
        cure = Suggestion(f"Use '{close[0]}'", error.hint, close[1]) if close else None
        cure = cure or Suggestion("Write the colour as #rrggbb", error.hint, 0.8)
        raise RecipeError(f"{pointer}: {error}", pointer=pointer, hint=error.hint, suggestions=[cure]) from None


def _settle_files(data: dict[str, Any]) -> None:
    platform = PLATFORMS[data.get("platform", "web")]
    compressed(platform.glb, data.get("compression", "none"))  # refuses what no file can hold before any work is done
    platform.check_shading(data.get("shading", "pbr"))
    data.setdefault("texture_size", platform.texture_size)
    data.setdefault("atlas", platform.atlas)
    data.setdefault("name", data.get("preset") or "avatar")
