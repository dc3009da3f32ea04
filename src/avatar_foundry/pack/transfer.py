"""Take the pack to a machine without a network: one compressed file out, one checked file in."""

import lzma
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import PackError
from .check import check_content
from .compiler import Progress
from .container import HEADER, MAGIC, MAX_FILE, Pack
from .place import disk_errors, only_one, pack_path, whole_file
from .store import forget, open_pack

CHUNK = 1 << 20
MEMORY = 256 << 20  # what decompressing may take
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 3, "dict_size": 64 << 20}]


def export(path: Path | str, progress: Progress | None = None) -> Path:
    """Write this machine's pack, compressed (.xz), to `path`. The same pack gives the same bytes. Raises PackError."""
    path = Path(path)
    pack = open_pack()
    if pack.hash_content() != pack.digest:
        raise PackError(f"the data pack {pack.path} is damaged", hint="run: avatar-foundry pack build")
    with disk_errors(f"writing {path}"), whole_file(path) as part, pack.path.open("rb") as source:
        done = 0
        with lzma.open(part, "wb", format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC32, filters=FILTERS) as out:
            while chunk := source.read(CHUNK):
                out.write(chunk)
                done += len(chunk)
                if progress:
                    progress("Compress the pack", done / pack.size)
    return path


def import_(path: Path | str, progress: Progress | None = None) -> Path:
    """Put the pack in `path` (as exported, or not compressed) in place on this machine, and return where.

    Nothing in the file is trusted: its length is bounded while it is read, its hash is computed, and every count,
    offset and index in it is checked before the file is used. Raises PackError and then leaves things as they were.
    """
    path = Path(path)
    target = pack_path()
    with disk_errors("importing the data pack"), only_one(target.parent), whole_file(target) as part:
        try:
            with path.open("rb") as source, part.open("wb") as out:
                unpack(source, out, path, progress)
        except (lzma.LZMAError, EOFError) as error:
            raise PackError(f"{path} is damaged: {error}", hint="copy it again from where it was exported") from error
        pack = Pack(part)
        if pack.hash_content() != pack.digest:
            raise PackError(f"{path} is damaged: its content does not have the stated hash")
        check_content(pack)
    forget()
    with suppress(PackError):
        open_pack()
    return target


def unpack(source: BinaryIO, out: BinaryIO, path: Path, progress: Progress | None) -> None:
    """Copy the pack from `source` to `out`: as many bytes as its header states, at most MAX_FILE, and no more."""
    start = source.read(len(MAGIC))
    source.seek(0)
    stream = source if start == MAGIC else Bounded(source)
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size or not header.startswith(MAGIC):
        raise PackError(f"{path} is not an exported pack")
    size = HEADER.unpack(header)[4]
    if not HEADER.size < size <= MAX_FILE:
        raise PackError(f"{path} is not an exported pack: it states {size} bytes")
    out.write(header)
    done = len(header)
    while chunk := stream.read(min(CHUNK, size - done + 1)):
        done += len(chunk)
        if done > size:
            raise PackError(f"{path} holds more than it states")
        out.write(chunk)
        if progress:
            progress("Read the pack", done / size)
    if done < size:
        raise PackError(f"{path} is cut off: {done} of {size} bytes")


class Bounded:
    """A reader of .xz that takes at most MEMORY and never makes more than was asked for."""

    def __init__(self, source: BinaryIO) -> None:
        """Read compressed bytes from `source`."""
        self._source = source
        self._lzma = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        out = bytearray()
        while len(out) < size and not self._lzma.eof:
            fresh = self._source.read(CHUNK) if self._lzma.needs_input else b""
            if self._lzma.needs_input and not fresh:
                raise EOFError("the compressed data ends too early")
            out += self._lzma.decompress(fresh, size - len(out))
        return bytes(out)
