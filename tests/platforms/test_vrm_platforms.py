"""VRM and VRChat: files that come without asking, ranks read from files alone."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from tests.figures import figure, shape, texture

from avatar_foundry.avatar import Avatar, Material
from avatar_foundry.errors import RecipeError
from avatar_foundry.formats import write_glb
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.platforms.vrchat import mobile
from avatar_foundry.platforms.vrchat_rank import LIMITS, RANKS, rank, statistics
from avatar_foundry.recipe import parse
from avatar_foundry.resolve import resolve
from avatar_foundry.stages.shade_materials import shade_materials


def finished(platform: str, avatar: Avatar | None = None) -> Avatar:
    return run(PLATFORMS[platform].finish, avatar or figure())[0]


def files(platform: str, *formats: str) -> dict[str, bytes]:
    return PLATFORMS[platform].written(finished(platform), formats, "none")


def document(data: bytes) -> dict:
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length])


def test_vrm_comes_without_asking_and_the_old_format_on_demand():
    made = files("vrm")
    assert list(made) == ["figure.glb", "figure_lod1.glb", "figure_lod2.glb", "figure.vrm"]
    assert "figure_vrm0.vrm" in files("vrm", "vrm0")
    assert list(files("vrm", "vrm")) == list(made)
    with pytest.raises(RecipeError, match="not written as vrm"):
        files("unity", "vrm")


def test_toon_shading_where_there_is_vrm():
    drawn = shade_materials("mtoon").apply(figure(1))
    assert shade_materials("mtoon").apply(drawn) is drawn
    made = PLATFORMS["vrchat"].written(finished("vrchat", drawn), ("vrm0",), "none")
    for name in ("figure.vrm", "figure_mobile.vrm"):
        assert all("VRMC_materials_mtoon" in m["extensions"] for m in document(made[name])["materials"])
    old = document(made["figure_vrm0.vrm"])["extensions"]["VRM"]["materialProperties"]
    assert {m["shader"] for m in old} == {"VRM/MToon"}
    plain = document(made["figure.glb"])
    assert not any("extensions" in m for m in plain["materials"])
    with pytest.raises(RecipeError, match="no mtoon materials"):
        resolve(parse({"platform": "unity", "shading": "mtoon"}))


def test_a_vrm_shows_a_portrait():
    vrm = document(files("vrm")["figure.vrm"])
    image = vrm["images"][vrm["extensions"]["VRMC_vrm"]["meta"]["thumbnailImage"]]
    assert image["name"] == "thumbnail"


def test_vrchat_speaks_its_own_names():
    shapes = tuple(
        shape(n, [i], (0, 0, 0.01)) for i, n in enumerate(("viseme_sil", "viseme_aa", "viseme_I", "jawOpen"))
    )
    avatar = figure(1)
    body = replace(avatar.parts[0], lods=(replace(avatar.parts[0].mesh, morphs=shapes),))
    done = finished("vrchat", replace(avatar, parts=(body, avatar.parts[1])))
    names = [m.name for p in done.parts for m in p.mesh.morphs]
    assert names == ["vrc.v_sil", "vrc.v_aa", "vrc.v_ih", "jawOpen"]
    vrm = document(PLATFORMS["vrchat"].written(done, (), "none")["figure.vrm"])["extensions"]["VRMC_vrm"]
    assert {"aa", "ih"} <= set(vrm["expressions"]["preset"])
    bones = {n: document(write_glb(done))["nodes"][b["node"]]["name"] for n, b in vrm["humanoid"]["humanBones"].items()}
    assert bones["leftThumbMetacarpal"] == "LeftThumbProximal"


def test_the_mobile_variant_ranks_good_or_better():
    made = files("vrchat")
    for name in ("figure_mobile.glb", "figure_mobile.vrm"):
        seen = rank(made[name], "mobile")
        assert seen.rank in RANKS[:2]
        assert (seen.values["skinned_meshes"], seen.values["materials"], seen.values["physbones"]) == (1, 1, 0)


def test_a_single_level_is_decimated_for_phones():
    avatar = figure(1)
    count = 110
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    rows = np.linspace(0, 1.7, count)
    positions = np.stack(
        [np.tile(np.sin(angle), count) * 0.2, np.repeat(rows, count), np.tile(np.cos(angle), count) * 0.2], 1
    ).astype(np.float32)
    i, j = np.divmod(np.arange((count - 1) * count), count)
    a, b = i * count + j, i * count + (j + 1) % count
    faces = np.concatenate([np.stack([a, b, b + count], 1), np.stack([a, b + count, a + count], 1)]).astype(np.int32)
    body = avatar.parts[0].mesh
    weights = np.zeros((len(positions), 4), np.float32)
    weights[:, 0] = 1
    uvs = positions[:, :2] / 4 + 0.5
    mesh = replace(
        body,
        positions=positions,
        faces=faces,
        uvs=uvs.astype(np.float32),
        uv_faces=faces,
        joints=np.zeros((len(positions), 4), np.uint16),
        weights=weights,
        morphs=(),
    )
    heavy = replace(avatar, parts=(replace(avatar.parts[0], lods=(mesh,)), avatar.parts[1]))
    assert len(faces) > 20_000
    light = mobile(heavy)
    assert len(light.parts) == 1
    assert 5_000 < len(light.parts[0].mesh.faces) <= 10_000
    assert rank(write_glb(light), "mobile").rank in RANKS[:2]


def test_ranks_fall_with_each_limit():
    data = write_glb(figure(1))
    values = statistics(data)
    assert values["triangles"] == sum(len(p.mesh.faces) for p in figure(1).parts)
    assert (values["skinned_meshes"], values["materials"], values["bones"]) == (2, 2, 65)
    assert rank(data, "pc").rank == "Good"
    assert rank(data, "pc").worst == ("skinned_meshes",)
    assert rank(data, "mobile").rank == "Medium"


def test_textures_count_by_their_pixels():
    big = replace(texture("big", edge=2048))
    avatar = replace(figure(1), materials=(Material("skin", base=big), Material("cloth")))
    assert statistics(write_glb(avatar))["texture_mb"] == pytest.approx(4 * 4 / 3, abs=0.01)


@pytest.mark.parametrize("device", ["pc", "mobile"])
def test_limits_never_fall(device):
    for limits in LIMITS[device].values():
        assert list(limits) == sorted(limits)


def test_more_than_poor_is_very_poor():
    parts = tuple(replace(figure(1).parts[1], name=f"shirt_{i}") for i in range(17))
    seen = rank(write_glb(replace(figure(1), parts=parts)), "pc")
    assert (seen.rank, seen.worst) == ("Very Poor", ("skinned_meshes",))
