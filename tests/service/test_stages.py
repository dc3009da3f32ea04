"""Every stage of the engine is told on the wire by one of the names that the API promises."""

import ast
from collections.abc import Iterator
from pathlib import Path

import avatar_foundry
from avatar_foundry.service.jobs.child import STAGES

SOURCES = Path(avatar_foundry.__file__).parent


def wire_names() -> Iterator[tuple[str, str]]:
    """(where, name) of `@stage("name", ...)`, `Stage(id, title, "name", ...)` and `report(share, "name", ...)`."""
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            place = {"stage": 0, "Stage": 2, "report": 1}.get(node.func.id)
            if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                yield f"{path.relative_to(SOURCES)}:{node.lineno}", str(ast.literal_eval(node.args[place]))


def test_every_stage_has_its_name_on_the_wire() -> None:
    found = list(wire_names())
    assert len(found) > 25
    assert [(where, name) for where, name in found if name not in STAGES] == []


def test_the_names_are_those_of_the_contract_in_order() -> None:
    words = (
        "queued reading checking repairing body dressing rigging skinning face lods texturing exporting export_ready"
    )
    assert list(STAGES) == words.split()
