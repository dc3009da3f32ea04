"""Clips from the command line: listed, and drawn at a moment."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.figures import figure
from tests.formats.clips import busy, in_clip
from typer.testing import CliRunner

from avatar_foundry.cli.app import app
from avatar_foundry.cli.playing import at_moment
from avatar_foundry.formats import GlbOptions, inspect_glb, read_glb, write_glb


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("clips") / "busy.glb"
    place.write_bytes(write_glb(busy(figure(1)), GlbOptions()))
    return place


def test_a_moment_is_where_the_writer_meant_it(file: Path) -> None:
    avatar = busy(figure(1))
    back = read_glb(file.read_bytes())
    for k, clip in enumerate(avatar.clips):
        for key in (0, 9, 30):
            seen = at_moment(back, clip.name, key / 30.0)
            want = in_clip(avatar, avatar.clips[k], key, "hips")
            low, high = (f(np.concatenate(list(want.values())), axis=0) for f in (np.min, np.max))
            points = np.concatenate([p.mesh.positions for p in seen.parts])
            assert np.abs(points.min(axis=0) - low).max() < 1e-3
            assert np.abs(points.max(axis=0) - high).max() < 1e-3


def test_render_and_inspect(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "moment.png"
    asked = ["render", str(file), "-o", str(out), "--views", "front", "--size", "64", "--clip", "busy", "--time", "0.5"]
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert out.read_bytes()[:4] == b"\x89PNG"
    done = CliRunner().invoke(app, ["inspect", str(file), "--json"])
    clips = json.loads(done.stdout)["clips"]
    assert [(c["name"], c["seconds"], c["loop"]) for c in clips] == [("busy", 1.0, True), ("busy_moving", 1.0, False)]
    assert clips[0]["shapes"] == ["jawOpen"]


def test_what_is_not_there_is_named(file: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["render", str(file), "-o", str(tmp_path / "x.png"), "--clip", "bussy", "--json"])
    assert done.exit_code == 2
    assert json.loads(done.stdout)["suggestions"][0]["title"] == "Use 'busy'"
    both = ["render", str(file), "-o", str(tmp_path / "x.png"), "--clip", "busy", "--pose", "t_pose"]
    assert CliRunner().invoke(app, both).exit_code == 2


def test_compressed_files_are_told_by_what_they_store() -> None:
    told = inspect_glb(write_glb(busy(figure(1)), GlbOptions(meshopt=True, quantise=True)))["file"]
    assert min(told["by_use"].values()) >= 0
    assert sum(told["by_use"].values()) == told["bytes"]
