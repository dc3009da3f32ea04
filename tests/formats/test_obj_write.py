"""OBJ as written: read back by our own reader and by trimesh."""

import importlib.util
import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from tests.figures import figure, texture

from avatar_foundry.avatar import Avatar
from avatar_foundry.formats import write_obj_zip
from avatar_foundry.formats.readers import read_upload


@pytest.fixture
def avatar() -> Avatar:
    plain = figure(1)
    skin, cloth = plain.materials
    return replace(plain, materials=(replace(skin, metallic=0.25, roughness=0.5, normal_scale=0.5), cloth))


def test_it_reads_back_equal(avatar: Avatar) -> None:
    upload = read_upload("figure.zip", write_obj_zip(avatar))
    back = upload.avatar
    assert (upload.source.format, upload.source.container) == ("obj", "zip")
    assert back.skeleton is None
    assert [(p.name, p.material) for p in back.parts] == [(p.name, p.material) for p in avatar.parts]
    for part, was in zip(back.parts, avatar.parts, strict=True):
        assert np.allclose(part.mesh.positions, was.mesh.positions, atol=1e-6)
        assert np.array_equal(part.mesh.faces, was.mesh.faces)
        assert np.allclose(part.mesh.uvs[part.mesh.uv_faces], was.mesh.uvs[was.mesh.uv_faces], atol=1e-6)
        outward = was.mesh.positions * (1, 0, 1)
        outward /= np.linalg.norm(outward, axis=1, keepdims=True)
        assert np.allclose(part.mesh.normals, outward, atol=1e-3)
    skin, cloth = back.material("skin"), back.material("cloth")
    assert (skin.base.data, skin.normal.data) == (avatar.materials[0].base.data, avatar.materials[0].normal.data)
    assert (skin.metallic, skin.roughness) == (0.25, 0.5)
    assert cloth.color == pytest.approx(avatar.materials[1].color)
    assert cloth.alpha_mode == "MASK"


def test_same_avatar_same_bytes(avatar: Avatar) -> None:
    data = write_obj_zip(avatar)
    assert data == write_obj_zip(avatar)
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert names == ["figure.obj", "figure.mtl", "textures/skin.png", "textures/bumps.png", "textures/weave.png"]


def test_parts_without_uvs_and_names_with_spaces(avatar: Avatar) -> None:
    first, second = avatar.parts
    bare = replace(first, name="my body", lods=(replace(first.mesh, uvs=None, uv_faces=None),))
    data = write_obj_zip(replace(avatar, parts=(bare, second)))
    back = read_upload("figure.zip", data).avatar
    assert [p.name for p in back.parts] == ["my_body", "shirt"]
    assert np.allclose(back.parts[1].mesh.positions, second.mesh.positions, atol=1e-6)
    lines = zipfile.ZipFile(io.BytesIO(data)).read("figure.obj").decode().splitlines()
    corners = [corner.split("/") for line in lines if line.startswith("f ") for corner in line.split()[1:]]
    assert {bool(uv) for _, uv, _ in corners} == {True, False}
    assert max(int(uv or 0) for _, uv, _ in corners) == len(second.mesh.uvs)


def test_roughness_and_metalness_have_grey_maps(avatar: Avatar) -> None:
    skin = replace(avatar.materials[0], orm=texture("orm", (255, 128, 32)))
    with zipfile.ZipFile(io.BytesIO(write_obj_zip(replace(avatar, materials=(skin, avatar.materials[1]))))) as held:
        lines = held.read("figure.mtl").decode().splitlines()
        for key, name, value in (("map_Pr", "roughness", 128), ("map_Pm", "metallic", 32)):
            assert f"{key} textures/orm_{name}.png" in lines
            with Image.open(io.BytesIO(held.read(f"textures/orm_{name}.png"))) as image:
                assert (image.mode, image.getpixel((0, 0))) == ("L", value)


def test_colours_come_back(avatar: Avatar) -> None:
    first = avatar.parts[0]
    colors = np.random.default_rng(3).random((len(first.mesh.positions), 4)).astype(np.float32)
    colors[:, 3] = 1
    tinted = replace(first, lods=(replace(first.mesh, colors=colors),))
    back = read_upload("figure.zip", write_obj_zip(replace(avatar, parts=(tinted,)))).avatar
    assert np.allclose(back.parts[0].mesh.colors, colors, atol=1e-5)


def test_trimesh_finds_the_same(avatar: Avatar, tmp_path) -> None:
    if importlib.util.find_spec("trimesh") is None:
        pytest.skip("needs trimesh")
    import trimesh

    with zipfile.ZipFile(io.BytesIO(write_obj_zip(avatar))) as held:
        held.extractall(tmp_path)
    scene = trimesh.load(tmp_path / "figure.obj", split_object=True, group_material=False)
    assert len(scene.geometry) == 2
    meshes = sorted(scene.geometry.values(), key=lambda m: -len(m.faces))
    for found, part in zip(meshes, avatar.parts, strict=True):
        assert len(found.faces) == len(part.mesh.faces)
        assert np.allclose(found.bounds, [part.mesh.positions.min(axis=0), part.mesh.positions.max(axis=0)], atol=1e-6)
        assert found.area == pytest.approx(
            trimesh.Trimesh(part.mesh.positions, part.mesh.faces, process=False).area, rel=1e-5
        )
