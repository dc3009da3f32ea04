"""Parameters: names, bounds, sides, and what they move."""

import subprocess
import sys
from pathlib import Path

import pytest

from avatar_foundry.body import PARAMETERS
from avatar_foundry.body.parameters import checked, detail_weights
from avatar_foundry.errors import RecipeError
from avatar_foundry.pack import Pack

LEFT_OUT = {"genitals", "breast"}  # anatomy that an avatar does not need
ROOT = Path(__file__).resolve().parents[2]


def test_every_target_named_by_a_parameter_exists(pack: Pack) -> None:
    names = set(pack.meta["targets"]["names"])
    assert {t for p in PARAMETERS.values() for t in (*p.low, *p.high)} <= names


def test_every_detail_of_the_data_has_a_parameter(pack: Pack) -> None:
    settings = pack.meta["targets"]["settings"]
    wanted = {
        f"{section}/{target}"
        for section, content in settings.items()
        if section not in LEFT_OUT
        for category in content["categories"]
        for target in category["targets"]
        if not target.startswith("bulge")
    }
    covered = {t for p in PARAMETERS.values() for t in (*p.low, *p.high)}
    assert wanted <= covered
    assert not any(t.startswith(("genitals/", "pelvis/bulge")) for t in covered)


def test_names_are_plain_words() -> None:
    for name, p in PARAMETERS.items():
        space, short = name.split(".")
        assert space in ("body", "face")
        assert short.replace("_", "").isalpha()
        assert short.islower()
        assert p.title
        assert p.doc.endswith(".")
        assert p.minimum < p.maximum
        assert p.default is None or p.minimum <= p.default <= p.maximum


def test_two_words_for_the_two_ends_of_a_bipolar_parameter() -> None:
    for p in PARAMETERS.values():
        if p.minimum < 0.0 and not p.side:
            assert p.low
            assert p.low_word
            assert p.high_word


@pytest.mark.parametrize(
    ("name", "value"),
    [("body.wings", 1.0), ("body.age", 0.5), ("face.nose_width", 1.01), ("body.height", float("nan"))],
)
def test_wrong_values_are_refused_with_their_place(name: str, value: float) -> None:
    with pytest.raises(RecipeError) as error:
        checked({name: value})
    assert error.value.pointer == "/" + name.replace(".", "/")


def test_one_sided_values_add_to_the_symmetric_one_within_bounds() -> None:
    both = detail_weights(checked({"face.eye_size": 0.5}))
    assert both == {"eyes/l-eye-scale-incr": 0.5, "eyes/r-eye-scale-incr": 0.5}
    left = detail_weights(checked({"face.eye_size": 0.5, "face.eye_size_left": -0.75}))
    assert left == {"eyes/l-eye-scale-decr": 0.25, "eyes/r-eye-scale-incr": 0.5}
    most = detail_weights(checked({"face.eye_size": 1.0, "face.eye_size_right": 1.0}))
    assert most == {"eyes/l-eye-scale-incr": 1.0, "eyes/r-eye-scale-incr": 1.0}


def test_a_group_driven_everywhere_to_its_ends_is_shortened() -> None:
    legs = {n: 1.0 for n, p in PARAMETERS.items() if p.group == "legs" and not p.side}
    weights = detail_weights(checked(legs))
    assert 0.2 < max(weights.values()) < 0.6


def test_shapes_of_grown_bodies_are_off_below_18() -> None:
    adult = {n: p.maximum for n, p in PARAMETERS.items() if p.adult}
    assert len(adult) >= 5
    assert detail_weights(checked({**adult, "body.age": 17.9})) == {}
    assert detail_weights(checked({**adult, "body.age": 18.0})) != {}


def test_the_page_of_parameters_is_fresh() -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "gen-parameters", "--check"], check=True)
