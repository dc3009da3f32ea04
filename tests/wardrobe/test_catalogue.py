import re

import pytest

from avatar_foundry.errors import RecipeError
from avatar_foundry.pack import Pack
from avatar_foundry.wardrobe import (
    ALIASES,
    ITEMS,
    SLOTS,
    allowed,
    by_slot,
    complete_outfit,
    default_outfit,
    resolve,
    underwear_for,
)


def test_ids_are_snake_case_and_match_their_file_and_no_alias_hides_an_id() -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", i) for i in ITEMS)
    assert all(item.id == key for key, item in ITEMS.items())
    assert not set(ALIASES) & set(ITEMS)


def test_aliases_are_unique() -> None:
    aliases = [a for item in ITEMS.values() for a in item.aliases]
    assert len(aliases) == len(set(aliases))


def test_every_asset_of_the_pack_is_offered_and_every_offer_exists(pack: Pack) -> None:
    assert {item.asset for item in ITEMS.values() if item.asset} == set(pack.meta["assets"])


def test_every_slot_of_a_head_and_an_outfit_has_items() -> None:
    assert all(by_slot(slot) for slot in SLOTS if slot not in ("hands", "cape"))


def test_every_item_has_pieces_with_colours() -> None:
    for item in ITEMS.values():
        assert item.pieces, item.id
        assert all(re.fullmatch(r"#[0-9a-f]{6}", c) for c in item.colours.values()), item.id


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bob01", "bob_asymmetric"),
        ("hair.bob01", "bob_asymmetric"),
        ("hair/Braid01", "braid"),
        ("Long Straight", "long_straight"),
        ("male_casualsuit01", "denim_shirt_and_jeans"),
        ("clothes/shoes01", "leather_shoes"),
    ],
)
def test_resolve_accepts_ids_aliases_and_slot_prefixes(name: str, expected: str) -> None:
    assert resolve(name).id == expected


def test_resolve_suggests_what_was_meant() -> None:
    with pytest.raises(RecipeError) as caught:
        resolve("fedorra")
    assert "fedora" in caught.value.hint


@pytest.mark.parametrize("age", [1.0, 10.0, 17.9])
@pytest.mark.parametrize("gender", [0.0, 1.0])
@pytest.mark.parametrize("asked", [(), ("underwear",), ("sports_set",), ("jeans",), ("tee",), ("fedora", "sneakers")])
def test_minors_always_wear_top_and_bottom_and_nothing_for_adults(
    age: float, gender: float, asked: tuple[str, ...]
) -> None:
    worn = [ITEMS[i] for i in complete_outfit(asked, age, gender)]
    assert {"top", "bottom"} <= {c for item in worn for c in item.covers}
    assert all(allowed(item, age) for item in worn)
    assert "top" in underwear_pieces(age, gender)


def underwear_pieces(age: float, gender: float) -> set[str]:
    return set(ITEMS[underwear_for(age, gender)].pieces)


def test_adults_wear_what_was_asked() -> None:
    assert complete_outfit(("male_casualsuit03",), 30.0, 1.0) == ("striped_shirt_and_jeans",)
    assert complete_outfit((), 30.0, 0.0) == ()


@pytest.mark.parametrize("age", [2.0, 12.0, 40.0])
@pytest.mark.parametrize("gender", [0.0, 0.5, 1.0])
def test_default_outfits_are_full_and_allowed(age: float, gender: float) -> None:
    outfit = default_outfit(age, gender)
    assert {"top", "bottom"} <= {c for i in outfit for c in ITEMS[i].covers}
    assert all(allowed(i, age) for i in outfit)
