"""What the web gets: two draw calls, every shape, and files that are not waited for."""

import json
import struct

import pytest

from avatar_foundry.build import build
from avatar_foundry.platforms import PLATFORMS

WITH, WITHOUT = 1_500_000, 900_000  # bytes of a dressed avatar, with and without its shapes


def document(data: bytes) -> dict:
    return json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])


@pytest.fixture(scope="module")
def files():
    return build({"preset": "average", "name": "avatar", "platform": "web", "lods": False}).files


def test_the_plain_file_needs_no_decoder_and_the_small_one_does(files):
    plain, small = (set(document(data)["extensionsRequired"]) for data in files.values())
    assert list(files) == ["avatar.glb", "avatar_small.glb"]
    assert plain == {"EXT_texture_webp"}
    assert small == {"EXT_texture_webp", "EXT_meshopt_compression", "KHR_mesh_quantization"}


def test_both_draw_in_two_calls_and_have_all_shapes(files):
    for data in files.values():
        d = document(data)
        drawn = [primitive for mesh in d["meshes"] for primitive in mesh["primitives"]]
        assert len(drawn) == 2
        assert [m.get("alphaMode", "OPAQUE") for m in d["materials"]] in (["OPAQUE", "BLEND"], ["MASK", "BLEND"])
        assert len({name for m in d["meshes"] for name in m["extras"]["targetNames"]}) == 72


def test_it_is_small(files, khronos):
    small = files["avatar_small.glb"]
    assert len(small) <= WITH
    khronos({"avatar_small.glb": small})
    still = build({"preset": "average", "name": "avatar", "platform": "web", "lods": False, "morph_targets": False})
    assert len(still.files["avatar_small.glb"]) <= WITHOUT


def test_what_is_compressed_as_a_whole_has_no_second_file(files):
    asked = {"preset": "average", "name": "avatar", "platform": "web", "lods": False, "compression": "meshopt"}
    whole = build(asked).files
    assert list(whole) == ["avatar.glb"]
    assert len(whole["avatar.glb"]) == len(files["avatar_small.glb"])  # they differ in the recipe's digest


def test_parts_stay_apart_when_a_recipe_says_so():
    asked = {
        "preset": "average",
        "name": "avatar",
        "platform": "web",
        "lods": False,
        "atlas": False,
        "texture_size": 256,
    }
    d = document(next(iter(build(asked).files.values())))
    assert len(d["meshes"]) > 8
    assert {i["mimeType"] for i in d["images"]} == {"image/webp"}
    assert PLATFORMS["web"].atlas
