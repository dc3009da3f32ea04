"""Garments: recoloured by region, and clean of other people's marks."""

import numpy as np
import pytest
from tests.painted import part_of, pixels

from avatar_foundry.paint import Look, colors, material_for
from avatar_foundry.paint.marks import MARKS, paint_out
from avatar_foundry.paint.skin_maps import picture
from avatar_foundry.wardrobe.pattern import patterns

SIZE = 256


def source(pack, asset: str) -> np.ndarray:
    name = pack.meta["assets"][asset]["materials"][0]["mapDiffuse"].rsplit("/", 1)[-1]
    return picture(pack, f"assets/{asset}/{name}", 512)


@pytest.mark.parametrize("asset", sorted(a for a in MARKS if "suit" in a))
def test_nothing_of_a_print_remains(pack, asset):
    before, after = source(pack, asset), paint_out(source(pack, asset), asset)
    for mark in MARKS[asset]:
        box = np.s_[round(mark.v0 * 512) : round(mark.v1 * 512), round(mark.u0 * 512) : round(mark.u1 * 512)]
        old, new = before[box].astype(int), after[box].astype(int)
        cloth = np.median(old, axis=(0, 1))
        assert np.abs(old - cloth).max() > 25
        assert np.abs(new - cloth).max() < 22


@pytest.mark.parametrize("asset", sorted(MARKS))
def test_painting_out_touches_nothing_outside_its_boxes(pack, asset):
    before, after = source(pack, asset), paint_out(source(pack, asset), asset)
    outside = np.ones((512, 512), bool)
    for mark in MARKS[asset]:
        outside[round(mark.v0 * 512) : round(mark.v1 * 512), round(mark.u0 * 512) : round(mark.u1 * 512)] = False
    assert (before[outside] == after[outside]).all()


def cloth_pixels(item: str, piece: int, look: Look) -> np.ndarray:
    part = part_of(item, piece)
    image = pixels(material_for(part, look, size=SIZE).base)[..., :3].astype(int)
    at = part.mesh.uvs[part.mesh.uv_faces].mean(1) * SIZE
    return image[at[:, 1].astype(int), at[:, 0].astype(int)]


@pytest.mark.parametrize(
    ("key", "value"),
    [("tee_and_jeans", {"shirt": "#2a8a2a"}), ("tee_and_jeans.shirt", "#2a8a2a"), ("full", "#2a8a2a")],
)
def test_a_piece_takes_its_colour_by_any_of_its_names(key, value):
    index = [p.name for p in patterns("tee_and_jeans")].index("tee_and_jeans.shirt")
    cloth = cloth_pixels("tee_and_jeans", index, Look(colors=colors({key: value})))
    assert np.median(cloth, axis=0).argmax() == 1


def test_recolouring_one_piece_leaves_the_other():
    index = [p.name for p in patterns("tee_and_jeans")].index("tee_and_jeans.trousers")
    plain = cloth_pixels("tee_and_jeans", index, Look())
    assert (
        plain == cloth_pixels("tee_and_jeans", index, Look(colors=colors({"tee_and_jeans": {"shirt": "red"}})))
    ).all()


def test_a_dyed_suit_keeps_its_white_shirt():
    cloth = cloth_pixels("suit_jacket", 0, Look(colors=colors({"suit_jacket": "#902020"})))
    white = (cloth.min(1) > 150) & (np.ptp(cloth, axis=1) < 40)
    red = cloth[:, 0] > cloth[:, 1] + 40
    assert white.mean() > 0.02
    assert red.mean() > 0.5


def test_dyed_shoes_keep_their_socks():
    socks = [p.name for p in patterns("sneakers")].index("sneakers.socks")
    assert (
        cloth_pixels("sneakers", socks, Look())
        == cloth_pixels("sneakers", socks, Look(colors=colors({"sneakers": "red"})))
    ).all()


def test_garments_bring_folds_and_occlusion():
    material = material_for(part_of("tee_and_jeans", 1), Look(), size=SIZE)
    assert np.abs(pixels(material.normal)[..., :2].astype(int) - 128).max() > 20
    orm = pixels(material.orm)
    assert orm[..., 0].min() < 200
    assert material.metallic == 0
