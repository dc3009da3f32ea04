"""The catalogue: one data file per item in `items/`. What is worn, where, by whom, in which pieces and colours."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from ..errors import RecipeError, Suggestion

SLOTS: tuple[str, ...] = (
    *("eyes", "brows", "lashes", "teeth", "tongue", "hair", "hat"),
    *("top", "bottom", "full", "shoes", "hands", "cape", "underwear"),
)

ROLES: Mapping[str, str] = MappingProxyType(
    {
        **{slot: slot for slot in ("eyes", "brows", "lashes", "teeth", "tongue", "hair", "hat", "shoes", "underwear")},
        **dict.fromkeys(("top", "bottom", "full", "hands", "cape"), "garment"),
    }
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an item with a layer and a colour of its own: the jacket and the trousers of a suit.

    components: connected components of the asset's mesh, numbered by their first vertex; islands: the same for its uvs.
    Both empty: everything. layer: z-depth, higher lies further out. colour: default, sRGB "#rrggbb".
    """

    name: str
    layer: int
    colour: str
    components: tuple[int, ...] = ()
    islands: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to wear.

    asset:      id in the pack ("clothes/male_casualsuit01"), or "" when `builder` makes it.
    builder:    name of the module in `wardrobe.builders` (or "underwear"); `options` are its keyword arguments.
    sex:        any | male | female: for whom it was cut; it fits every body.
    alpha:      OPAQUE | MASK | BLEND, with `cutoff` for MASK.
    follow:     cloth | data | rigid | flow: where skin weights come from (see weights.py).
    covers:     which of "top", "bottom", "feet" it dresses.
    drops_hair: the hair is left off below it (hoods, helmets).
    logo:       its texture carries a print that paint must cover.
    """

    id: str
    title: str
    slot: str
    pieces: Mapping[str, Piece]
    layer: int = 20
    asset: str = ""
    builder: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    sex: str = "any"
    min_age: int = 0
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    alpha: str = "OPAQUE"
    cutoff: float = 0.5
    follow: str = "cloth"
    drops_hair: bool = False
    logo: bool = False

    @property
    def role(self) -> str:
        """The role of its parts (see `Part.role`)."""
        return ROLES[self.slot]

    @property
    def colours(self) -> Mapping[str, str]:
        """Default colour of every piece."""
        return {name: piece.colour for name, piece in self.pieces.items()}

    def part_name(self, piece: str) -> str:
        """The id alone when there is one piece, else "<id>.<piece>"."""
        return self.id if len(self.pieces) == 1 else f"{self.id}.{piece}"


def _item(raw: dict[str, Any]) -> Item:
    pieces = {
        name: Piece(
            name,
            int(p.get("layer", raw.get("layer", 20))),
            str(p.get("colour", "#808080")),
            tuple(p.get("components", ())),
            tuple(p.get("islands", ())),
        )
        for name, p in raw.pop("pieces", {}).items()
    }
    for key in ("aliases", "tags", "covers"):
        raw[key] = tuple(raw.get(key, ()))
    if raw["slot"] not in SLOTS:
        raise ValueError(f"{raw['id']}: unknown slot {raw['slot']}")
    return Item(pieces=MappingProxyType(pieces), **raw)


def _load() -> Mapping[str, Item]:
    folder = files(__package__) / "items"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    items = {item.id: item for item in (_item(tomllib.loads(f.read_text("utf-8"))) for f in found)}
    return MappingProxyType(dict(sorted(items.items())))


ITEMS: Mapping[str, Item] = _load()
ALIASES: Mapping[str, str] = MappingProxyType({a: item.id for item in ITEMS.values() for a in item.aliases})


def resolve(name: str) -> Item:
    """The item called `name`, by id or alias, in any case, "hair.bob01" and "hair/bob01" included. RecipeError else."""
    key = name.strip()
    for candidate in (key, key.lower(), key.lower().replace("-", "_").replace(" ", "_")):
        for form in (candidate, candidate.replace("/", ".").split(".", 1)[-1]):
            if form in ITEMS:
                return ITEMS[form]
            if form in ALIASES:
                return ITEMS[ALIASES[form]]
    from difflib import get_close_matches

    close = get_close_matches(key.lower(), [*ITEMS, *ALIASES], 3, 0.5)
    ids = list(dict.fromkeys(ALIASES.get(c, c) for c in close))
    raise RecipeError(
        f"There is no wardrobe item called {name!r}.",
        hint="Did you mean " + " or ".join(ids) + "?" if ids else "See the list of wardrobe items.",
        suggestions=[Suggestion(f"Use {i}", ITEMS[i].title, 0.6) for i in ids],
    )


def by_slot(slot: str) -> tuple[Item, ...]:
    """All items of a slot, by id."""
    return tuple(item for item in ITEMS.values() if item.slot == slot)
