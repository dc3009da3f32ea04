"""USDC, the binary form of a USD layer ("crate" 0.8.0), written without OpenUSD. Same layer, same bytes.

From OpenUSD's crateFile.h and .cpp. The file: a head, values, then six tables: tokens, strings, fields (name, value),
sets of fields, paths, and specs (path, set of fields, what it is). Tables of numbers are packed by
`usd_packing.integers`.
"""

import struct
from collections.abc import Iterator

import numpy as np

from .usd_layer import Attribute, Layer, Prim, Relationship, Typed
from .usd_packing import integers, sized
from .usd_values import Values

IDENT, VERSION = b"PXR-USDC", bytes([0, 8, 0, 0, 0, 0, 0, 0])
HEAD = 88  # bytes: identifier, version, place of the table of contents, reserved
ATTRIBUTE, PRIM, ROOT, RELATIONSHIP = 1, 6, 7, 8
LEAF, CHILD_ONLY, SIBLING_ONLY = -2, -1, 0
UNIFORM = Typed("variability", 1)
DEFINE = Typed("specifier", 0)
END = 0xFFFFFFFF  # of a set of fields


def write_crate(layer: Layer) -> bytes:
    """The layer as the bytes of a .usdc file."""
    return _Writer(layer).file()


class _Writer:
    """Collects the tables; one instance per file."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.values = Values(HEAD)
        self._fields: dict[tuple[int, int], int] = {}
        self._sets: dict[tuple[int, ...], int] = {}
        self._flat: list[int] = []  # sets of fields, one behind the other, each closed by END
        self._specs: list[tuple[int, int, int]] = []

    def file(self) -> bytes:
        meta = {**self.layer.meta, "primChildren": Typed("tokens", [p.name for p in self.layer.prims])}
        self._spec("/", ROOT, self._packed(meta))
        for prim in self.layer.prims:
            self._prim(prim, "/")
        sections = list(self._sections())
        out = [*self.values.parts]
        at = HEAD + self.values.size
        contents = struct.pack("<Q", len(sections))
        for name, body in sections:
            contents += struct.pack("<16sqq", name, at, len(body))
            out.append(body)
            at += len(body)
        head = IDENT + VERSION + struct.pack("<q", at) + bytes(HEAD - 24)
        return b"".join([head, *out, contents])

    # -- specs

    def _prim(self, prim: Prim, above: str) -> None:
        path = f"{above.rstrip('/')}/{prim.name}"
        fields = {"specifier": DEFINE, "typeName": Typed("token", prim.kind)}
        if prim.apis:
            fields["apiSchemas"] = Typed("prepended", prim.apis)
        fields |= prim.meta
        if prim.properties:
            fields["properties"] = Typed("tokens", [p.name for p in prim.properties])
        if prim.children:
            fields["primChildren"] = Typed("tokens", [c.name for c in prim.children])
        self._spec(path, PRIM, self._packed(fields))
        for held in prim.properties:
            if isinstance(held, Relationship):
                told = {"variability": UNIFORM, "targetPaths": Typed("targets", held.targets)}
                self._spec(f"{path}.{held.name}", RELATIONSHIP, self._packed(told))
            else:
                self._spec(f"{path}.{held.name}", ATTRIBUTE, self._attribute(held))
        for child in prim.children:
            self._prim(child, path)

    def _attribute(self, held: Attribute) -> list[tuple[str, int]]:
        told = {"typeName": Typed("token", held.type)}
        if held.uniform:
            told["variability"] = UNIFORM
        told |= held.meta
        if held.source:
            told["connectionPaths"] = Typed("targets", [held.source])
        if held.value is not None:
            told["default"] = Typed(held.type, held.value)
        fields = self._packed(told)
        if len(held.times):
            fields.append(("timeSamples", self.values.samples(held.type, held.times, held.samples)))
        return fields

    def _packed(self, fields: dict[str, Typed]) -> list[tuple[str, int]]:
        return [(name, self.values.pack(value)) for name, value in fields.items()]

    def _spec(self, path: str, kind: int, fields: list[tuple[str, int]]) -> None:
        """A spec with its set of fields; equal fields and equal sets are stored once."""
        numbers = []
        for name, rep in fields:
            key = (self.values.tokens.add(name), rep)
            numbers.append(self._fields.setdefault(key, len(self._fields)))
        held = tuple(numbers)
        if held not in self._sets:
            self._sets[held] = len(self._flat)
            self._flat += [*held, END]
        self._specs.append((self.values.paths.add(path), self._sets[held], kind))

    # -- tables

    def _sections(self) -> Iterator[tuple[bytes, bytes]]:
        """(name, bytes) of each table. Paths come first: they may bring new tokens."""
        paths = self._paths()
        tokens = self.values.tokens.entries
        strings = np.array([self.values.tokens.add(s) for s in self.values.strings.entries], "<u4")
        text = b"".join(t.encode() + b"\0" for t in tokens)
        yield b"TOKENS", struct.pack("<QQ", len(tokens), len(text)) + sized(text)
        yield b"STRINGS", struct.pack("<Q", len(strings)) + strings.tobytes()
        names, reps = zip(*self._fields, strict=True)
        yield b"FIELDS", table(len(names), names) + sized(np.array(reps, "<u8").tobytes())
        yield b"FIELDSETS", table(len(self._flat), self._flat)
        yield b"PATHS", paths
        yield b"SPECS", table(len(self._specs), *zip(*self._specs, strict=True))

    def _paths(self) -> bytes:
        """All paths as a tree: each one's number, its last name, and how to go on to its child and its sibling."""
        entries = self.values.paths.entries
        below: dict[str, list[int]] = {}
        for k, path in enumerate(entries[1:], 1):
            below.setdefault(parent(path), []).append(k)
        numbers: list[int] = []
        names: list[int] = []
        jumps: list[int] = []

        def walk(number: int, last: bool) -> None:
            path, place = entries[number], len(numbers)
            children = below.get(path, [])
            own = path[len(parent(path)) :].lstrip("/.")
            token = self.values.tokens.add(own) if number else 0
            numbers.append(number)
            names.append(-token if "." in path else token)
            jumps.append(0)
            for child in children:
                walk(child, child == children[-1])
            if last:
                jumps[place] = CHILD_ONLY if children else LEAF
            else:
                jumps[place] = len(numbers) - place if children else SIBLING_ONLY

        walk(0, True)
        return struct.pack("<Q", len(entries)) + table(len(numbers), numbers, names, jumps)


def parent(path: str) -> str:
    """The path above a prim's or a property's."""
    head, dot, _ = path.partition(".")
    return head if dot else path.rpartition("/")[0] or "/"


def table(count: int, *columns: list[int] | tuple[int, ...]) -> bytes:
    """A number of rows, and each column packed."""
    return struct.pack("<Q", count) + b"".join(sized(integers(np.array(c, np.int64))) for c in columns)
