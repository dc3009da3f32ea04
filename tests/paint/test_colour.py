"""Colour arithmetic and names."""

import numpy as np
import pytest

from avatar_foundry.errors import RecipeError
from avatar_foundry.paint import colour, tone


def test_srgb_bytes_survive_linear_light_and_back():
    every = np.arange(256, dtype=np.uint8)
    assert (colour.encode(colour.decode(every)) == every).all()


@pytest.mark.parametrize("text", ["#aa2233", "aa2233", "#AA2233"])
def test_hex_colours_parse_to_their_own_bytes(text):
    assert colour.bytes_of(colour.parse(text)) == (0xAA, 0x22, 0x33)


def test_short_hex_doubles_its_digits():
    assert colour.bytes_of(colour.parse("#a23")) == (0xAA, 0x22, 0x33)


def test_names_ignore_case_and_underscores():
    assert (colour.parse("Dark_Brown", "hair") == colour.parse("dark brown", "hair")).all()


def test_an_unknown_colour_names_the_known_ones():
    with pytest.raises(RecipeError) as caught:
        colour.parse("blurple", "iris")
    assert "hazel" in caught.value.hint


def test_lab_white_is_linear_white():
    assert np.allclose(colour.lab_to_linear([100.0, 0, 0]), 1.0, atol=1e-3)


def test_skin_darkens_steadily_with_melanin():
    light = np.array([tone.skin_light(t) for t in np.linspace(0, 1, 41)])
    assert (np.diff(light, axis=0) < 0).all()


def test_skin_is_redder_than_green_and_greener_than_blue():
    light = np.array([tone.skin_light(t, u) for t in (0, 0.5, 1) for u in (-1, 0, 1)])
    assert (np.diff(light, axis=1) < 0).all()


def test_blood_takes_green_and_leaves_red():
    pale, flushed = tone.skin_light(0.2, redness=0.0), tone.skin_light(0.2, redness=1.0)
    assert (flushed / pale)[1] < 0.8 < (flushed / pale)[0]


def test_warm_undertone_is_yellower_than_cool():
    cool, warm = tone.skin_light(0.4, -1), tone.skin_light(0.4, 1)
    assert warm[2] / warm[0] < cool[2] / cool[0]
