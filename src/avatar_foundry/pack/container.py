"""The pack file: named arrays, named blobs and one JSON value in a single file that is read by mapping it.

Layout, little-endian:
   0   8  magic
   8   4  format version      12  4  zero
  16   8  length of the index 24  8  length of the whole file
  32  32  SHA-256 of everything from byte 64 on
  64   .  index: JSON, keys sorted: {"arrays": {name: [dtype, shape, at]}, "blobs": {name: [at, size]}, "meta": {}}
   .   .  content, every item on a multiple of 64 bytes, zeros between; offsets count from the start of the file

The same input gives the same bytes: no dates, no order of insertion. Equal contents are stored once.
"""

import hashlib
import json
import math
import mmap
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PackError

MAGIC = b"\x89AFPACK\n"
VERSION = 1
HEADER = struct.Struct("<8sIIQQ32s")
ALIGN = 64
MAX_INDEX = 64 << 20
MAX_FILE = 2 << 30
DTYPES = {"bool": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "int64": 8, "float32": 4}


def encode(arrays: Mapping[str, NDArray[Any]], blobs: Mapping[str, bytes], meta: Mapping[str, Any]) -> bytes:
    """The bytes of a pack file. Arrays may have any of the types in DTYPES; others are a programming error."""
    places: dict[bytes, int] = {}
    chunks: list[tuple[int, bytes]] = []
    end = 0

    def place(raw: bytes) -> int:
        nonlocal end
        key = hashlib.sha256(raw).digest()
        if key not in places:
            places[key] = end
            chunks.append((end, raw))
            end = -(-(end + len(raw)) // ALIGN) * ALIGN
        return places[key]

    array_index: dict[str, tuple[str, list[int], int]] = {}
    for name in sorted(arrays):
        a = np.ascontiguousarray(arrays[name])
        assert a.dtype.name in DTYPES, f"{name}: {a.dtype} cannot be stored"
        little = a.astype(a.dtype.newbyteorder("<"), copy=False)
        array_index[name] = (a.dtype.name, list(a.shape), place(little.tobytes()))
    blob_index = {name: (place(blobs[name]), len(blobs[name])) for name in sorted(blobs)}

    def index_bytes(start: int) -> bytes:
        index = {
            "arrays": {n: [d, s, at + start] for n, (d, s, at) in array_index.items()},
            "blobs": {n: [at + start, size] for n, (at, size) in blob_index.items()},
            "meta": meta,
        }
        return json.dumps(index, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()

    start = 0
    while True:  # the offsets are inside the index whose length they depend on: settles in two or three rounds
        index = index_bytes(start)
        fits = -(-(HEADER.size + len(index)) // ALIGN) * ALIGN
        if fits <= start:
            break
        start = fits
    out = bytearray(start + end)
    out[HEADER.size : HEADER.size + len(index)] = index
    for at, raw in chunks:
        out[start + at : start + at + len(raw)] = raw
    digest = hashlib.sha256(memoryview(out)[HEADER.size :]).digest()
    HEADER.pack_into(out, 0, MAGIC, VERSION, 0, len(index), len(out), digest)
    return bytes(out)


class Pack:
    """A pack file, mapped read-only. Arrays are views of the map: nothing is copied until it is used.

    meta:   the JSON value that the compiler stored.
    digest: SHA-256 (hex) of the content as the header states it; `hash_content` checks it.
    path:   the file.
    """

    def __init__(self, path: Path) -> None:
        """Map `path` and check header, index and every offset. Raises PackError."""
        self.path = path
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size < HEADER.size:
                    raise damaged(path, "it is shorter than its header")
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise PackError(f"the data pack {path} cannot be read: {error}", hint=HINT) from error
        magic, version, _, index_size, stated, digest = HEADER.unpack_from(self._map, 0)
        if magic != MAGIC:
            raise damaged(path, "it is not a pack file")
        if version != VERSION:
            raise PackError(f"the data pack {path} has format {version}, this engine reads {VERSION}", hint=HINT)
        if stated != size:
            raise damaged(path, f"it has {size} bytes and should have {stated}")
        if not 0 < index_size <= min(MAX_INDEX, size - HEADER.size):
            raise damaged(path, "its index does not fit")
        self.digest: str = digest.hex()
        self.size = size
        try:
            index = json.loads(self._map[HEADER.size : HEADER.size + index_size])
            self._arrays = {n: _array_entry(e, HEADER.size + index_size, size) for n, e in index["arrays"].items()}
            self._blobs = {n: _blob_entry(e, HEADER.size + index_size, size) for n, e in index["blobs"].items()}
            self.meta: dict[str, Any] = index["meta"]
            if not isinstance(self.meta, dict):
                raise TypeError("meta")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise damaged(path, "its index makes no sense") from error

    @property
    def arrays(self) -> tuple[str, ...]:
        """Names of all arrays, sorted."""
        return tuple(self._arrays)

    @property
    def blobs(self) -> tuple[str, ...]:
        """Names of all blobs, sorted."""
        return tuple(self._blobs)

    def __contains__(self, name: object) -> bool:
        """Whether an array or a blob has this name."""
        return name in self._arrays or name in self._blobs

    def array(self, name: str) -> NDArray[Any]:
        """The array called `name`, read-only, a view of the mapped file. Raises KeyError."""
        dtype, shape, at = self._arrays[name]
        flat = np.frombuffer(self._map, dtype=dtype, count=math.prod(shape), offset=at)
        return flat.reshape(shape)

    def blob(self, name: str) -> bytes:
        """The bytes called `name`. Raises KeyError."""
        at, size = self._blobs[name]
        return self._map[at : at + size]

    def hash_content(self) -> str:
        """SHA-256 (hex) over the content as it is now; equals `digest` unless the file is damaged."""
        with memoryview(self._map) as view:
            return hashlib.sha256(view[HEADER.size :]).hexdigest()


HINT = "run: avatar-foundry pack build"


def damaged(path: Path, why: str) -> PackError:
    """The error for a file that must not be used."""
    return PackError(f"the data pack {path} is damaged: {why}", hint=HINT)


def _array_entry(entry: Any, lowest: int, size: int) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    name, shape, at = entry
    if name not in DTYPES or len(shape) > 4 or not all(type(n) is int and 0 <= n <= MAX_FILE for n in (*shape, at)):
        raise ValueError("array entry")
    if at < lowest or at % ALIGN or at + math.prod(shape) * DTYPES[name] > size:
        raise ValueError("array outside the file")
    return np.dtype(name).newbyteorder("<"), tuple(shape), at


def _blob_entry(entry: Any, lowest: int, size: int) -> tuple[int, int]:
    at, length = entry
    if not all(type(n) is int and n >= 0 for n in (at, length)) or at < lowest or at + length > size:
        raise ValueError("blob outside the file")
    return at, length
