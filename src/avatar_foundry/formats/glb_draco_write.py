"""KHR_draco_mesh_compression for meshes with neither skin nor shapes, through DracoPy (extra "draco").

Draco puts vertices into an order of its own and would have to do the same to every shape, so what is skinned or has
shapes stays as `Plain` writes it. Tangents are left out: readers make the same ones (MikkTSpace).
"""

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RecipeError
from .glb_container import Chunk, Json
from .glb_draco import NAME
from .glb_mesh import Plain
from .split import SplitMesh

# bits: 2 m lie on steps of 0.12 mm, normals within 0.1 degrees, uvs on quarters of a pixel of a 2048 sheet
POSITION_BITS, NORMAL_BITS, UV_BITS = 14, 10, 13
EFFORT = 7  # of 10: what glTF tools take
ATTRIBUTES = {0: "POSITION", 1: "NORMAL", 3: "TEXCOORD_0"}  # by draco::GeometryAttribute::Type


class Draco(Plain):
    """Storage that compresses what Draco can carry. Raises RecipeError where DracoPy is not installed."""

    def __init__(self, chunk: Chunk) -> None:
        super().__init__(chunk)
        if find_spec("DracoPy") is None:
            raise RecipeError(
                "Draco compression is not part of this installation",
                hint="Install the engine with its 'draco' extra, or leave the compression out.",
                pointer="/compression",
            )

    def primitive(self, mesh: SplitMesh, joints: int) -> tuple[Json, NDArray[np.float64] | None]:
        """The primitive: compressed, or plain where the mesh has skin or shapes."""
        if (mesh.joints is not None and joints) or mesh.shapes.names:
            return super().primitive(mesh, joints)
        self.extensions.add(NAME)
        coded, faces, found = encoded(mesh)
        attributes: Json = {}
        numbers: Json = {}
        for name, number, values in found:
            entry: Json = {"componentType": 5126, "count": len(values), "type": f"VEC{values.shape[1]}"}
            if name == "POSITION":
                entry |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
            attributes[name], numbers[name] = self.chunk.append(entry), number
        indices = {"componentType": 5125, "count": faces.size, "type": "SCALAR"}
        if len(found[0][2]) <= 65535:
            indices["componentType"] = 5123
        held = {NAME: {"bufferView": self.chunk.view(coded), "attributes": numbers}}
        return {"attributes": attributes, "indices": self.chunk.append(indices), "extensions": held}, None


def encoded(mesh: SplitMesh) -> tuple[bytes, NDArray[np.uint32], list[tuple[str, int, NDArray[np.float32]]]]:
    """(Draco's bytes, its triangles, [(glTF's name, number, values (N, C))]) as a decoder gives them."""
    import DracoPy

    coded = DracoPy.encode(
        mesh.positions,
        faces=mesh.faces.astype(np.uint32),
        quantization_bits=POSITION_BITS,
        compression_level=EFFORT,
        normals=mesh.normals.astype(np.float64),
        normal_quantization_bits=NORMAL_BITS,
        tex_coord=None if mesh.uvs is None else mesh.uvs.astype(np.float64),
        tex_coord_quantization_bits=UV_BITS,
    )
    back: Any = DracoPy.decode(coded)
    found = [
        (ATTRIBUTES[a["attribute_type"]], int(a["unique_id"]), np.asarray(a["data"], np.float32))
        for a in back.attributes
        if a["attribute_type"] in ATTRIBUTES
    ]
    return coded, np.asarray(back.faces, np.uint32), sorted(found, key=lambda f: f[0] != "POSITION")
