"""Draco as written: meshes with neither skin nor shapes; what it cannot carry stays plain."""

import importlib.util
import json
import struct
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from tests.figures import figure

from avatar_foundry.avatar import Avatar
from avatar_foundry.errors import RecipeError
from avatar_foundry.formats import GlbOptions, compressible, read_glb, unrigged, write_glb
from avatar_foundry.platforms import PLATFORMS

NAME = "KHR_draco_mesh_compression"
needed = pytest.mark.skipif(importlib.util.find_spec("DracoPy") is None, reason="needs DracoPy")


def document(data: bytes) -> dict:
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length])


def statue(avatar: Avatar) -> Avatar:
    """The shirt without its skin, beside the body with its own."""
    shirt = avatar.parts[1]
    return replace(avatar, parts=(avatar.parts[0], unrigged(replace(avatar, parts=(shirt,))).parts[0]))


@needed
def test_only_what_has_neither_skin_nor_shapes_is_compressed() -> None:
    avatar = statue(figure(1))
    assert compressible(avatar)
    data = write_glb(avatar, GlbOptions(draco=True))
    assert data == write_glb(avatar, GlbOptions(draco=True))
    held = document(data)
    assert held["extensionsRequired"] == [NAME]
    assert [NAME in m["primitives"][0].get("extensions", {}) for m in held["meshes"]] == [False, True]
    back = read_glb(data)
    body = back.parts[0].mesh
    assert body.joints is not None
    assert [m.name for m in body.morphs] == ["jawOpen", "mouthSmileLeft"]
    was, now = avatar.parts[1].mesh, back.parts[1].mesh
    assert len(now.faces) == len(was.faces)
    assert surface(now) == pytest.approx(surface(was), rel=2e-3)
    step = np.ptp(was.positions, axis=0).max() / 2**14
    nearest = np.linalg.norm(now.positions[:, None] - was.positions[None], axis=2)
    assert nearest.min(axis=1).max() < 1.8 * step
    assert nearest.min(axis=0).max() < 1.8 * step


def surface(mesh) -> float:
    a, b, c = (mesh.positions[mesh.faces[:, k]].astype(np.float64) for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@needed
def test_khronos_validator_takes_it(khronos) -> None:
    """Without normal maps: with one it warns that tangents are left to the reader."""
    avatar = unrigged(figure(1))
    plain = replace(avatar, materials=tuple(replace(m, normal=None) for m in avatar.materials))
    khronos({"draco.glb": write_glb(plain, GlbOptions(draco=True))})


@needed
@pytest.mark.parametrize("platform", ["ar", "web"])
def test_the_static_file_is_what_draco_is_for(platform: str) -> None:
    files = PLATFORMS[platform].written(figure(1), ("static",), "draco")
    assert NAME not in document(files["figure.glb"]).get("extensionsUsed", [])
    held = document(files["figure_static.glb"])
    assert held["extensionsRequired"] == [NAME]
    assert not {"skins", "animations"} & set(held)
    plain = PLATFORMS[platform].written(figure(1), ("static",), "none")["figure_static.glb"]
    assert len(files["figure_static.glb"]) < len(plain)
    assert "extensionsRequired" not in document(plain)


def test_where_nothing_could_be_compressed_it_is_refused() -> None:
    with pytest.raises(RecipeError, match="neither skin nor shapes") as told:
        PLATFORMS["web"].written(figure(1), (), "draco")
    assert "static" in told.value.suggestions[1].title
    assert told.value.pointer == "/compression"


def test_without_the_library_it_says_so() -> None:
    with (
        mock.patch("avatar_foundry.formats.glb_draco_write.find_spec", return_value=None),
        pytest.raises(RecipeError, match="not part of this installation") as told,
    ):
        write_glb(unrigged(figure(1)), GlbOptions(draco=True))
    assert "'draco' extra" in told.value.hint
