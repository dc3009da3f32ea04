"""A dressed avatar as USDZ in other programs: what they evaluate, vertex by vertex. Skipped where they are missing."""

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engines.fbx import EXPRESSIONS, TIMES, finished, request
from tests.engines.poses import skinning_of
from tests.engines.process import Process

from avatar_foundry.avatar import Avatar
from avatar_foundry.formats import write_usdz
from avatar_foundry.pack import cache_dir

ENGINES = Path(__file__).parents[1] / "engines"
CLOSE = 5e-6  # metres


@pytest.fixture(scope="module")
def made(pack: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Avatar, Path]:
    avatar = finished("mage", "ar", lods=False)
    path = tmp_path_factory.mktemp("usdz") / "in.usdz"
    path.write_bytes(write_usdz(avatar))
    return avatar, path


def test_openusd_evaluates_what_we_do(made: tuple[Avatar, Path]) -> None:
    if importlib.util.find_spec("pxr") is None:
        pytest.skip("needs usd-core")
    from tests.engines import usd, usdz_rules

    avatar, path = made
    assert usdz_rules.problems(path.read_bytes()) == []
    assert usd.problems(path) == []
    assert avatar.skeleton is not None
    _, expected = request(avatar)
    worst = {}
    for title, parts in expected:
        stage, code = usd.opened(path), None
        if title.endswith(" s"):
            code = 30.0 * float(title.removesuffix(" s"))
        elif title in EXPRESSIONS:
            usd.express(stage, {title: 1.0})
        else:
            still = {n: np.eye(4) for n in avatar.skeleton.names}
            usd.pose(stage, avatar.skeleton, still if title == "rest" else skinning_of(avatar, title))
        found = usd.evaluated(stage, code)
        assert set(found) == set(parts)
        worst[title] = max(float(np.abs(found[name] - parts[name]).max()) for name in parts)
    print("OpenUSD, worst mm:", {k: round(1000 * v, 4) for k, v in worst.items()})
    assert len(worst) == 7 + len(TIMES)
    assert max(worst.values()) < CLOSE, worst


def test_blender_evaluates_what_we_do(made: tuple[Avatar, Path], tmp_path: Path) -> None:
    python = Path(os.environ.get("BLENDER_PYTHON", cache_dir() / "engines/bpy/bin/python"))
    if not python.exists():
        pytest.skip("needs BLENDER_PYTHON, a Python with bpy")
    avatar, path = made
    asked, expected = request(avatar)
    (tmp_path / "request.json").write_text(json.dumps({**asked, "morphs": True}))
    process = Process([str(python), str(ENGINES / "blender_import.py")])
    told = process.ask(arguments=[str(path), str(tmp_path / "request.json"), str(tmp_path / "out.bin")])
    process.close()
    values = np.frombuffer((tmp_path / "out.bin").read_bytes(), np.float32).reshape(-1, 3)
    at, worst = 0, {}
    for title, parts in expected:
        worst[title] = 0.0
        for mesh in told["meshes"]:
            got, want = values[at : at + mesh["count"]], parts[mesh["name"]]
            at += mesh["count"]
            assert len(got) == len(want), mesh
            worst[title] = max(worst[title], float(np.abs(got - want).max()))
    print("Blender, worst mm:", {k: round(1000 * v, 4) for k, v in worst.items()})
    assert at == len(values)
    assert max(worst.values()) < CLOSE, worst
    assert avatar.skeleton is not None
    assert set(told["rest"]) == set(avatar.skeleton.names)
    assert set(told["moved"]) == {m.name for p in avatar.parts for m in p.mesh.morphs}
    pictures = {t.data for m in avatar.materials for t in (m.base, m.normal, m.orm) if t is not None}
    assert len(told["images"]) == len(pictures)
