"""Where a file's joints stand, from its bytes alone: GLB and binary FBX. Shares no code with what wrote them."""

import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np


class Joints(NamedTuple):
    """parents: name -> parent, "" for the top.  world, local: name -> (4, 4) at rest, in the file's space and unit."""

    parents: dict[str, str]
    world: dict[str, np.ndarray]
    local: dict[str, np.ndarray]
    settings: dict[str, float]


def glb_joints(data: bytes) -> Joints:
    """The joints of the first skin of a GLB and the nodes above them that are joints too."""
    size = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + size])
    nodes = document["nodes"]
    up = {child: i for i, node in enumerate(nodes) for child in node.get("children", [])}
    joints = document["skins"][0]["joints"]
    local = {nodes[i]["name"]: _placed(nodes[i]) for i in joints}
    parents = {nodes[i]["name"]: nodes[up[i]]["name"] if up.get(i) in joints else "" for i in joints}
    return Joints(parents, _worlds(parents, local), local, {})


def _placed(node: dict[str, Any]) -> np.ndarray:
    out = np.eye(4)
    out[:3, :3] = turned(*node.get("rotation", (0.0, 0.0, 0.0, 1.0))) * np.array(node.get("scale", (1.0, 1.0, 1.0)))
    out[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return out


def turned(x: float, y: float, z: float, w: float) -> np.ndarray:
    """(3, 3) of a unit quaternion."""
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def fbx_joints(data: bytes) -> Joints:
    """The LimbNodes of a binary FBX."""
    tree = list(_records(data, 27, len(data)))
    by_name = {name: (values, children) for name, values, children in tree}
    settings = {
        row[1][0]: row[1][4]
        for name, _, rows in by_name["GlobalSettings"][1]
        if name == "Properties70"
        for row in rows
        if len(row[1]) > 4
    }
    names, local = {}, {}
    for kind, values, children in by_name["Objects"][1]:
        if kind == "Model" and values[2] == "LimbNode":
            names[values[0]] = values[1].split("\x00")[0]
            found = {r[1][0]: r[1][4:7] for n, _, rows in children if n == "Properties70" for r in rows}
            place = np.eye(4)
            place[:3, :3] = _euler(found.get("PreRotation", [0, 0, 0])) @ _euler(found.get("Lcl Rotation", [0, 0, 0]))
            place[:3, 3] = found.get("Lcl Translation", [0, 0, 0])
            local[names[values[0]]] = place
    parents = dict.fromkeys(names.values(), "")
    for _, values, _ in by_name["Connections"][1]:
        if values[0] == "OO" and values[1] in names and values[2] in names:
            parents[names[values[1]]] = names[values[2]]
    return Joints(parents, _worlds(parents, local), local, settings)


def _worlds(parents: dict[str, str], local: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    world: dict[str, np.ndarray] = {}

    def of(name: str) -> np.ndarray:
        if name not in world:
            world[name] = of(parents[name]) @ local[name] if parents[name] else local[name]
        return world[name]

    for name in local:
        of(name)
    return world


def _euler(degrees: Any) -> np.ndarray:
    """FBX's XYZ order: about x first."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


Record = tuple[str, list[Any], list[Any]]
SCALARS = {"Y": "h", "C": "?", "I": "i", "F": "f", "D": "d", "L": "q"}
ITEMS = {"f": "f4", "d": "f8", "l": "i8", "i": "i4", "b": "u1"}


def _records(data: bytes, at: int, end: int) -> Iterator[Record]:
    """(name, values, children) of the records between two offsets; FBX 7.4, offsets of 32 bits."""
    while at < end - 12:
        stop, count, _, length = struct.unpack_from("<IIIB", data, at)
        if stop == 0:
            return
        name = data[at + 13 : at + 13 + length].decode()
        place, values = at + 13 + length, []
        for _ in range(count):
            value, place = _value(data, place)
            values.append(value)
        yield name, values, list(_records(data, place, stop))
        at = stop


def _value(data: bytes, at: int) -> tuple[Any, int]:
    kind = chr(data[at])
    at += 1
    if kind in SCALARS:
        code = "<" + SCALARS[kind]
        return struct.unpack_from(code, data, at)[0], at + struct.calcsize(code)
    if kind in "SR":
        size = struct.unpack_from("<I", data, at)[0]
        raw = data[at + 4 : at + 4 + size]
        return raw.decode(errors="replace") if kind == "S" else raw, at + 4 + size
    count, packed, size = struct.unpack_from("<III", data, at)
    raw = data[at + 12 : at + 12 + size]
    return np.frombuffer(zlib.decompress(raw) if packed else raw, ITEMS[kind], count), at + 12 + size
