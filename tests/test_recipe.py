"""One schema: what it takes, what it refuses and how it explains itself."""

from typing import Any

import pytest

from avatar_foundry.errors import RecipeError
from avatar_foundry.recipe import PROMPT_LIMIT, Recipe, parse


def refused(data: Any) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        parse(data)
    error = caught.value
    assert error.issues
    return error


def test_empty_recipe_is_valid() -> None:
    recipe = parse({})
    assert recipe.platform == "web"
    assert recipe.morph_targets
    assert recipe.lods
    assert not recipe.no_face


def test_the_reference_page_recipe_is_valid() -> None:
    page = {"preset": "warrior", "prompt": "tall athletic male", "platform": "unity"}
    assert parse({**page, "morph_targets": True, "lods": True, "no_face": False}).preset == "warrior"


@pytest.mark.parametrize(
    ("data", "pointer", "advice"),
    [
        ({"promt": "x"}, "/promt", "Use 'prompt'"),
        ({"body": {"heigth": 1.8}}, "/body/heigth", "Use 'height'"),
        ({"body": {"height": 99}}, "/body/height", "Use 2.6"),
        ({"body": {"muscle": -1}}, "/body/muscle", "Use 0"),
        ({"platform": "unty"}, "/platform", "Use 'unity'"),
        ({"lods": "maybe"}, "/lods", "Send a bool"),
        ({"seed": 1.5}, "/seed", None),
        ({"outfit": ["tee_and_jean"]}, "/outfit", "Use 'tee_and_jeans'"),
        ({"texture_size": 1000}, "/texture_size", "Choose one of the values"),
        ({"prompt": ""}, "/prompt", "Leave the field out"),
        ({"prompt": "   "}, "/prompt", "Leave the field out"),
        ({"prompt": "🧝‍♀️✨"}, "/prompt", "Leave the field out"),
        ({"prompt": "tall\x00man"}, "/prompt", "Remove the control characters"),
        ({"prompt": "a" * (PROMPT_LIMIT + 1)}, "/prompt", "Shorten it"),
        ({"prompt": 7}, "/prompt", "Send a string"),
        ({"body": {"height": float("nan")}}, "/body/height", None),
        ({"body": {"height": "tall"}}, "/body/height", "Send a float"),
        ([], "", None),
        ("warrior", "", None),
        (None, "", None),
    ],
)
def test_refusals_point_at_the_field_and_advise(data: Any, pointer: str, advice: str | None) -> None:
    error = refused(data)
    assert error.issues[0].pointer == pointer
    if advice is not None:
        assert error.suggestions[0].title == advice


def test_a_megabyte_of_prompt_is_not_echoed() -> None:
    error = refused({"prompt": "x" * 1_000_000})
    assert len(str(error)) < 500
    assert all(len(str(s)) < 500 for s in error.suggestions)


def test_many_unknown_fields_make_a_bounded_answer() -> None:
    error = refused({f"field{i}": 1 for i in range(5000)})
    assert len(error.issues) <= 50
    assert len(error.suggestions) <= 10


def test_digest_depends_on_what_is_asked_only() -> None:
    a = parse({"preset": "elf", "colors": {"eyes": "#112233", "lips": "#334455"}})
    b = parse({"colors": {"lips": "#334455", "eyes": "#112233"}, "preset": "elf", "lods": True})
    assert a.digest() == b.digest()
    assert a.digest() != parse({"preset": "elf"}).digest()


def test_recipes_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe().platform = "unity"  # type: ignore[misc]


@pytest.mark.parametrize("text", ["fbx, usdz", "[fbx,usdz]", ["fbx", "usdz"]])
def test_formats_may_come_as_text(text):
    assert parse({"formats": text}).formats == ("fbx", "usdz")


def test_clips_may_come_as_a_list_that_lost_its_quotes():
    assert parse({"animations": "[idle, walk]"}).animations == ("idle", "walk")
