"""Smaller geometry: KHR_mesh_quantization and EXT_meshopt_compression.

Numbers are whole and small before they are packed, and lie in the order in which they are drawn. With meshopt, morph
deltas and uvs decode to float32 through filter EXPONENTIAL with one exponent for all: to the codec they are integers.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32
from ..geometry.meshopt import (
    encode_indices,
    encode_vertices,
    filter_octahedral,
    whole_exponential,
)
from .drawing_order import in_drawing_order
from .glb_container import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, Chunk, Json
from .glb_keys import PackedKeys, PlainKeys
from .glb_mesh import Field, describe_shapes, index_array, narrow, sparse_index
from .grid import DELTA_EXPONENT, DELTA_STEPS, Grid, whole_shapes
from .split import Shapes, SplitMesh

MESHOPT, QUANTISED = "EXT_meshopt_compression", "KHR_mesh_quantization"
UV_BITS = 13  # steps of a quarter of a pixel on a texture of 2048
WEIGHT_STEPS = 255
TANGENT_BITS = 6  # 3 degrees: they turn the relief of a normal map, which is a few degrees itself

F64 = NDArray[np.float64]


class Packed:
    """Storage with either or both extensions. grid: None keeps float32."""

    def __init__(self, chunk: Chunk, grid: Grid | None, *, meshopt: bool) -> None:
        self.chunk, self.grid, self.meshopt = chunk, grid, meshopt
        self.extensions = {e for e, on in ((QUANTISED, grid is not None), (MESHOPT, meshopt)) if on}
        self.unpacked = 0  # bytes of the buffer that exists only after decoding

    def primitive(self, mesh: SplitMesh, joints: int) -> tuple[Json, F64 | None]:
        """The primitive, and the matrix from stored to model space."""
        if self.meshopt:
            mesh = in_drawing_order(mesh)
        count = len(mesh.positions)
        attributes: Json = {"POSITION": self._positions(mesh.positions), "NORMAL": self._directions(mesh.normals)}
        if mesh.uvs is not None:
            attributes["TEXCOORD_0"] = self._uvs(mesh.uvs)
        if mesh.tangents is not None:
            attributes["TANGENT"] = self._directions(mesh.tangents, TANGENT_BITS)
        if mesh.joints is not None and mesh.weights is not None and joints:
            weights = mesh.weights if self.grid is None else whole_weights(mesh.weights)
            held = np.where(weights > 0, mesh.joints, 0).astype(np.uint16)
            attributes["JOINTS_0"] = self._attribute(narrow(held, joints))
            attributes["WEIGHTS_0"] = self._attribute(weights, normalized=self.grid is not None)
        flat = index_array(mesh.faces, count)
        coded = encode_indices(mesh.faces, count) if self.meshopt else None
        view = self._view(flat, coded, flat.itemsize, ELEMENT_ARRAY_BUFFER, "TRIANGLES")
        primitive: Json = {"attributes": attributes, "indices": self.chunk.describe(flat, view)}
        if mesh.shapes.names:
            primitive["targets"] = self._shapes(mesh.shapes, count)
        return primitive, self.grid.matrix if self.grid is not None else None

    def keys(self) -> PlainKeys:
        """Where keys of clips go."""
        if not self.meshopt:
            return PlainKeys(self.chunk)
        return PackedKeys(
            self.chunk, lambda raw, coded, stride, kind: self._view(raw, coded, stride, None, "ATTRIBUTES", kind)
        )

    def finish(self, document: Json) -> None:
        """Declare the buffer that exists only after decoding."""
        if self.unpacked:
            empty = {"byteLength": self.unpacked, "extensions": {MESHOPT: {"fallback": True}}}
            document["buffers"] = [{}, empty]

    # -- attributes

    def _positions(self, positions: F32) -> int:
        if self.grid is None:
            return self._attribute(positions, bounded=True)
        return self._attribute(self.grid.steps(positions), bounded=True, normalized=True)

    def _directions(self, vectors: F32, bits: int = 8) -> int:
        if self.grid is None:
            return self._attribute(vectors)
        rows = np.ones((len(vectors), 4), np.float32)
        rows[:, : vectors.shape[1]] = vectors
        if self.meshopt:
            coded = filter_octahedral(rows, bits)
            plain = np.rint(rows * 127).astype(np.int8)  # what decoding gives, near enough to describe it
            view = self._view(plain, encode_vertices(coded), 4, ARRAY_BUFFER, "ATTRIBUTES", "OCTAHEDRAL")
        else:
            plain = np.rint(rows * 127).astype(np.int8)
            if vectors.shape[1] == 3:
                plain[:, 3] = 0
            view = self._view(plain, None, 4, ARRAY_BUFFER, "ATTRIBUTES")
        return self.chunk.describe(plain[:, : vectors.shape[1]], view, normalized=True)

    def _uvs(self, uvs: F32) -> int:
        if self.grid is not None and self.meshopt:
            coded, values = whole_exponential(np.rint(np.ldexp(uvs, UV_BITS)).astype(np.int32), -UV_BITS)
            view = self._view(values, encode_vertices(coded), 8, ARRAY_BUFFER, "ATTRIBUTES", "EXPONENTIAL")
            return self.chunk.describe(values, view)
        if self.grid is None or uvs.min() < 0 or uvs.max() > 1:
            return self._attribute(uvs)
        return self._attribute(np.rint(uvs.astype(np.float64) * 65535).astype(np.uint16), normalized=True)

    def _attribute(self, a: NDArray[Any], *, bounded: bool = False, normalized: bool = False) -> int:
        """An attribute whose rows are padded to whole words."""
        width = a.shape[1] * a.itemsize
        padded = a
        if width % 4:
            padded = np.zeros((len(a), a.shape[1] + (-width % 4) // a.itemsize), a.dtype)
            padded[:, : a.shape[1]] = a
        coded = encode_vertices(padded) if self.meshopt else None
        view = self._view(padded, coded, padded.shape[1] * a.itemsize, ARRAY_BUFFER, "ATTRIBUTES")
        return self.chunk.describe(a, view, bounds=bounded, normalized=normalized)

    # -- shapes

    def _shapes(self, shapes: Shapes, vertices: int) -> list[Json]:
        if self.grid is None:
            index = sparse_index(shapes.index, vertices, wide=True)
            fields = [Field("POSITION", self._deltas(shapes.delta), 5126, 12, (shapes.low, shapes.high))]
            if shapes.normal is not None:
                fields.append(Field("NORMAL", self._deltas(shapes.normal), 5126, 12))
            return describe_shapes(self.chunk, shapes.starts, vertices, self._sparse(index), index, fields)
        whole = whole_shapes(shapes, self.grid)
        index = sparse_index(whole.index, vertices, wide=self.meshopt)
        if self.meshopt:
            coded, values = whole_exponential(whole.delta // DELTA_STEPS, DELTA_EXPONENT)
            view = self._view(values, encode_vertices(coded), 12, None, "ATTRIBUTES", "EXPONENTIAL")
            ends = as_shares(whole.low), as_shares(whole.high)
            fields = [Field("POSITION", view, 5126, 12, ends)]
        else:
            view = self._view((whole.delta // DELTA_STEPS).astype(np.int16), None, 6, None, "ATTRIBUTES")
            whole_ends = whole.low // DELTA_STEPS, whole.high // DELTA_STEPS
            fields = [Field("POSITION", view, 5122, 6, whole_ends, normalized=True)]
        if whole.normal is not None:
            fields.append(Field("NORMAL", self._tight(whole.normal), 5120, 3, normalized=True))
        return describe_shapes(self.chunk, whole.starts, vertices, self._sparse(index), index, fields)

    def _deltas(self, rows: F32) -> int:
        return self._view(rows, encode_vertices(rows), 12, None, "ATTRIBUTES")

    def _sparse(self, index: NDArray[Any]) -> int:
        """Rising numbers: as attributes they take a third of what mode INDICES makes of them."""
        coded = encode_vertices(index) if self.meshopt else None
        return self._view(index, coded, index.itemsize, None, "ATTRIBUTES")

    def _tight(self, rows: NDArray[np.int8]) -> int:
        """Rows of three bytes without padding, as sparse values have to be: the codec takes four rows for one."""
        if not self.meshopt:
            return self._view(rows, None, 3, None, "ATTRIBUTES")
        fours = np.zeros((-(-len(rows) // 4), 12), np.int8)
        fours.reshape(-1)[: rows.size] = rows.reshape(-1)
        return self._view(fours, encode_vertices(fours), 12, None, "ATTRIBUTES")

    # -- views

    def _view(
        self, raw: NDArray[Any], coded: bytes | None, stride: int, target: int | None, mode: str, filter: str = ""
    ) -> int:
        """A view over `raw`, stored as `coded` when there is such. stride: bytes per row."""
        vertex = target == ARRAY_BUFFER
        if coded is None:
            return self.chunk.view(np.ascontiguousarray(raw), target, stride if vertex else 0)
        packed: Json = {
            "buffer": 0,
            "byteOffset": self.chunk.add(coded),
            "byteLength": len(coded),
            "byteStride": stride,
            "count": raw.nbytes // stride,
            "mode": mode,
        }
        if filter:
            packed["filter"] = filter
        view: Json = {
            "buffer": 1,
            "byteOffset": self.unpacked,
            "byteLength": raw.nbytes,
            "extensions": {MESHOPT: packed},
        }
        if target:
            view["target"] = target
        if vertex:
            view["byteStride"] = stride
        self.unpacked += raw.nbytes + (-raw.nbytes % 4)
        self.chunk.views.append(view)
        return len(self.chunk.views) - 1


def whole_weights(weights: F32) -> NDArray[np.uint8]:
    """Weights (S, 4) as 8-bit steps that sum to exactly 255: rounding's remainder goes onto the largest."""
    steps = np.rint(weights.astype(np.float64) * WEIGHT_STEPS).astype(np.int64)
    rows = np.arange(len(steps))
    steps[rows, steps.argmax(axis=1)] += WEIGHT_STEPS - steps.sum(axis=1)
    return steps.astype(np.uint8)


def as_shares(steps: NDArray[np.int32]) -> F32:
    """Bounds of deltas in grid steps -> what the deltas decode to."""
    return np.asarray(np.ldexp((steps // DELTA_STEPS).astype(np.float32), DELTA_EXPONENT), np.float32)
