"""Writing GLB: clean, deterministic, exact."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from tests.figures import figure, shape, tube

from avatar_foundry.avatar import Mesh, Part
from avatar_foundry.formats import GlbOptions, stored_counts, write_glb
from avatar_foundry.formats.glb_compress import whole_weights
from avatar_foundry.formats.split import exact_weights, split_mesh
from avatar_foundry.geometry.meshopt import whole_exponential

OPTIONS = {
    "plain": GlbOptions(),
    "lods": GlbOptions(extra_lods="msft"),
    "bare": GlbOptions(morphs=False, clips=False, lod=1),
    "quantised": GlbOptions(quantise=True),
    "meshopt": GlbOptions(meshopt=True),
    "both": GlbOptions(quantise=True, meshopt=True, extra_lods="msft"),
}


def document(data: bytes) -> dict:
    length = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + length])


def with_morphs(mesh: Mesh, *morphs) -> Mesh:
    return replace(mesh, morphs=morphs)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_validator_finds_nothing(name, khronos):
    report = khronos({f"{name}.glb": write_glb(figure(), OPTIONS[name])})[0]
    expected = {"UNSUPPORTED_EXTENSION", "UNUSED_OBJECT"} if name in ("lods", "both", "meshopt") else set()
    assert {i["code"] for i in report["issues"]} <= expected


@pytest.mark.parametrize("name", OPTIONS)
def test_same_avatar_same_bytes(name):
    assert write_glb(figure(), OPTIONS[name]) == write_glb(figure(), OPTIONS[name])


def test_vertices_split_at_seams_and_are_counted():
    mesh = tube()
    split = split_mesh(mesh)
    assert len(split.positions) == len(mesh.positions) + 6  # one more per row of the seam
    assert (split.positions[split.faces] == mesh.positions[mesh.faces]).all()
    assert stored_counts(figure())[0] == sum(len(split_mesh(p.mesh).positions) for p in figure().parts)


def test_vertices_without_faces_are_left_out():
    mesh = replace(tube(), faces=tube().faces[:4], uv_faces=tube().uv_faces[:4])
    split = split_mesh(mesh)
    assert len(split.positions) == len({*zip(mesh.faces.ravel().tolist(), mesh.uv_faces.ravel().tolist(), strict=True)})


def test_shapes_follow_the_split():
    mesh = with_morphs(tube(), shape("a", [0, 3], (1, 2, 3)), shape("b", [8], (0, 0, 1)))
    shapes = split_mesh(mesh).shapes
    assert shapes.names == ("a", "b")
    a = slice(*shapes.starts[:2])
    assert split_mesh(mesh).vertex_of[shapes.index[a]].tolist() == [0, 0, 3]  # vertex 0 lies on the seam
    assert (np.diff(shapes.index[a]) > 0).all()


def test_shapes_that_move_nothing_are_left_out(khronos):
    still = shape("still", [1], (0, 0, 0))
    none = shape("none", [], (0, 0, 0))
    moves = shape("moves", [2], (0, 0.1, 0))
    part = Part("body", "body", (with_morphs(tube(), still, none, moves),), "skin")
    data = write_glb(replace(figure(), parts=(part,)))
    khronos({"still.glb": data})
    assert document(data)["meshes"][0]["extras"]["targetNames"] == ["moves"]


def test_weights_sum_exactly_and_joints_are_not_repeated():
    rng = np.random.default_rng(5)
    weights = rng.random((500, 4), np.float32)
    weights[rng.random((500, 4)) < 0.3] = 0
    joints = rng.integers(0, 4, (500, 4)).astype(np.uint16)
    held, exact = exact_weights(joints, weights)
    assert np.abs(exact.sum(axis=1, dtype=np.float64) - 1).max() < 2e-7
    assert (held[exact == 0] == 0).all()
    for row, w in zip(held, exact, strict=True):
        used = row[w > 0]
        assert len(set(used.tolist())) == len(used)
    assert (whole_weights(exact).astype(int).sum(axis=1) == 255).all()


def test_levels_of_detail_hang_outside_the_scene():
    d = document(write_glb(figure(), OPTIONS["lods"]))
    top = next(n for n in d["nodes"] if n.get("name") == "body_LOD0")
    below = top["extensions"]["MSFT_lod"]["ids"]
    assert [d["nodes"][i]["name"] for i in below] == ["body_LOD1", "body_LOD2"]
    assert not set(below) & set(d["scenes"][0]["nodes"])
    assert len(top["extras"]["MSFT_screencoverage"]) == 3
    assert len(d["skins"]) == 1


def test_large_meshes_get_wide_indices(khronos):
    big = tube(9000)
    part = Part("body", "body", (with_morphs(big, shape("end", [70_000], (0, 0, 1))),), "skin")
    data = write_glb(replace(figure(), parts=(part,)))
    khronos({"big.glb": data})
    d = document(data)
    assert d["accessors"][d["meshes"][0]["primitives"][0]["indices"]]["componentType"] == 5125


def test_whole_numbers_decode_exactly():
    values = np.array([[0, -1, 5], [-8388608, 8388607, 2]], np.int32)
    coded, decoded = whole_exponential(values, -13)
    signed = coded.view(np.int32)
    assert (np.ldexp(((signed << 8) >> 8).astype(float), signed >> 24) == decoded).all()
    assert (decoded * 2.0**13 == values).all()


@pytest.mark.parametrize(("name", "tolerance"), [("plain", 1e-6), ("quantised", 5e-5), ("both", 5e-5)])
def test_three_draws_the_same_surface(name, tolerance, three):
    avatar = figure()
    seen = three(write_glb(avatar, OPTIONS[name]))
    body = next(m for m in seen["meshes"] if m["name"].startswith("body"))
    assert body["morphs"] == ["jawOpen", "mouthSmileLeft"]
    there, here = np.array(body["positions"]), split_mesh(avatar.parts[0].mesh).positions
    if name == "both":  # in an order of its own
        here = here[np.linalg.norm(here[None] - there[:, None], axis=2).argmin(axis=1)]
    assert np.abs(there - here).max() < tolerance
    assert seen["clips"] == ["raise_arm"]
