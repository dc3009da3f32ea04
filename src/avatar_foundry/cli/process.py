"""`process` and `validate`: an uploaded mesh from the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from ..account import Result
from ..errors import RecipeError, RigUncertain
from ..formats.readers.sandbox import read_safely
from ..process import process, validate
from .generate import read_file, show_progress, write_all


def hints_of(texts: list[str]) -> dict[str, list[float]]:
    """{joint: [x, y, z]} from JOINT=X,Y,Z. Raises RecipeError."""
    out = {}
    for text in texts:
        name, _, numbers = text.partition("=")
        try:
            place = [float(n) for n in numbers.split(",")]
        except ValueError:
            place = []
        if len(place) != 3:
            raise RecipeError(f"--hint {text}: not of the form JOINT=X,Y,Z", pointer="/hints")
        out[name] = place
    return out


def budget_of(texts: list[str]) -> dict[str, int]:
    """{name: number} from NAME=NUMBER. Raises RecipeError."""
    out = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            out[name] = int(number)
        except ValueError:
            raise RecipeError(f"--budget {text}: not of the form NAME=NUMBER", pointer="/budget") from None
    return out


def make(file: Path, out: Path, options: Mapping[str, Any], *, quiet: bool) -> dict[str, Any]:
    """Process and write. Nothing is written unless everything is; of an uncertain rig a picture is."""
    data = read_file(file)
    try:
        result: Result = show_progress(
            lambda on_step: process(file.name, data, options, on_step=on_step, read=read_safely), quiet
        )
    except RigUncertain as error:
        if error.picture:
            out.mkdir(parents=True, exist_ok=True)
            place = out / f"{file.stem}_uncertain.png"
            place.write_bytes(error.picture)
            error.hint = f"{place} shows what was found; name joints with --hint, or lower --min-confidence."
        raise
    write_all(result, out)
    return dict(result.answer)


def check(file: Path, platform: str) -> dict[str, Any]:
    """What is wrong with a file."""
    return validate(file.name, read_file(file), platform, read=read_safely)


def print_made(answer: Mapping[str, Any], out: Path) -> None:
    """An answer in a few lines."""
    rig, face = answer["rig"], answer["face"]
    typer.echo(
        f"{answer['source']['format']}: {answer['vertex_count']:,} vertices, {answer['face_count']:,} triangles, "
        f"{answer['bone_count']} bones ({rig['state']}, {rig['confidence']:.0%} sure), "
        f"{len(answer['morph_names'])} shapes, {len(answer['animations'])} animations"
    )
    for step in answer["fitted"]:
        typer.echo(f"  {step['budget']} {step['before']:,} -> {step['after']:,}: {step['how']}")
    for fix in answer["fixes_applied"]:
        typer.echo(f"  mended: {fix['words']}")
    for note in [*answer["notes"], *answer["source"]["notes"], *([face["reason"]] if face.get("reason") else [])]:
        typer.echo(f"  note: {note}")
    for file in answer["files"]:
        typer.echo(f"  {out / file['name']}  {file['size'] / 1e6:.2f} MB")


def print_findings(answer: Mapping[str, Any]) -> None:
    """Findings, gravest first."""
    source = answer["source"]
    typer.echo(f"{source['format']}: {source.get('vertices', 0):,} vertices, {source.get('triangles', 0):,} triangles")
    grave = ("error", "warning", "info", "hint")
    for found in sorted(answer["findings"], key=lambda f: grave.index(f["severity"])):
        color = {"error": "red", "warning": "yellow"}.get(found["severity"])
        typer.secho(f"{found['severity']:<8}{found['rule']:<28}{found['message']}", fg=color)
        if suggestion := found.get("suggestion"):
            typer.echo(f"        {suggestion['title']}: {suggestion['description']}")


def as_options(values: Mapping[str, Any], fixes: list[str], hints: list[str]) -> dict[str, Any]:
    """Flags that were given, as `process` takes them."""
    out = {k: v for k, v in values.items() if v is not None}
    if fixes:
        out["fixes"] = [] if fixes == ["none"] else fixes
    if hints:
        out["hints"] = hints_of(hints)
    return out


__all__ = ["as_options", "budget_of", "check", "make", "print_findings", "print_made"]
