"""`generate`: flags and files -> a recipe -> files in a folder, all of them or none."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..build import Result, build
from ..errors import RecipeError, SourceError, Suggestion
from ..pipeline import OnStep, Stage, ignore_step

LARGEST = 1 << 30  # bytes of a file that `inspect` and `render` read


def assemble(source: Path | None, flags: Mapping[str, Any], settings: list[str]) -> dict[str, Any]:
    """One recipe from a JSON file, then flags, then `--set`; later wins. Raises RecipeError."""
    data: dict[str, Any] = {}
    if source is not None:
        try:
            text = sys.stdin.read() if str(source) == "-" else source.read_text(encoding="utf-8")
            loaded: Any = json.loads(text)
        except (OSError, ValueError, RecursionError) as error:
            raise RecipeError(f"{source}: not a readable JSON file: {error}") from None
        if not isinstance(loaded, dict):
            hint = Suggestion("Send an object", 'For example {"preset": "warrior", "platform": "unity"}', 0.9)
            raise RecipeError(f"{source}: a recipe is a JSON object", suggestions=[hint])
        data = loaded
    given = {k: v for k, v in flags.items() if v is not None}
    data.update(given)
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path:
            hint = Suggestion("Write FIELD=VALUE", "For example --set body.height=1.9", 0.9)
            raise RecipeError(f"--set {setting}: not of the form FIELD=VALUE", suggestions=[hint])
        place: Any = data
        *parents, leaf = path.split(".", 1) if path.startswith("colors.") else path.split(".")
        for key in parents:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise RecipeError(f"--set {setting}: '{key}' holds no fields")
        if path in given and given[path] != _value(text):
            flag = path.replace("_", "-")
            way = Suggestion("Leave one of them out", f"Both --{flag} and --set {path} say what {path} is.", 0.9)
            raise RecipeError(f"--set {setting}: --{flag} says otherwise", pointer=f"/{path}", suggestions=[way])
        place[leaf] = _value(text)
    return data


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def make(data: Mapping[str, Any], out: Path, *, quiet: bool) -> dict[str, Any]:
    """Build and write. Nothing is written unless everything is."""
    result = show_progress(lambda on_step: build(data, on_step=on_step), quiet)
    write_all(result, out)
    return dict(result.answer)


def show_progress(work: Callable[[OnStep], Result], quiet: bool) -> Result:
    """Do the work, with a bar where a person is looking."""
    if quiet or not sys.stderr.isatty():
        return work(ignore_step)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(
        BarColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True
    ) as progress:
        task = progress.add_task("Begin", total=1.0)

        def show(fraction: float, stage: Stage) -> None:
            progress.update(task, completed=fraction, description=stage.title)

        return work(show)


def write_all(result: Result, out: Path) -> None:
    """Write into a temporary folder beside the target, then move file by file. Raises RecipeError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".foundry-") as folder:
            for name, payload in result.files.items():
                (Path(folder) / name).write_bytes(payload)
            for name in result.files:
                os.replace(Path(folder) / name, out / name)
    except OSError as error:
        raise RecipeError(f"cannot write into {out}: {error.strerror or error}") from None


def read_file(file: Path) -> bytes:
    """The bytes of an existing file of bounded size. Raises SourceError."""
    try:
        if (size := file.stat().st_size) > LARGEST:
            raise SourceError(f"{file}: {size:,} bytes is more than is read here ({LARGEST:,})")
        return file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file}: {error.strerror or error}") from None
