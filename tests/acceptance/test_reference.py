"""The request that the issue names, word for word: `warrior`, "tall athletic male", unity."""

import io

import numpy as np
from PIL import Image

from .checks import Made, examine, joints
from .gltf import Gltf


def test_it_is_a_whole_avatar(reference: Made):
    assert examine(reference) == []


def test_it_has_what_the_issue_asks_for(reference: Made):
    answer = reference.result.answer
    assert answer["stage_reached"] == "export_ready"
    assert answer["exported"] is True
    assert (answer["preset"], answer["platform"]) == ("warrior", "unity")
    assert answer["bone_count"] >= 65
    assert len(set(answer["morph_names"])) >= 72
    assert answer["morph_targets"] is True
    assert answer["errors"] == []
    assert len(answer["lods"]) == 4
    assert all(level.keys() >= {"geometric_mm", "posed_mm", "expressive_mm"} for level in answer["lods"][1:])
    assert answer["glb_size"] == len(reference.main)
    said = {w["text"]: w["fields"] for w in answer["interpretation"]["words"]}
    assert set(said) >= {"tall", "athletic", "male"}
    assert answer["interpretation"]["ignored"] == []


def test_every_material_has_its_textures(reference: Made):
    file = Gltf(reference.main)
    document = file.document
    names = {m["name"] for m in document["materials"] if "baseColorTexture" in m["pbrMetallicRoughness"]}
    assert {"skin", "eyes"} <= names
    for image in document["images"]:
        view = document["bufferViews"][image["bufferView"]]
        start = view.get("byteOffset", 0)
        picture = Image.open(io.BytesIO(file.binary[start : start + view["byteLength"]]))
        picture.load()
        assert image["mimeType"] == f"image/{(picture.format or '').lower()}"
        assert np.ptp(np.asarray(picture.convert("RGB"))) > 0 or picture.size == (1, 1)


def test_it_stands_where_unity_expects_it(reference: Made):
    file = Gltf(reference.main)
    points = np.concatenate([file.accessor(p["attributes"]["POSITION"]) for _, _, p in file.primitives()])
    assert 1.85 <= np.ptp(points[:, 1]) <= 2.0
    assert abs(points[:, 1].min()) < 0.001
    at = joints(file, "unity")
    assert at["leftToes"][2] > at["leftFoot"][2]
    assert at["leftHand"][0] > 0
    assert abs(at["leftHand"][1] - at["leftUpperArm"][1]) < 0.01  # the T-pose: arms level


def test_only_the_full_detail_is_in_the_scene(reference: Made):
    file = Gltf(reference.main)
    drawn = [name for name, _, _ in file.primitives()]
    everything = [name for name, _, _ in file.primitives(scene_only=False)]
    assert not [n for n in drawn if n.endswith(("_LOD1", "_LOD2", "_LOD3"))]
    assert {f"{n.removesuffix('_LOD0')}_LOD1" for n in drawn if n.startswith("body")} <= set(everything)
    assert len(reference.result.files) == 4


def test_lower_levels_keep_shapes_and_bones(reference: Made):
    wanted = Gltf(reference.main)
    shapes = {n.split("_LOD")[0]: names(wanted, n) for n, _, _ in wanted.primitives()}
    for name, data in list(reference.result.files.items())[1:]:
        file = Gltf(data)
        assert [n["name"] for n in bones(file)] == [n["name"] for n in bones(wanted)], name
        got = {n.split("_LOD")[0]: names(file, n) for n, _, _ in file.primitives()}
        assert set(got["body"]) == set(shapes["body"]), name


def bones(file: Gltf) -> list[dict]:
    return [file.document["nodes"][j] for j in file.document["skins"][0]["joints"]]


def names(file: Gltf, node: str) -> list[str]:
    found = next(n for n in file.document["nodes"] if n["name"] == node and "mesh" in n)
    return file.document["meshes"][found["mesh"]].get("extras", {}).get("targetNames", [])
