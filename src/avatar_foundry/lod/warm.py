"""Make the levels of everything in the wardrobe ahead of time, so that no avatar has to wait for them."""

from collections.abc import Iterable

from ..body import body_part
from ..wardrobe import ITEMS, fit
from ..wardrobe.neutral import neutral_base
from .ladder import item_ladder


def warm(items: Iterable[str] | None = None) -> int:
    """Make or load the levels of the body and of `items` (default: all); how many parts there were."""
    base = neutral_base()
    parts = [body_part(base)]
    for item in ITEMS if items is None else items:
        parts += fit(item, base)
    for part in parts:
        item_ladder(part)
    return len(parts)
