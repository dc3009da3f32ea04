"""Procedural surfaces: they tile, repeat exactly, take their colour, and say what they are made of."""

import numpy as np
import pytest

from avatar_foundry.errors import RecipeError
from avatar_foundry.paint import colour
from avatar_foundry.paint.surfaces import PATTERNS, SURFACES
from avatar_foundry.wardrobe import ITEMS

METALS = {"steel", "trim"}


@pytest.mark.parametrize("name", PATTERNS)
def test_a_surface_is_whole_and_repeats(name: str) -> None:
    a, b = PATTERNS[name](None, 256), PATTERNS[name](None, 256)
    for which in ("base", "normal", "orm"):
        one, two = getattr(a, which), getattr(b, which)
        assert one.shape == (256, 256, 3)
        assert one.dtype == np.uint8
        assert np.array_equal(one, two)


@pytest.mark.parametrize("name", [n for n in PATTERNS if n != "embroidery"])
def test_a_surface_tiles(name: str) -> None:
    base = PATTERNS[name](None, 256).base
    assert base is not None
    x = base.astype(float)
    inner = np.abs(np.diff(x, axis=1)).mean(axis=(0, 2))
    seam = np.abs(x[:, 0] - x[:, -1]).mean()
    assert seam <= inner.max() * 1.05 + 0.5


@pytest.mark.parametrize("name", PATTERNS)
def test_normals_point_out_and_have_length_one(name: str) -> None:
    normal = PATTERNS[name](None, 256).normal
    assert normal is not None
    n = normal.astype(float) / 127.5 - 1
    assert (n[..., 2] > 0).all()
    assert np.abs(np.linalg.norm(n, axis=-1) - 1).max() < 0.03
    assert np.abs(n[..., :2].mean(axis=(0, 1))).max() < 0.02


@pytest.mark.parametrize("name", [n for n in PATTERNS if n != "embroidery"])
def test_the_mean_is_near_the_colour_asked_for(name: str) -> None:
    base = PATTERNS[name]("#446688", 256).base
    assert base is not None
    mean = colour.decode(base).mean(axis=(0, 1))
    assert mean / colour.parse("#446688") == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("name", PATTERNS)
def test_only_metal_is_metallic(name: str) -> None:
    orm = PATTERNS[name](None, 256).orm
    assert orm is not None
    metal = orm[..., 2]
    if name in METALS:
        assert (metal == 255).all()
    elif name == "embroidery":
        assert metal.min() == 0
        assert metal.max() > 180
    else:
        assert (metal == 0).all()
    assert orm[..., 1].min() > 25  # nothing is a mirror


def test_materials_take_the_items_own_colour() -> None:
    own = SURFACES["steel"]("plate_armour.steel", {}, size=256)
    asked = SURFACES["steel"]("plate_armour.steel", {"main": ITEMS["plate_armour"].colours["steel"]}, size=256)
    assert own == asked
    assert own.base is not None
    assert own.normal is not None
    assert own.orm is not None
    assert SURFACES["steel"]("plate_armour.steel", {"main": "#203040"}, size=256).base != own.base


def test_an_unknown_colour_is_refused() -> None:
    with pytest.raises(RecipeError):
        SURFACES["leather"]("plate_armour.leather", {"main": "no such colour"}, size=256)


def test_every_built_piece_has_a_surface() -> None:
    for item in ITEMS.values():
        if item.builder and item.builder != "underwear":
            assert set(item.pieces) <= set(SURFACES)
