"""One folder, and nothing outside it."""

from pathlib import Path

from ..errors import RecipeError, SourceError, Suggestion

LARGEST = 512 << 20


class Root:
    """Paths that callers give, resolved inside `folder`: relative to it, or absolute and within it.

    Symbolic links are followed before the comparison, so none leads out. Errors never tell what lies outside.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve(strict=True)
        if not self.folder.is_dir():
            raise NotADirectoryError(str(folder))

    def place(self, text: str, pointer: str) -> Path:
        """The real path. Raises RecipeError for one outside the folder."""
        if "\0" not in text and len(text) <= 4096:
            try:
                found = (self.folder / text).resolve()
            except (OSError, RuntimeError, ValueError):  # a loop of links, a name that no file can have
                found = None
            if found is not None and found.is_relative_to(self.folder):
                return found
        hint = Suggestion("Use a path inside the folder", "Relative paths begin at the server's root folder.", 0.9)
        raise RecipeError(f"{pointer}: the path lies outside the root folder", pointer=pointer, suggestions=[hint])

    def file(self, text: str, pointer: str = "/file") -> Path:
        """An existing file of bounded size. Raises RecipeError, SourceError."""
        path = self.place(text, pointer)
        try:
            if not path.is_file():
                raise SourceError(f"{pointer}: there is no file '{self.name(path)}'", pointer=pointer)
            if path.stat().st_size > LARGEST:
                raise SourceError(f"{pointer}: the file is larger than {LARGEST >> 20} MiB", pointer=pointer)
        except OSError as error:
            raise SourceError(f"{pointer}: {error.strerror}", pointer=pointer) from None
        return path

    def output(self, text: str, pointer: str = "/folder") -> Path:
        """A folder to write into, made when it is not there. Raises RecipeError."""
        path = self.place(text, pointer)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecipeError(f"{pointer}: {error.strerror}", pointer=pointer) from None
        return path

    def name(self, path: Path) -> str:
        """The path as callers know it."""
        return path.relative_to(self.folder).as_posix()

    def write(self, folder: Path, name: str, data: bytes) -> str:
        """Write a file whose name comes from the engine or a service; returns its path below the root."""
        if Path(name).name != name or name in ("", ".", "..") or "\\" in name or "\0" in name:
            raise RecipeError("a file's name that is not one was refused")
        part = folder / f".{name}.part"
        try:
            part.unlink(missing_ok=True)
            with part.open("xb") as out:  # never through a link that somebody put there
                out.write(data)
            part.replace(folder / name)
        except OSError as error:
            raise RecipeError(f"cannot write {name}: {error.strerror}") from None
        return self.name(folder / name)
