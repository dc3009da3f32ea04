"""Parts get names that the importer keeps."""

from dataclasses import replace

import pytest
from tests.figures import figure

from avatar_foundry.avatar import Avatar
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.stages.name_parts import name_parts

GODOT = PLATFORMS["godot"]


def named(*names: str) -> Avatar:
    avatar = figure(1)
    return replace(avatar, parts=tuple(replace(avatar.parts[0], name=n) for n in names))


def after(*names: str, platform: str = "godot") -> list[str]:
    chosen = PLATFORMS[platform]
    stage = name_parts(chosen.node_pattern, chosen.node_suffixes)
    return [p.name for p in stage.apply(named(*names)).parts]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("plate_armour.cloth", "plate_armour_cloth"),
        ("sword-col", "sword-col_part"),
        ("Wagon_Wheel", "Wagon_Wheel_part"),
        ("a/b:c", "a_b_c"),
        ("...", "part"),
        ("Körper", "Körper"),
    ],
)
def test_what_godot_would_change_or_obey_is_renamed(before, expected):
    assert after(before) == [expected]


def test_names_stay_apart():
    assert after("a.b", "a_b", "A/B") == ["a_b_2", "a_b", "A_B_3"]


def test_names_that_are_fine_leave_the_avatar_as_it_is():
    avatar = named("body", "shirt")
    assert name_parts(GODOT.node_pattern, GODOT.node_suffixes).apply(avatar) is avatar


def test_dots_stay_where_the_engine_keeps_them():
    assert after("plate_armour.cloth", platform="blender") == ["plate_armour.cloth"]
