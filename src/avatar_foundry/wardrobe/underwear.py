from ..avatar import F32, Part
from .catalogue import Item


def make_underwear(item: Item, base: F32) -> tuple[Part, ...]:
    return ()
