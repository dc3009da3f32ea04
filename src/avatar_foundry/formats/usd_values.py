"""Values of crate files: eight bytes that hold a value or say where in the file it lies.

From OpenUSD's crateDataTypes.h and crateValueInliners.h, version 0.8.0.
"""

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .usd_layer import Typed
from .usd_packing import integers, sized

ARRAY, INLINED, COMPRESSED = 1 << 63, 1 << 62, 1 << 61
SHIFT = 48  # the type's number lies above the payload
FEWEST = 16  # integers that are worth packing


class Kind(NamedTuple):
    """number: of the type in crate files.  dtype, width: of an element in memory, "" for what is an index."""

    number: int
    dtype: str = ""
    width: int = 1


VEC2F, VEC3F, VEC4F = Kind(20, "<f4", 2), Kind(24, "<f4", 3), Kind(28, "<f4", 4)
KINDS = {
    "bool": Kind(1, "u1"),
    "int": Kind(3, "<i4"),
    "float": Kind(8, "<f4"),
    "double": Kind(9, "<f8"),
    "string": Kind(10),
    "token": Kind(11),
    "asset": Kind(12),
    "matrix4d": Kind(15, "<f8", 16),
    "quatf": Kind(17, "<f4", 4),  # x, y, z, w, though text has w first
    "float2": VEC2F,
    "texCoord2f": VEC2F,
    "half3": Kind(25, "<f2", 3),
    "float3": VEC3F,
    "point3f": VEC3F,
    "normal3f": VEC3F,
    "vector3f": VEC3F,
    "color3f": VEC3F,
    "float4": VEC4F,
}
DICTIONARY, TOKEN_LIST, PATH_LIST, TOKEN_VECTOR = 31, 32, 34, 41
SPECIFIER, VARIABILITY, SAMPLES, DOUBLES = 42, 44, 46, 48
EXPLICIT, PREPENDED = 1 | 2, 32  # of what items of a list there are


class Names:
    """A table in which each entry is stored once."""

    def __init__(self, first: Sequence[str] = ()) -> None:
        self.entries = list(first)
        self._number = {name: k for k, name in enumerate(self.entries)}

    def add(self, name: str) -> int:
        """The entry's number."""
        if name not in self._number:
            self._number[name] = len(self.entries)
            self.entries.append(name)
        return self._number[name]


class Values:
    """The part of a crate file that holds values, and the tables that they name. at: where it begins in the file."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.parts: list[bytes] = []
        self.size = 0
        self.tokens = Names((";-)",))  # a property's token is negated in the table of paths, so none may be number 0
        self.strings = Names()
        self.paths = Names(("/",))
        self._held: dict[bytes, int] = {}

    def pack(self, value: Typed) -> int:
        """The eight bytes of a value, as a number."""
        if value.type == "dictionary":
            return self._dictionary(value.value)
        if value.type == "specifier":
            return SPECIFIER << SHIFT | INLINED | int(value.value)
        if value.type == "variability":
            return VARIABILITY << SHIFT | INLINED | int(value.value)
        if value.type == "tokens":  # a list in the layer's own structure, no attribute's value
            return self._store(TOKEN_VECTOR, self._indices(value.value))
        if value.type == "prepended":
            return self._store(TOKEN_LIST, bytes([PREPENDED]) + self._indices(value.value))
        if value.type == "targets":
            numbers = [self.paths.add(path) for path in value.value]
            return self._store(PATH_LIST, bytes([EXPLICIT]) + counted(np.array(numbers, "<u4")))
        if value.type.endswith("[]"):
            return self._array(KINDS[value.type[:-2]], value.value)
        return self._scalar(KINDS[value.type], value)

    def samples(self, kind: str, times: Sequence[float], values: Sequence[Any]) -> int:
        """The value of an attribute at time codes."""
        reps = [self.pack(Typed(kind, v)) for v in values]
        when = self._store(DOUBLES, counted(np.array(times, "<f8")))
        # each part is preceded by how far it is to where it really begins: it is right behind
        body = struct.pack("<qQqQ", 8, when, 8, len(reps)) + np.array(reps, "<u8").tobytes()
        return self._store(SAMPLES, body)

    def _scalar(self, kind: Kind, value: Typed) -> int:
        head = kind.number << SHIFT
        if value.type == "string":
            return head | INLINED | self.strings.add(value.value)
        if value.type in ("token", "asset"):
            return head | INLINED | self.tokens.add(value.value)
        data = np.asarray(value.value, kind.dtype)
        if data.nbytes <= 4:
            return head | INLINED | int.from_bytes(data.tobytes(), "little")
        if value.type == "double" and float(np.float32(value.value)) == float(value.value):
            return head | INLINED | int.from_bytes(struct.pack("<f", value.value), "little")
        return self._store(kind.number, data.tobytes())

    def _array(self, kind: Kind, value: Any) -> int:
        head = kind.number << SHIFT | ARRAY
        if not len(value):
            return head
        if not kind.dtype:
            return head | self._put(self._indices(value))
        table: NDArray[Any] = np.ascontiguousarray(value, kind.dtype)
        if kind.number == KINDS["int"].number and table.size >= FEWEST:
            body = struct.pack("<Q", table.size) + sized(integers(table.reshape(-1)))
            return head | COMPRESSED | self._put(body)
        return head | self._put(struct.pack("<Q", table.size // kind.width) + table.tobytes())

    def _indices(self, names: Sequence[str]) -> bytes:
        return counted(np.array([self.tokens.add(n) for n in names], "<u4"))

    def _dictionary(self, entries: dict[str, Typed]) -> int:
        """Entries whose values are inlined."""
        body = struct.pack("<Q", len(entries))
        for key, value in entries.items():
            body += struct.pack("<IqQ", self.strings.add(key), 8, self.pack(value))
        return self._store(DICTIONARY, body)

    def _store(self, number: int, body: bytes) -> int:
        return number << SHIFT | self._put(body)

    def _put(self, body: bytes) -> int:
        """Where in the file these bytes lie; the same bytes lie there once."""
        if body not in self._held:
            gap = -(self.at + self.size) % 8
            self._held[body] = self.at + self.size + gap
            self.parts += [bytes(gap), body]
            self.size += gap + len(body)
        return self._held[body]


def counted(table: NDArray[Any]) -> bytes:
    """An array after its length."""
    return struct.pack("<Q", len(table)) + table.tobytes()
