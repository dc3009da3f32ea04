"""How keys are stored: as they are, or with EXT_meshopt_compression, rotations and weights as 16-bit steps.

Accessors are numbered as they are added; the bytes of a clip are gathered by kind and written as one view each. Clips
share no views, so that one can be taken out of a file (`glb_select`) with all its bytes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32
from ..geometry.meshopt import encode_vertices, filter_exponential, filter_quaternion
from .glb_container import COMPONENT, SHAPE, Chunk, Json

PLACE_BITS = 15  # mantissa of places: 0.06 mm of a metre
STEPS = 65535
View = Callable[[NDArray[Any], bytes, int, str], int]


class PlainKeys:
    """float32 throughout."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.rows: dict[str, list[NDArray[Any]]] = {}
        self.size: dict[str, int] = {}
        self.known: dict[tuple[str, bytes], int] = {}
        self.waiting: list[tuple[int, str, Json]] = []  # accessor, kind, entry without its view

    def add(self, kind: str, rows: F32) -> int:
        """As declared. Equal rows of a kind are one accessor."""
        stored = self.stored(kind, rows)
        key = (kind, stored.tobytes())
        if key in self.known:
            return self.known[key]
        entry: Json = {
            "componentType": COMPONENT[stored.dtype.str[1:]],
            "count": len(rows),
            "type": SHAPE[1 if rows.ndim == 1 else rows.shape[1]],
        }
        if stored.dtype != np.float32:
            entry["normalized"] = True
        if start := self.size.get(kind, 0):
            entry["byteOffset"] = start
        if kind == "time":
            entry |= {"min": [float(rows.min())], "max": [float(rows.max())]}
        number = self.chunk.append(entry)
        self.waiting.append((number, kind, entry))
        self.rows.setdefault(kind, []).append(stored)
        self.size[kind] = start + stored.nbytes
        self.known[key] = number
        return number

    def close_clip(self) -> None:
        """As declared: write the views and tell the accessors of them."""
        views = {kind: self.view(kind, np.concatenate(rows)) for kind, rows in self.rows.items()}
        for number, kind, entry in self.waiting:
            self.chunk.replace(number, {**entry, "bufferView": views[kind]})
        self.rows, self.size, self.known, self.waiting = {}, {}, {}, []

    def stored(self, kind: str, rows: F32) -> NDArray[Any]:
        """The rows as the buffer has them."""
        return np.ascontiguousarray(rows)

    def view(self, kind: str, rows: NDArray[Any]) -> int:
        """A view over all rows of a kind."""
        return self.chunk.view(rows)


class PackedKeys(PlainKeys):
    """Compressed. packed: adds a view (decoded rows, coded bytes, bytes per row, filter); its number."""

    def __init__(self, chunk: Chunk, packed: View) -> None:
        super().__init__(chunk)
        self.packed = packed

    def stored(self, kind: str, rows: F32) -> NDArray[Any]:
        """Rotations as i16, weights as u16 padded to whole words, both normalised; the rest as it is."""
        if kind == "rotation":
            return np.asarray(np.rint(rows * 32767.0), np.int16)
        if kind == "weights":
            return np.asarray(np.rint(np.clip(rows, 0.0, 1.0) * STEPS), np.uint16)
        return np.ascontiguousarray(rows)

    def view(self, kind: str, rows: NDArray[Any]) -> int:
        """A compressed view over all rows of a kind."""
        if kind == "rotation":
            return self.packed(
                rows, encode_vertices(filter_quaternion(rows.astype(np.float32) / 32767.0)), 8, "QUATERNION"
            )
        if kind == "translation":
            return self.packed(rows, encode_vertices(filter_exponential(rows, PLACE_BITS)), 12, "EXPONENTIAL")
        if kind == "weights" and len(rows) % 2:
            rows = np.append(rows, rows[:1] * 0)
        return self.packed(rows, encode_vertices(rows.view(np.uint8).reshape(-1, 4)), 4, "")
