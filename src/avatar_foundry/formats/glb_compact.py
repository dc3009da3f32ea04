"""Shapes share views: what is left of a view when some of its shapes have gone."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..geometry.meshopt import encode_vertices, whole_exponential
from .glb_container import SHAPE, SIZES, Json
from .glb_source import Source
from .grid import DELTA_EXPONENT

MESHOPT = "EXT_meshopt_compression"
WIDTHS = {name: width for width, name in SHAPE.items()}


class Compact(NamedTuple):
    """A view in a shorter form. packed: the bytes that are stored."""

    view: Json
    packed: bytes


def compacted(source: Source, views: Sequence[Json], accessors: Sequence[Json]) -> dict[int, Compact]:
    """Views whose rows are only partly used by sparse `accessors`, without the others: number -> view.

    The accessors' offsets are changed to fit. Views that cannot be packed again exactly are left as they are.
    """
    users: dict[int, list[tuple[Json, int]]] = {}
    whole: set[int] = {a["bufferView"] for a in accessors if "bufferView" in a}
    for accessor in accessors:
        if (sparse := accessor.get("sparse")) is not None:
            row = SIZES[accessor["componentType"]] * WIDTHS[accessor["type"]]
            for holder, size in (
                (sparse["indices"], SIZES[sparse["indices"]["componentType"]]),
                (sparse["values"], row),
            ):
                users.setdefault(holder["bufferView"], []).append((holder, sparse["count"] * size))
    out: dict[int, Compact] = {}
    for number, held in users.items():
        view = views[number]
        if number in whole or sum(size for _, size in held) >= view["byteLength"]:
            continue
        raw = source.bytes_of(number)
        starts = [holder.get("byteOffset", 0) for holder, _ in held]
        kept = b"".join(raw[at : at + size] for at, (_, size) in zip(starts, held, strict=True))
        if (made := shorter(view, kept)) is None:
            continue
        out[number] = made
        at = 0
        for holder, size in held:
            holder["byteOffset"] = at
            at += size
    return out


def shorter(view: Json, kept: bytes) -> Compact | None:
    """The view with `kept` alone in it; None when it cannot be packed again exactly."""
    packed = view.get("extensions", {}).get(MESHOPT)
    if packed is None:
        return Compact({**view, "byteLength": len(kept)}, kept)
    stride = packed["byteStride"]
    if packed["mode"] != "ATTRIBUTES":
        return None
    raw = kept + bytes(-len(kept) % stride)
    rows = np.frombuffer(raw, np.uint8).reshape(-1, stride)
    if packed.get("filter") == "EXPONENTIAL":
        values = np.frombuffer(raw, np.float32).reshape(len(rows), -1)
        coded, again = whole_exponential(np.ldexp(values, -DELTA_EXPONENT).astype(np.int32), DELTA_EXPONENT)
        if not np.array_equal(again, values):
            return None
        data = encode_vertices(coded)
    elif packed.get("filter", "NONE") == "NONE":
        data = encode_vertices(rows)
    else:
        return None
    told = {**packed, "count": len(rows), "byteLength": len(data)}
    return Compact({**view, "byteLength": len(raw), "extensions": {MESHOPT: told}}, data)
