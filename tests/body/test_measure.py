"""Measurements."""

import numpy as np
import pytest

from avatar_foundry.body import evaluate, measure

MAN = {"body.gender": 1.0, "body.height": 1.8}


def test_an_average_man_has_a_mans_measures() -> None:
    m = measure(evaluate(MAN))
    assert m["stature"] == pytest.approx(1.8, abs=1e-4)
    assert 0.85 < m["chest girth"] < 1.1
    assert 0.7 < m["waist girth"] < m["hip girth"] < 1.1
    assert 0.33 < m["neck girth"] < 0.45
    assert 0.52 < m["head girth"] < 0.62
    assert 0.78 < m["inside leg height"] < 0.92
    assert 0.24 < m["foot length"] < 0.3
    assert 0.2 < m["head height"] < 0.27
    assert m["calf girth"] < m["thigh girth"]
    assert 55 < m["mass"] < 85


def test_lengths_scale_with_the_body_and_mass_with_its_cube() -> None:
    base = evaluate(MAN)
    one, two = measure(base), measure(base * np.float32(1.25))
    for name, value in one.items():
        assert two[name] == pytest.approx(value * (1.25**3 if name == "mass" else 1.25), rel=2e-3), name


def test_measures_do_not_depend_on_where_the_body_stands() -> None:
    base = evaluate(MAN)
    one, two = measure(base), measure(base + np.float32((0.0, 0.9, 0.3)))
    for name, value in one.items():
        assert two[name] == pytest.approx(value, rel=1e-3), name


@pytest.mark.parametrize(
    ("parameter", "measured"),
    [
        ("body.waist_girth", "waist girth"),
        ("body.hip_girth", "hip girth"),
        ("body.chest_girth", "chest girth"),
        ("face.neck_girth", "neck girth"),
        ("body.thigh_girth", "thigh girth"),
        ("body.calf_girth", "calf girth"),
        ("body.wrist_girth", "wrist girth"),
        ("body.upper_arm_girth", "upper-arm girth"),
        ("body.shoulder_breadth", "shoulder width"),
        ("body.foot_size", "foot length"),
        ("body.upper_arm_length", "arm length"),
        ("body.shin_length", "inside leg height"),
        ("body.weight", "mass"),
    ],
)
def test_a_parameter_moves_its_measure(parameter: str, measured: str) -> None:
    low, high = (0.2, 0.8) if parameter == "body.weight" else (-0.8, 0.8)
    values = [measure(evaluate({**MAN, parameter: v}))[measured] for v in (low, high)]
    assert values[1] > values[0] * 1.02
