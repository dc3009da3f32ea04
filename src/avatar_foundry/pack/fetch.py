"""Have the package managers fetch the source files."""

from pathlib import Path

from ..errors import PackError
from .compiler import Progress
from .sources import Source, is_intact


def fetch(source: Source, folder: Path | None, progress: Progress | None) -> Path:
    """The path of `source`'s verified file."""
    if folder is not None and is_intact(folder / source.filename, source):
        return folder / source.filename
    raise PackError(f"{source.filename} is not there")
