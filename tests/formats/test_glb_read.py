"""Reading GLB: what was written comes back; what is broken is refused by name."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from tests.figures import figure

from avatar_foundry.errors import SourceError
from avatar_foundry.formats import GlbOptions, inspect_glb, read_glb, write_glb
from avatar_foundry.formats.split import split_mesh


def take_apart(data: bytes) -> tuple[dict, bytes]:
    length = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def put_together(document: dict, binary: bytes) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<IIIII", 0x46546C67, 2, 28 + len(text) + len(binary), len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", len(binary), 0x004E4942) + binary


def damaged(change) -> bytes:
    document, binary = take_apart(write_glb(figure()))
    change(document)
    return put_together(document, binary)


def test_what_was_written_comes_back():
    avatar = figure()
    back = read_glb(write_glb(avatar, GlbOptions(extra_lods="msft")))
    assert [p.name for p in back.parts] == ["body", "shirt"]
    assert back.skeleton is not None
    assert set(back.skeleton.names) == set(avatar.skeleton.names)
    order = [back.skeleton.names.index(n) for n in avatar.skeleton.names]
    assert np.abs(back.skeleton.rest[order] - avatar.skeleton.rest).max() < 1e-5
    for part, again in zip(avatar.parts, back.parts, strict=True):
        assert len(part.lods) == len(again.lods)
        for mesh, got in zip(part.lods, again.lods, strict=True):
            split = split_mesh(mesh)
            assert (got.positions == split.positions).all()
            assert (got.faces == split.faces).all()
            assert (got.uvs == split.uvs).all()
            assert np.abs(got.weights - split.weights).max() < 1e-6
            assert [back.skeleton.names[j] for j in got.joints[:, 0]] == [
                avatar.skeleton.names[j] for j in split.joints[:, 0]
            ]
            assert [m.name for m in got.morphs] == list(split.shapes.names)
            if got.morphs:
                assert (np.concatenate([m.delta for m in got.morphs]) == split.shapes.delta).all()
    assert [m.name for m in back.materials] == ["skin", "cloth"]
    assert back.materials[0].base.data == avatar.materials[0].base.data
    arm = back.skeleton.names.index("leftUpperArm")
    told = avatar.clips[0].rotations[:, avatar.skeleton.names.index("leftUpperArm")]
    ends = [0, -1]  # the key between lies on the way
    assert np.abs(back.clips[0].rotations[ends, arm] - told[ends]).max() < 1e-6
    assert (back.clips[0].translations == avatar.clips[0].translations[ends]).all()


def test_quantised_files_come_back_within_a_step():
    avatar = figure()
    back = read_glb(write_glb(avatar, GlbOptions(quantise=True)))
    assert np.abs(back.parts[0].mesh.positions - split_mesh(avatar.parts[0].mesh).positions).max() < 2.6e-5
    told = split_mesh(avatar.parts[0].mesh).shapes.delta
    assert np.abs(np.concatenate([m.delta for m in back.parts[0].mesh.morphs]) - told).max() < 5e-5


def test_inspect_tells_what_is_inside():
    told = inspect_glb(write_glb(figure(), GlbOptions(extra_lods="msft")))
    assert told["parts"][0]["triangles"] == [80, 64, 48]
    assert len(told["bones"]) == 65
    assert told["morphs"] == ["jawOpen", "mouthSmileLeft"]
    assert sum(told["file"]["by_use"].values()) == told["file"]["bytes"]
    assert told["extras"]["licences"][0]["licence"] == "CC0-1.0"


@pytest.mark.parametrize("cut", [0, 3, 11, 19, 200, 5000])
def test_cut_off_files_are_refused(cut):
    with pytest.raises(SourceError):
        read_glb(write_glb(figure())[:cut])


def set_at(*path):
    *way, last, value = path

    def change(document):
        for step in way:
            document = document[step]
        document[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        set_at("accessors", 0, "count", 10**9),
        set_at("accessors", 0, "count", -1),
        set_at("accessors", 0, "bufferView", 9999),
        set_at("accessors", 0, "byteOffset", 10**7),
        set_at("accessors", 0, "componentType", 1),
        set_at("bufferViews", 0, "byteLength", 10**9),
        set_at("bufferViews", 0, "byteOffset", -4),
        set_at("nodes", 0, "children", [0]),
        set_at("nodes", 1, "translation", [1e999, 0, 0]),
        set_at("nodes", 1, "rotation", "east"),
        set_at("skins", 0, "joints", [99999]),
        set_at("skins", 0, "inverseBindMatrices", 0),
        set_at("meshes", 0, "primitives", 0, "indices", 77777),
        set_at("meshes", 0, "primitives", 0, "material", 5),
        set_at("meshes", 0, "primitives", 0, "attributes", {}),
        set_at("asset", {}),
        set_at("images", 0, "bufferView", 0),
        set_at("extensionsRequired", ["EXT_unheard_of"]),
    ],
)
def test_damaged_files_are_refused(change):
    with pytest.raises(SourceError):
        read_glb(damaged(change))


def test_a_face_beyond_the_vertices_is_refused():
    document, binary = take_apart(write_glb(figure()))
    entry = document["accessors"][document["meshes"][0]["primitives"][0]["indices"]]
    at = document["bufferViews"][entry["bufferView"]]["byteOffset"]
    with pytest.raises(SourceError, match="vertex that does not exist"):
        read_glb(put_together(document, binary[:at] + b"\xff\xff" + binary[at + 2 :]))


@pytest.mark.parametrize(
    ("extension", "word"), [("KHR_draco_mesh_compression", "Draco"), ("KHR_texture_basisu", "KTX2")]
)
def test_compression_that_is_not_read_is_named(extension, word, monkeypatch):
    monkeypatch.setattr("avatar_foundry.formats.glb_draco.available", lambda: False)
    with pytest.raises(SourceError, match=word):
        read_glb(damaged(set_at("extensionsRequired", [extension])))


def test_other_files_are_never_fetched():
    with pytest.raises(SourceError, match="other files"):
        read_glb(damaged(set_at("buffers", 0, "uri", "file:///etc/passwd")))


def test_random_damage_never_escapes():
    data = bytearray(write_glb(replace(figure(1), clips=())))
    rng = np.random.default_rng(7)
    for _ in range(150):
        bad = bytearray(data)
        for at in rng.integers(12, len(bad), 12):
            bad[at] = int(rng.integers(256))
        try:
            read_glb(bytes(bad))
        except SourceError:
            continue


def test_scaled_armatures_are_brought_to_metres():
    def shrink(document):
        document["nodes"][0]["scale"] = [0.01, 0.01, 0.01]

    back = read_glb(damaged(shrink))
    assert np.abs(back.parts[0].mesh.positions - split_mesh(figure().parts[0].mesh).positions * 0.01).max() < 1e-6
    assert np.abs(np.linalg.det(back.skeleton.rest[:, :3, :3]) - 1).max() < 1e-5
