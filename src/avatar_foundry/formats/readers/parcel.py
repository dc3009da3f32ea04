"""An Upload as bytes and back, between processes. No pickle: what comes back is data, whatever the sender became.

Layout: u64 length of the JSON, the JSON, then the arrays and files that it points into.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from ...avatar import Avatar, Binding, Clip, Collider, Material, Mesh, Morph, Part, Skeleton, Spring, Texture
from ...errors import StageFailed
from .upload import Expression, Node, Source, Upload, Vrm

OURS = (Avatar, Part, Binding, Mesh, Morph, Skeleton, Spring, Collider, Material, Texture, Clip)
KINDS: dict[str, Any] = {k.__name__: k for k in (*OURS, Upload, Source, Vrm, Node, Expression)}
DTYPES = {"<f4", "<f8", "<i4", "<i8", "<u2", "<i2", "|u1", "|b1"}


def wrap(upload: Upload) -> list[Any]:
    """The parcel as buffers to be written one after another."""
    buffers: list[Any] = []
    place = 0
    known: dict[int, Any] = {}  # textures are shared between materials, arrays between fields

    def put(data: Any, size: int) -> int:
        nonlocal place
        buffers.append(data)
        place += size
        return place - size

    def plain(value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, np.ndarray):
            if id(value) not in known:
                flat = np.ascontiguousarray(value)
                known[id(value)] = (flat, {"!a": [flat.dtype.str, list(flat.shape), put(flat, flat.nbytes)]})
            return known[id(value)][1]
        if isinstance(value, bytes):
            if id(value) not in known:
                known[id(value)] = (value, {"!b": [put(value, len(value)), len(value)]})
            return known[id(value)][1]
        if isinstance(value, np.generic):
            return value.item()
        kind = type(value).__name__
        if is_dataclass(value):
            return {"!": kind, **{f.name: plain(getattr(value, f.name)) for f in fields(value)}}
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {"!": kind, **{name: plain(getattr(value, name)) for name in value._fields}}
        if isinstance(value, tuple):
            return {"!t": [plain(v) for v in value]}
        if isinstance(value, list):
            return [plain(v) for v in value]
        if isinstance(value, Mapping):
            return {"!m": [[str(k), plain(v)] for k, v in value.items()]}
        raise TypeError(f"{kind} cannot be sent")

    text = json.dumps(plain(upload)).encode()
    return [struct.pack("<Q", len(text)), text, *buffers]


def unwrap(data: Any) -> Upload:
    """The upload in a parcel. Arrays are views into `data`. Raises StageFailed when it is none."""
    view = memoryview(data)
    try:
        (size,) = struct.unpack_from("<Q", view)
        tree = json.loads(bytes(view[8 : 8 + size]))
        body = view[8 + size :]
        found = rebuild(tree, body, {})
    except (struct.error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise StageFailed("The reader's answer cannot be used") from error
    if not isinstance(found, Upload):
        raise StageFailed("The reader's answer cannot be used")
    return found


def rebuild(value: Any, body: memoryview, textures: dict[int, bytes]) -> Any:
    """Plain data back to what it was."""
    if isinstance(value, list):
        return [rebuild(v, body, textures) for v in value]
    if not isinstance(value, dict):
        return value
    if "!a" in value:
        kind, shape, at = value["!a"]
        if kind not in DTYPES or not 0 <= at <= len(body):
            raise ValueError(kind)
        count = int(np.prod(shape, dtype=np.int64))
        if not count:
            return np.zeros(shape, kind)
        array = np.frombuffer(body, kind, count, at).reshape(shape)
        array.flags.writeable = False
        return array
    if "!b" in value:
        at, size = value["!b"]
        if at not in textures:
            textures[at] = bytes(body[at : at + size])
        return textures[at]
    if "!t" in value:
        return tuple(rebuild(v, body, textures) for v in value["!t"])
    if "!m" in value:
        return {str(k): rebuild(v, body, textures) for k, v in value["!m"]}
    kind = KINDS[value["!"]]
    return kind(**{k: rebuild(v, body, textures) for k, v in value.items() if k != "!"})
