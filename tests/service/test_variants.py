"""Variants in Ready Player Me's query style, archives, and formats that are not written yet."""

import io
import json
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from avatar_foundry.face import ARKIT, SHAPES, VISEMES
from avatar_foundry.formats import read_glb
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.rules.material import textures as named_textures
from avatar_foundry.service.problems import Problem
from avatar_foundry.service.routes import variants
from avatar_foundry.service.shape_names import shapes_in

from .conftest import Service
from .test_generate import SMALL

Khronos = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def speaking(service: Service) -> dict[str, Any]:
    """An avatar with all shapes."""
    made: dict[str, Any] = service.post("/api/generate", json={**SMALL, "morph_targets": True}).json()
    return made


def variant(service: Service, avatar: dict[str, Any], **query: Any) -> bytes:
    answer = service.get(f"/api/avatars/{avatar['avatar_id']}.glb", params=query)
    assert answer.status_code == 200, answer.text
    return answer.content


def names(data: bytes) -> set[str]:
    """Every shape that the file's JSON names."""
    (length,) = struct.unpack_from("<I", data, 12)
    document = json.loads(data[20 : 20 + length])
    return {n for m in document["meshes"] for n in m.get("extras", {}).get("targetNames", ())}


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("none", ()),
        ("", ()),
        ("ARKit", ARKIT),
        ("Oculus Visemes", VISEMES),
        ("oculusvisemes", VISEMES),
        ("ARKit,Oculus Visemes", (*ARKIT, *VISEMES)),
        ("Default", ("mouthOpen", "mouthSmile")),
        ("jawOpen, viseme_aa ,jawOpen", ("jawOpen", "viseme_aa")),
        ("none,mouthSmile", ("mouthSmile",)),
        ("all", SHAPES),
    ],
)
def test_groups_and_names(text: str, shapes: tuple[str, ...]) -> None:
    assert shapes_in(text) == tuple(s for s in SHAPES if s in shapes)


def test_an_unknown_name_gets_the_nearest(service: Service, speaking: dict[str, Any]) -> None:
    answer = service.get(f"/api/avatars/{speaking['avatar_id']}.glb", params={"morphTargets": "jawOpne"})
    assert answer.status_code == 422
    assert answer.json()["suggestions"][0]["title"] == "Use 'jawOpen'"


@pytest.mark.parametrize("text", ["none", "Default", "Oculus Visemes", "ARKit,mouthSmile", "jawOpen"])
def test_only_the_shapes_asked_for_are_in_the_file(
    service: Service, speaking: dict[str, Any], khronos: Khronos, text: str
) -> None:
    whole, data = variant(service, speaking), variant(service, speaking, morphTargets=text)
    assert names(data) == set(shapes_in(text))
    assert len(data) < len(whole)
    khronos({"variant.glb": data})
    before, after = read_glb(whole), read_glb(data)
    for a, b in zip(before.parts, after.parts, strict=True):
        assert (a.mesh.positions == b.mesh.positions).all()
        assert (a.mesh.faces == b.mesh.faces).all()
        kept = [m for m in a.mesh.morphs if m.name in shapes_in(text)]
        assert [m.name for m in kept] == [m.name for m in b.mesh.morphs]
        for m, n in zip(kept, b.mesh.morphs, strict=True):
            assert (m.index == n.index).all()
            assert (m.delta == n.delta).all()
    assert variant(service, speaking, morphTargets=text) == data


def test_all_shapes_are_the_file_itself(service: Service, speaking: dict[str, Any]) -> None:
    assert names(variant(service, speaking, morphTargets="all")) == set(SHAPES)


def test_shapes_are_made_when_the_avatar_has_none(service: Service, avatar: dict[str, Any]) -> None:
    assert names(variant(service, avatar)) == set()
    assert names(variant(service, avatar, morphTargets="Default")) == {"mouthOpen", "mouthSmile"}


def test_compressed_files_are_selected_too(service: Service, speaking: dict[str, Any], khronos: Khronos) -> None:
    data = variant(service, speaking, morphTargets="jawOpen", useMeshOptCompression="true")
    assert names(data) == {"jawOpen"}
    assert len(data) < len(variant(service, speaking, useMeshOptCompression="true"))


@pytest.mark.parametrize("name", ["useMeshOptCompression", "meshCompression"])
def test_an_atlas_has_the_pixels_asked_for(service: Service, speaking: dict[str, Any], name: str) -> None:
    data = variant(service, speaking, platform="web", textureAtlas="256", morphTargets="none", **{name: "true"})
    (length,) = struct.unpack_from("<I", data, 12)
    document = json.loads(data[20 : 20 + length])
    assert len(document["meshes"]) <= 2
    assert "EXT_meshopt_compression" in document["extensionsRequired"]
    materials = read_upload("a.glb", data).avatar.materials
    assert all(max(t.width, t.height) <= 256 for m in materials for _, t in named_textures(m))


def test_clips_are_made_and_taken_out(service: Service, avatar: dict[str, Any]) -> None:
    assert not read_glb(variant(service, avatar)).clips
    both = service.post("/api/generate", json={**SMALL, "platform": "godot", "animations": ["walk", "idle"]}).json()
    assert [(a["name"], a["loop"]) for a in both["animations"]] == [("walk-loop", True), ("idle-loop", True)]
    assert [c.name for c in read_glb(variant(service, both)).clips] == ["walk-loop", "idle-loop"]
    assert [c.name for c in read_glb(variant(service, both, animations="walk")).clips] == ["walk-loop"]
    assert not read_glb(variant(service, both, animations="none")).clips
    made = read_glb(variant(service, avatar, animations="walk", rootMotion="true")).clips
    assert [c.name for c in made] == ["walk"]
    refused = service.get(f"/api/avatars/{avatar['avatar_id']}.glb", params={"animations": "wlak"})
    assert (refused.status_code, refused.json()["suggestions"][0]["title"]) == (422, "Use 'walk'")


def test_levels_of_detail(service: Service, avatar: dict[str, Any]) -> None:
    faces = [sum(len(p.mesh.faces) for p in read_glb(variant(service, avatar, lod=k)).parts) for k in (0, 1, 2)]
    assert faces[0] > faces[1] > faces[2]
    low = sum(len(p.mesh.faces) for p in read_glb(variant(service, avatar, quality="low")).parts)
    assert low == faces[2]


def test_an_archive_holds_everything_and_is_the_same_again(service: Service, speaking: dict[str, Any]) -> None:
    path = f"/api/avatars/{speaking['avatar_id']}.zip"
    answer = service.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert archive.namelist() == [f["name"] for f in speaking["files"]] + ["LICENCES.txt", "recipe.json"]
    assert json.loads(archive.read("recipe.json")) == speaking["recipe"]
    assert archive.read(speaking["files"][0]["name"]) == service.get(speaking["download_url"]).content
    for row in speaking["licences"]:
        assert row["author"] in archive.read("LICENCES.txt").decode()
    again = service.post("/api/generate", json=speaking["recipe"]).json()
    assert service.get(f"/api/avatars/{again['avatar_id']}.zip").content == answer.content
    assert service.get(path, headers={"Range": "bytes=0-1"}).content == b"PK"


@pytest.mark.parametrize("kind", variants.FORMATS)
def test_formats_that_are_not_written_are_told(service: Service, avatar: dict[str, Any], kind: str) -> None:
    if kind in PLATFORMS[avatar["platform"]].describe()["formats"]:
        pytest.skip("it is written")
    answer = service.get(f"/api/avatars/{avatar['avatar_id']}{variants.FORMATS[kind]}")
    assert (answer.status_code, answer.json()["error_code"]) == (415, "UNSUPPORTED_FORMAT")
    assert answer.json()["suggestions"]


def test_fbx_comes_where_the_platform_has_it(service: Service, avatar: dict[str, Any]) -> None:
    data = service.get(f"/api/avatars/{avatar['avatar_id']}.fbx", params={"platform": "unity"})
    assert data.status_code == 200
    assert data.content.startswith(b"Kaydara FBX Binary")
    again = service.get(f"/api/avatars/{avatar['avatar_id']}.fbx", params={"platform": "unity"})
    assert again.content == data.content


def test_vrm_comes_where_the_platform_has_it(service: Service, avatar: dict[str, Any]) -> None:
    data = service.get(f"/api/avatars/{avatar['avatar_id']}.vrm", params={"platform": "vrm"})
    assert data.status_code == 200
    assert data.content.startswith(b"glTF")
    assert b"VRMC_vrm" in data.content[:2_000_000]


def test_usdz_comes_where_the_platform_has_it(service: Service, avatar: dict[str, Any]) -> None:
    data = service.get(f"/api/avatars/{avatar['avatar_id']}.usdz", params={"platform": "ar"})
    assert (data.status_code, data.headers["content-type"]) == (200, "model/vnd.usdz+zip")
    assert zipfile.ZipFile(io.BytesIO(data.content)).namelist()[0].endswith(".usdc")


def test_all_that_ar_has_comes_by_its_ending(service: Service, avatar: dict[str, Any]) -> None:
    made = service.post(
        "/api/generate", json={**SMALL, "platform": "ar", "formats": ["obj", "static", "report"]}
    ).json()
    stored = {f["name"].removeprefix(made["files"][0]["name"].removesuffix(".glb")): f for f in made["files"]}
    ways = {".obj": "_obj.zip", ".usdz": ".usdz", ".static.glb": "_static.glb", ".report.json": "_report.json"}
    for way, ending in ways.items():
        answer = service.get(f"/api/avatars/{made['avatar_id']}{way}")
        assert answer.status_code == 200, way
        assert answer.headers["etag"] == f'"{stored[ending]["sha256"]}"'
        assert answer.headers["content-disposition"].endswith(ending)
    assert service.get(f"/api/avatars/{made['avatar_id']}.obj").headers["content-type"] == "application/zip"


def test_the_platforms_table_says_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fake:
        def describe(self) -> dict[str, Any]:
            return {"formats": ["glb", "xyz"]}

    monkeypatch.setitem(PLATFORMS, "vroid", Fake())  # type: ignore[misc]
    variants.check_format("xyz", "vroid")
    with pytest.raises(Problem) as caught:
        variants.check_format("xyz", "unity")
    assert caught.value.suggestions[0].action == "platform=vroid"
