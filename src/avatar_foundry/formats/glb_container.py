"""The GLB container: two chunks, and a builder that collects views without copying until the end."""

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC, JSON_CHUNK, BIN_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942
COMPONENT = {"f4": 5126, "u4": 5125, "u2": 5123, "u1": 5121, "i2": 5122, "i1": 5120}
SIZES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
SHAPE = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963

Json = dict[str, Any]
Blob = bytes | NDArray[Any]


def size_of(data: Blob) -> int:
    """Bytes that `data` takes."""
    return len(data) if isinstance(data, bytes) else data.nbytes


class Chunk:
    """The binary chunk in the making: views and accessors in the order in which they were added."""

    def __init__(self) -> None:
        self.views: list[Json] = []
        self.accessors: list[str] = []  # as JSON text already
        self.parts: list[Blob] = []
        self.size = 0

    def add(self, data: Blob) -> int:
        """Append bytes at the next 4-byte boundary; their offset."""
        if pad := -self.size % 4:
            self.parts.append(b"\0" * pad)
            self.size += pad
        offset = self.size
        self.parts.append(data)
        self.size += size_of(data)
        return offset

    def view(self, data: Blob, target: int | None = None, stride: int = 0) -> int:
        """Add a buffer view over `data`; its index."""
        view: Json = {"buffer": 0, "byteOffset": self.add(data), "byteLength": size_of(data)}
        if target:
            view["target"] = target
        if stride:
            view["byteStride"] = stride
        self.views.append(view)
        return len(self.views) - 1

    def accessor(
        self, a: NDArray[Any], target: int | None = None, *, bounds: bool = False, normalized: bool = False
    ) -> int:
        """Add an accessor with a view of its own; its index. a: (N,) or (N, C)."""
        a = np.ascontiguousarray(a)
        view = self.view(a, target)
        return self.describe(a, view, bounds=bounds, normalized=normalized)

    def describe(self, a: NDArray[Any], view: int, *, bounds: bool = False, normalized: bool = False) -> int:
        """Add an accessor for `a`, which view number `view` already holds; its index."""
        entry: Json = {
            "bufferView": view,
            "componentType": COMPONENT[a.dtype.str[1:]],
            "count": len(a),
            "type": SHAPE[1 if a.ndim == 1 else a.shape[1]],
        }
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry["min"] = np.atleast_1d(a.min(axis=0)).tolist()
            entry["max"] = np.atleast_1d(a.max(axis=0)).tolist()
        return self.append(entry)

    def append(self, accessor: Json) -> int:
        """Add a ready-made accessor; its index."""
        return self.append_text(to_json(accessor))

    def replace(self, number: int, accessor: Json) -> None:
        """Put another accessor in the place of one that was added."""
        self.accessors[number] = to_json(accessor)

    def append_text(self, accessor: str) -> int:
        """Add an accessor that is JSON text already; its index."""
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def to_json(value: Any) -> str:
    """Compact JSON with sorted keys: the same value always gives the same text."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False)


def pack(document: Json, chunk: Chunk) -> bytes:
    """The file's bytes: JSON with sorted keys, no spaces, no empty lists; then the binary chunk."""
    document = {k: v for k, v in document.items() if v != []}
    if chunk.views:
        document["bufferViews"] = chunk.views
    length = chunk.size + (-chunk.size % 4)
    if length:
        buffers = document.setdefault("buffers", [{}])
        buffers[0]["byteLength"] = length
    body = to_json(document)
    if chunk.accessors:  # "accessors" sorts before every other top-level key that is written
        body = f'{{"accessors":[{",".join(chunk.accessors)}],{body[1:]}'
    text = body.encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<IIIII", MAGIC, 2, 20 + len(text) + (8 + length if length else 0), len(text), JSON_CHUNK)
    if not length:
        return head + text
    blobs: list[Any] = [head, text, struct.pack("<II", length, BIN_CHUNK), *chunk.parts, b"\0" * (length - chunk.size)]
    return b"".join(blobs)
