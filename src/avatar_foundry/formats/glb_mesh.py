"""How a split mesh becomes glTF accessors: `Plain` exactly, `glb_compress.Packed` smaller."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .glb_container import ARRAY_BUFFER, COMPONENT, ELEMENT_ARRAY_BUFFER, Chunk, Json
from .split import Shapes, SplitMesh


class Storage(Protocol):
    """Turns split meshes into primitives. extensions: what a reader must know."""

    extensions: set[str]

    def primitive(self, mesh: SplitMesh, joints: int) -> tuple[Json, NDArray[np.float64] | None]:
        """The primitive, and the 4x4 matrix from stored to model space when positions were quantised."""

    def finish(self, document: Json) -> None:
        """Complete the document before it is packed."""


class Plain:
    """float32 attributes, 16-bit indices while they last, sparse morphs. Equal arrays are stored once."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.extensions: set[str] = set()

    def primitive(self, mesh: SplitMesh, joints: int) -> tuple[Json, NDArray[np.float64] | None]:
        add = self.chunk.accessor
        attributes: Json = {
            "POSITION": add(mesh.positions, ARRAY_BUFFER, bounds=True),
            "NORMAL": add(mesh.normals, ARRAY_BUFFER),
        }
        if mesh.uvs is not None:
            attributes["TEXCOORD_0"] = add(mesh.uvs, ARRAY_BUFFER)
        if mesh.tangents is not None:
            attributes["TANGENT"] = add(mesh.tangents, ARRAY_BUFFER)
        if mesh.joints is not None and mesh.weights is not None and joints:
            attributes["JOINTS_0"] = add(narrow(mesh.joints, joints), ARRAY_BUFFER)
            attributes["WEIGHTS_0"] = add(mesh.weights, ARRAY_BUFFER)
        primitive: Json = {
            "attributes": attributes,
            "indices": add(index_array(mesh.faces, len(mesh.positions)), ELEMENT_ARRAY_BUFFER),
        }
        if mesh.shapes.names:
            primitive["targets"] = add_shapes(self.chunk, mesh.shapes, len(mesh.positions))
        return primitive, None

    def finish(self, document: Json) -> None:
        """Nothing to add."""


def narrow(joints: NDArray[np.uint16], count: int) -> NDArray[Any]:
    """Joint numbers as bytes while they fit."""
    return joints.astype(np.uint8) if count <= 255 else joints


def index_array(faces: NDArray[np.int32], vertices: int) -> NDArray[Any]:
    """Flat triangle indices; 65535 itself is the restart value, so it stays unused in 16 bits."""
    return faces.reshape(-1).astype(np.uint16 if vertices <= 65535 else np.uint32)


def add_shapes(chunk: Chunk, shapes: Shapes, vertices: int) -> list[Json]:
    """Sparse POSITION and NORMAL accessors over three shared views: indices, deltas, normal deltas.

    min and max include the zeros of the vertices that a shape leaves alone, as the validator recomputes them.
    """
    wide = vertices > 65535
    index = shapes.index.astype(np.uint32 if wide else np.uint16)
    starts, counts = shapes.starts[:-1], np.diff(shapes.starts)
    partial = (counts < vertices)[:, None]
    low = np.where(partial, np.minimum(shapes.low, 0), shapes.low).tolist()
    high = np.where(partial, np.maximum(shapes.high, 0), shapes.high).tolist()
    index_view = chunk.view(index)
    component, width = COMPONENT[index.dtype.str[1:]], index.itemsize
    delta_view = chunk.view(shapes.delta)
    normal_view = chunk.view(shapes.normal) if shapes.normal is not None else None

    targets: list[Json] = []
    for start, count, lo, hi in zip(starts.tolist(), counts.tolist(), low, high, strict=True):
        # thousands of these: text straight away, keys in sorted order
        head = f'{{"componentType":5126,"count":{vertices},'
        sparse = (
            f'"sparse":{{"count":{count},"indices":{{"bufferView":{index_view},"byteOffset":{start * width},'
            f'"componentType":{component}}},"values":{{"bufferView":'
        )
        tail = f',"byteOffset":{start * 12}}}}},"type":"VEC3"}}'
        ends = f'"max":[{hi[0]!r},{hi[1]!r},{hi[2]!r}],"min":[{lo[0]!r},{lo[1]!r},{lo[2]!r}],'
        target = {"POSITION": chunk.append_text(f"{head}{ends}{sparse}{delta_view}{tail}")}
        if normal_view is not None:
            target["NORMAL"] = chunk.append_text(f"{head}{sparse}{normal_view}{tail}")
        targets.append(target)
    return targets
