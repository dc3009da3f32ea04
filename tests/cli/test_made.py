"""What the command line tells of what was made."""

from pathlib import Path

import pytest

from avatar_foundry.cli.made import print_made, sized
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.platforms.remarks import remarks


def found(severity: str, rule: str, message: str = "so it is") -> dict[str, str]:
    return {"severity": severity, "rule": rule, "message": message}


def made(**more: object) -> dict[str, object]:
    answer = {
        "vertex_count": 1000,
        "face_count": 2000,
        "bone_count": 1,
        "morph_names": [],
        "animations": [{"name": "walk"}],
        "fitted": [],
        "validation": {"findings": []},
        "files": [{"name": "a.json", "size": 4200}, {"name": "a.glb", "size": 1_750_000}],
    }
    return {**answer, **more}


def test_counts_and_sizes_are_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    print_made(made(), Path("out"))
    assert capsys.readouterr().out.splitlines() == [
        "1,000 vertices, 2,000 triangles, 1 bone, 0 shapes, 1 animation",
        "  out/a.json  4.2 kB",
        "  out/a.glb  1.75 MB",
    ]
    assert sized(100_000) == "0.10 MB"


def test_what_must_be_known_is_told_gravest_first(capsys: pytest.CaptureFixture[str]) -> None:
    listed = [found("info", "roblox/scaled", "the body scale is Rthro"), found("hint", "skeleton/stance")]
    listed += [found("warning", "mesh/uv", f"part {k}") for k in range(9)]
    print_made(made(validation={"findings": listed[:3]}), Path("out"))
    told = capsys.readouterr().out
    assert "warning: mesh/uv: part 0\n  info: roblox/scaled: the body scale is Rthro" in told
    assert "stance" not in told
    print_made(made(validation={"findings": listed}), Path("out"))
    assert "... 2 more, --json has all" in capsys.readouterr().out


def test_an_unsure_rig_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    source = {"format": "glTF", "notes": []}
    print_made(made(source=source, rig={"state": "created", "confidence": 0.51}), Path("out"))
    assert "warning: rig: the skeleton is only 51% sure" in capsys.readouterr().out
    print_made(made(source=source, rig={"state": "kept", "confidence": 0.98}), Path("out"))
    assert "warning" not in capsys.readouterr().out


def test_what_is_asked_for_in_vain_is_told() -> None:
    assert "none of `animations`" in remarks(PLATFORMS["roblox"], ("walk",), False)[0]
    assert "does nothing" in remarks(PLATFORMS["web"], (), True)[0]
    assert remarks(PLATFORMS["web"], ("walk",), True) == ()
