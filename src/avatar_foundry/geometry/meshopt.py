"""meshoptimizer 1.3 (Arseny Kapoulkine, MIT) as WebAssembly: the simplifier and the buffer encoder.

Modules are compiled once and kept, compiled, in the content cache. Every thread has an instance of its own: no locks.
Results depend on the input alone, not on the machine: WebAssembly arithmetic is exact IEEE 754.
"""

import atexit
import threading
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cache import cached_bytes
from ..errors import StageFailed

if TYPE_CHECKING:  # loading it takes long, and an avatar whose levels are kept needs none of it
    import wasmtime

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]

KEPT = 24 << 20  # bytes of memory above which an instance is not kept for the next call

# meshopt_SimplifyX
LOCK_BORDER = 1
ERROR_ABSOLUTE = 4
PRUNE = 8
REGULARIZE = 16
PERMISSIVE = 32
REGULARIZE_LIGHT = 64

# meshopt_SimplifyVertex_X: entries of `lock`
FREE, LOCKED, PROTECTED = 0, 1, 2


@cache
def _engine() -> "wasmtime.Engine":
    import wasmtime

    atexit.register(_forget)
    return wasmtime.Engine()


def _forget() -> None:
    """Let everything go while wasmtime can still close it: at the end Python takes modules apart in any order."""
    _local.__dict__.clear()
    _module.cache_clear()
    _engine.cache_clear()


@cache
def _module(name: str) -> "wasmtime.Module":
    import wasmtime

    try:
        code = (files("avatar_foundry.geometry") / "wasm" / f"{name}.wasm").read_bytes()
    except FileNotFoundError:
        raise StageFailed(
            "The mesh optimiser is not installed", hint="Run scripts/build-wasm once in the source tree."
        ) from None
    # what wasmtime compiled fits this wasmtime on this kind of processor only: it says so itself when it does not
    key = f"wasm {name} {blake2b(code, digest_size=16).hexdigest()} wasmtime {version('wasmtime')}"
    try:
        return wasmtime.Module.deserialize(
            _engine(), cached_bytes(key, lambda: bytes(wasmtime.Module(_engine(), code).serialize()))
        )
    except wasmtime.WasmtimeError:
        return wasmtime.Module(_engine(), code)


class _Instance:
    """One module's memory, used as a stack: `frame` gives back everything that was put since."""

    def __init__(self, name: str) -> None:
        import wasmtime

        self.name, self.store = name, wasmtime.Store(_engine())
        self.exports = wasmtime.Instance(self.store, _module(name), []).exports(self.store)
        memory = self.exports["memory"]
        assert isinstance(memory, wasmtime.Memory)
        self.memory = memory
        self.call("__wasm_call_ctors")
        if name == "encoder":
            self.call("meshopt_encodeIndexVersion", 1)  # what EXT_meshopt_compression asks for

    def call(self, name: str, *arguments: float) -> int:
        import wasmtime

        function = self.exports[name]
        assert isinstance(function, wasmtime.Func)
        result = function(self.store, *arguments)
        return int(result) & 0xFFFFFFFF if isinstance(result, int) else 0

    def reserve(self, size: int) -> int:
        place = self.call("sbrk", (size + 15) & ~15)
        if place == 0xFFFFFFFF:
            raise StageFailed("The mesh is too large for the mesh optimiser")
        return place

    def put(self, array: NDArray[Any]) -> int:
        place = self.reserve(array.nbytes)
        self.memory.write(self.store, np.ascontiguousarray(array).tobytes(), place)
        return place

    def get(self, place: int, size: int) -> bytes:
        return bytes(self.memory.read(self.store, place, place + size))

    def __enter__(self) -> "_Instance":
        self.top = self.call("sbrk", 0)
        return self

    def __exit__(self, *_: object) -> None:
        self.call("sbrk", self.top - self.call("sbrk", 0))
        if self.memory.data_len(self.store) > KEPT:  # its memory never shrinks: the next one starts small again
            _local.__dict__.get("instances", {}).pop(self.name, None)


_local = threading.local()


def _instance(name: str) -> _Instance:
    held: dict[str, _Instance] = _local.__dict__.setdefault("instances", {})
    if name not in held:
        held[name] = _Instance(name)
    return held[name]


def simplify(
    faces: I32,
    positions: F32,
    attributes: F32 | None = None,
    weights: F32 | None = None,
    lock: U8 | None = None,
    *,
    target: int,
    error: float = 1.0,
    options: int = 0,
) -> tuple[I32, float]:
    """Collapse edges until `target` faces are left or `error` (of the mesh's extent) is reached.

    faces: (F, 3).  positions: (S, 3).  attributes: (S, A) with A <= 32, weights: (A,).  lock: (S,) of FREE, LOCKED,
    PROTECTED.  Returns faces (F', 3) into the same vertices, and the error reached relative to the extent, attributes
    included. May stop above the target. Vertices at the same position are two sides of a seam and move together.
    """
    if len(faces) == 0 or target >= len(faces):
        return faces.astype(np.int32), 0.0
    if attributes is None:
        attributes = np.zeros((len(positions), 0), np.float32)
    if weights is None:
        weights = np.ones(attributes.shape[1], np.float32)
    assert attributes.shape[1] == len(weights) <= 32
    with _instance("simplifier") as wasm:
        out = wasm.put(faces.astype(np.uint32))
        count = wasm.call(
            "meshopt_simplifyWithAttributes",
            out,
            out,
            faces.size,
            wasm.put(positions.astype(np.float32)),
            len(positions),
            12,
            wasm.put(attributes.astype(np.float32)),
            attributes.shape[1] * 4,
            wasm.put(weights.astype(np.float32)),
            len(weights),
            0 if lock is None else wasm.put(lock.astype(np.uint8)),
            target * 3,
            error,
            options,
            reached := wasm.put(np.zeros(1, np.float32)),
        )
        result = np.frombuffer(wasm.get(out, count * 4), np.int32).reshape(-1, 3)
        return result.copy(), float(np.frombuffer(wasm.get(reached, 4), np.float32)[0])


def prune(faces: I32, positions: F32, error: float) -> I32:
    """Drop pieces smaller than `error` of the mesh's extent: faces (F', 3)."""
    with _instance("simplifier") as wasm:
        out = wasm.put(faces.astype(np.uint32))
        place = wasm.put(positions.astype(np.float32))
        count = wasm.call("meshopt_simplifyPrune", out, out, faces.size, place, len(positions), 12, error)
        return np.frombuffer(wasm.get(out, count * 4), np.int32).reshape(-1, 3).copy()


def optimize_vertex_cache(faces: I32, count: int, *, strips: bool = False) -> I32:
    """The same faces (F, 3) over `count` vertices in an order that GPUs draw, and the encoder packs, well.

    strips: strip-like, which draws a little slower and packs better.
    """
    if len(faces) == 0:
        return faces.astype(np.int32)
    with _instance("encoder") as wasm:
        place = wasm.put(faces.astype(np.uint32))
        wasm.call(f"meshopt_optimizeVertexCache{'Strip' * strips}", place, place, faces.size, count)
        return np.frombuffer(wasm.get(place, faces.size * 4), np.int32).reshape(-1, 3).copy()


def fetch_order(faces: I32, count: int) -> I32:
    """New number of each of `count` vertices when numbered by first use; -1 for unused ones: (count,)."""
    with _instance("encoder") as wasm:
        place, remap = wasm.put(faces.astype(np.uint32)), wasm.reserve(count * 4)
        wasm.call("meshopt_optimizeVertexFetchRemap", remap, place, faces.size, count)
        return np.frombuffer(wasm.get(remap, count * 4), np.int32).copy()


def encode_vertices(rows: NDArray[Any], *, version: int = 0, level: int = 2) -> bytes:
    """EXT_meshopt_compression mode ATTRIBUTES: rows (N, ...) whose size in bytes is a multiple of 4, at most 256."""
    rows = np.ascontiguousarray(rows)
    count, size = len(rows), rows.nbytes // max(len(rows), 1)
    assert count == 0 or (size % 4 == 0 and 0 < size <= 256), size
    if count == 0:
        return b""
    with _instance("encoder") as wasm:
        bound = wasm.call("meshopt_encodeVertexBufferBound", count, size)
        out = wasm.reserve(bound)
        source = wasm.put(rows)
        used = wasm.call("meshopt_encodeVertexBufferLevel", out, bound, source, count, size, level, version)
        return wasm.get(out, used)


def encode_indices(faces: NDArray[Any], count: int) -> bytes:
    """Mode TRIANGLES: faces (F, 3) over `count` vertices. Order of faces and first corners may change on decoding."""
    return _encode_indices("meshopt_encodeIndexBuffer", faces, count)


def encode_sequence(indices: NDArray[Any], count: int) -> bytes:
    """Mode INDICES: any index list (N,) below `count`, kept exactly; for sparse accessors and lines."""
    return _encode_indices("meshopt_encodeIndexSequence", indices, count)


def _encode_indices(function: str, indices: NDArray[Any], count: int) -> bytes:
    if indices.size == 0:
        return b""
    with _instance("encoder") as wasm:
        bound = wasm.call(f"{function}Bound", indices.size, count)
        out = wasm.reserve(bound)
        used = wasm.call(function, out, bound, wasm.put(indices.astype(np.uint32)), indices.size)
        return wasm.get(out, used)


def filter_octahedral(vectors: F32, bits: int = 8) -> NDArray[Any]:
    """Filter OCTAHEDRAL: unit vectors (N, 4) -> (N, 4) i8 for up to 8 bits, else i16; column 4 is kept."""
    kind = np.int8 if bits <= 8 else np.int16
    stride = 4 * np.dtype(kind).itemsize
    with _instance("encoder") as wasm:
        out = wasm.reserve(len(vectors) * stride)
        source = wasm.put(vectors.astype(np.float32))
        wasm.call("meshopt_encodeFilterOct", out, len(vectors), stride, bits, source)
        return np.frombuffer(wasm.get(out, len(vectors) * stride), kind).reshape(-1, 4).copy()


def filter_quaternion(rotations: F32, bits: int = 16) -> NDArray[np.int16]:
    """Filter QUATERNION: unit quaternions (N, 4) xyzw -> (N, 4) i16; decoding may give their negative."""
    with _instance("encoder") as wasm:
        out = wasm.reserve(len(rotations) * 8)
        source = wasm.put(rotations.astype(np.float32))
        wasm.call("meshopt_encodeFilterQuat", out, len(rotations), 8, bits, source)
        return np.frombuffer(wasm.get(out, len(rotations) * 8), np.int16).reshape(-1, 4).copy()


def filter_exponential(values: F32, bits: int = 15) -> NDArray[np.uint32]:
    """Filter EXPONENTIAL with one exponent per row: values (N, D) f32 -> (N, D) u32; keeps `bits` of mantissa."""
    width = values.shape[1]
    with _instance("encoder") as wasm:
        out = wasm.reserve(values.size * 4)
        source = wasm.put(values.astype(np.float32))
        wasm.call("meshopt_encodeFilterExp", out, len(values), width * 4, bits, source, 1)
        return np.frombuffer(wasm.get(out, values.size * 4), np.uint32).reshape(-1, width).copy()


def whole_exponential(values: I32, exponent: int) -> tuple[NDArray[np.uint32], F32]:
    """Filter EXPONENTIAL with one exponent for all: integers (N, D) below 2**23 -> (N, D) u32, and what they decode to.

    The decoded number is value * 2**exponent; the codec sees small integers with a constant byte on top.
    """
    coded = (values.astype(np.uint32) & np.uint32(0xFFFFFF)) | np.uint32((exponent & 0xFF) << 24)
    return coded, np.asarray(np.ldexp(values.astype(np.float32), exponent), np.float32)
