"""Rows of an earlier run, so that one that was broken off goes on, and what was wrong is tried again."""

import json
from collections.abc import Sequence
from pathlib import Path

from .outcome import Outcome
from .run import Row


def save(path: Path, rows: Sequence[Row], versions: dict[str, str]) -> None:
    """Write rows and the engines' versions."""
    told = [
        {**vars(r), "outcomes": {title: list(o) for title, o in r.outcomes.items()}, "refused": list(r.refused)}
        for r in rows
    ]
    path.write_text(json.dumps({"versions": versions, "rows": told}, indent=1), encoding="utf-8")


def load(path: Path) -> tuple[list[Row], dict[str, str]]:
    """The rows without a problem, and the versions."""
    if not path.exists():
        return [], {}
    told = json.loads(path.read_text(encoding="utf-8"))
    rows = [
        Row(
            r["platform"],
            r["preset"],
            r["pose"],
            {title: Outcome(cell, tuple(problems)) for title, (cell, problems) in r["outcomes"].items()},
            tuple(r["refused"]),
            r["failed"],
        )
        for r in told["rows"]
    ]
    return [r for r in rows if not r.problems], told["versions"]
