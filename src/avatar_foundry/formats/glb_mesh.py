"""How a split mesh becomes glTF accessors: `Plain` exactly, `glb_compress.Packed` smaller."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .glb_container import ARRAY_BUFFER, COMPONENT, ELEMENT_ARRAY_BUFFER, Chunk, Json
from .glb_keys import PlainKeys
from .split import Shapes, SplitMesh


class Storage(Protocol):
    """Turns split meshes into primitives. extensions: what a reader must know."""

    extensions: set[str]

    def primitive(self, mesh: SplitMesh, joints: int) -> tuple[Json, NDArray[np.float64] | None]:
        """The primitive, and the 4x4 matrix from stored to model space when positions were quantised."""

    def keys(self) -> PlainKeys:
        """Where keys of clips go."""

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

    def keys(self) -> PlainKeys:
        """Where keys of clips go."""
        return PlainKeys(self.chunk)

    def finish(self, document: Json) -> None:
        """Nothing to add."""


def narrow(joints: NDArray[np.uint16], count: int) -> NDArray[Any]:
    """Joint numbers as bytes while they fit."""
    return joints.astype(np.uint8) if count <= 255 else joints


def index_array(faces: NDArray[np.int32], vertices: int) -> NDArray[Any]:
    """Flat triangle indices; 65535 itself is the restart value, so it stays unused in 16 bits."""
    return faces.reshape(-1).astype(np.uint16 if vertices <= 65535 else np.uint32)


def add_shapes(chunk: Chunk, shapes: Shapes, vertices: int) -> list[Json]:
    """Sparse POSITION and NORMAL accessors over three shared views: indices, deltas, normal deltas."""
    index = sparse_index(shapes.index, vertices)
    fields = [Field("POSITION", chunk.view(shapes.delta), 5126, 12, (shapes.low, shapes.high))]
    if shapes.normal is not None:
        fields.append(Field("NORMAL", chunk.view(shapes.normal), 5126, 12))
    return describe_shapes(chunk, shapes.starts, vertices, chunk.view(index), index, fields)


def sparse_index(index: NDArray[np.int32], vertices: int, *, wide: bool = False) -> NDArray[Any]:
    """The moved vertices of all shapes, in 16 bits while they fit unless they are to be `wide`."""
    return index.astype(np.uint32 if wide or vertices > 65535 else np.uint16)


class Field(NamedTuple):
    """One attribute of a set of shapes: its shared view, component type, bytes per row, and bounds where demanded."""

    name: str
    view: int
    component: int
    stride: int
    bounds: tuple[NDArray[Any], NDArray[Any]] | None = None
    normalized: bool = False


def describe_shapes(
    chunk: Chunk,
    starts: NDArray[np.int64],
    vertices: int,
    index_view: int,
    index: NDArray[Any],
    fields: Sequence[Field],
) -> list[Json]:
    """One target per shape. min and max include the zeros of the vertices that a shape leaves alone."""
    counts = np.diff(starts)
    partial = (counts < vertices)[:, None]
    component, width = COMPONENT[index.dtype.str[1:]], index.itemsize
    where = [
        f'"sparse":{{"count":{count},"indices":{{"bufferView":{index_view},"byteOffset":{start * width},'
        f'"componentType":{component}}},"values":{{"bufferView":'
        for start, count in zip(starts[:-1].tolist(), counts.tolist(), strict=True)
    ]
    targets: list[Json] = [{} for _ in where]
    for field in fields:
        # thousands of these: text straight away, keys in sorted order
        head = f'{{"componentType":{field.component},"count":{vertices},'
        ends = [""] * len(where)
        if field.bounds is not None:
            low, high = field.bounds
            low = np.where(partial, np.minimum(low, 0), low).tolist()
            high = np.where(partial, np.maximum(high, 0), high).tolist()
            ends = [
                f'"max":[{h[0]!r},{h[1]!r},{h[2]!r}],"min":[{b[0]!r},{b[1]!r},{b[2]!r}],'
                for b, h in zip(low, high, strict=True)
            ]
        if field.normalized:
            ends = [f'{end}"normalized":true,' for end in ends]
        for target, start, end, sparse in zip(targets, starts[:-1].tolist(), ends, where, strict=True):
            tail = f'{field.view},"byteOffset":{start * field.stride}}}}},"type":"VEC3"}}'
            target[field.name] = chunk.append_text(f"{head}{end}{sparse}{tail}")
    return targets
