"""Presets in their engines, as far as that is quick: scripts/test-engines does all of it with every engine."""

from pathlib import Path

import pytest
from tests.engines import three_vrm, vrchat_rules

from .conftest import of_preset
from .presets import ROTATION


@pytest.mark.parametrize("preset", [p for p, platform in ROTATION.items() if platform == "vrchat"])
def test_vrchat_ranks_rig_and_visemes_by_the_files_alone(preset: str) -> None:
    files = {n: d for n, d in of_preset(preset).result.files.items() if n.endswith((".glb", ".vrm"))}
    assert len(files) == 4
    for name, data in files.items():
        assert vrchat_rules.check(data, name) == [], name


@pytest.mark.parametrize("preset", [p for p, platform in ROTATION.items() if platform in ("vrm", "vrchat")][:2])
def test_three_vrm_moves_all_bones_and_expressions(preset: str, node, tmp_path: Path) -> None:
    made = of_preset(preset)
    name, data = next((n, d) for n, d in made.result.files.items() if n.endswith(".vrm"))
    (tmp_path / name).write_bytes(data)
    told = node("load_vrm.mjs", "@pixiv/three-vrm", str(tmp_path / name))
    assert len(told["bones"]) == 55
    assert len(told["expressions"]) == 18 + 52
    swings = any("_end" in joint for joint in told["springs"]["swing"])
    assert three_vrm.complaints(told, True, swings) == []
