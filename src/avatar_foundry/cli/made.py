"""What was made, in a few lines: counts, what to know and to do, files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from ..fitting import counted

MOST = 8  # lines of findings
SURE = 0.75  # a skeleton that was found with less is to be looked at
COLORS = {"error": "red", "warning": "yellow"}
# Findings that ask for nothing of whoever made the avatar are "info" too; these ask for a choice on import.
ACT_ON = ("roblox/",)


def print_made(answer: Mapping[str, Any], out: Path) -> None:
    """An answer, generated or processed."""
    source, rig = answer.get("source"), answer.get("rig")
    typer.echo(
        (f"{source['format']}: " if source else "")
        + f"{answer['vertex_count']:,} vertices, {answer['face_count']:,} triangles, "
        + counted(answer["bone_count"], "bone")
        + (f" ({rig['state']}, {rig['confidence']:.0%} sure)" if rig else "")
        + f", {counted(len(answer['morph_names']), 'shape')}"
        + (f", {counted(len(answer['animations']), 'animation')}" if answer["animations"] else "")
    )
    for step in answer["fitted"]:
        typer.echo(f"  {step['budget']} {step['before']:,} -> {step['after']:,}: {step['how']}")
    for fix in answer.get("fixes_applied", ()):
        typer.echo(f"  mended: {fix['words']}")
    for note in notes_of(answer):
        typer.echo(f"  note: {note}")
    lines = list(dict.fromkeys(findings_of(answer)))
    for severity, text in lines[:MOST]:
        typer.secho(f"  {severity}: {text}", fg=COLORS.get(severity))
    if len(lines) > MOST:
        typer.echo(f"  ... {len(lines) - MOST} more, --json has all")
    for file in answer["files"]:
        typer.echo(f"  {out / file['name']}  {sized(file['size'])}")
    if ignored := answer.get("interpretation", {}).get("ignored"):
        typer.echo(f"  not understood: {', '.join(ignored)}")


def notes_of(answer: Mapping[str, Any]) -> list[str]:
    """What was changed and why."""
    face = answer.get("face") or {}
    said = [*answer.get("notes", ()), *answer.get("interpretation", {}).get("notes", ())]
    return [*said, *(answer.get("source") or {}).get("notes", ()), *([face["reason"]] if face.get("reason") else [])]


def findings_of(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(severity, words) of what has to be known or done, gravest first."""
    rig = answer.get("rig")
    if rig and rig["confidence"] < SURE:
        way = "look at it in motion; --hint JOINT=X,Y,Z says where a joint is"
        yield "warning", f"rig: the skeleton is only {rig['confidence']:.0%} sure: {way}"
    found = answer["validation"]["findings"]
    for severity in ("error", "warning", "info"):
        for f in found:
            if f["severity"] == severity and (severity != "info" or f["rule"].startswith(ACT_ON)):
                yield severity, f"{f['rule']}: {f['message']}"


def sized(size: int) -> str:
    """ "1.75 MB", "4.2 kB"."""
    return f"{size / 1e6:.2f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"
