"""Two draw calls, same looks."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from tests.figures import figure, texture, tube

from avatar_foundry.avatar import Material, Part
from avatar_foundry.formats import write_glb
from avatar_foundry.stages.atlas_images import lay_out
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


def test_transparent_parts_stay_apart():
    merged = atlas_textures(256).apply(figure())
    assert merged is not None
    assert {m.alpha_mode for m in merged.materials} == {"OPAQUE", "MASK"}


def test_one_part_of_a_kind_is_left_as_it_is():
    avatar = figure()
    assert atlas_textures(256).apply(avatar) is avatar


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
def test_squares_never_overlap_and_stay_inside(wanted):
    size = 1024
    taken = np.zeros((size, size), np.int32)
    for x, y, edge in lay_out(wanted, size):
        assert edge >= 8
        assert 0 <= x <= x + edge <= size
        assert 0 <= y <= y + edge <= size
        taken[y : y + edge, x : x + edge] += 1
    assert taken.max() == 1
