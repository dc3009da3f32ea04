"""What others rely on: the public names, the import law, the error table."""

import ast
import re
from pathlib import Path

import pytest

import avatar_foundry
from avatar_foundry import errors, wire

PACKAGE = Path(avatar_foundry.__file__).parent
# A module may import modules of its own rank or below. Lower may not import higher.
RANKS = {
    **dict.fromkeys(("_version", "errors", "humanoid", "pack", "geometry", "cache"), 0),
    "avatar": 1,
    **dict.fromkeys(("body", "wardrobe", "face", "rig", "paint"), 2),
    **dict.fromkeys(("lod", "pipeline", "autorig", "repair", "facefit", "fitting", "motion"), 3),
    **dict.fromkeys(("roblox", "stages"), 4),
    **dict.fromkeys(("rules", "formats", "render"), 5),
    "platforms": 6,
    **dict.fromkeys(("budgets", "explain", "recipe", "presets", "credits"), 7),
    "prompt": 8,
    "resolve": 9,
    **dict.fromkeys(("plan", "account", "build", "process", "wire", "warm"), 10),
    **dict.fromkeys(("cli", "mcp", "service"), 11),
    "client": 0,
}


def imports(path: Path) -> set[str]:
    """Top-level modules of the package that `path` imports, type-checking imports included."""
    found = set()
    depth = len(path.relative_to(PACKAGE).parts) - 1
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == depth + 1:
            found.update([node.module.split(".")[0]] if node.module else [a.name for a in node.names])
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").startswith("avatar_foundry"):
            found.add((node.module or "").split(".")[1] if "." in (node.module or "") else "")
    return found - {"", "__version__"}


@pytest.mark.parametrize("module", sorted(RANKS))
def test_lower_modules_do_not_import_higher_ones(module: str) -> None:
    paths = [PACKAGE / f"{module}.py", *(PACKAGE / module).rglob("*.py")]
    for path in (p for p in paths if p.exists()):
        for other in imports(path):
            assert RANKS[other] <= RANKS[module], f"{path.name} imports {other}"


def test_every_module_has_a_rank() -> None:
    there = {p.stem for p in PACKAGE.glob("*.py")} | {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists()}
    assert there - set(RANKS) == {"__init__"}


def test_public_names_are_sorted_and_importable() -> None:
    names = avatar_foundry.__all__
    assert len(names) <= 30
    constants = [n for n in names if n.isupper()]
    assert names == [*sorted(constants), *sorted(n for n in names if n not in constants)]
    for name in names:
        assert getattr(avatar_foundry, name) is not None


def test_every_error_has_a_kind() -> None:
    tree = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.FoundryError)]
    assert set(tree) == set(wire.KINDS)
    for kind in wire.KINDS.values():
        assert re.fullmatch(r"[A-Z_]+", kind.code)
        assert kind.exit in (1, 2, 3)


def test_internal_errors_say_nothing_of_the_inside() -> None:
    body = wire.error_body(errors.StageFailed("cannot open /secret/place", stage="make_body"))
    assert "secret" not in str(body)
    assert body["error_code"] == "INTERNAL"
