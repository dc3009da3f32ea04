"""STL, binary and ASCII: bare triangles, whose corners at one position become one vertex. No unit, no axes."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...avatar import Avatar
from ...errors import SourceError
from .numbers import floats
from .pieces import Piece, finite, parts_of
from .upload import Log

HEAD = 84
TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("colour", "<u2")])
VERTEX = re.compile(rb"vertex[ \t]+([^\r\n]+)", re.IGNORECASE)


def read_stl(name: str, data: bytes, log: Log) -> Avatar:
    """The triangles of an STL file."""
    told = int.from_bytes(data[80:84], "little") if len(data) >= HEAD else 0
    text = data[:65536].lstrip()[:5].lower() == b"solid" and b"facet" in data[:65536]
    if len(data) == HEAD + 50 * told or (not text and told > 0 and len(data) > HEAD + 50 * told):
        if len(data) > HEAD + 50 * told:
            log.note("The file goes on after its last triangle; the rest was left out.")
        corners: NDArray[Any] = np.frombuffer(data, TRIANGLE, told, HEAD)["corners"].reshape(-1, 3)
    elif text:
        values = floats(b"\n".join(VERTEX.findall(data)), "vertex positions")
        if len(values) % 9 or not re.search(rb"endsolid[^\n]*\s*$", data[-512:], re.IGNORECASE):
            raise SourceError("The file is cut off", hint="Upload it again.")
        corners = values.reshape(-1, 3)
    else:
        raise SourceError(f"The file is cut off: it names {told} triangles and holds {max(len(data) - HEAD, 0) // 50}")
    if not len(corners):
        raise SourceError("The file holds no triangles")
    corners = finite(np.asarray(corners, np.float32), "vertex positions")
    positions, faces = weld(corners)
    piece = Piece(name or "mesh", positions, faces.reshape(-1, 3))
    return Avatar(name=name, parts=tuple(parts_of(piece, (), log, set())))


def weld(points: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """(distinct points in order of first use, number of each point)."""
    bits = np.ascontiguousarray(points + np.float32(0)).view(np.uint32).astype(np.uint64)  # -0 becomes 0
    key = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    key = (key ^ (key >> np.uint64(29)) ^ bits[:, 1]) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(32)) ^ bits[:, 2]) * np.uint64(0x94D049BB133111EB)
    order = np.argsort(key, kind="stable")
    fresh = np.ones(len(order), bool)
    fresh[1:] = (points[order[1:]] != points[order[:-1]]).any(axis=1)
    if (fresh[1:] & (key[order[1:]] == key[order[:-1]])).any():  # two points of one key: sort by the points themselves
        order = np.lexsort((bits[:, 2], bits[:, 1], bits[:, 0]))
        fresh[1:] = (points[order[1:]] != points[order[:-1]]).any(axis=1)
    first = order[fresh]  # stable sorts: the first of each group is its first use
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first), dtype=np.int32)
    number = np.empty(len(order), np.int32)
    number[order] = rank[np.cumsum(fresh) - 1]
    return points[np.sort(first)], number
