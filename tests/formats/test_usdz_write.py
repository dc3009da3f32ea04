"""USDZ as written: read back by our reader, validated by OpenUSD, judged by ARKit's rules, evaluated by UsdSkel."""

import importlib.util
import io
import math
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.conftest import run_node
from tests.figures import figure, shape, texture

from avatar_foundry.avatar import Avatar, Clip, Material
from avatar_foundry.formats.decimals import rows, whole
from avatar_foundry.formats.pictures import scaled_normals
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.formats.transforms import local_matrices
from avatar_foundry.formats.usdz import UsdzOptions, write_usdz
from avatar_foundry.formats.usdz_material import refraction
from avatar_foundry.formats.usdz_package import package
from avatar_foundry.geometry.rotations import rotation_matrices
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.rig import skin_positions

if importlib.util.find_spec("pxr") is None:
    pytest.skip("needs usd-core", allow_module_level=True)

from tests.engines import usd, usdz_rules


@pytest.fixture
def avatar() -> Avatar:
    """The figure with shapes in its clip and a picture of each kind."""
    plain = figure(1)
    clip = plain.clips[0]
    way = np.float32([[0, 0, 0], [0.5, 0, 0.25], [1, 0, 0.5]])
    talking = replace(
        clip, name="walk & talk", shapes={"jawOpen": np.float32([0, 0.5, 1])}, travel=way, turn=np.float32([0, 0.5, 1])
    )
    skin, cloth = plain.materials
    skin = replace(skin, orm=texture("orm", (255, 128, 0), "WEBP"), roughness=1.0, metallic=1.0, normal_scale=0.5)
    return replace(plain, name="Some one", materials=(skin, cloth), clips=(talking, clip))


def stage_of(avatar: Avatar, folder: Path):
    path = folder / "in.usdz"
    path.write_bytes(write_usdz(avatar))
    return usd.opened(path)


def test_it_reads_back_equal(avatar: Avatar) -> None:
    upload = read_upload("someone.usdz", write_usdz(avatar))
    back = upload.avatar
    assert (upload.source.format, upload.source.unit_metres, upload.source.up) == ("usd", 1.0, "+Y")
    assert back.skeleton is not None
    assert avatar.skeleton is not None
    assert back.skeleton.names == avatar.skeleton.names
    assert back.skeleton.parents.tolist() == avatar.skeleton.parents.tolist()
    assert np.allclose(back.skeleton.rest, avatar.skeleton.rest, atol=1e-6)
    for part, was in zip(back.parts, avatar.parts, strict=True):
        assert part.name == was.name
        assert np.allclose(part.mesh.positions, was.mesh.positions, atol=1e-7)
        assert np.array_equal(part.mesh.faces, was.mesh.faces)
        assert np.allclose(part.mesh.uvs[part.mesh.uv_faces], was.mesh.uvs[was.mesh.uv_faces], atol=1e-6)
        assert np.allclose(part.mesh.weights, was.mesh.weights, atol=1e-6)
        assert np.array_equal(part.mesh.joints[part.mesh.weights > 0], was.mesh.joints[was.mesh.weights > 0])
        assert [m.name for m in part.mesh.morphs] == [m.name for m in was.mesh.morphs]
        for a, b in zip(part.mesh.morphs, was.mesh.morphs, strict=True):
            assert np.array_equal(a.index, b.index)
            assert np.allclose(a.delta, b.delta, atol=1e-7)


def test_materials_and_pictures_read_back(avatar: Avatar) -> None:
    back = read_upload("someone.usdz", write_usdz(avatar)).avatar
    skin, cloth = back.material("skin"), back.material("cloth")
    assert skin.base is not None
    assert skin.base.data == avatar.materials[0].base.data
    assert skin.orm is not None
    assert skin.orm.mime == "image/png"  # WebP is not for USDZ
    assert (cloth.alpha_mode, cloth.alpha_cutoff, cloth.roughness) == ("MASK", 0.5, pytest.approx(0.8))
    names = zipfile.ZipFile(io.BytesIO(write_usdz(avatar))).namelist()
    assert names[0].startswith("Some_one.usd")
    assert len(names) == len(set(names)) == 5


def test_it_breaks_no_rule(avatar: Avatar, tmp_path: Path) -> None:
    data = write_usdz(avatar)
    assert data == write_usdz(avatar)
    assert usdz_rules.problems(data) == []
    (tmp_path / "in.usdz").write_bytes(data)
    assert usd.problems(tmp_path / "in.usdz") == []


@pytest.mark.parametrize("platform", [p for p in PLATFORMS if "usdz" in PLATFORMS[p].formats])
def test_every_platform_that_writes_it_breaks_no_rule(platform: str, tmp_path: Path) -> None:
    finished, _ = run(PLATFORMS[platform].finish, figure(1))
    (tmp_path / "in.usdz").write_bytes(data := PLATFORMS[platform].exports["usdz"](finished))
    assert usdz_rules.problems(data) == []
    assert usd.problems(tmp_path / "in.usdz") == []
    stage = usd.opened(tmp_path / "in.usdz")
    paths = usd.skeleton_of(stage).GetAttribute("joints").Get()
    assert len(paths) == len(finished.skeleton.names)


def test_the_rules_find_what_is_broken(avatar: Avatar) -> None:
    data = write_usdz(avatar)
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as held, zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as out:
        for name in held.namelist()[:0:-1]:
            out.writestr(name, held.read(name))
    told = " ".join(usdz_rules.package_problems(broken.getvalue()))
    for words in ("no layer", "is compressed", "no multiple of 64"):
        assert words in told


def test_materials_that_have_no_number_for_it_draw_it_in() -> None:
    """A slope of 45 degrees at half strength is one of 26.6."""
    out = io.BytesIO()
    Image.new("RGB", (2, 2), (218, 128, 218)).save(out, "PNG")
    with Image.open(io.BytesIO(scaled_normals(out.getvalue(), 0.5, "PNG"))) as image:
        x, _, z = (c / 127.5 - 1 for c in image.getpixel((0, 0)))
    assert math.degrees(math.atan2(x, z)) == pytest.approx(26.57, abs=0.5)
    assert refraction(Material("plain")) == 1.5
    dull = Material("dull", extensions={"KHR_materials_specular": {"specularFactor": 0.25}})
    assert ((refraction(dull) - 1) / (refraction(dull) + 1)) ** 2 == pytest.approx(0.01, abs=1e-5)


def test_the_first_clip_is_what_openusd_plays(avatar: Avatar, tmp_path: Path) -> None:
    """Shapes, then skin; the way over the ground and the turn are on the hips, which have no parent."""
    stage = stage_of(avatar, tmp_path)
    assert list(usd.clips(stage)) == ["walk___talk", "raise_arm"]
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode(), stage.GetTimeCodesPerSecond()) == (0, 15, 30)
    clip, skeleton = avatar.clips[0], avatar.skeleton
    assert skeleton is not None
    for key, code in enumerate((0.0, 7.5, 15.0)):
        expected = in_clip(avatar, clip, key)
        found = usd.evaluated(stage, code)
        for part in avatar.parts:
            assert np.abs(found[part.name] - expected[part.name]).max() < 2e-6


def test_three_reads_the_binary_layer_with_a_parser_of_its_own(avatar: Avatar, tmp_path: Path) -> None:
    """Its meshes have a vertex per corner of a face."""
    (tmp_path / "in.usdz").write_bytes(write_usdz(avatar))
    told = run_node("load_usdz.mjs", "three", str(tmp_path / "in.usdz"))
    assert [m["name"] for m in told["meshes"]] == [p.name for p in avatar.parts]
    for mesh, part in zip(told["meshes"], avatar.parts, strict=True):
        assert mesh["map"]
        assert [b.rpartition("/")[2] for b in mesh["bones"]] == list(avatar.skeleton.names)
        corners = part.mesh.positions[part.mesh.faces.ravel()]
        assert np.abs(np.array(mesh["positions"]) - corners).max() < 1e-5
    assert [name for name, _ in told["clips"]] == ["walk___talk", "raise_arm"]
    assert told["clips"][0][1] == pytest.approx(0.5)


def in_clip(avatar: Avatar, clip: Clip, key: int) -> dict[str, np.ndarray]:
    """{part: (V, 3)} at a key: our own evaluation of local transforms."""
    skeleton = avatar.skeleton
    local = local_matrices(skeleton.parents, skeleton.rest)
    local[:, :3, :3] = rotation_matrices(clip.rotations[key])
    local[0, :3, 3] = clip.translations[key]
    world = np.empty_like(local)
    for i, up in enumerate(skeleton.parents.tolist()):
        world[i] = world[up] @ local[i] if up >= 0 else local[i]
    c, s = math.cos(clip.turn[key]), math.sin(clip.turn[key])
    whole_figure = np.eye(4)
    whole_figure[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    whole_figure[:3, 3] = clip.travel[key]
    matrices = (whole_figure @ world @ np.linalg.inv(skeleton.rest.astype(np.float64))).astype(np.float32)
    out = {}
    for part in avatar.parts:
        moved = part.mesh.positions.copy()
        for m in part.mesh.morphs:
            moved[m.index] += m.delta * (clip.shapes[m.name][key] if m.name in clip.shapes else 0.0)
        out[part.name] = skin_positions(replace(part.mesh, positions=moved), matrices)
    return out


def test_names_that_usd_cannot_bear_are_kept_beside(avatar: Avatar, tmp_path: Path) -> None:
    names = tuple("1/" if n == "hips" else n.replace("left", "L.") for n in avatar.skeleton.names)
    body = avatar.parts[0]
    odd = replace(body, name="the body's", lods=(replace(body.mesh, morphs=(shape("vrc.v_aa", [1, 2], (0, 0.1, 0)),)),))
    named = replace(avatar, skeleton=replace(avatar.skeleton, names=names), parts=(odd, avatar.parts[1]))
    assert usdz_rules.problems(write_usdz(named)) == []
    stage = stage_of(named, tmp_path)
    prim = usd.skeleton_of(stage)
    assert [str(n) for n in prim.GetAttribute("jointNames").Get()] == list(names)
    mesh = stage.GetPrimAtPath("/Some_one/the_body_s")
    assert mesh.GetMetadata("displayName") == "the body's"
    assert [p.GetMetadata("displayName") for p in mesh.GetChildren()] == ["vrc.v_aa"]


def test_without_skeleton_shapes_and_clips_it_is_a_statue(avatar: Avatar) -> None:
    bare = replace(avatar, skeleton=None, clips=())
    bare = bare.map_meshes(lambda m: replace(m, joints=None, weights=None))
    data = write_usdz(bare, UsdzOptions(morphs=False))
    assert usdz_rules.problems(data) == []
    back = read_upload("someone.usdz", data).avatar
    assert back.skeleton is None
    assert not back.parts[0].mesh.morphs


def test_entries_begin_at_multiples_of_64() -> None:
    for length in range(1, 70):
        data = package({"a" * length + ".usda": b"#usda 1.0\n", "b.png": b"12345"})
        for name, method, _, offset, size in usdz_rules.entries(data):
            assert (method, offset % 64) == (0, 0)
            assert data[offset : offset + size] == (b"12345" if name == "b.png" else b"#usda 1.0\n")


@pytest.mark.parametrize("places", [0, 1, 3, 6])
def test_numbers_as_text_are_the_numbers(places: int) -> None:
    dice = np.random.default_rng(places)
    values = np.concatenate([dice.normal(scale=s, size=(50, 3)) for s in (1e-6, 1e-3, 1, 1e4)])
    values[0] = (0, -0.5, 10)
    text = rows(whole(values, places), places, ("", " ", " "), "\n")
    back = np.array([[float(w) for w in line.split(" ")] for line in text.splitlines()])
    assert np.abs(back - values).max() <= 0.5 * 10.0**-places + 1e-9
    written = [w for line in text.splitlines() for w in line.split(" ")]
    assert not [w for w in written if w in ("-0", "") or w.endswith(".") or ("." in w and w.endswith("0"))]
