"""The FBX container, binary and ASCII: a tree of named records with typed values. Nothing in it is believed.

Arrays stay packed until they are asked for; what unpacking may give is bounded before it begins.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SourceError
from .numbers import floats

MAGIC = b"Kaydara FBX Binary  \x00"
MAX_RECORDS = 300_000
MAX_DEPTH = 40
MAX_ARRAYS = 768 << 20  # bytes that all arrays that are read may unpack to
SCALARS = {b"Y": "<h", b"C": "<B", b"B": "<B", b"I": "<i", b"F": "<f", b"D": "<d", b"L": "<q"}
ARRAYS = {b"f": "<f4", b"d": "<f8", b"l": "<i8", b"i": "<i4", b"b": "u1", b"c": "u1"}


@dataclass(slots=True)
class Packed:
    """An array that was not unpacked yet."""

    kind: str
    count: int
    deflated: bool
    data: memoryview

    def unpack(self) -> NDArray[Any]:
        """The values."""
        size = self.count * np.dtype(self.kind).itemsize
        raw: Any = self.data
        if self.deflated:
            try:
                raw = zlib.decompressobj().decompress(self.data, size + 1)
            except zlib.error as error:
                raise SourceError("The file is damaged: an array cannot be unpacked") from error
        if len(raw) != size:
            raise SourceError(f"The file is damaged: an array of {self.count} values holds {len(raw)} bytes")
        return np.frombuffer(raw, self.kind)


@dataclass(slots=True)
class Record:
    """A record: its values (numbers, str, bytes, Packed or arrays) and the records in it."""

    name: str
    values: list[Any] = field(default_factory=list)
    children: list["Record"] = field(default_factory=list)

    def first(self, name: str) -> "Record | None":
        """The first record in it called `name`."""
        for child in self.children:
            if child.name == name:
                return child
        return None

    def all(self, name: str) -> Iterator["Record"]:
        """The records in it called `name`."""
        return (child for child in self.children if child.name == name)

    def text(self, name: str) -> str:
        """The first value of a record in it, as text; "" when there is none."""
        found = self.first(name)
        return str(found.values[0]) if found is not None and found.values and isinstance(found.values[0], str) else ""


class Arrays:
    """Unpacks arrays, and counts what that takes."""

    def __init__(self) -> None:
        self.spent = 0

    def of(self, record: Record | None, name: str, kind: str) -> NDArray[Any] | None:
        """The array in the record called `name` inside `record`, as numpy type `kind`; None when there is none."""
        found = record.first(name) if record is not None else None
        if found is None or not found.values:
            return None
        value = found.values[0]
        if isinstance(value, Packed):
            self.spent += value.count * 8
            if self.spent > MAX_ARRAYS:
                raise SourceError("The model is too large to be unpacked", hint="Reduce it below 5 million vertices.")
            value = value.unpack()
        elif not isinstance(value, np.ndarray):
            numbers = [v for v in found.values if isinstance(v, int | float)]
            value = np.array(numbers, np.float64)
        whole = not kind.startswith("i") or value.dtype.kind != "f" or bool((np.abs(value) < 2**53).all())
        if not whole:  # neither NaN nor infinity is below
            raise SourceError(f"The file is damaged: {name} holds what are no whole numbers")
        out: NDArray[Any] = value.astype(kind)
        return out


def read_tree(data: bytes) -> tuple[Record, int]:
    """(a record that holds the top-level ones, version such as 7400)."""
    if data.startswith(MAGIC[:18]):
        return _Binary(data).read()
    return _Ascii(data).read()


class _Binary:
    def __init__(self, data: bytes) -> None:
        self.data, self.view = data, memoryview(data)
        self.records = 0

    def read(self) -> tuple[Record, int]:
        if len(self.data) < 27:
            raise SourceError("The file is cut off", hint="Upload it again.")
        version: int = struct.unpack_from("<I", self.data, 23)[0]
        if not 7000 <= version < 9000:
            told = f"{version / 1000:.1f}" if version < 100_000 else "unknown"
            raise SourceError(f"FBX version {told} is not read", hint="Export as FBX 2013 or later, or as .glb.")
        self.head = struct.Struct("<QQQB" if version >= 7500 else "<IIIB")
        root = Record("")
        # (record whose children are read, where it ends); the top level ends with a null record
        stack: list[tuple[Record, int]] = [(root, len(self.data))]
        at = 27
        while stack:
            holder, stop = stack[-1]
            if at == stop and len(stack) > 1:
                stack.pop()
                continue
            if at + self.head.size > stop:
                raise SourceError("The file is cut off, or a record of it is damaged", hint="Upload it again.")
            end, count, length, named = self.head.unpack_from(self.data, at)
            if end == 0:  # a null record ends the list
                at += self.head.size
                stack.pop()
                if stack and at != stop:
                    raise SourceError("The file is damaged: a record does not end where it says")
                continue
            body = at + self.head.size + named
            if not (body <= body + length <= end <= stop) or end <= at:
                if end > len(self.data):
                    raise SourceError("The file is cut off", hint="Upload it again.")
                raise SourceError("The file is damaged: a record reaches beyond its holder")
            self.records += 1
            if self.records > MAX_RECORDS or len(stack) > MAX_DEPTH:
                raise SourceError("The file is damaged: it has too many records, or too deep ones")
            name = self.data[at + self.head.size : body].decode("ascii", "replace")
            record = Record(name, self.values(body, count, body + length))
            holder.children.append(record)
            at = body + length
            if at < end:
                stack.append((record, end))
        return root, version

    def values(self, at: int, count: int, stop: int) -> list[Any]:
        if count > stop - at:
            raise SourceError("The file is damaged: a record names more values than it holds")
        data, out = self.data, []
        try:
            for _ in range(count):
                kind = data[at : at + 1]
                at += 1
                if (form := SCALARS.get(kind)) is not None:
                    out.append(struct.unpack_from(form, data, at)[0])
                    at += struct.calcsize(form)
                elif kind in (b"S", b"R"):
                    (size,) = struct.unpack_from("<I", data, at)
                    at += 4
                    if size > stop - at:
                        raise SourceError("The file is damaged: a text reaches beyond its record")
                    raw = data[at : at + size]
                    out.append(raw.decode("utf-8", "replace") if kind == b"S" else raw)
                    at += size
                elif (array := ARRAYS.get(kind)) is not None:
                    length, encoding, size = struct.unpack_from("<III", data, at)
                    at += 12
                    if size > stop - at or encoding > 1:
                        raise SourceError("The file is damaged: an array reaches beyond its record")
                    width = np.dtype(array).itemsize
                    if length * width > (size * 1040 + 64 if encoding else size):  # deflate packs 1032:1 at best
                        raise SourceError(f"The file is damaged: {size} bytes cannot hold {length} values")
                    out.append(Packed(array, length, encoding == 1, self.view[at : at + size]))
                    at += size
                else:
                    raise SourceError(f"The file is damaged: a value is of unknown kind {kind!r}")
        except struct.error as error:
            raise SourceError("The file is cut off", hint="Upload it again.") from error
        if at != stop:
            raise SourceError("The file is damaged: a record's values do not fill it")
        return out


TOKEN = re.compile(
    rb"""[\s,]*(?:;[^\n]*\n[\s,]*)*(?:
    (?P<array>\*(?P<count>\d+)\s*\{\s*a:\s*(?P<body>[^{}"]*)\})
    | "(?P<text>[^"]*)"
    | (?P<key>[A-Za-z_][A-Za-z0-9_|\- ]{0,80}):
    | (?P<open>\{) | (?P<close>\})
    | (?P<number>[+-]?(?:\d[\w.+-]*|\.\d[\w.+-]*))
    | (?P<word>[A-Za-z#][\w.#-]*)
    | (?P<bad>\S) )""",
    re.VERBOSE,
)
VERSION = re.compile(rb"FBXVersion:\s*(\d+)")


class _Ascii:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self) -> tuple[Record, int]:
        found = VERSION.search(self.data[:65536])
        version = int(found.group(1)[:6]) if found else 0
        if not 7000 <= version < 9000:
            told = f"{version / 1000:.1f}" if version else "unknown"
            raise SourceError(f"ASCII FBX of version {told} is not read", hint="Export as binary FBX, or as .glb.")
        root = Record("")
        stack = [root]
        current: Record | None = None
        records = at = 0
        match = TOKEN.match
        while (m := match(self.data, at)) is not None:
            at = m.end()
            kind = m.lastgroup
            if kind == "key":
                records += 1
                if records > MAX_RECORDS:
                    raise SourceError("The file is damaged: it has too many records")
                current = Record(m["key"].decode())
                stack[-1].children.append(current)
            elif kind == "open":
                if current is None or len(stack) > MAX_DEPTH:
                    raise SourceError("The file is damaged: its records are nested wrongly")
                stack.append(current)
                current = None
            elif kind == "close":
                if len(stack) < 2:
                    raise SourceError("The file is damaged: its records are nested wrongly")
                stack.pop()
                current = None
            elif kind == "bad" or current is None:
                raise SourceError(f"The file is damaged near {self.data[m.start() : at][-40:]!r}")
            elif kind == "text":
                current.values.append(m["text"].decode("utf-8", "replace").replace("&quot;", '"'))
            elif kind == "word":
                current.values.append(m["word"].decode())
            elif kind == "number":
                current.values.append(number(m["number"]))
            else:
                values = floats(m["body"].replace(b",", b" "), "an array")
                if len(values) != int(m["count"][:12]):
                    raise SourceError("The file is damaged: an array is not as long as it says")
                current.values.append(values)
        if len(stack) != 1 or self.data[at:].strip(b" \t\r\n,;"):
            rest = self.data[at:].lstrip()
            if len(stack) != 1 or not rest.startswith(b";"):
                raise SourceError("The file is cut off", hint="Upload it again.")
        for holder in walk(root):  # ASCII says "Model::name" where binary says "name\0\1Model"
            for k, value in enumerate(holder.values):
                if isinstance(value, str) and "::" in value and k == 1:
                    kind_name, _, title = value.partition("::")
                    holder.values[k] = f"{title}\x00\x01{kind_name}"
        return root, version


def number(text: bytes) -> int | float:
    """An ASCII number."""
    try:
        return int(text[:25]) if text.lstrip(b"+-").isdigit() else float(text[:60])
    except ValueError as error:
        raise SourceError(f"The file is damaged near {text[:40]!r}") from error


def walk(record: Record) -> Iterator[Record]:
    """A record and all in it."""
    pending = [record]
    while pending:
        one = pending.pop()
        yield one
        pending.extend(one.children)
