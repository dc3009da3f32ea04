"""Words become fields; every word is accounted for."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar_foundry.prompt import read


def flat(text: str, **context: object) -> dict[str, object]:
    out: dict[str, object] = {}
    for section, fields in read(text, context).recipe.items():
        if isinstance(fields, dict):
            out.update({f"{section}.{k}": v for k, v in fields.items()})
        else:
            out[section] = fields
    return out


def test_the_reference_prompt() -> None:
    fields = flat("tall athletic male")
    assert fields["body.gender"] == 1.0
    assert 1.85 <= float(str(fields["body.height"])) <= 2.0
    assert float(str(fields["body.muscle"])) > 0.65


def test_slim_female_elf() -> None:
    fields = flat("slim female elf")
    assert fields["body.gender"] == 0.0
    assert fields["face.ear_point"] == 1.0
    assert float(str(fields["body.weight"])) <= 0.3
    assert fields["outfit"] == ["tunic"]
    assert "outfit" not in flat("slim female elf", outfit=["tee_and_jeans"])


@pytest.mark.parametrize(
    ("text", "metres"),
    [("1.9 m", 1.9), ("190cm", 1.9), ("6'2\"", 1.88), ("6 ft 2 in", 1.88), ("1,75 m", 1.75), ("5 feet", 1.524)],
)
def test_heights_in_the_units_people_write(text: str, metres: float) -> None:
    assert float(str(flat(f"woman {text}")["body.height"])) == pytest.approx(metres, abs=0.003)


@pytest.mark.parametrize(
    ("text", "years"),
    [("25 years old", 25), ("a 40-year-old man", 40), ("aged 63", 63), ("in her thirties", None), ("late 20s", 28)],
)
def test_ages(text: str, years: float | None) -> None:
    assert flat(text).get("body.age") == years


def test_colours_go_to_the_noun_they_stand_before() -> None:
    fields = flat("woman with long blonde hair, green eyes and a blue shirt")
    assert fields["hair.style"] == "long_straight"
    assert fields["hair.color"] != fields["colors.eyes"]
    assert fields["colors.top"] == "#2f5a9c"


def test_colour_after_the_noun() -> None:
    assert flat("his eyes are blue")["colors.eyes"] == flat("blue eyes")["colors.eyes"]


def test_negation_takes_away() -> None:
    assert flat("no hair")["hair.style"] == "none"
    assert flat("without freckles")["skin.freckles"] == 0.0
    assert float(str(flat("not tall man")["body.height"])) < float(str(flat("man of average height")["body.height"]))
    assert flat("no hat", outfit=["fedora", "tee_and_jeans", "sneakers"])["outfit"] == ["tee_and_jeans", "sneakers"]


def test_a_garment_alone_is_completed() -> None:
    assert flat("man in blue jeans")["outfit"] == ["jeans", "tee", "leather_shoes"]
    assert flat("woman in a robe")["outfit"] == ["mage_robe"]
    assert flat("red boots", outfit=["tee_and_jeans", "sneakers"])["outfit"] == ["tee_and_jeans", "leather_boots"]


def test_degrees_scale() -> None:
    slightly, plain, very = (float(str(flat(f"{w} muscular")["body.muscle"])) for w in ("slightly", "", "very"))
    assert 0.5 < slightly < plain < very


def test_misspellings_are_understood() -> None:
    assert flat("muscluar")["body.muscle"] == flat("muscular")["body.muscle"]


def test_every_content_word_is_accounted_for() -> None:
    reading = read("a tall flibbertigibbet with a zeppelin", {})
    assert [(w.text, bool(w.fields)) for w in reading.words] == [
        ("tall", True),
        ("flibbertigibbet", False),
        ("zeppelin", False),
    ]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=string.printable + "äß漢🙂'’\"", max_size=120))
def test_no_text_breaks_the_reader(text: str) -> None:
    reading = read(text, {})
    assert all(w.text in text for w in reading.words)
