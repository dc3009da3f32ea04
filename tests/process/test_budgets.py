"""A stated budget is met in the file as written, each step is told; where that is impossible nothing is written."""

import io
import json
import struct

import pytest
from PIL import Image

from avatar_foundry.cli.process import budget_of
from avatar_foundry.errors import ExportRefused, RecipeError
from avatar_foundry.process import process
from avatar_foundry.process.options import parse

SMALL = {"triangles": 9000, "bones": 40, "materials": 1, "texture": 256, "morphs": 10, "bytes": 900_000}


def counted(data: bytes) -> dict[str, int]:
    """The numbers of a GLB, from nothing but its bytes."""
    size = struct.unpack_from("<I", data, 12)[0]
    told, blob = json.loads(data[20 : 20 + size]), data[28 + size :]
    primitives = [p for m in told["meshes"] for p in m["primitives"]]
    views = [told["bufferViews"][i["bufferView"]] for i in told["images"]]
    images = [Image.open(io.BytesIO(blob[v.get("byteOffset", 0) :][: v["byteLength"]])) for v in views]
    return {
        "triangles": sum(told["accessors"][p["indices"]]["count"] // 3 for p in primitives),
        "bones": len({j for s in told["skins"] for j in s["joints"]}),
        "materials": len({p["material"] for p in primitives}),
        "texture": max(max(i.size) for i in images),
        "morphs": max(len(p.get("targets", ())) for p in primitives),
        "bytes": len(data),
    }


def test_an_upload_is_brought_within_a_stated_budget(rigged: bytes) -> None:
    made = process("figure.glb", rigged, {"platform": "web", "lods": False, "budget": SMALL})
    found = counted(next(iter(made.files.values())))
    assert {name: found[name] for name in SMALL if found[name] > SMALL[name]} == {}
    steps = {s["budget"]: s for s in made.answer["fitted"]}
    assert set(steps) >= {"triangles", "bones", "materials", "morphs"}
    for name in ("triangles", "bones", "materials", "morphs"):
        assert steps[name]["before"] > SMALL[name] >= steps[name]["after"] == found[name]
        assert steps[name]["how"]
    assert not [f for f in made.answer["validation"]["findings"] if f["rule"].startswith("budget/")]


def test_what_cannot_be_met_is_refused_and_says_what_could(rigged: bytes) -> None:
    asked = {"platform": "unity", "lods": False, "morph_targets": False, "budget": {"bytes": 50_000}}
    with pytest.raises(ExportRefused, match="bytes in the main file") as refusal:
        process("figure.glb", rigged, asked)
    assert [f["rule"] for f in refusal.value.findings if f["severity"] == "error"] == ["budget/file-size"]
    assert refusal.value.suggestions[0].title.startswith("Allow ")


def test_budgets_come_as_json_text_from_forms_and_as_words_from_the_command_line() -> None:
    assert parse({"budget": '{"bones": 75}'}).budget.stated() == {"bones": 75}
    assert budget_of(["bones=75", "bytes=2000000"]) == {"bones": 75, "bytes": 2_000_000}
    for wrong in ({"budget": "{"}, {"budget": {"bones": 3}}, {"budget": {"cubes": 3}}):
        with pytest.raises(RecipeError, match="budget"):
            parse(wrong)
    with pytest.raises(RecipeError, match="NAME=NUMBER"):
        budget_of(["bones=many"])
