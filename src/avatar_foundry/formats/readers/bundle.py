"""The files of one upload: a lone file, or a zip that is not trusted. Everything a model refers to is looked up here.

No name in a zip ever becomes a path on a disk, and nothing outside the upload can be reached.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from ...errors import SourceError
from .sniff import SUFFIXES, suffix

MAX_FILES = 2000
MAX_UNPACKED = 768 << 20  # bytes of all members together
MAX_RATIO = 400  # unpacked to packed, for members above RATIO_FROM bytes
RATIO_FROM = 16 << 20
MAX_DIRECTORY = MAX_FILES * 400
END = struct.Struct("<4s4H2LH")
# the better a format keeps a character, the earlier it stands
ORDER = ("vrm", "glb", "gltf", "fbx", "usd", "dae", "obj", "ply", "stl")


class Bundle:
    """Files by name. Members of a zip are unpacked when they are asked for."""

    def __init__(self, name: str, data: bytes, archive: zipfile.ZipFile | None = None) -> None:
        self.name, self.data = name, data
        self._archive = archive
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._folded: dict[str, str] = {}
        self._opened: dict[str, bytes] = {}
        if archive is not None:
            self._check(archive)

    def _check(self, archive: zipfile.ZipFile) -> None:
        total = 0
        for entry in archive.infolist():
            name = safe_name(entry)
            if entry.is_dir():
                continue
            if entry.flag_bits & 0x1:
                raise SourceError("The zip is encrypted", hint="Upload it without a password.")
            total += entry.file_size
            if entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
                raise SourceError(f"The zip's file {name} unpacks to {entry.file_size} bytes, which is not believable")
            if total > MAX_UNPACKED:
                raise SourceError(f"The zip unpacks to more than {MAX_UNPACKED >> 20} MB")
            if name.casefold() in self._folded:
                raise SourceError(f"The zip holds two files called {name}", hint="Names may not differ in case alone.")
            self._folded[name.casefold()] = name
            self._entries[name] = entry

    def names(self) -> Iterator[str]:
        """The files' names, without those that systems leave in archives."""
        for name in self._entries:
            parts = PurePosixPath(name).parts
            if "__MACOSX" not in parts and not parts[-1].startswith("."):
                yield name

    def size_of(self, name: str) -> int:
        """A member's size in bytes."""
        return self._entries[name].file_size

    def open(self, name: str) -> bytes:
        """A member's bytes."""
        if name not in self._opened:
            assert self._archive is not None
            entry = self._entries[name]
            try:
                with self._archive.open(entry) as file:
                    data = file.read(entry.file_size + 1)
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
                raise SourceError(f"The zip's file {name} cannot be unpacked", hint="Pack it again.") from error
            if len(data) != entry.file_size:
                raise SourceError(f"The zip's file {name} is not as long as the zip says")
            self._opened[name] = data
        return self._opened[name]

    def find(self, reference: Any) -> tuple[str, bytes] | None:
        """(name, bytes) of the file that the model calls `reference`: beside the model, else anywhere by file name.

        References are often absolute paths of another machine: then only the file name counts.
        """
        if not isinstance(reference, str) or not reference or len(reference) > 2000 or "\0" in reference:
            return None
        for text in dict.fromkeys((reference, unquote(reference))):
            path = PurePosixPath(text.replace("\\", "/").removeprefix("file://"))
            near = join(PurePosixPath(self.name).parent, path)
            if near and near.casefold() in self._folded:
                name = self._folded[near.casefold()]
                return name, self.open(name)
            base = path.name.casefold()
            same = [n for n in self._entries if base and PurePosixPath(n).name.casefold() == base]
            if same:
                name = min(same, key=lambda n: (n.count("/"), n))
                return name, self.open(name)
        return None


def join(folder: PurePosixPath, path: PurePosixPath) -> str:
    """`path` seen from `folder`, or "" when it leads out of the upload."""
    if path.is_absolute():
        return ""
    parts: list[str] = []
    for part in (*folder.parts, *path.parts):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def safe_name(entry: zipfile.ZipInfo) -> str:
    """A member's name; SourceError for names that try to lead somewhere."""
    name = entry.orig_filename
    shown = "".join(c if c.isprintable() else "?" for c in name)[:80]
    if "\0" in name or not name or len(name) > 500:
        raise SourceError(f"The zip holds a file with an impossible name: {shown}")
    name = name.replace("\\", "/")
    if name.startswith("/") or ":" in name.split("/")[0] or ".." in name.split("/"):
        raise SourceError(f"The zip holds a file that leads out of it: {shown}", hint="Pack the folder again.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise SourceError(f"The zip holds a link: {shown}", hint="Pack the files themselves.")
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def directory(data: bytes) -> None:
    """Check what the end of a zip says about its directory before anyone parses it."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - 65557))
    if at < 0 or at + END.size > len(data):
        raise SourceError("The zip is cut off", hint="Upload it again.")
    _, _, _, here, count, size, offset, _ = END.unpack_from(data, at)
    if 0xFFFF in (here, count) or 0xFFFFFFFF in (size, offset):
        raise SourceError("The zip is of the 64-bit kind, which is not read", hint="Pack fewer or smaller files.")
    if here != count or count > MAX_FILES or size > MAX_DIRECTORY:
        raise SourceError(f"The zip holds more than {MAX_FILES} files, or says so")
    if size + offset > at:
        raise SourceError("The zip is damaged: its directory is not where it says")


def open_zip(name: str, data: bytes) -> Bundle:
    """The files of a zip, every name and size checked."""
    directory(data)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError) as error:
        raise SourceError("The zip cannot be opened", hint="Pack it again.") from error
    return Bundle(name, b"", archive)


def main_model(bundle: Bundle) -> tuple[str, tuple[str, ...]]:
    """(name of the model to read, names of the other models). Raises SourceError when there is none."""
    found = [n for n in bundle.names() if SUFFIXES.get(suffix(n), "zip") != "zip"]
    if not found:
        if any(suffix(n) == "zip" for n in bundle.names()):
            raise SourceError("The zip holds only another zip", hint="Upload the inner one.")
        raise SourceError("The zip holds no 3D model", hint="Put the model and its textures into one zip.")
    stem = PurePosixPath(bundle.name).stem.casefold()

    def rank(n: str) -> tuple[int, int, bool, int, str]:
        path = PurePosixPath(n)
        kind = ORDER.index(SUFFIXES[suffix(n)])
        return kind, len(path.parts), path.stem.casefold() != stem, -bundle.size_of(n), n

    found.sort(key=rank)
    return found[0], tuple(found[1:])
