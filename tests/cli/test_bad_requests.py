"""Bad input: the error shape, a suggestion that helps, exit code 2, nothing written."""

import json

import pytest

BAD = {
    "unknown preset": (["--preset", "warior"], "/preset", "warrior"),
    "unknown platform": (["--platform", "unty"], "/platform", "unity"),
    "unknown item": (["--set", 'outfit=["sneekers"]'], "/outfit", "sneakers"),
    "unknown field": (["--set", "body.hight=1.8"], "/body/hight", "height"),
    "unknown top field": (["--set", "promt=elf"], "/promt", "prompt"),
    "hair in the wrong slot": (["--set", "hair.style=sneakers"], "/hair/style", "afro"),
    "parameter too large": (["--set", "body.height=9"], "/body/height", "2.6"),
    "parameter too small": (["--set", "body.age=0"], "/body/age", "1"),
    "not a number": (["--set", "body.height=NaN"], "/body/height", ""),
    "infinite": (["--set", "body.age=Infinity"], "/body/age", ""),
    "wrong type": (["--set", "body.height=tall"], "/body/height", "float"),
    "list for a number": (["--set", "body.height=[1]"], "/body/height", "float"),
    "text for a switch": (["--set", "lods=maybe"], "/lods", "bool"),
    "text for a section": (["--set", "body=fat"], "/body", ""),
    "empty preset": (["--preset", ""], "/preset", "Leave the field out"),
    "empty prompt": (["--prompt", "  "], "/prompt", "Leave the field out"),
    "megabyte of prompt": (["--prompt", "tall " * 209_716], "/prompt", "2000"),
    "nothing but emoji": (["--prompt", "🙂🧙‍♂️"], "/prompt", "Leave the field out"),
    "control characters": (["--prompt", "tall\x00\x07 man"], "/prompt", "Remove the control characters"),
    "escape sequence": (["--set", 'name="\\u001b[31mred"'], "/name", "Remove the control characters"),
    "negative seed": (["--seed", "-1"], "/seed", "0"),
    "odd texture size": (["--set", "texture_size=1000"], "/texture_size", "1024"),
    "draco": (["--set", "compression=draco"], "/compression", "meshopt"),
    "text for a budget": (["--set", "budget={triangles: 5000}"], "/budget", '{\\"triangles\\": 5000}'),
    "an object for a list": (["--set", 'formats={"a": 1}'], "/formats", '[\\"fbx\\"]'),
    "a format that the platform has not": (["--platform", "godot", "--set", "formats=fbx"], "/formats", "glb, report"),
    "a compression that it has not": (
        ["--platform", "ar", "--set", "compression=meshopt"],
        "/compression",
        "none, draco",
    ),
    "a shading that it has not": (["--set", "shading=mtoon"], "/shading", "pbr"),
    "two words on clips": (["--animations", "walk", "--set", 'animations=["run"]'], "/animations", "Leave one of them"),
    "bad colour": (["--set", "colors.eyes=octarine"], "/colors/eyes", ""),
    "colour of a thing that is not there": (["--set", "colors.wings=#ff0000"], "/colors/wings", ""),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_requests_get_the_error_shape_and_leave_nothing(case, foundry, tmp_path):
    arguments, pointer, cure = BAD[case]
    out = tmp_path / "out"
    told = foundry("generate", *arguments, "--out", str(out), "--json")
    assert told.code == 2
    body = told.error("VALIDATION_ERROR")
    assert len(told.out) < 20_000
    said = json.dumps([body["suggestions"], body.get("hint", "")])
    assert cure in said
    assert body["suggestions"] or body.get("hint"), "nothing that helps"
    assert pointer in [i["pointer"] for i in body["issues"]] or pointer in body["detail"]
    assert not out.exists()


BAD_PROCESS = {
    "a budget without a number": (["--budget", "triangles"], "/budget", "triangles=15000"),
    "a budget that is no number": (["--budget", "bones=abc"], "/budget", "bones=75"),
    "a budget of no name": (["--budget", "bone=30"], "/budget/bone", "Use 'bones'"),
    "too few bones": (["--budget", "bones=3"], "/budget/bones", "Use 19"),
    "too few triangles": (["--budget", "triangles=100"], "/budget/triangles", "Use 500"),
    "no level of the skeleton": (["--skeleton", "tiny"], "/skeleton", "no_fingers"),
    "no fix": (["--fix", "nosuch"], "/fixes", "weld"),
    "nearly a fix": (["--fix", "wled"], "/fixes", "Use 'weld'"),
    "no platform": (["--platform", "nix"], "/platform", "godot, mixamo"),
}


@pytest.mark.parametrize("case", BAD_PROCESS)
@pytest.mark.parametrize("json_too", [True, False])
def test_processing_is_refused_in_the_same_words(case, json_too, foundry, tmp_path):
    arguments, pointer, cure = BAD_PROCESS[case]
    (file := tmp_path / "figure.glb").write_bytes(b"never read")
    told = foundry("process", str(file), *arguments, "--out", str(tmp_path / "out"), *(["--json"] if json_too else []))
    assert told.code == 2
    if json_too:
        body = told.error("VALIDATION_ERROR")
        assert cure in json.dumps(body["suggestions"])
        assert pointer in [i["pointer"] for i in body["issues"]]
    else:
        assert cure in told.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "word"),
    [("", "JSON"), ("{", "JSON"), ("[]", "object"), ('"warrior"', "object"), ("null", "object"), ("\x00", "JSON")],
)
def test_recipes_that_are_no_json_objects_are_refused(text, word, foundry, tmp_path):
    told = foundry("generate", "--recipe", "-", "--out", str(tmp_path / "out"), "--json", stdin=text)
    assert told.code == 2
    assert word in told.error("VALIDATION_ERROR")["detail"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("setting", ["body.height", "=3", "body.height.x=3", "seed.a=1"])
def test_settings_of_no_form_are_refused(setting, foundry, tmp_path):
    told = foundry("generate", "--seed", "3", "--set", setting, "--out", str(tmp_path / "out"), "--json")
    assert told.code == 2
    told.error("VALIDATION_ERROR")


def test_without_json_the_words_go_to_standard_error(foundry, tmp_path):
    told = foundry("generate", "--preset", "warior", "--out", str(tmp_path / "out"))
    assert (told.code, told.out) == (2, "")
    assert "Use 'warrior'" in told.err


def test_deep_json_is_refused(foundry, tmp_path):
    told = foundry("generate", "--recipe", "-", "--out", str(tmp_path / "out"), "--json", stdin="[" * 100_000)
    assert told.code == 2
    told.error("VALIDATION_ERROR")
