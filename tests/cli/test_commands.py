"""What the commands do when all is well, and when the platform's rules refuse."""

import json
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from PIL import Image
from tests.figures import figure
from typer.testing import CliRunner

import avatar_foundry.account as account_module
from avatar_foundry.cli.app import app
from avatar_foundry.formats import read_glb, write_glb
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.presets import load_presets
from avatar_foundry.rules import Finding

SMALL = ["--no-lods", "--set", "texture_size=256"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A generated avatar: (its file, the answer)."""
    out = tmp_path_factory.mktemp("made") / "deep" / "out"
    arguments = ["--preset", "athletic", "--prompt", "short woman with zzyzx", "--platform", "godot", "--seed", "3"]
    done = CliRunner().invoke(app, ["generate", *arguments, *SMALL, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.stdout
    return out / "athletic.glb", json.loads(done.stdout)


def test_generate_writes_what_it_says(made):
    file, answer = made
    assert [p.name for p in file.parent.iterdir()] == [f["name"] for f in answer["files"]] == ["athletic.glb"]
    assert answer["glb_size"] == file.stat().st_size == answer["files"][0]["size"]
    assert (answer["preset"], answer["platform"], answer["stage_reached"]) == ("athletic", "godot", "export_ready")
    assert answer["interpretation"]["ignored"] == ["zzyzx"]
    assert len(answer["morph_names"]) == 72
    assert sum(len(p.mesh.faces) for p in read_glb(file.read_bytes()).parts) == answer["face_count"]


def test_the_answers_recipe_gives_the_same_file(made, foundry, tmp_path):
    file, answer = made
    told = foundry("generate", "--recipe", "-", "--out", str(tmp_path), "--json", stdin=json.dumps(answer["recipe"]))
    assert told.json["files"] == answer["files"]
    assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_flags_leave_out_what_they_name(foundry, tmp_path):
    told = foundry("generate", "--no-face", *SMALL, "--set", "hair.style=none", "--out", str(tmp_path))
    assert told.code == 0
    assert "0 shapes" in told.out
    assert "avatar.glb" in told.out
    assert not [m for p in read_glb((tmp_path / "avatar.glb").read_bytes()).parts for m in p.mesh.morphs]


def test_presets_and_platforms_are_listed(foundry):
    assert {p["id"] for p in foundry("presets", "--json").json} == set(load_presets())
    platforms = foundry("platforms", "--json").json
    assert {p["id"] for p in platforms} == set(PLATFORMS)
    assert all(p.keys() >= {"title", "formats", "axes", "budgets", "bones", "rules", "lods"} for p in platforms)
    for command, ids in (("presets", load_presets()), ("platforms", PLATFORMS)):
        listed = foundry(command)
        assert listed.code == 0
        assert {line.split()[0] for line in listed.out.splitlines()} == set(ids)


def test_inspect_tells_what_is_inside(made, foundry):
    file, answer = made
    told = foundry("inspect", str(file), "--json").json
    assert told["triangles"] == answer["face_count"]
    assert told["vertices"] == answer["vertex_count"]
    assert len(told["bones"]) == answer["bone_count"]
    assert sorted(told["morphs"]) == sorted(answer["morph_names"])
    assert told["extras"]["licences"]
    assert foundry("inspect", str(file)).out.startswith("name: ")


def test_render_draws_a_sheet(made, foundry, tmp_path):
    picture = tmp_path / "sheet.png"
    options = ["--views", "front,face", "--size", "96", "--pose", "squat", "--morph", "jawOpen=1"]
    told = foundry("render", str(made[0]), "-o", str(picture), *options, "--json").json
    with Image.open(picture) as image:
        assert image.size == (told["width"], told["height"])
        assert len(image.convert("RGB").getcolors(1 << 20)) > 50


@pytest.mark.parametrize(
    ("option", "value", "cure"),
    [("--views", "frnt", "front"), ("--pose", "sqat", "squat"), ("--morph", "jawOpn", "jawOpen")],
)
def test_render_names_what_it_does_not_know(option, value, cure, made, foundry, tmp_path):
    picture = tmp_path / "sheet.png"
    told = foundry("render", str(made[0]), "-o", str(picture), option, value, "--json")
    assert told.code == 2
    assert cure in json.dumps(told.error("VALIDATION_ERROR")["suggestions"])
    assert not picture.exists()


def test_render_refuses_to_pose_a_strangers_skeleton(foundry, tmp_path):
    strange = write_glb(figure()).replace(b'"leftUpperArm"', b'"leftUpperArx"')
    (tmp_path / "strange.glb").write_bytes(strange)
    told = foundry("render", str(tmp_path / "strange.glb"), "--pose", "squat", "-o", str(tmp_path / "s.png"), "--json")
    assert told.code == 2
    told.error("MESH_UNREADABLE")


def test_pack_info_names_the_pack(foundry):
    told = foundry("pack", "info")
    assert told.code == 0
    assert "path" in told.out


@pytest.mark.parametrize("as_json", [True, False])
def test_a_refused_export_exits_with_3_and_writes_nothing(as_json, foundry, tmp_path):
    def refuse(*_: object) -> Iterator[tuple[str, str, Finding]]:
        yield "error", "mesh/inside-out", Finding("inside-out", "the body's faces look inwards", "parts/body")

    out = tmp_path / "out"
    with mock.patch.object(account_module, "inspect", refuse):
        told = foundry("generate", *SMALL, "--out", str(out), *(["--json"] if as_json else []))
    assert told.code == 3
    assert not out.exists()
    if as_json:
        assert told.error("EXPORT_REFUSED")["findings"][0]["rule"] == "mesh/inside-out"
    else:
        assert "look inwards" in told.err


def test_a_folder_that_cannot_be_written_is_named(foundry, tmp_path):
    (tmp_path / "file").write_text("in the way")
    told = foundry("generate", *SMALL, "--out", str(tmp_path / "file"), "--json")
    assert told.code == 2
    assert "file" in told.error("VALIDATION_ERROR")["detail"]
    assert (tmp_path / "file").read_text() == "in the way"
