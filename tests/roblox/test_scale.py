"""Body scales: the narrowest that fits, and how far a figure is scaled where none does."""

import numpy as np
import pytest

from avatar_foundry.roblox.names import MOST, STUD
from avatar_foundry.roblox.scale import choose, hanging, out_of_bounds, studs

ADULT = {
    "Head": (0.8, 1.2, 0.9),
    "Torso": (1.6, 2.2, 1.0),
    **dict.fromkeys(("LeftArm", "RightArm"), (0.5, 2.5, 0.5)),
    **dict.fromkeys(("LeftLeg", "RightLeg"), (0.8, 3.2, 1.0)),
    "Total": (6.2, 6.3, 1.1),
}


def test_an_adult_is_classic_as_it_is():
    assert choose(ADULT)[:2] == ("Classic", 1.0)


def test_long_arms_need_a_wider_scale():
    found = choose({**ADULT, "LeftArm": (0.5, 4.2, 0.5)})
    assert found[:2] == ("ProportionsNormal", 1.0)


@pytest.mark.parametrize("by", [0.5, 2.0])
def test_what_is_out_of_bounds_is_scaled(by):
    sizes = {k: tuple(by * x for x in v) for k, v in ADULT.items()}
    found = choose(sizes)
    assert (found.factor > 1) == (by < 1)
    assert not found.beyond
    assert not out_of_bounds(sizes, found.type, found.factor)


def test_what_fits_no_scale_is_named():
    found = choose({**ADULT, "Head": (0.8, 6.0, 0.3)})
    assert any("Head" in message for message in found.beyond)
    assert found.type in MOST


def test_arms_are_measured_hanging_down():
    arm = np.array([[0.0, -0.05, 0], [0.6, 0.05, 0]])
    wide, tall, _ = studs(hanging(arm, np.array([1.0, 0, 0])))
    assert (wide, tall) == pytest.approx((0.1 / STUD, 0.6 / STUD))
