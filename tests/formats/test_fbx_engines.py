"""FBX files in other programs: what they evaluate, vertex by vertex. Skipped where the programs are not installed."""

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conftest import run_node
from tests.engines.fbx import EXPRESSIONS, TIMES, finished, request, written
from tests.engines.process import Process

from avatar_foundry.avatar import Avatar
from avatar_foundry.pack import cache_dir

ENGINES = Path(__file__).parents[1] / "engines"
FILES = {"unity": "warrior", "unreal": "elf", "blender": "child"}
CLOSE = 1e-4  # metres; the files are told to be right to half a millimetre


def blender() -> Path:
    python = Path(os.environ.get("BLENDER_PYTHON", cache_dir() / "engines/bpy/bin/python"))
    if not python.exists():
        pytest.skip("needs BLENDER_PYTHON, a Python with bpy")
    return python


def asked_of(python: Path, script: str, *arguments: str) -> Any:
    """What a script of tests/engines answers."""
    process = Process([str(python), str(ENGINES / script)])
    try:
        return process.ask(arguments=arguments)
    finally:
        process.close()


@pytest.fixture(scope="module", params=sorted(FILES))
def made(request: pytest.FixtureRequest, pack: Any) -> tuple[str, Avatar, bytes]:
    avatar = finished(FILES[request.param], request.param)
    return request.param, avatar, written(avatar, request.param)


def test_three_evaluates_what_we_do(made: tuple[str, Avatar, bytes], tmp_path: Path) -> None:
    """FBXLoader turns Z-up scenes as a whole, so both are compared in metres with +Y up."""
    platform, avatar, data = made
    _, expected = request(avatar)
    (tmp_path / "in.fbx").write_bytes(data)
    (tmp_path / "request.json").write_text(json.dumps({"expressions": ["", *EXPRESSIONS], "times": TIMES}))
    told = run_node("pose_fbx.mjs", "three", *(str(tmp_path / n) for n in ("in.fbx", "request.json", "out.bin")))
    values = 0.01 * np.frombuffer((tmp_path / "out.bin").read_bytes(), np.float32).reshape(-1, 3)
    wanted = [e for e in expected if e[0] == "rest" or e[0] in EXPRESSIONS or e[0].endswith(" s")]
    names = {sanitised(p.name): p for p in avatar.parts}
    at, worst = 0, {}
    for title, parts in wanted:
        worst[title] = 0.0
        for mesh in told["meshes"]:
            part = names[mesh["name"].removesuffix("_LOD0")]
            got = values[at : at + mesh["count"]]
            at += mesh["count"]
            want = parts[part.name][part.mesh.faces.ravel()]
            worst[title] = max(worst[title], float(np.abs(got - want).max()))
    print(platform, "three, worst mm:", {k: round(1000 * v, 4) for k, v in worst.items()}, told["warnings"][:3])
    assert at == len(values)
    assert max(worst.values()) < CLOSE, worst
    assert told["clips"] == ["reach"]


def sanitised(name: str) -> str:
    """As three.js renames nodes."""
    return re.sub(r"[\[\].:/]", "", name.replace(" ", "_"))


def test_ufbx_finds_everything(made: tuple[str, Avatar, bytes], tmp_path: Path) -> None:
    python = Path(os.environ.get("UFBX_PYTHON", cache_dir() / "engines/ufbx/bin/python"))
    if not python.exists():
        pytest.skip("needs UFBX_PYTHON, a Python with pyufbx")
    _, avatar, data = made
    (tmp_path / "in.fbx").write_bytes(data)
    told = asked_of(python, "ufbx_read.py", str(tmp_path / "in.fbx"))
    print(told)
    assert avatar.skeleton is not None
    meshes = [p.mesh for p in avatar.parts] if made[0] == "blender" else [m for p in avatar.parts for m in p.lods]
    assert told["warnings"] == []
    assert (told["meshes"], told["skin_deformers"]) == (len(meshes), len(meshes))
    assert told["bones"] == len(avatar.skeleton.names)
    assert told["blend_deformers"] == sum(bool(m.morphs) for m in meshes)
    assert told["materials"] == len({p.material for p in avatar.parts})


def test_blender_evaluates_what_we_do(made: tuple[str, Avatar, bytes], tmp_path: Path) -> None:
    python = blender()
    platform, avatar, data = made
    asked, expected = request(avatar)
    (tmp_path / "in.fbx").write_bytes(data)
    (tmp_path / "request.json").write_text(json.dumps({**asked, "morphs": True}))
    told = asked_of(python, "blender_import.py", *(str(tmp_path / n) for n in ("in.fbx", "request.json", "out.bin")))
    values = np.frombuffer((tmp_path / "out.bin").read_bytes(), np.float32).reshape(-1, 3)
    at, worst = 0, {}
    for title, parts in expected:
        worst[title] = 0.0
        for mesh in told["meshes"]:
            got, want = values[at : at + mesh["count"]], parts[mesh["name"].removesuffix("_LOD0")]
            at += mesh["count"]
            assert len(got) == len(want), mesh
            worst[title] = max(worst[title], float(np.abs(got - want).max()))
    print(platform, "worst mm:", {k: round(1000 * v, 4) for k, v in worst.items()})
    assert at == len(values)
    assert max(worst.values()) < CLOSE, worst
    assert {m["name"].removesuffix("_LOD0") for m in told["meshes"]} == {p.name for p in avatar.parts}
    assert set(told["moved"]) == {m.name for p in avatar.parts for m in p.mesh.morphs}
    for part in avatar.parts:
        for m in part.mesh.morphs:
            seen = told["moved"][m.name]
            far = seen.get(part.name, seen.get(f"{part.name}_LOD0"))
            assert far == pytest.approx(float(np.abs(m.delta).max()), abs=CLOSE)
    assert avatar.skeleton is not None
    assert set(told["rest"]) == set(avatar.skeleton.names)
    rest = np.array([told["rest"][n] for n in avatar.skeleton.names]).reshape(-1, 4, 4)
    assert np.abs(rest[:, :3, 3] - avatar.skeleton.rest[:, :3, 3]).max() < CLOSE
    if platform != "unreal":  # there, joints along the model's axes stand along the file's
        turns = rest[:, :3, :3] / np.linalg.norm(rest[:, :3, :3], axis=1, keepdims=True)
        assert np.abs(turns - avatar.skeleton.rest[:, :3, :3]).max() < 1e-3
    pictures = {t.data for m in avatar.materials for t in (m.base, m.normal, m.orm) if t is not None}
    # Blender copies a picture that it uses both as colour and as alpha
    assert len({re.sub(r"\.\d{3}$", "", name) for name in told["images"]}) == len(pictures)
