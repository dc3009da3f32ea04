"""`process` and `validate`: an uploaded mesh from the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from ..account import Result
from ..errors import RecipeError, RigUncertain, Suggestion
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
            way = Suggestion(
                "Write NAME=NUMBER", f"Such as --budget {_example(name)}; docs/budgets.md has the names.", 0.9
            )
            raise RecipeError(
                f"--budget {text}: not of the form NAME=NUMBER", pointer="/budget", suggestions=[way]
            ) from None
    return out


def _example(name: str) -> str:
    examples = {"bones": 75, "materials": 1, "draw_calls": 2, "influences": 4, "morphs": 20, "texture": 1024}
    examples |= {"texture_memory": 8_000_000, "bytes": 2_000_000}
    return f"{name}={examples[name]}" if name in examples else "triangles=15000"


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


__all__ = ["as_options", "budget_of", "check", "make", "print_findings"]
