"""The engine's entrances as the local mode uses them: (answer, {name: bytes}) each."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .. import process as meshes
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
    result = meshes.process(path.name, path.read_bytes(), options, on_step=_steps(report), read=read_safely)
    return dict(result.answer), result.files


def validate(path: Path, platform: str, report: Report) -> Outcome:
    """What is wrong with a file. Raises FoundryError."""
    found = meshes.validate(path.name, path.read_bytes(), platform, on_step=_steps(report), read=read_safely)
    return dict(found), {}


def _steps(report: Report) -> Callable[[float, Stage], None]:
    return lambda fraction, stage: report(fraction, stage.title)
