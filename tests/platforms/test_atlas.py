"""Two draw calls, same looks."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from tests.figures import figure, texture, tube

from avatar_foundry.avatar import Material, Part
from avatar_foundry.formats import write_glb
from avatar_foundry.stages.atlas_layout import GUTTER, lay_out
from avatar_foundry.stages.atlas_regions import Region
from avatar_foundry.stages.atlas_textures import atlas_textures

RED, BLUE = (200, 30, 30), (30, 30, 200)


def dressed(**shirt):
    """A red body and a blue shirt, both opaque."""
    avatar = figure()
    skin = Material("skin", base=texture("skin", RED), roughness=0.5)
    cloth = Material("cloth", **{"base": texture("cloth", BLUE), "roughness": 0.9, **shirt})
    return replace(avatar, materials=(skin, cloth))


def colour_at(avatar, part, vertex_uv):
    t = avatar.material(part.material).base
    image = np.asarray(Image.open(io.BytesIO(t.data)).convert("RGB"))
    x, y = (np.clip(vertex_uv, 0, 1 - 1e-6) * t.width).astype(int)
    return image[y, x]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AVATAR_FOUNDRY_CACHE", str(tmp_path))


def test_opaque_parts_become_one(khronos):
    avatar = dressed()
    merged = atlas_textures(256).apply(avatar)
    assert [p.name for p in merged.parts] == ["Avatar"]
    part = merged.parts[0]
    body = avatar.parts[0].mesh
    assert len(part.lods) == 3
    assert [m.name for m in part.mesh.morphs] == ["jawOpen", "mouthSmileLeft"]
    assert len(part.mesh.faces) == sum(len(p.mesh.faces) for p in avatar.parts)
    for uv in part.mesh.uvs[: len(body.uvs)]:
        assert np.abs(colour_at(merged, part, uv).astype(int) - RED).max() <= 2
    for uv in part.mesh.uvs[len(body.uvs) :]:
        assert np.abs(colour_at(merged, part, uv).astype(int) - BLUE).max() <= 2
    report = khronos({"atlas.glb": write_glb(merged)})[0]
    assert report["info"]["drawCallCount"] == 1


def test_different_roughness_is_kept_in_the_orm_sheet():
    merged = atlas_textures(256).apply(dressed())
    orm = np.asarray(Image.open(io.BytesIO(merged.materials[0].orm.data)).convert("RGB"))
    seen = {int(v) for v in np.unique(orm[..., 1])}
    assert {round(0.5 * 255), round(0.9 * 255)} <= seen


def of_mode(avatar, mode):
    skin, cloth = avatar.materials
    return replace(avatar, materials=(skin, replace(cloth, alpha_mode=mode)))


def test_cut_outs_go_with_what_is_opaque():
    merged = atlas_textures(256).apply(of_mode(figure(), "MASK"))
    assert [m.alpha_mode for m in merged.materials] == ["MASK"]
    base = merged.materials[0].base
    with Image.open(io.BytesIO(base.data)) as image:
        assert image.mode == "RGBA"


def test_blended_parts_stay_apart():
    avatar = of_mode(figure(), "BLEND")
    assert atlas_textures(256).apply(avatar) is avatar  # one of each kind: nothing to merge


def test_only_what_is_drawn_is_on_the_sheet():
    """Charts in two corners of a texture lie side by side, at the sharpness they had."""
    avatar = dressed(base=texture("cloth", BLUE, edge=512))
    small = replace(avatar.parts[1].mesh, uvs=avatar.parts[1].mesh.uvs * np.float32(0.1))
    far = replace(small, uvs=small.uvs + np.float32(0.9))
    parts = (Part("a", "garment", (small,), "cloth"), Part("b", "garment", (far,), "cloth"))
    merged = atlas_textures(1024).apply(replace(avatar, parts=parts))
    sheet = merged.materials[0].base
    assert max(sheet.width, sheet.height) == 256
    covered = np.ptp(merged.parts[0].mesh.uvs[: len(small.uvs)], axis=0) * (sheet.width, sheet.height)
    assert (np.abs(covered - 51.2) < 4).all()
    for uv in merged.parts[0].mesh.uvs:
        assert np.abs(colour_at(merged, merged.parts[0], uv).astype(int) - BLUE).max() <= 2


def test_tiles_are_baked_up_to_a_limit():
    avatar = dressed()
    shirt = avatar.parts[1]
    twice = replace(shirt, lods=(replace(shirt.mesh, uvs=shirt.mesh.uvs * np.float32(2)),))
    often = replace(shirt, lods=(replace(shirt.mesh, uvs=shirt.mesh.uvs * np.float32(20)),))
    assert len(atlas_textures(256).apply(replace(avatar, parts=(avatar.parts[0], twice))).parts) == 1
    assert len(atlas_textures(256).apply(replace(avatar, parts=(avatar.parts[0], often))).parts) == 2


def test_parts_without_uvs_show_their_colour():
    avatar = dressed(base=None, color=(0.0, 0.0, 1.0, 1.0))
    bare = replace(tube(4), uvs=None, uv_faces=None)
    avatar = replace(avatar, parts=(avatar.parts[0], Part("shirt", "garment", (bare,), "cloth")))
    merged = atlas_textures(256).apply(avatar)
    assert colour_at(merged, merged.parts[0], merged.parts[0].mesh.uvs[-1]).tolist() == [0, 0, 255]


@pytest.mark.parametrize("wanted", [[64], [64, 64], [2048, 512, 512, 64, 16, 16], [100, 90, 80, 70, 60], [4096] * 9])
def test_cells_never_overlap_and_stay_inside(wanted):
    sheet, cells = lay_out([Region((0, 0, 1, 1), (w, w / 2)) for w in wanted], 1024)
    taken = np.zeros(sheet[::-1], np.int32)
    for x, y, width, height, _ in cells:
        assert min(width, height) > 2 * GUTTER
        assert 0 <= x <= x + width <= sheet[0]
        assert 0 <= y <= y + height <= sheet[1]
        taken[y : y + height, x : x + width] += 1
    assert taken.max() == 1


def test_too_many_regions_are_refused():
    assert lay_out([Region((0, 0, 1, 1), (8, 8))] * 1000, 256) is None
