"""Who may wear what. Below 18 a body always wears a full outfit, and never anything cut for adults only."""

from collections.abc import Iterable

from .catalogue import ITEMS, Item, resolve

ADULT = 18


def _item(item: Item | str) -> Item:
    return resolve(item) if isinstance(item, str) else item


def allowed(item: Item | str, age: float) -> bool:
    """Whether a body of `age` years may wear `item` (an Item, id or alias)."""
    return age >= _item(item).min_age


def default_outfit(age: float, gender: float) -> tuple[str, ...]:
    """What a body wears when nothing was asked for: top, bottom and shoes. gender: 0 female .. 1 male."""
    if gender < 0.5:
        return ("fitted_tee_and_jeans", "sneakers")
    return (
        "tee_and_jeans" if age < ADULT else "striped_shirt_and_jeans",
        "sneakers" if age < ADULT else "leather_shoes",
    )


def underwear_for(age: float, gender: float) -> str:
    """The underwear item that a body always has, mostly hidden by its clothes."""
    return "briefs" if age >= ADULT and gender >= 0.5 else "underwear"


def complete_outfit(items: Iterable[str], age: float, gender: float) -> tuple[str, ...]:
    """The ids of `items`, with the forbidden left out and, below 18, with what is missing put in.

    Adults are left as asked. Guarantee: below 18 the result covers top and bottom. Order is kept.
    """
    worn = [_item(i) for i in items]
    if age >= ADULT:
        return tuple(i.id for i in worn)
    worn = [i for i in worn if allowed(i, age)]
    covered = {c for i in worn for c in i.covers}
    add: list[str] = []
    if not {"top", "bottom"} & covered:
        add = [default_outfit(age, gender)[0]]
    elif "top" not in covered:
        add = ["fitted_tee" if gender < 0.5 else "tee"]
    elif "bottom" not in covered:
        add = ["fitted_jeans" if gender < 0.5 else "jeans"]
    return tuple(dict.fromkeys([i.id for i in worn] + [a for a in add if a in ITEMS]))
