"""Defaults < preset < prompt < explicit fields; a resolved recipe stays as it is."""

import random

import pytest

from avatar_foundry.body import PARAMETERS
from avatar_foundry.errors import RecipeError
from avatar_foundry.presets import load_presets
from avatar_foundry.recipe import parse
from avatar_foundry.resolve import resolve


def resolved(**data: object) -> dict[str, object]:
    return resolve(parse(data)).recipe.compact()


@pytest.mark.parametrize("preset", sorted(load_presets()))
def test_every_preset_resolves_and_resolving_again_changes_nothing(preset: str) -> None:
    once = resolve(parse({"preset": preset})).recipe
    again = resolve(parse(once.compact())).recipe
    assert once.digest() == again.digest()


def test_twelve_presets_with_the_promised_names() -> None:
    promised = {"warrior", "mage", "athletic", "average", "slim", "stocky"}
    promised |= {"elf", "child", "elder", "business", "worker", "casual"}
    assert promised <= set(load_presets())


@pytest.mark.parametrize("seed", range(40))
def test_random_recipes_are_fixed_points(seed: int) -> None:
    dice = random.Random(seed)
    data: dict[str, object] = {"seed": seed, "prompt": dice.choice(["slim female elf", "old man", "tall girl", "big"])}
    if seed % 2:
        data["preset"] = dice.choice(sorted(load_presets()))
    body = {}
    for key in dice.sample([k for k in PARAMETERS if k.startswith("body.")], 5):
        p = PARAMETERS[key]
        body[key.removeprefix("body.")] = round(dice.uniform(p.minimum, p.maximum), 3)
    once = resolve(parse({**data, "body": body})).recipe
    assert resolve(parse(once.compact())).recipe.digest() == once.digest()


def test_explicit_beats_prompt_beats_preset() -> None:
    recipe = resolve(parse({"preset": "slim", "prompt": "muscular man", "body": {"muscle": 0.11}})).recipe.values()
    assert recipe["body.muscle"] == 0.11
    assert recipe["body.gender"] == 1.0


def test_turning_the_sex_turns_height_and_brows_but_not_what_was_asked() -> None:
    man = resolve(parse({"preset": "warrior"})).recipe
    woman = resolve(parse({"preset": "warrior", "prompt": "female"})).recipe
    assert woman.values()["body.height"] < man.values()["body.height"] - 0.05
    assert woman.hair.brows != man.hair.brows
    assert not woman.hair.stubble


def test_children_wear_a_full_outfit_and_no_beard() -> None:
    answer = resolve(parse({"prompt": "8 year old boy with a beard", "outfit": []}))
    assert answer.recipe.outfit
    assert not answer.recipe.hair.stubble
    assert answer.notes


def test_seeds_vary_the_face_and_zero_does_not() -> None:
    assert "face" not in resolved(preset="casual")
    one, two = resolved(preset="casual", seed=1)["face"], resolved(preset="casual", seed=2)["face"]
    assert one != two
    assert one == resolved(preset="casual", seed=1)["face"]


def test_an_unknown_preset_gets_the_nearest_name() -> None:
    with pytest.raises(RecipeError, match="warior") as caught:
        resolve(parse({"preset": "warior"}))
    assert caught.value.suggestions[0].title == "Use 'warrior'"


def test_shoes_give_way_to_boots_of_an_armour() -> None:
    answer = resolve(parse({"preset": "warrior", "prompt": "purple shoes"}))
    assert answer.recipe.outfit == ("plate_armour",)
    assert any("leather_shoes" in note for note in answer.notes)


def test_the_last_of_two_whole_outfits_stays() -> None:
    assert resolve(parse({"outfit": ["plate_armour", "business_suit"]})).recipe.outfit == ("business_suit",)
