"""Keep what is dear to make: bytes or arrays by key, in memory first, then on disk.

Entries are values of pure functions, so losing one only costs time: no error of the disk ever reaches the caller.
The disk is shared by all processes: files appear by an atomic rename, and each carries the hash of its content.
"""

import hashlib
import json
import mmap
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pack.place import cache_dir

DISK_BYTES = 2 << 30
MEMORY_BYTES = 48 << 20  # per process; what falls out is still a fast read away
SMALL = 256 << 10  # arrays up to this size are kept in memory, larger ones are mapped anew each time
TRIM_TO = 0.8  # trim below the bound, so that not every write has to trim
TRIM_EVERY = 64 << 20  # look at the folder again after writing this much
SUFFIX = ".bin"
STAMP = ".ok"  # beside a large file: what it looked like when its hash was found right
PART = ".part"
# Packages above the makers of what is kept: a change in them changes no entry.
ABOVE = frozenset({"cli", "client", "mcp", "platforms", "presets", "prompt", "render", "rules", "service"})


def cached_bytes(key: str, make: Callable[[], bytes]) -> bytes:
    """The bytes of `key`: from memory, from disk, or from `make()`, which must depend on nothing but the key.

    The engine itself is part of the key, so no entry outlives the code that made it.
    Several threads or processes that ask at once may each call `make`.
    """
    name = name_of(key)
    if (found := MEMORY.get(name)) is not None:
        return found
    folder = cache_dir() / "content"
    content = read(folder, name)
    if content is None:
        content = make()
        write(folder, name, content)
    MEMORY.put(name, content)
    return content


def cached_arrays(key: str, make: Callable[[], Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The arrays of `key` by name, read-only: as `cached_bytes`, but large ones are mapped from the disk.

    Mapped pages belong to the system, which drops them when memory is short; they go with the last of the arrays.
    """
    name = name_of(key)
    if (found := MEMORY.get(name)) is not None:
        return unpack(found)
    folder = cache_dir() / "content"
    if (view := mapped(folder, name)) is None:
        content = pack(make())
        write(folder, name, content)
        if len(content) > SMALL and (view := mapped(folder, name)) is not None:
            return unpack(view)
        MEMORY.put(name, content)
        return unpack(content)
    if len(view) <= SMALL:
        MEMORY.put(name, bytes(view))
    return unpack(view)


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """One line of JSON (names, types, shapes), then the rows of each array at multiples of 64 bytes."""
    solid = {k: np.ascontiguousarray(v) for k, v in arrays.items()}
    head = json.dumps([[k, v.dtype.str, np.shape(arrays[k])] for k, v in solid.items()]).encode()
    pieces: list[Any] = [head, b" " * (-(len(head) + 1) % 64), b"\n"]
    for v in solid.values():
        pieces += [v.reshape(-1).view(np.uint8).data, bytes(-v.nbytes % 64)]
    return b"".join(pieces)


def unpack(data: "bytes | memoryview") -> dict[str, NDArray[Any]]:
    """What `pack` packed, without a copy."""
    length = 64
    while (end := bytes(data[:length]).find(b"\n")) < 0:
        length *= 4
    start, out = end + 1, {}
    for name, dtype, shape in json.loads(bytes(data[:end])):
        out[name] = np.frombuffer(data, dtype, int(np.prod(shape)), start).reshape(shape)
        out[name].flags.writeable = False
        start += out[name].nbytes + -out[name].nbytes % 64
    return out


def name_of(key: str) -> str:
    """The name of the entry of `key` under this engine."""
    return hashlib.sha256(f"{engine()}\0{key}".encode()).hexdigest()


@lru_cache(maxsize=1)
def engine() -> str:
    """Digest of the code and data files that make what is kept: the same on every machine with the same engine."""
    root = Path(__file__).parent
    total = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in {".py", ".json", ".toml"}):
        if path.relative_to(root).parts[0] in ABOVE:
            continue
        total.update(f"{path.relative_to(root).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


class Memory:
    """The least recently used entries leave when the rest exceeds `limit` bytes. Safe across threads."""

    def __init__(self, limit: int) -> None:
        """An empty memory of at most `limit` bytes."""
        self.limit = limit
        self._entries: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, name: str) -> bytes | None:
        """The entry, now the most recently used one, or None."""
        with self._lock:
            if (content := self._entries.get(name)) is not None:
                self._entries.move_to_end(name)
            return content

    def put(self, name: str, content: bytes) -> None:
        """Keep `content`, unless it alone exceeds a quarter of the limit."""
        if len(content) > self.limit // 4:
            return
        with self._lock:
            self._bytes += len(content) - len(self._entries.pop(name, b""))
            self._entries[name] = content
            while self._bytes > self.limit:
                self._bytes -= len(self._entries.popitem(last=False)[1])

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes of all entries."""
        return self._bytes


MEMORY = Memory(MEMORY_BYTES)


def file_of(folder: Path, name: str) -> Path:
    """Where entry `name` lies: 256 sub-folders keep each one short."""
    return folder / name[:2] / f"{name[2:]}{SUFFIX}"


def read(folder: Path, name: str) -> bytes | None:
    """The entry's bytes when the file is there and sound; reading makes it young again for the trimming."""
    path = file_of(folder, name)
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    if len(raw) < 32 or hashlib.sha256(raw[32:]).digest() != raw[:32]:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return None
    with suppress(OSError):
        os.utime(path)
    return raw[32:]


def mapped(folder: Path, name: str) -> memoryview | None:
    """As `read`, but without reading: a view of the file's pages. A large file is hashed once, not in every process."""
    path = file_of(folder, name)
    try:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) if stat.st_size >= 32 else None
    except (OSError, ValueError):
        return None
    state = f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ino}"
    stamp = path.with_suffix(STAMP)
    if view is None or not _stamped(stamp, state):
        if view is None or hashlib.sha256(view[32:]).digest() != view[:32]:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        if stat.st_size > SMALL:
            with suppress(OSError):
                stamp.write_text(state)
    for each in (path, stamp):
        with suppress(OSError):  # young again, but still as old as its stamp says
            os.utime(each, ns=(time.time_ns(), stat.st_mtime_ns))
    return view[32:]


def _stamped(stamp: Path, state: str) -> bool:
    with suppress(OSError, ValueError):
        return stamp.read_text() == state
    return False


def write(folder: Path, name: str, content: bytes) -> None:
    """Store the entry; a full or read-only disk is let be."""
    global _written
    path = file_of(folder, name)
    part = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}{PART}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        with suppress(OSError):
            trim(folder, DISK_BYTES // 2)
        return
    _written += len(content)
    if _written >= TRIM_EVERY:
        _written = 0
        trim(folder, DISK_BYTES)


_written = TRIM_EVERY  # so that each process looks at the folder once early on


def trim(folder: Path, limit: int) -> int:
    """Remove the oldest files until the rest is well below `limit` bytes; returns the bytes that are left.

    Files that another process removes meanwhile are skipped. Parts left by a killed process age like all others.
    """
    files: list[tuple[int, int, str]] = []
    with suppress(OSError):
        for sub in folder.iterdir():
            with suppress(OSError), os.scandir(sub) as entries:
                for entry in entries:
                    with suppress(OSError):
                        stat = entry.stat(follow_symlinks=False)
                        files.append((max(stat.st_atime_ns, stat.st_mtime_ns), stat.st_size, entry.path))
    total = sum(size for _, size, _ in files)
    if total <= limit:
        return total
    for _, size, path in sorted(files):
        if total <= limit * TRIM_TO:
            break
        with suppress(OSError):
            os.unlink(path)
            total -= size
    return total
