"""`pack`: the data pack's own commands."""

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Build, check and move the data pack.", no_args_is_help=True)


def _guarded() -> Any:
    from .app import failing_well

    return failing_well(False)


@app.command()
def build(
    sources: Annotated[Path | None, typer.Option(help="a folder that already holds the source packages")] = None,
) -> None:
    """Fetch the sources and compile the pack, unless it is there already."""
    from .. import pack

    with _guarded(), pack.shown() as progress:
        path = pack.build(sources=sources, progress=progress)
    typer.echo(str(path))


@app.command()
def info() -> None:
    """Tell what the pack holds."""
    from .. import pack

    with _guarded():
        for key, value in pack.info().items():
            typer.echo(f"{key}: {value}")


@app.command()
def verify() -> None:
    """Read the whole pack and compare it with its hash."""
    from .. import pack

    with _guarded():
        typer.echo(f"sound: {pack.verify()}")


@app.command("export")
def export_(file: Path) -> None:
    """Write the pack to one compressed file, for machines without a network."""
    from .. import pack

    with _guarded(), pack.shown() as progress:
        pack.export(file, progress=progress)
        typer.echo(f"{file}  {file.stat().st_size / 1e6:.1f} MB")


@app.command("import")
def import_(file: Path) -> None:
    """Take over an exported pack."""
    from .. import pack

    with _guarded(), pack.shown() as progress:
        typer.echo(str(pack.import_(file, progress=progress)))
