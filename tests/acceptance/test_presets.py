"""Every preset is a whole avatar, on one platform each; every platform comes up."""

import json
from pathlib import Path

from avatar_foundry.build import build
from avatar_foundry.presets import load_presets

from .checks import Made, examine
from .conftest import of_preset
from .golden import FOLDER, account, differences
from .presets import JUDGED, ROTATION


def test_every_platform_comes_up():
    assert set(ROTATION.values()) == set(JUDGED)
    assert set(ROTATION) == set(load_presets())
    assert len(ROTATION) >= 12


def test_a_preset_is_a_whole_avatar(preset: Made):
    assert examine(preset) == []
    levels = {f["severity"] for f in preset.result.answer["validation"]["findings"]}
    assert "error" not in levels


def test_every_preset_satisfies_the_reference_validator(node, tmp_path: Path):
    paths = []
    for name in ROTATION:
        paths.append(tmp_path / f"{name}.glb")
        paths[-1].write_bytes(of_preset(name).main)
    for report in node("validate.mjs", "gltf-validator", *map(str, paths)):
        assert (report["errors"], report["warnings"]) == (0, 0), (report["file"], report["issues"][:3])


def test_a_preset_is_as_its_golden_says(preset: Made):
    name = preset.result.answer["preset"]
    golden = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    changed = differences(golden, json.loads(json.dumps(account(preset))))
    assert not changed, f"{len(changed)} changes; if they are meant, run scripts/golden:\n" + "\n".join(changed[:20])


def test_goldens_are_those_of_the_presets():
    assert {p.stem for p in FOLDER.glob("*.json")} == set(ROTATION)


def test_the_answers_recipe_gives_the_same_bytes(preset: Made):
    again = build(json.loads(json.dumps(preset.result.answer["recipe"])))
    assert dict(again.files) == dict(preset.result.files)
