"""The engine's entrances as the local mode uses them: (answer, {name: bytes}) each."""

import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..build import build
from ..formats.readers.sandbox import read_safely
from ..pipeline import Stage

Report = Callable[[float, str], None]
Outcome = tuple[dict[str, Any], Mapping[str, bytes]]


def generate(recipe: Mapping[str, Any], report: Report) -> Outcome:
    """Make an avatar. Raises FoundryError."""
    result = build(recipe, on_step=_steps(report))
    return dict(result.answer), result.files


def process(path: Path, options: Mapping[str, Any], report: Report) -> Outcome:
    """Make an avatar of a file, which is read in a process without rights. Raises FoundryError."""
    if find_spec("avatar_foundry.process") is None:
        return _task("process", path, options, report)
    run = import_module("avatar_foundry.process").process
    result = run(path.name, path.read_bytes(), options, on_step=_steps(report), read=read_safely)
    return dict(result.answer), result.files


def validate(path: Path, platform: str, report: Report) -> Outcome:
    """What is wrong with a file. Raises FoundryError."""
    if find_spec("avatar_foundry.process") is None:
        return _task("validate", path, {"platform": platform}, report)
    run = import_module("avatar_foundry.process").validate
    return dict(run(path.name, path.read_bytes(), platform, on_step=_steps(report), read=read_safely)), {}


def _steps(report: Report) -> Callable[[float, Stage], None]:
    return lambda fraction, stage: report(fraction, stage.title)


def _task(task: str, path: Path, options: Mapping[str, Any], report: Report) -> Outcome:
    """A task of the service, with a store of its own."""
    from ..service.jobs.tasks import TASKS
    from ..service.store import Store

    with tempfile.TemporaryDirectory(prefix="avatar-foundry-") as folder:
        store = Store("", Path(folder))
        with path.open("rb") as file:
            sha256, size = store.put_file(file)
        given = {**options, "sha256": sha256, "size": size, "name": path.stem[:64]}
        answer = TASKS[task](given, store, lambda progress, stage, title: report(progress, title))
        return answer, {f["name"]: store.get(f["sha256"]) for f in answer.get("files", ())}
