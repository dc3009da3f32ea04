"""The commands, and what every command shares: errors, exit codes, --json.

Exit codes: 0 done, 2 the request or the file is wrong, 3 it is no figure, its skeleton is
unsure or the platform's rules refuse it, 1 our fault.
With --json, standard output holds only the answer or the error object.
"""

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import __version__
from ..errors import FoundryError
from ..wire import error_body, kind_of
from . import keys as key_commands
from . import pack as pack_commands

app = typer.Typer(
    name="avatar-foundry",
    help="From a few words to a complete game character.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(pack_commands.app, name="pack")
app.add_typer(key_commands.app, name="keys")
AsJson = Annotated[bool, typer.Option("--json", help="print the answer (or the error) as JSON, nothing else")]
Animations = Annotated[str | None, typer.Option(help="clips to write: 'idle,walk', or 'all'")]
RootMotion = Annotated[bool | None, typer.Option("--root-motion", help="clips move the root over the ground")]


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def failing_well(as_json: bool) -> Iterator[None]:
    """Turn the foundry's errors into words (or JSON) and exit codes."""
    try:
        yield
    except FoundryError as error:
        body = error_body(error)
        if kind_of(error).code == "INTERNAL":  # the command line has no other log
            traceback.print_exception(error)
        if as_json:
            print_json(body)
        else:
            typer.secho(f"{body['error']}: {body['detail']}", fg="red", err=True)
            for suggestion in body["suggestions"]:
                how = f" (--fix {suggestion['action']})" if suggestion["action"] else ""
                typer.echo(f"  - {suggestion['title']}: {suggestion['description']}{how}", err=True)
            if hint := body.get("hint"):
                typer.echo(f"  {hint}", err=True)
        raise typer.Exit(kind_of(error).exit) from None


@app.command()
def generate(
    preset: Annotated[str | None, typer.Option(help="a preset's id; see `presets`")] = None,
    prompt: Annotated[str | None, typer.Option(help="a few words: 'slim female elf'")] = None,
    platform: Annotated[str | None, typer.Option(help="the engine to write for; see `platforms`")] = None,
    out: Annotated[Path, typer.Option(help="the folder to write into")] = Path("out"),
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="any recipe field: body.height=1.9")
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="a recipe as a JSON file, '-' for standard input")] = None,
    morph_targets: Annotated[bool | None, typer.Option("--morph-targets/--no-morph-targets")] = None,
    lods: Annotated[bool | None, typer.Option("--lods/--no-lods")] = None,
    no_face: Annotated[bool | None, typer.Option("--no-face", help="no shapes, no weights on eyes and jaw")] = None,
    seed: Annotated[int | None, typer.Option(help="varies the face")] = None,
    animations: Animations = None,
    root_motion: RootMotion = None,
    as_json: AsJson = False,
) -> None:
    """Make an avatar and write its files."""
    from .generate import assemble, make
    from .made import print_made

    flags: dict[str, Any] = {"morph_targets": morph_targets, "lods": lods, "no_face": no_face, "seed": seed}
    flags |= {"animations": animations, "root_motion": root_motion}
    with failing_well(as_json):
        data = assemble(recipe, {"preset": preset, "prompt": prompt, "platform": platform, **flags}, settings or [])
        answer = make(data, out, quiet=as_json)
        if as_json:
            print_json(answer)
        else:
            print_made(answer, out)


@app.command()
def process(
    file: Path,
    platform: Annotated[str | None, typer.Option(help="the engine to write for; see `platforms`")] = None,
    out: Annotated[Path, typer.Option(help="the folder to write into")] = Path("out"),
    auto_fix: Annotated[bool | None, typer.Option("--auto-fix/--no-auto-fix")] = None,
    fix: Annotated[list[str] | None, typer.Option(help="run these fixes instead; 'none' for none")] = None,
    hint: Annotated[
        list[str] | None,
        typer.Option(metavar="JOINT=X,Y,Z", help="where a joint is, in the file's space: leftHand=0.7,1.4,0"),
    ] = None,
    pose: Annotated[str | None, typer.Option(help="T, A or keep")] = None,
    morph_targets: Annotated[bool | None, typer.Option("--morph-targets/--no-morph-targets")] = None,
    lods: Annotated[bool | None, typer.Option("--lods/--no-lods")] = None,
    no_face: Annotated[bool | None, typer.Option("--no-face", help="make no expressions")] = None,
    triangles: Annotated[int | None, typer.Option(help="most triangles; 0 for no limit")] = None,
    skeleton: Annotated[str | None, typer.Option(help="full, no_twists, mittens, no_fingers or minimal")] = None,
    budget: Annotated[
        list[str] | None, typer.Option(metavar="NAME=NUMBER", help="a number to meet: bones=75; see docs/budgets.md")
    ] = None,
    min_confidence: Annotated[float | None, typer.Option(help="use a skeleton found with at least this")] = None,
    animations: Animations = None,
    root_motion: RootMotion = None,
    as_json: AsJson = False,
) -> None:
    """Make a working avatar of a mesh: check, mend, rig, skin, write."""
    from .made import print_made
    from .process import as_options, budget_of, make

    flags: dict[str, Any] = {"platform": platform, "auto_fix": auto_fix, "pose": pose, "lods": lods}
    flags |= {
        "morph_targets": morph_targets,
        "triangles": triangles,
        "no_face": no_face,
        "min_confidence": min_confidence,
        "skeleton": skeleton,
        "animations": animations,
        "root_motion": root_motion,
    }
    with failing_well(as_json):
        flags["budget"] = budget_of(budget) if budget else None
        answer = make(file, out, as_options(flags, fix or [], hint or []), quiet=as_json)
        if as_json:
            print_json(answer)
        else:
            print_made(answer, out)


@app.command()
def validate(
    file: Path,
    platform: Annotated[str, typer.Option(help="judge it for this engine; see `platforms`")] = "web",
    as_json: AsJson = False,
) -> None:
    """Tell what is wrong with a mesh; nothing is changed."""
    from .process import check, print_findings

    with failing_well(as_json):
        answer = check(file, platform)
        if as_json:
            print_json(answer)
        else:
            print_findings(answer)


@app.command()
def presets(as_json: AsJson = False) -> None:
    """List the presets."""
    from ..presets import load_presets

    table = [{"id": p.id, "title": p.title, "about": p.about, "tags": p.tags} for p in load_presets().values()]
    _list(table, as_json, lambda row: f"{row['id']:<12} {row['about']}")


@app.command()
def platforms(as_json: AsJson = False) -> None:
    """List the platforms."""
    from ..platforms import PLATFORMS

    table = [p.describe() for p in PLATFORMS.values()]
    _list(table, as_json, lambda row: f"{row['id']:<12} {row['title']}")


def _list(table: list[dict[str, Any]], as_json: bool, line: Callable[[dict[str, Any]], str]) -> None:
    if as_json:
        print_json(table)
    else:
        for row in table:
            typer.echo(line(row))


@app.command()
def inspect(file: Path, as_json: AsJson = False) -> None:
    """Tell what a GLB holds: counts, bones, shapes, materials, sizes."""
    from ..formats import inspect_glb
    from .generate import read_file

    with failing_well(as_json):
        account = inspect_glb(read_file(file))
        if as_json:
            print_json(account)
        else:
            for key, value in account.items():
                typer.echo(f"{key}: {json.dumps(value, ensure_ascii=False)[:400]}")


@app.command()
def render(
    file: Path,
    output: Annotated[Path, typer.Option("--output", "-o", help="the PNG to write")] = Path("sheet.png"),
    views: Annotated[str, typer.Option(help="comma list: front, side, back, face, face34, q")] = "front,side,back,face",
    size: Annotated[int, typer.Option(min=64, max=2048, help="pixels per view")] = 640,
    pose: Annotated[str | None, typer.Option(help="one of the twelve test poses")] = None,
    morph: Annotated[list[str] | None, typer.Option(metavar="NAME=WEIGHT", help="shapes to apply")] = None,
    clip: Annotated[str | None, typer.Option(help="one of the file's animations; see `inspect`")] = None,
    time: Annotated[float, typer.Option(min=0.0, help="seconds into the clip")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Draw a GLB as a contact sheet, on the CPU."""
    from .show import draw

    with failing_well(as_json):
        account = draw(file, output, views.split(","), size, pose, morph or [], clip, time)
        if as_json:
            print_json(account)
        else:
            typer.echo(f"{output}  {account['width']} x {account['height']}")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="engine processes; default: one per core")] = None,
) -> None:
    """Serve the API."""
    from ..service import serve as run

    with failing_well(False):
        run(host, port, workers)


@app.command()
def warm() -> None:
    """Make what all avatars share, so that the first request is fast too."""
    from .. import pack
    from ..warm import warm as run

    with failing_well(False), pack.shown() as progress:
        run(progress)


@app.command()
def worker(
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="engine processes; default: one per core")] = None,
) -> None:
    """Take jobs from the queue, beside or instead of the API's own process."""
    from ..service import take_jobs

    with failing_well(False):
        take_jobs(workers)


@app.command()
def mcp(
    root: Annotated[Path, typer.Option(help="the one folder that files are read from and written to")] = Path("."),
    url: Annotated[
        str | None, typer.Option(help="let a service do the work, with the key in AVATAR_FOUNDRY_KEY; else do it here")
    ] = None,
    http: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="serve streamable HTTP there, at /mcp; else stdio")
    ] = None,
) -> None:
    """Serve tools for assistants (Model Context Protocol)."""
    from .mcp import serve as run

    with failing_well(False):
        run(root, url, http)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Entry point of the `avatar-foundry` command."""
    app()
