"""The rows as a page of the documentation: no dates and no times, so the same results give the same bytes."""

import re
from collections.abc import Mapping, Sequence

from .outcome import Check
from .run import Row

DISTANCE = re.compile(r"\d+\.\d{4}|inf")
HEAD = """# Outside checks

Written by `make test-engines` (`scripts/test-engines --write`). Every platform writes four presets in T- and A-pose in
all its formats, and other programs read them. Distances are in millimetres: the coordinate that lies farthest from our
own evaluation, over rest, three poses (arms up, squat, head turned) and three expressions, in three.js and Babylon.js
over every shape too; above 0.1 mm counts as wrong.

- **own rules**: the platform's rules ([rules.md](rules.md)); an error refuses the export.
- **Khronos**: the glTF validator without errors or warnings, but those warnings that VRM itself brings: it forbids
  tangents, and VRM 0.x has an extension without a prefix.
- **three-vrm**: all VRMs of a row; bones and expressions all move something, springs swing and come to rest.
- **engine's rules**: checkers that read nothing but the file: mapping by names, pose, budgets, ranks, ARKit's rules.

"""


def page(rows: Sequence[Row], columns: Sequence[Check], versions: Mapping[str, str]) -> str:
    """Markdown. versions: of the engines, by the titles of their columns."""
    used = [c for c in columns if any(c.title in r.outcomes for r in rows)]
    lines = [HEAD.rstrip("\n"), "", f"Engines: {', '.join(f'{title} {v}' for title, v in versions.items())}.", ""]
    lines.append("| platform | preset | pose | " + " | ".join(c.title for c in used) + " |")
    lines.append("|---" * (3 + len(used)) + "|")
    if told := worst(rows, used):
        lines[-2:-2] = [f"Worst of all rows, mm: {told}.", ""]
    ordered = sorted(rows, key=lambda r: (r.platform, r.preset, r.pose != "T"))
    lines += ["| " + " | ".join((r.platform, r.preset, r.pose, *cells(r, used))) + " |" for r in ordered]
    if wrong := [(r, p) for r in rows for p in r.problems]:
        lines += ["", "## What is wrong", ""]
        lines += [f"- {r.platform}, {r.preset}, {r.pose}: {p}" for r, p in wrong]
    return "\n".join(lines) + "\n"


def worst(rows: Sequence[Row], columns: Sequence[Check]) -> str:
    """The largest figure of every column that holds distances alone."""
    out = []
    for column in columns:
        held = [r.outcomes[column.title].cell for r in rows if column.title in r.outcomes]
        if held and all(DISTANCE.fullmatch(cell) for cell in held):
            out.append(f"{column.title} {max(held, key=float)}")
    return ", ".join(out)


def cells(row: Row, columns: Sequence[Check]) -> list[str]:
    """One row's cells; a refusal stands in the first."""
    if row.refused:
        word = "refused as documented" if row.as_documented else "refused"
        return [f"{word}: {', '.join(row.refused)}", *[""] * (len(columns) - 1)]
    if row.failed:
        return ["not built", *[""] * (len(columns) - 1)]
    out = []
    for column in columns:
        outcome = row.outcomes.get(column.title)
        out.append("" if outcome is None else outcome.cell + (" **wrong**" if outcome.problems else ""))
    return out
