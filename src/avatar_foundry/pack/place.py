"""Where the pack lives, writing files whole or not at all, and one builder at a time."""

import errno
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import PackError
from .compiler import COMPILER
from .container import VERSION

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PART = ".part"


def cache_dir() -> Path:
    """AVATAR_FOUNDRY_CACHE, else XDG_CACHE_HOME/avatar-foundry, else ~/.cache/avatar-foundry."""
    if own := os.environ.get("AVATAR_FOUNDRY_CACHE"):
        return Path(own).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "avatar-foundry"


def pack_path() -> Path:
    """AVATAR_FOUNDRY_PACK, else the file in the cache for this version of compiler and format."""
    if own := os.environ.get("AVATAR_FOUNDRY_PACK"):
        return Path(own).expanduser().absolute()
    return cache_dir() / "packs" / f"body-{VERSION}.{COMPILER}.afpack"


def sources_dir() -> Path:
    """Where fetched source files are kept."""
    return cache_dir() / "sources"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it becomes `path` when the block ends well, else it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}{PART}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def only_one(folder: Path, waiting: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Hold the lock of `folder` (made when missing): other processes wait here, and a killed one lets go.

    waiting: called once when another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+b") as file:
        if not _lock(file):
            waiting()
            while not _lock(file):
                time.sleep(0.1)
        for left_over in folder.glob(f"*{PART}"):
            if left_over.is_file():
                left_over.unlink(missing_ok=True)
        yield


def _lock(file: BinaryIO) -> bool:
    """Lock `file` until it is closed; False when another process has it."""
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn the disk's errors into a PackError that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PackError(
                f"the disk is full: {what} was not finished",
                hint=f"free 400 MB in {cache_dir()}, or set AVATAR_FOUNDRY_CACHE to a folder elsewhere",
            ) from error
        raise PackError(
            f"{what} failed: {error}", hint="check the permissions, or set AVATAR_FOUNDRY_CACHE to another folder"
        ) from error
