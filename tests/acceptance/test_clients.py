"""three.js shows what we computed: every shape, and three poses to a hundredth of a millimetre."""

import json
from pathlib import Path

import numpy as np
from tests.engines.poses import CHOSEN, ours

from avatar_foundry.formats import read_glb

from .conftest import of_preset

CLOSE = 1e-5  # metres


def test_three_js_agrees_with_our_own_evaluation(node, tmp_path: Path):
    data = of_preset("warrior").main
    shapes = {(m.name, p.name): np.abs(m.delta).max() for p in read_glb(data).parts for m in p.mesh.morphs}
    evaluated = [ours(data, pose) for pose in CHOSEN]
    poses = [
        {"name": name, "rotations": rotations, "translations": translations}
        for name, (_, rotations, translations) in zip(CHOSEN, evaluated, strict=True)
    ]
    file, request, out = (tmp_path / n for n in ("in.glb", "request.json", "out.bin"))
    file.write_bytes(data)
    request.write_text(json.dumps({"poses": poses, "morphs": True}))
    told = node("pose_three.mjs", "three", str(file), str(request), str(out))
    assert told["missing"] == []
    assert {(s, m) for s, meshes in told["moved"].items() for m in meshes} == set(shapes)
    for shape, meshes in told["moved"].items():
        for mesh, far in meshes.items():
            assert abs(far - shapes[shape, mesh]) < CLOSE
    values, at = np.frombuffer(out.read_bytes(), np.float32).reshape(-1, 3), 0
    for posed, _, _ in evaluated:
        assert {m["name"] for m in told["meshes"]} == set(posed)
        for mesh in told["meshes"]:
            assert np.abs(values[at : at + mesh["count"]] - posed[mesh["name"]]).max() < CLOSE
            at += mesh["count"]
    assert at == len(values)
