"""A second, independent reading of GLB files: plain JSON and NumPy, no code of the foundry."""

import json
import struct
from typing import Any

import numpy as np

TYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Gltf:
    """document: the JSON chunk. Accessors of compressed views cannot be read here."""

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size = struct.unpack_from("<I", data, 12)[0]
        self.document: dict[str, Any] = json.loads(data[20 : 20 + size])
        self.binary = memoryview(data)[28 + size :]

    @property
    def compressed(self) -> bool:
        return "EXT_meshopt_compression" in self.document.get("extensionsRequired", [])

    def _raw(self, view: int, offset: int, kind: int, count: int, width: int) -> np.ndarray:
        entry = self.document["bufferViews"][view]
        dtype = np.dtype(TYPES[kind])
        stride = entry.get("byteStride", dtype.itemsize * width)
        start = entry.get("byteOffset", 0) + offset
        return np.ndarray((count, width), dtype, self.binary, start, (stride, dtype.itemsize)).copy()

    def stored(self, index: int) -> list[np.ndarray]:
        """The numbers that an accessor stores: its dense part, its sparse values."""
        entry = self.document["accessors"][index]
        width, kind = WIDTH[entry["type"]], entry["componentType"]
        out = []
        if "bufferView" in entry:
            out.append(self._raw(entry["bufferView"], entry.get("byteOffset", 0), kind, entry["count"], width))
        if sparse := entry.get("sparse"):
            values = sparse["values"]
            out.append(self._raw(values["bufferView"], values.get("byteOffset", 0), kind, sparse["count"], width))
        return out

    def accessor(self, index: int) -> np.ndarray:
        """(N, C) values, sparse parts filled in, normalised integers as floats."""
        entry = self.document["accessors"][index]
        width, kind = WIDTH[entry["type"]], entry["componentType"]
        dense = np.zeros((entry["count"], width), TYPES[kind])
        if "bufferView" in entry:
            dense = self._raw(entry["bufferView"], entry.get("byteOffset", 0), kind, entry["count"], width)
        if sparse := entry.get("sparse"):
            at = sparse["indices"]
            rows = self._raw(at["bufferView"], at.get("byteOffset", 0), at["componentType"], sparse["count"], 1)[:, 0]
            dense[rows] = self.stored(index)[-1]
        if entry.get("normalized"):
            return np.maximum(dense / np.float64(np.iinfo(dense.dtype).max), -1.0)
        return dense

    def world(self) -> list[np.ndarray]:
        """(4, 4) of every node."""
        nodes = self.document["nodes"]
        out: list[np.ndarray | None] = [None] * len(nodes)
        parent = {c: i for i, n in enumerate(nodes) for c in n.get("children", ())}

        def of(i: int) -> np.ndarray:
            if out[i] is None:
                local = local_matrix(nodes[i])
                out[i] = of(parent[i]) @ local if i in parent else local
            return out[i]  # type: ignore[return-value]

        return [of(i) for i in range(len(nodes))]

    def scene_nodes(self) -> list[int]:
        """Node numbers in the scene, parents first."""
        todo, out = list(self.document["scenes"][0]["nodes"]), []
        while todo:
            i = todo.pop(0)
            out.append(i)
            todo += self.document["nodes"][i].get("children", [])
        return out

    def primitives(self, scene_only: bool = True) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        """(node name, node, primitive) of the meshes in the scene, or of all."""
        which = self.scene_nodes() if scene_only else range(len(self.document["nodes"]))
        nodes = [self.document["nodes"][i] for i in which]
        return [
            (n["name"], n, p) for n in nodes if "mesh" in n for p in self.document["meshes"][n["mesh"]]["primitives"]
        ]


def local_matrix(node: dict[str, Any]) -> np.ndarray:
    """A node's own transform."""
    x, y, z, w = node.get("rotation", (0, 0, 0, 1))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    out = np.eye(4)
    out[:3, :3] = turn * np.array(node.get("scale", (1, 1, 1)))
    out[:3, 3] = node.get("translation", (0, 0, 0))
    return out
