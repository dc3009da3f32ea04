"""A GLB as it came in: container, JSON and accessors, read without trusting one number in them.

Every offset, count and reference is checked against what is there, and what decoding may allocate is bounded.
"""

import base64
import binascii
import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError
from . import glb_draco
from .glb_container import BIN_CHUNK, JSON_CHUNK, MAGIC, Json
from .meshopt_decode import decode

MAX_JSON = 64 << 20
MAX_DECODED = 1 << 30  # bytes that all accessors together may unpack to
MAX_ITEMS = 200_000  # entries of any top-level list

DTYPES: dict[int, str] = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
PEAK = {5120: 127.0, 5121: 255.0, 5122: 32767.0, 5123: 65535.0}

MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")
UNDERSTOOD = {
    "KHR_mesh_quantization",
    "EXT_texture_webp",
    "KHR_texture_transform",
    "KHR_lights_punctual",
    "MSFT_lod",
    *MESHOPT,
}
REFUSED = {
    "KHR_texture_basisu": "KTX2 textures",
}


Files = Callable[[Any], tuple[str, bytes] | None]  # what a relative address names: (name, bytes), None when absent


def integer(value: Any, what: str, top: int) -> int:
    """`value` as an int in 0..top, or SourceError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= top:
        raise SourceError(f"The file is damaged: {what} is {value!r}")
    return value


class Source:
    """A parsed file. Lookups raise SourceError when the file is at fault. files: finds what lies beside it."""

    def __init__(self, data: bytes, files: Files | None = None) -> None:
        self._files = files
        self.notes: list[str] = []  # what was left out, for a person
        self.joint_order: list[int] = []  # nodes of the skeleton's joints, once it was read
        text, self.binary = chunks(data)
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SourceError("The file's JSON cannot be read", hint="Export the model again as .glb.") from error
        if not isinstance(document, dict) or not isinstance(asset := document.get("asset"), dict):
            raise SourceError("The file is not a glTF document")
        if str(asset.get("version", "")).split(".")[0] != "2":
            raise SourceError(f"glTF version {asset.get('version')!r} is not read", hint="Export as glTF 2.0.")
        self.document: Json = document
        self._spent = 0
        self._buffers: dict[int, bytes] = {}
        self._views: dict[int, bytes] = {}  # that were compressed
        self._cache: dict[int, NDArray[Any]] = {}
        self._lists: dict[str, list[Json]] = {}
        for name in document.get("extensionsRequired") or ():
            self._require(str(name))

    def put(self, index: Any, values: NDArray[Any]) -> None:
        """Give an accessor the values that were compressed elsewhere, which must be as it says."""
        entry = self.item("accessors", index)
        component, width = entry.get("componentType"), WIDTHS.get(str(entry.get("type")))
        if component not in DTYPES or width is None:
            raise SourceError("The file is damaged: an accessor has no known type")
        count = integer(entry.get("count"), "an accessor's count", MAX_DECODED)
        if len(values) != count or values.size != count * width:
            raise SourceError("The file is damaged: compressed data is not as long as it says")
        self._spend(values.nbytes)
        out = np.ascontiguousarray(values).reshape(count, width)
        if entry.get("normalized") and component in PEAK and out.dtype.kind != "f":
            out = np.maximum(out.astype(np.float32) / np.float32(PEAK[component]), np.float32(-1.0))
        self._cache[index] = out[:, 0] if width == 1 else out

    def _require(self, name: str) -> None:
        if name == glb_draco.NAME:
            if not glb_draco.available():
                raise SourceError("The file uses Draco compression, which is not read", hint=glb_draco.HINT)
            return
        if name in REFUSED:
            raise SourceError(f"The file uses {REFUSED[name]}, which is not read", hint="Export without compression.")
        if name not in UNDERSTOOD and not name.startswith("KHR_materials_") and not name.startswith("VRMC_"):
            raise SourceError(f"The file needs the extension {name}, which is not read")

    def items(self, kind: str) -> list[Json]:
        """A top-level list of objects, empty when absent."""
        if kind in self._lists:
            return self._lists[kind]
        found = self.document.get(kind) or []
        if not isinstance(found, list) or len(found) > MAX_ITEMS or not all(isinstance(f, dict) for f in found):
            raise SourceError(f"The file is damaged: its list of {kind} cannot be used")
        self._lists[kind] = found
        return found

    def item(self, kind: str, index: Any) -> Json:
        """Entry `index` of a top-level list."""
        found = self.items(kind)
        return found[integer(index, f"an index into {kind}", len(found) - 1)]

    def view(self, index: Any) -> tuple[bytes, int, int, int]:
        """(buffer, offset, length, stride) of a buffer view; stride 0 when packed."""
        entry = self.item("bufferViews", index)
        for name in MESHOPT:
            if isinstance(packed := (entry.get("extensions") or {}).get(name), dict):
                held = self._unpacked(int(index), packed)
                return held, 0, len(held), integer(entry.get("byteStride", 0), "a view's stride", 252)
        buffer = self._buffer(integer(entry.get("buffer"), "a view's buffer", MAX_ITEMS))
        offset = integer(entry.get("byteOffset", 0), "a view's offset", len(buffer))
        length = integer(entry.get("byteLength"), "a view's length", len(buffer) - offset)
        return buffer, offset, length, integer(entry.get("byteStride", 0), "a view's stride", 252)

    def _unpacked(self, index: int, packed: Json) -> bytes:
        """What meshopt compressed."""
        stride = integer(packed.get("byteStride"), "a compressed view's stride", 256)
        count = integer(packed.get("count"), "a compressed view's count", MAX_DECODED // max(stride, 1))
        if index not in self._views:
            buffer = self._buffer(integer(packed.get("buffer"), "a view's buffer", MAX_ITEMS))
            offset = integer(packed.get("byteOffset", 0), "a view's offset", len(buffer))
            length = integer(packed.get("byteLength"), "a view's length", len(buffer) - offset)
            if count * stride > 2048 * length:  # the codecs pack 1024:1 at best
                raise SourceError("The file is damaged: a compressed view names more than it can hold")
            self._spend(count * stride)
            mode, kind = str(packed.get("mode")), str(packed.get("filter", "NONE"))
            self._views[index] = decode(buffer[offset : offset + length], mode, kind, count, stride)
        return self._views[index]

    def bytes_of(self, index: Any) -> bytes:
        """A buffer view's bytes."""
        buffer, offset, length, _ = self.view(index)
        return buffer[offset : offset + length]

    def _buffer(self, index: int) -> bytes:
        if index not in self._buffers:
            uri = self.item("buffers", index).get("uri")
            if uri is None and index == 0:
                self._buffers[0] = self.binary
            else:
                self._buffers[index] = self.address(uri)
        return self._buffers[index]

    @property
    def in_company(self) -> bool:
        """Whether the file may name others that came with it."""
        return self._files is not None

    def beside(self, uri: Any) -> tuple[str, bytes] | None:
        """The file that an address names, when it came along."""
        return self._files(uri) if self._files is not None else None

    def address(self, uri: Any) -> bytes:
        """The bytes behind an address: embedded, or beside the file in the same upload. Nothing else is reached."""
        if not self.in_company or (isinstance(uri, str) and uri.startswith("data:")):
            return data_uri(uri)
        if (found := self.beside(uri)) is None:
            raise SourceError(
                f"The file refers to {str(uri)[:80]!r}, which is not in the upload",
                hint="Put the model and all its files into one zip, or export as .glb.",
            )
        return found[1]

    def accessor(self, index: Any, *types: str) -> NDArray[Any]:
        """Accessor values: (N,) or (N, C), sparse parts filled in, normalised integers as float32. types: allowed."""
        if not isinstance(index, int) or index not in self._cache:
            entry = self.item("accessors", index)
            self._cache[index] = self._decode(entry)
        kind = self.item("accessors", index).get("type")
        if types and kind not in types:
            raise SourceError(f"The file is damaged: an accessor is {kind}, expected {' or '.join(types)}")
        return self._cache[index]

    def _decode(self, entry: Json) -> NDArray[Any]:
        component, width = entry.get("componentType"), WIDTHS.get(str(entry.get("type")))
        if component not in DTYPES or width is None:
            raise SourceError("The file is damaged: an accessor has no known type")
        dtype = np.dtype(DTYPES[component])
        count = integer(entry.get("count"), "an accessor's count", MAX_DECODED // (width * dtype.itemsize))
        self._spend(count * width * max(dtype.itemsize, 4))
        if entry.get("bufferView") is not None:
            values = self._strided(entry["bufferView"], entry.get("byteOffset", 0), dtype, count, width)
        else:
            values = np.zeros((count, width), dtype)
        if isinstance(sparse := entry.get("sparse"), dict):
            values = self._fill(values, sparse, dtype)
        if entry.get("normalized") and component in PEAK:
            values = np.maximum(values.astype(np.float32) / np.float32(PEAK[component]), np.float32(-1.0))
        return values[:, 0] if width == 1 else values

    def _strided(self, view: Any, start: Any, dtype: np.dtype[Any], count: int, width: int) -> NDArray[Any]:
        buffer, offset, length, stride = self.view(view)
        start = integer(start, "an accessor's offset", length)
        row = width * dtype.itemsize
        stride = stride or row
        if count and (start + stride * (count - 1) + row > length or stride < row):
            raise SourceError("The file is damaged: an accessor reaches beyond its data")
        if not count:
            return np.zeros((0, width), dtype)
        raw = np.frombuffer(buffer, np.uint8, stride * (count - 1) + row, offset + start)
        rows = np.lib.stride_tricks.as_strided(raw, (count, row), (stride, 1))
        return np.ascontiguousarray(rows).view(dtype).reshape(count, width)

    def _fill(self, values: NDArray[Any], sparse: Json, dtype: np.dtype[Any]) -> NDArray[Any]:
        index, rows = self._sparse(sparse, dtype, len(values), values.shape[1])
        values = values.copy()
        values[index] = rows
        return values

    def _sparse(self, sparse: Json, dtype: np.dtype[Any], base: int, width: int) -> tuple[NDArray[Any], NDArray[Any]]:
        where, what = sparse.get("indices"), sparse.get("values")
        if not isinstance(where, dict) or not isinstance(what, dict):
            raise SourceError("The file is damaged: a sparse accessor cannot be used")
        if where.get("componentType") not in (5121, 5123, 5125):
            raise SourceError("The file is damaged: a sparse accessor's indices have no known type")
        count = integer(sparse.get("count"), "a sparse accessor's count", base)
        kind = np.dtype(DTYPES[where["componentType"]])
        index = self._strided(where.get("bufferView"), where.get("byteOffset", 0), kind, count, 1)[:, 0]
        rows = self._strided(what.get("bufferView"), what.get("byteOffset", 0), dtype, count, width)
        if count and int(index.max()) >= base:
            raise SourceError("The file is damaged: a sparse accessor reaches beyond its base")
        return index, rows

    def sparse(self, index: Any) -> tuple[NDArray[np.int32], NDArray[np.float32], int] | None:
        """(index (K,), values (K, 3), count) of a float VEC3 accessor that is sparse over zeros; None for others."""
        entry = self.item("accessors", index)
        held = entry.get("sparse")
        if entry.get("bufferView") is not None or not isinstance(held, dict):
            return None
        if entry.get("componentType") != 5126 or entry.get("type") != "VEC3":
            return None
        count = integer(entry.get("count"), "an accessor's count", MAX_DECODED // 12)
        at, rows = self._sparse(held, np.dtype("<f4"), count, 3)
        self._spend(rows.nbytes + at.nbytes)
        return at.astype(np.int32), rows.astype(np.float32), count

    def _spend(self, size: int) -> None:
        self._spent += size
        if self._spent > MAX_DECODED:
            raise SourceError("The model is too large to be unpacked", hint="Reduce it below 5 million vertices.")


def chunks(data: bytes) -> tuple[bytes, bytes]:
    """(JSON text, binary chunk) of a GLB; the JSON of a .gltf with everything embedded is taken as well."""
    if data[:4] != b"glTF":
        if data.lstrip()[:1] == b"{" and len(data) <= MAX_JSON:
            return data, b""
        raise SourceError("This is not a GLB file", hint="Upload .glb, or .gltf with embedded data.")
    if len(data) < 20:
        raise SourceError("The file is cut off")
    magic, version, length = struct.unpack_from("<III", data)
    assert magic == MAGIC
    if version != 2:
        raise SourceError(f"GLB version {version} is not read", hint="Export as glTF 2.0.")
    if length > len(data):
        raise SourceError("The file is cut off", hint="Upload it again.")
    found: dict[int, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", data, at)
        if size > length - at - 8:
            raise SourceError("The file is cut off", hint="Upload it again.")
        found.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size
    text = found.get(JSON_CHUNK, b"")
    if not text or len(text) > MAX_JSON:
        raise SourceError("The file has no usable JSON chunk")
    return text, found.get(BIN_CHUNK, b"")


def data_uri(uri: Any) -> bytes:
    """The bytes of a base64 data URI; other addresses are never followed."""
    if not isinstance(uri, str) or not uri.startswith("data:"):
        raise SourceError("The file refers to other files", hint="Export as one .glb with everything inside.")
    head, _, body = uri.partition(",")
    try:
        return base64.b64decode(body, validate=True) if head.endswith(";base64") else b""
    except (binascii.Error, ValueError) as error:
        raise SourceError("The file is damaged: embedded data cannot be decoded") from error
