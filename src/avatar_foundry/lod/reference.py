"""The shape on which a part's levels are chosen: the average adult's, so that they serve every body."""

from functools import lru_cache

from ..avatar import F32, Part
from ..body import body_part, evaluate
from ..errors import FoundryError
from ..pack import open_pack
from ..wardrobe import ITEMS, fit
from ..wardrobe.neutral import neutral_base


def has_reference(part: Part) -> bool:
    """Whether `reference_positions` knows the part: our own body and items of the wardrobe that hang on it."""
    return part.binding is not None and (part.role == "body" or _item(part.name) != "")


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {item.part_name(piece): item.id for item in ITEMS.values() for piece in item.pieces}


def _item(name: str) -> str:
    known = _names()
    head = name.split(".")[0]
    return known.get(name, head if head in ITEMS else "")


#: Bodies that the levels should fit besides the average one: both sexes, heavy, old, a child.
BUILDS = (
    {"body.gender": 1.0},
    {"body.gender": 0.0},
    {"body.weight": 1.0},
    {"body.age": 70.0},
    {"body.age": 8.0},
)


@lru_cache(maxsize=1)
def _bases(digest: str) -> tuple[F32, ...]:
    return (neutral_base(), *(evaluate(values) for values in BUILDS))


@lru_cache(maxsize=16)
def _fitted(digest: str, item: str) -> tuple[tuple[Part, ...], ...]:
    return tuple(fit(item, base) for base in _bases(digest))


def reference_parts(part: Part) -> tuple[Part, ...]:
    """The part on the average adult and on each of BUILDS, whole, in the base pose; empty when that cannot be told."""
    if not has_reference(part):
        return ()
    digest = open_pack().digest
    if part.role == "body":
        return tuple(body_part(base) for base in _bases(digest))
    try:
        return tuple(p for parts in _fitted(digest, _item(part.name)) for p in parts if p.name == part.name)
    except FoundryError:
        return ()
