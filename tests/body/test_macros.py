"""Macro parameters by MakeHuman's rule."""

import pytest

from avatar_foundry.body.macros import age_slider, age_weights, build_weights, macro_weights, softened, three_way
from avatar_foundry.body.parameters import checked
from avatar_foundry.body.targets import has_target


def test_years_to_slider() -> None:
    assert [age_slider(y) for y in (1.0, 10.0, 25.0, 90.0)] == pytest.approx([0.0, 0.1875, 0.5, 1.0])
    assert age_slider(18.0) == pytest.approx(0.354, abs=5e-4)


@pytest.mark.parametrize("years", [1.0, 5.0, 10.0, 18.0, 25.0, 60.0, 90.0])
def test_age_weights_sum_to_one(years: float) -> None:
    weights = age_weights(years)
    assert sum(weights.values()) == pytest.approx(1.0)
    assert min(weights.values()) >= 0.0


def test_three_way_peaks() -> None:
    assert three_way(0.0, "cup") == {"mincup": 1.0, "averagecup": 0.0, "maxcup": 0.0}
    assert three_way(0.5, "cup") == {"mincup": 0.0, "averagecup": 1.0, "maxcup": 0.0}
    assert three_way(0.75, "cup") == {"mincup": 0.0, "averagecup": 0.5, "maxcup": 0.5}


def test_families_sum_to_one_and_exist() -> None:
    values = checked({"body.age": 40.0, "body.gender": 0.3, "body.weight": 0.8, "body.muscle": 0.2})
    builds = build_weights(values)
    weights = macro_weights(values, builds)
    universal = {n: w for n, w in weights.items() if "/universal-" in n}
    assert sum(universal.values()) == pytest.approx(1.0, abs=1e-5)
    assert all(has_target(name) for name in universal)
    origin = {n: w for n, w in weights.items() if n.split("/")[1].startswith(("african", "asian", "caucasian"))}
    assert sum(origin.values()) == pytest.approx(1.0, abs=1e-5)
    assert all(has_target(name) for name in origin)


def test_no_breast_targets_below_18_or_on_men() -> None:
    for values in ({"body.age": 17.0, "body.gender": 0.0, "body.bust": 1.0}, {"body.gender": 1.0, "body.bust": 1.0}):
        full = checked(values)
        assert not any(name.startswith("breast/") for name in macro_weights(full, build_weights(full)))


def test_children_have_no_extremes() -> None:
    assert softened(1.0, 30.0) == 1.0
    assert softened(1.0, 18.0) == 1.0
    assert 0.7 < softened(1.0, 6.0) < 0.9
    assert softened(0.5, 6.0) == 0.5
