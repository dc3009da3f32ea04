"""The binary FBX container: nested records with typed values. Written for version 7400 (FBX 2014), which all read.

A record: u32 end, u32 count of values, u32 their bytes, u8 length of the name, name, values, children, 13 zero bytes.
Facts from the publicly described layout (Blender foundation's notes, 2013); no code of theirs.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

VERSION = 7400
MAGIC = b"Kaydara FBX Binary  \x00\x1a\x00"
FOOT, FOOT_END = bytes.fromhex("fabcab09d0c8d466b176fb831cf7267e"), bytes.fromhex("f85a8c6adef5d97eece90ce3758f290b")
NULL = b"\0" * 13
ALWAYS_NESTED = frozenset(("AnimationStack", "AnimationLayer"))  # closed by a null record even when empty
PACK_ABOVE = 128  # bytes; shorter arrays stay as they are
LEVEL = 1  # zlib: higher levels take three times as long for 10 %
ARRAYS = {"<f8": b"d", "<f4": b"f", "<i4": b"i", "<i8": b"l"}
HEAD = struct.Struct("<IIIB")
LENGTH, INT, LONG, DOUBLE = struct.Struct("<cI"), struct.Struct("<ci"), struct.Struct("<cq"), struct.Struct("<cd")
ARRAY = struct.Struct("<cIII")


class Id(int):
    """A 64-bit number; plain ints are written with 32 bits."""


class Record:
    """values: bool, int, Id, float, str, bytes, or arrays of f4, f8, i4, i8 (any shape, written flat)."""

    __slots__ = ("children", "name", "values")

    def __init__(self, name: str, *values: Any, children: Iterable["Record"] = ()) -> None:
        self.name, self.values, self.children = name, values, list(children)


def properties(*rows: Sequence[Any]) -> Record:
    """Properties70. A row: name, type, second type, flags ("A" animatable, "U" a user's own), values."""
    return Record("Properties70", children=[Record("P", *row) for row in rows])


def titled(name: str, kind: str) -> str:
    """An object's name with its class, which zeros would tell apart."""
    return f"{name.replace(chr(0), '')}\x00\x01{kind}"


def encode(roots: Iterable[Record]) -> bytes:
    """The whole file."""
    out = bytearray(MAGIC + struct.pack("<I", VERSION))
    for record in roots:
        _write(record, out)
    out += NULL + FOOT + b"\0" * 4
    out += b"\0" * (-len(out) % 16 or 16)
    out += struct.pack("<I", VERSION) + b"\0" * 120 + FOOT_END
    return bytes(out)


def _write(record: Record, out: bytearray) -> None:
    start, name = len(out), record.name.encode()
    values = b"".join(map(_value, record.values))
    out += HEAD.pack(0, len(record.values), len(values), len(name))
    out += name
    out += values
    if record.children or not record.values or record.name in ALWAYS_NESTED:
        for child in record.children:
            _write(child, out)
        out += NULL
    struct.pack_into("<I", out, start, len(out))


def _value(value: Any) -> bytes:
    kind = type(value)
    if kind is str:
        text: bytes = value.encode()
        return LENGTH.pack(b"S", len(text)) + text
    if kind is float:
        return DOUBLE.pack(b"D", value)
    if kind is Id:
        return LONG.pack(b"L", value)
    if kind is int:
        return INT.pack(b"I", value)
    if kind is bool:
        return b"C\x01" if value else b"C\x00"
    if kind is bytes:
        return LENGTH.pack(b"R", len(value)) + bytes(value)
    return array(value)


def array(values: "np.ndarray[Any, Any]") -> bytes:
    """An array's bytes, deflated when that pays."""
    raw: bytes = np.ascontiguousarray(values).tobytes()
    code = ARRAYS[values.dtype.str]
    if len(raw) <= PACK_ABOVE:
        return ARRAY.pack(code, values.size, 0, len(raw)) + raw
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL + 1)
    packed = deflate.compress(raw) + deflate.flush()
    return ARRAY.pack(code, values.size, 1, len(packed)) + packed
