"""Smaller geometry: KHR_mesh_quantization and EXT_meshopt_compression.

One grid for all parts and levels: they share one skin, whose inverse bind matrices undo the quantisation, and seams
between parts stay closed. A 2 m avatar lies on steps of 0.03 mm.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Avatar
from ..geometry.meshopt import (
    encode_indices,
    encode_sequence,
    encode_vertices,
    filter_exponential,
    filter_octahedral,
    optimize_vertex_cache,
)
from .glb_container import ARRAY_BUFFER, COMPONENT, ELEMENT_ARRAY_BUFFER, Chunk, Json
from .glb_mesh import Field, describe_shapes, index_array, narrow, sparse_index
from .split import Shapes, SplitMesh, bounds

MESHOPT, QUANTISED = "EXT_meshopt_compression", "KHR_mesh_quantization"
STEPS = 65535
DELTA_BITS, NORMAL_BITS = 12, 8  # mantissas of morph deltas (0.02 % of the largest component) and normal deltas

F64 = NDArray[np.float64]


def bounding_cube(avatar: Avatar) -> F64:
    """(4, 4) from the unit cube to the cube around all parts and levels."""
    clouds = [m.positions for p in avatar.parts for m in p.lods if len(m.positions)]
    out = np.eye(4)
    if clouds:
        low = np.min([c.min(axis=0) for c in clouds], axis=0).astype(np.float64)
        high = np.max([c.max(axis=0) for c in clouds], axis=0)
        out[:3, :3] *= max(float((high - low).max()), 1e-6)
        out[:3, 3] = low
    return out


class Packed:
    """Storage with either or both extensions. grid: from `bounding_cube`, or None to keep float32."""

    def __init__(self, chunk: Chunk, grid: F64 | None, *, meshopt: bool) -> None:
        self.chunk, self.grid, self.meshopt = chunk, grid, meshopt
        self.extensions = {e for e, on in ((QUANTISED, grid is not None), (MESHOPT, meshopt)) if on}
        self.unpacked = 0  # bytes of the buffer that exists only after decoding

    def primitive(self, mesh: SplitMesh, joints: int) -> tuple[Json, F64 | None]:
        """The primitive, and the matrix from stored to model space."""
        count = len(mesh.positions)
        attributes: Json = {"POSITION": self._positions(mesh.positions), "NORMAL": self._directions(mesh.normals)}
        if mesh.uvs is not None:
            attributes["TEXCOORD_0"] = self._uvs(mesh.uvs)
        if mesh.tangents is not None:
            attributes["TANGENT"] = self._directions(mesh.tangents)
        if mesh.joints is not None and mesh.weights is not None and joints:
            weights = mesh.weights if self.grid is None else whole_weights(mesh.weights)
            held = np.where(weights > 0, mesh.joints, 0).astype(np.uint16)
            attributes["JOINTS_0"] = self._attribute(narrow(held, joints))
            attributes["WEIGHTS_0"] = self._attribute(weights, normalized=self.grid is not None)
        faces = optimize_vertex_cache(mesh.faces, count) if self.meshopt else mesh.faces
        flat = index_array(faces, count)
        coded = encode_indices(faces, count) if self.meshopt else None
        view = self._view(flat, coded, flat.itemsize, ELEMENT_ARRAY_BUFFER, "TRIANGLES")
        primitive: Json = {"attributes": attributes, "indices": self.chunk.describe(flat, view)}
        if mesh.shapes.names:
            primitive["targets"] = self._shapes(mesh.shapes, count)
        return primitive, self.grid

    def finish(self, document: Json) -> None:
        """Declare the buffer that exists only after decoding."""
        if self.unpacked:
            empty = {"byteLength": self.unpacked, "extensions": {MESHOPT: {"fallback": True}}}
            document["buffers"] = [{}, empty]

    # -- attributes

    def _positions(self, positions: F32) -> int:
        if self.grid is None:
            return self._attribute(positions, bounded=True)
        unit = (positions - self.grid[:3, 3]) / self.grid[0, 0]
        return self._attribute(np.rint(unit * STEPS).astype(np.uint16), bounded=True, normalized=True)

    def _directions(self, vectors: F32) -> int:
        if self.grid is None:
            return self._attribute(vectors)
        rows = np.ones((len(vectors), 4), np.float32)
        rows[:, : vectors.shape[1]] = vectors
        if self.meshopt:
            coded = filter_octahedral(rows)
            plain = np.rint(rows * 127).astype(np.int8)  # what decoding gives, near enough to describe it
            view = self._view(plain, encode_vertices(coded), 4, ARRAY_BUFFER, "ATTRIBUTES", "OCTAHEDRAL")
        else:
            plain = np.rint(rows * 127).astype(np.int8)
            if vectors.shape[1] == 3:
                plain[:, 3] = 0
            view = self._view(plain, None, 4, ARRAY_BUFFER, "ATTRIBUTES")
        return self.chunk.describe(plain[:, : vectors.shape[1]], view, normalized=True)

    def _uvs(self, uvs: F32) -> int:
        if self.grid is None or uvs.min() < 0 or uvs.max() > 1:
            return self._attribute(uvs)
        return self._attribute(np.rint(uvs.astype(np.float64) * STEPS).astype(np.uint16), normalized=True)

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
        index = sparse_index(shapes, vertices)
        coded = encode_sequence(index, vertices) if self.meshopt else None
        index_view = self._view(index, coded, index.itemsize, None, "INDICES")
        scale = np.float32(1.0 if self.grid is None else 1.0 / self.grid[0, 0])
        fields = [self._deltas("POSITION", shapes.delta * scale, shapes.starts, DELTA_BITS)]
        if shapes.normal is not None:
            fields.append(self._deltas("NORMAL", shapes.normal, shapes.starts, NORMAL_BITS))
        return describe_shapes(self.chunk, shapes.starts, vertices, index_view, index, fields)

    def _deltas(self, name: str, rows: F32, starts: NDArray[np.int64], bits: int) -> Field:
        """Sparse values: filtered float32 with meshopt, 16-bit steps without."""
        if self.grid is None:
            values: NDArray[Any] = rows
            coded = encode_vertices(rows) if self.meshopt else None
            view = self._view(rows, coded, 12, None, "ATTRIBUTES")
        elif self.meshopt:
            filtered = filter_exponential(rows, bits)
            values = exponential_values(filtered)
            view = self._view(values, encode_vertices(filtered), 12, None, "ATTRIBUTES", "EXPONENTIAL")
        else:
            values = np.rint(np.clip(rows, -1, 1) * 32767).astype(np.int16)
            view = self._view(values, None, 6, None, "ATTRIBUTES")
        ends = bounds(values, starts) if name == "POSITION" else None
        component = COMPONENT[values.dtype.str[1:]]
        return Field(name, view, component, values.itemsize * 3, ends, normalized=values.dtype == np.int16)

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


def whole_weights(weights: F32) -> NDArray[np.uint16]:
    """Weights (S, 4) as 16-bit steps that sum to exactly 65535: rounding's remainder goes onto the largest."""
    steps = np.rint(weights.astype(np.float64) * STEPS).astype(np.int64)
    rows = np.arange(len(steps))
    steps[rows, steps.argmax(axis=1)] += STEPS - steps.sum(axis=1)
    return steps.astype(np.uint16)


def exponential_values(filtered: NDArray[np.uint32]) -> F32:
    """What a reader decodes from filter EXPONENTIAL: 24-bit mantissa times two to the power of an 8-bit exponent."""
    exponent = filtered.view(np.int32) >> 24
    mantissa = (filtered.view(np.int32) << 8) >> 8
    return np.asarray(np.ldexp(mantissa.astype(np.float32), exponent), np.float32)
