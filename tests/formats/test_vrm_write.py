"""VRM files: what the specification demands, what Khronos' validator says, what pixiv's three-vrm makes of them."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import run_node
from tests.figures import AROUND, figure, shape, texture, tube

from avatar_foundry.avatar import Avatar, Collider, Part, Spring
from avatar_foundry.face.names import ARKIT, SHAPES, VISEMES
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.formats.vrm import HUMAN, VrmOptions, write_vrm
from avatar_foundry.formats.vrm_expressions import PRESETS, VRCHAT_SHAPES
from avatar_foundry.formats.vrm_meta import CC0, LICENCE, meta_for
from avatar_foundry.humanoid import INDEX, REQUIRED
from avatar_foundry.stages.add_springs import add_springs
from avatar_foundry.stages.shade_materials import shade_materials

ALLOWED = {"1.0": {"MESH_PRIMITIVE_GENERATED_TANGENT_SPACE"}}
ALLOWED["0.x"] = {*ALLOWED["1.0"], "INVALID_EXTENSION_NAME_FORMAT"}  # its extension is called VRM, without a prefix
VERSIONS = ("1.0", "0.x")


def faced() -> Avatar:
    """The little figure with all 72 shapes on its head's rim, eyes that their bones turn, and long hair."""
    avatar = figure(1)
    body = avatar.parts[0].mesh
    top = len(body.positions) - AROUND
    shapes = tuple(shape(name, [top + i % AROUND], (0, -0.01, 0.01)) for i, name in enumerate(SHAPES))
    eye = tube(3, 0.02, 0.04, ("head", "leftEye"))
    at = avatar.skeleton.rest[INDEX["leftEye"], :3, 3] - np.float32([0, 0.02, 0])
    joints, weights = np.zeros_like(eye.joints), np.zeros_like(eye.weights)
    joints[:, 0], weights[:, 0] = INDEX["leftEye"], 1
    eye = replace(eye, positions=eye.positions + at, joints=joints, weights=weights)
    hair = tube(8, 0.22, 0.8)
    joints, weights = np.zeros_like(hair.joints), np.zeros_like(hair.weights)
    joints[:, 0], weights[:, 0] = INDEX["head"], 1
    hair = replace(hair, positions=hair.positions + np.float32([0, 0.75, 0]), joints=joints, weights=weights)
    parts = (
        replace(avatar.parts[0], lods=(replace(body, morphs=shapes),)),
        avatar.parts[1],
        Part("eye", "eyes", (eye,), "skin"),
        Part("long_straight", "hair", (hair,), "cloth"),
    )
    return add_springs().apply(replace(avatar, parts=parts))


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return faced()


def document(data: bytes) -> dict:
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length])


@pytest.mark.parametrize("mtoon", [False, True])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_validator_finds_only_what_vrm_itself_brings(avatar, version, mtoon, tmp_path):
    path = tmp_path / "figure.glb"
    path.write_bytes(write_vrm(shade_materials("mtoon").apply(avatar) if mtoon else avatar, version))
    (report,) = run_node("validate.mjs", "gltf-validator", str(path))
    assert report["errors"] == 0
    assert {i["code"] for i in report["issues"] if i["severity"] == 1} <= ALLOWED[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_same_avatar_same_bytes(avatar, version):
    assert write_vrm(avatar, version) == write_vrm(faced(), version)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_tangents_no_clips_unique_names(avatar, version):
    seen = document(write_vrm(avatar, version))
    assert not [p for m in seen["meshes"] for p in m["primitives"] if "TANGENT" in p["attributes"]]
    assert "animations" not in seen
    names = [n["name"] for n in seen["nodes"]]
    assert len(set(names)) == len(names)


def test_new_files_have_all_that_is_required(avatar):
    seen = document(write_vrm(avatar))
    vrm = seen["extensions"]["VRMC_vrm"]
    assert vrm["specVersion"] == "1.0"
    assert set(vrm["humanoid"]["humanBones"]) == set(HUMAN)
    assert set(HUMAN) > REQUIRED
    assert vrm["meta"]["licenseUrl"] == LICENCE
    assert all(vrm["meta"]["authors"])
    assert set(vrm["expressions"]["preset"]) == set(PRESETS)
    assert set(vrm["expressions"]["custom"]) == set(ARKIT)
    assert {"VRMC_vrm", "VRMC_springBone", "VRMC_node_constraint"} <= set(seen["extensionsUsed"])
    assert {a["type"] for a in vrm["firstPerson"]["meshAnnotations"]} == {"auto", "thirdPersonOnly"}


def test_binds_name_nodes_and_shapes_that_exist(avatar):
    seen = document(write_vrm(avatar))
    expressions = seen["extensions"]["VRMC_vrm"]["expressions"]
    for entry in (*expressions["preset"].values(), *expressions["custom"].values()):
        for bind in entry.get("morphTargetBinds", ()):
            mesh = seen["meshes"][seen["nodes"][bind["node"]]["mesh"]]
            assert 0 <= bind["index"] < len(mesh["primitives"][0]["targets"])
            assert 0 < bind["weight"] <= 1
    (bind,) = expressions["preset"]["blinkLeft"]["morphTargetBinds"]
    assert seen["meshes"][seen["nodes"][bind["node"]]["mesh"]]["extras"]["targetNames"][bind["index"]] == "eyeBlinkLeft"


def test_old_files_face_back_without_turned_bones(avatar):
    seen = document(write_vrm(avatar, "0.x"))
    vrm = seen["extensions"]["VRM"]
    assert not [n for n in seen["nodes"] if "rotation" in n or "scale" in n]
    bones = {b["bone"]: b["node"] for b in vrm["humanoid"]["humanBones"]}
    assert {"chest", "neck", "leftThumbProximal", "leftThumbIntermediate", "leftThumbDistal"} <= set(bones)
    assert seen["nodes"][bones["leftUpperLeg"]]["translation"][0] < 0
    assert [p["shader"] for p in vrm["materialProperties"]] == ["VRM_USE_GLTFSHADER"] * len(seen["materials"])
    weights = [b["weight"] for g in vrm["blendShapeMaster"]["blendShapeGroups"] for b in g["binds"]]
    assert max(weights) == 100
    assert all(p["extras"]["targetNames"] for m in seen["meshes"] for p in m["primitives"] if "targets" in p)


def test_terms_follow_the_licences():
    free, mixed = [{"name": "a", "author": "b", "licence": "CC0-1.0"}], [{"name": "a", "licence": "CC-BY-4.0"}]
    assert (meta_for("x", free).avatar_permission, meta_for("x", free).other_licence) == ("everyone", CC0)
    for unsure in (mixed, [*free, *mixed], []):
        assert meta_for("x", unsure).avatar_permission == "onlyAuthor"
        assert not meta_for("x", unsure).redistribution


@pytest.mark.parametrize("version", VERSIONS)
def test_our_own_reader_finds_bones_and_faces(avatar, version):
    upload = read_upload("figure.vrm", write_vrm(avatar, version))
    vrm = upload.source.vrm
    assert set(vrm.bones) >= REQUIRED
    assert len(vrm.expressions) == len(PRESETS) + len(ARKIT)


def test_vrchat_names_bind_the_same_expressions(avatar):
    named = avatar.map_meshes(
        lambda m: replace(m, morphs=tuple(replace(s, name=VRCHAT_SHAPES.get(s.name, s.name)) for s in m.morphs))
    )
    seen = document(write_vrm(named, options=VrmOptions(shapes=VRCHAT_SHAPES)))
    assert set(seen["extensions"]["VRMC_vrm"]["expressions"]["preset"]) == set(PRESETS)
    assert set(VRCHAT_SHAPES) == set(VISEMES)
    assert VRCHAT_SHAPES["viseme_aa"] == "vrc.v_aa"
    assert VRCHAT_SHAPES["viseme_I"] == "vrc.v_ih"


def test_webp_becomes_png(avatar):
    webp = replace(
        avatar, materials=(replace(avatar.materials[0], base=texture("w", kind="WEBP")), avatar.materials[1])
    )
    seen = document(write_vrm(webp))
    assert "EXT_texture_webp" not in seen.get("extensionsRequired", [])
    assert {i["mimeType"] for i in seen["images"]} == {"image/png"}


def test_a_face_without_shapes_has_only_the_neutral_expression():
    seen = document(write_vrm(replace(figure(1), parts=figure(1).parts[1:])))
    assert set(seen["extensions"]["VRMC_vrm"]["expressions"]["preset"]) == {"neutral"}
    assert "VRMC_springBone" not in seen["extensions"]


def test_colliders_and_springs_by_hand():
    ball = Collider("all", "head", (0.0, 1.6, 0.0), (0.0, 1.7, 0.0), 0.1)
    avatar = replace(figure(1), springs=(Spring("s", ("jaw",), groups=("all",)),), colliders=(ball,))
    seen = document(write_vrm(avatar))["extensions"]["VRMC_springBone"]
    assert set(seen["colliders"][0]["shape"]) == {"capsule"}
    assert seen["springs"][0]["colliderGroups"] == [0]
    old = document(write_vrm(avatar, "0.x"))["extensions"]["VRM"]["secondaryAnimation"]
    assert len(old["colliderGroups"][0]["colliders"]) == 4


@pytest.mark.parametrize("version", VERSIONS)
def test_three_vrm_brings_it_to_life(avatar, version, tmp_path):
    path = tmp_path / "figure.vrm"
    path.write_bytes(write_vrm(avatar, version))
    seen = run_node("load_vrm.mjs", "@pixiv/three-vrm", str(path))
    assert seen["version"] == version[0]
    assert set(seen["bones"]) == set(HUMAN)
    assert len(seen["expressions"]) == len(PRESETS) + len(ARKIT)
    assert min(e["moved"] for name, e in seen["expressions"].items() if name != "neutral") > 1e-3
    assert seen["lookAt"]["applier"] == "bone"
    x, y, z = seen["lookAt"]["direction"]
    assert min(x - 0.1, y - 0.03, z - 0.9) > 0  # to the left, up, ahead
    assert seen["lookAt"]["moved"] > 1e-4
    assert seen["rest"] < 1e-5
    assert max(seen["springs"]["swing"].values()) > 0.05
    assert seen["springs"]["settled"] < 1e-3
    assert seen["springs"]["colliders"] > 0
    assert seen["finite"]
    if version == "1.0":
        assert seen["constraints"] == 4
        assert abs(seen["twist"] - 0.5) < 1e-3
