"""Roblox's rules for an R15 body, read from a file's bytes alone: a GLB in full, an FBX by its tree of objects.

Limits: create.roblox.com, character bodies: specifications; dynamic heads; validation system.
"""

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

STUD = 0.28
ARM, LEG = ("UpperArm", "LowerArm", "Hand"), ("UpperLeg", "LowerLeg", "Foot")
ASSETS = {
    "DynamicHead": (("Head",), 4000),
    "Torso": (("UpperTorso", "LowerTorso"), 1750),
    **{f"{s}Arm": (tuple(s + n for n in ARM), 1248) for s in ("Left", "Right")},
    **{f"{s}Leg": (tuple(s + n for n in LEG), 1248) for s in ("Left", "Right")},
}
PARTS = tuple(n for names, _ in ASSETS.values() for n in names)
PARENT = {
    "HumanoidRootNode": "Root",
    "LowerTorso": "HumanoidRootNode",
    "UpperTorso": "LowerTorso",
    "Head": "UpperTorso",
}
for _side in ("Left", "Right"):
    for _chain, _above in ((ARM, "UpperTorso"), (LEG, "LowerTorso")):
        for _name in _chain:
            PARENT[_side + _name] = _above
            _above = _side + _name
LIMITS = {  # studs: least of all types; most per type: classic, slender, normal
    "Head": ((0.5, 0.5, 0.5), (1.5, 1.8, 2), (2, 2, 2), (3, 2, 2)),
    "Arm": ((0.25, 1.5, 0.25), (2, 3, 2), (1.5, 4, 2), (2, 4.5, 2)),
    "Torso": ((0.85, 1.7, 0.7), (4, 3.8, 2), (3, 3.5, 2), (4.6, 3.5, 2.25)),
    "Leg": ((0.25, 1.4, 0.5), (1.5, 3.5, 2), (1.5, 4, 2), (1.5, 4, 2)),
    "Total": ((1.35, 3.6, 0.7), (8, 9.1, 2), (6, 9.5, 2), (8.6, 9.5, 2.25)),
}
CONTROLS = [
    "LeftEyeClosed",
    "RightEyeClosed",
    "EyesLookDown",
    "JawDrop",
    "Pucker",
    "LeftLipCornerPuller",
    "RightLipCornerPuller",
    "ChinRaiser",
    "ChinRaiserUpperLip",
    "LeftCheekRaiser",
    "RightCheekRaiser",
    "LeftInnerBrowRaiser",
    "RightInnerBrowRaiser",
    "LeftLipCornerDown",
    "RightLipCornerDown",
    "LeftLowerLipDepressor",
    "RightLowerLipDepressor",
]
MARKS = [
    "FaceCenter",
    "FaceFront",
    "Hat",
    "Hair",
    "LeftCollar",
    "RightCollar",
    "Neck",
    "BodyBack",
    "BodyFront",
    "Root",
    "WaistFront",
    "WaistBack",
    "WaistCenter",
    "LeftShoulder",
    "RightShoulder",
    "LeftGrip",
    "RightGrip",
    "LeftFoot",
    "RightFoot",
]


def check(data: bytes, name: str) -> list[str]:
    """Problems, in words. NAME_static.glb is for Avatar Setup, which rigs bodies itself."""
    if name.endswith("_static.glb"):
        return list(setup_problems(data))
    return list(glb_problems(data) if name.endswith(".glb") else fbx_problems(data))


# -- GLB


class File:
    """A GLB's document and arrays."""

    def __init__(self, data: bytes) -> None:
        size = struct.unpack_from("<I", data, 12)[0]
        self.document = json.loads(data[20 : 20 + size])
        self.binary = data[28 + size :]
        self.nodes = self.document["nodes"]
        self.parent = {c: i for i, n in enumerate(self.nodes) for c in n.get("children", ())}

    def array(self, number: int) -> np.ndarray:
        accessor = self.document["accessors"][number]
        view = self.document["bufferViews"][accessor["bufferView"]]
        kind = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}[accessor["componentType"]]
        width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}[accessor["type"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        item = np.dtype(kind).itemsize * width
        stride = view.get("byteStride", item)
        rows = np.lib.stride_tricks.as_strided(
            np.frombuffer(self.binary, np.uint8, offset=start), (accessor["count"], item), (stride, 1)
        )
        return np.ascontiguousarray(rows).view(kind).reshape(accessor["count"], width)

    def called(self, name: str) -> int | None:
        return next((i for i, n in enumerate(self.nodes) if n.get("name") == name), None)


def glb_problems(data: bytes) -> Iterator[str]:
    """What is wrong with a GLB."""
    file = File(data)
    there = {n: i for n in PARTS if (i := file.called(f"{n}_Geo")) is not None}
    yield from (f"{n}_Geo is missing" for n in PARTS if n not in there)
    yield from tree_problems(file)
    if len(there) < len(PARTS):
        return
    counts, clouds = {}, {}
    for name, node in there.items():
        mesh = file.document["meshes"][file.nodes[node]["mesh"]]
        if len(mesh["primitives"]) != 1:
            yield f"{name}_Geo has several materials"
        primitive = mesh["primitives"][0]
        faces = file.array(primitive["indices"]).reshape(-1, 3).astype(np.int64)
        held = {k: file.array(v) for k, v in primitive["attributes"].items()}
        counts[name], clouds[name] = len(faces), held["POSITION"].astype(np.float64)
        yield from (f"{name}_Geo {p}" for p in mesh_problems(file, node, faces, held))
        material = file.document["materials"][primitive["material"]]
        if material.get("alphaMode", "OPAQUE") != "OPAQUE":
            yield f"{name}_Geo is not opaque"
    for asset, (names, limit) in ASSETS.items():
        if (count := sum(counts[n] for n in names)) > limit:
            yield f"{asset} has {count} triangles"
    if sum(counts.values()) >= 10_742:
        yield f"{sum(counts.values())} triangles in total"
    yield from size_problems(file, clouds)
    yield from face_problems(file, there["Head"])
    yield from cage_problems(file, clouds)


def setup_problems(data: bytes) -> Iterator[str]:
    """What is wrong with a GLB for Avatar Setup: fifteen named parts without rig, textured, facing -Z."""
    file = File(data)
    meshes = {n.get("name"): i for i, n in enumerate(file.nodes) if "mesh" in n}
    if set(meshes) != {f"{n}_Geo" for n in PARTS}:
        yield "it is not made of the fifteen parts alone"
        return
    yield from (f"it has {k}" for k in ("skins", "animations") if file.document.get(k))
    yield from (f"{n} is turned or scaled" for n, i in meshes.items() if {"rotation", "scale"} & file.nodes[i].keys())
    if not file.document.get("textures"):
        yield "it has no texture"
    clouds, count = {}, 0
    for name, node in meshes.items():
        primitive = file.document["meshes"][file.nodes[node]["mesh"]]["primitives"][0]
        clouds[name] = file.array(primitive["attributes"]["POSITION"])
        count += len(file.array(primitive["indices"])) // 3
    if count >= 10_742:
        yield f"{count} triangles in total"
    left, right, foot, leg = (
        clouds[f"{n}_Geo"].mean(axis=0) for n in ("LeftHand", "RightHand", "LeftFoot", "LeftLowerLeg")
    )
    if left[0] >= right[0] or foot[2] >= leg[2]:
        yield "it does not face -Z"


def tree_problems(file: File) -> Iterator[str]:
    for name, above in PARENT.items():
        node = file.called(name)
        if node is None or file.nodes[file.parent.get(node, 0)].get("name") != above:
            yield f"{name} is not below {above}"
    for node in file.nodes:
        if node.get("name") in PARENT and ("rotation" in node or "scale" in node):
            w = abs(node.get("rotation", [0, 0, 0, 1])[3])
            if 2 * np.degrees(np.arccos(min(w, 1.0))) > 1 or node.get("scale", [1, 1, 1]) != [1, 1, 1]:
                yield f"{node['name']} is turned or scaled"
    places = world(file)
    for name in ("Root", "HumanoidRootNode", "LowerTorso"):
        if name in places and np.abs(places[name]).max() > 1e-4:
            yield f"{name} is not at the origin"
    legs = {"LeftUpperLeg", "RightUpperLeg", "Head"} <= places.keys()
    if legs and (places["LeftUpperLeg"][0] <= places["RightUpperLeg"][0] or places["Head"][1] <= 0):
        yield "it does not face +Z"


def world(file: File) -> dict[str, np.ndarray]:
    """Places of nodes by name: joints are not turned, so translations add up."""
    out = {}
    for i, node in enumerate(file.nodes):
        at, k = np.zeros(3), i
        while k is not None:
            at += np.array(file.nodes[k].get("translation", [0, 0, 0]))
            k = file.parent.get(k)
        out[node.get("name", "")] = at
    return out


def mesh_problems(file: File, node: int, faces: np.ndarray, held: Mapping[str, np.ndarray]) -> Iterator[str]:
    places, site = np.unique(held["POSITION"], axis=0, return_inverse=True)
    corners = site.reshape(-1)[faces]
    edges = corners[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    there, ahead = np.unique(edges, axis=0, return_counts=True)
    back, behind = np.unique(edges[:, ::-1], axis=0, return_counts=True)
    if not np.array_equal(there, back) or not np.array_equal(ahead, behind):
        yield "is not watertight"
    owner = np.arange(len(places))
    for _ in range(len(places)):
        low = owner[corners].min(axis=1)
        new = owner.copy()
        np.minimum.at(new, corners.ravel(), np.repeat(low, 3))
        if np.array_equal(new, owner):
            break
        owner = new
    if (pieces := len(np.unique(owner[corners[:, 0]]))) > 10:
        yield f"falls into {pieces} pieces"
    p = held["POSITION"].astype(np.float64)
    a, b, c = (p[faces[:, k]] for k in range(3))
    if (np.linalg.norm(np.cross(b - a, c - a), axis=1) < 1e-12).any():
        yield "has triangles without area"
    uv = held["TEXCOORD_0"].astype(np.float64)
    a, b, c = (uv[faces[:, k]] for k in range(3))
    u, v = b - a, c - a
    if (np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) < 1e-12).any():
        yield "has triangles without area on the texture"
    if uv.min() < 0 or uv.max() > 1 or "TEXCOORD_1" in held:
        yield "has uvs outside the unit square, or two sets"
    if "JOINTS_1" in held:
        yield "has more than four influences"
    joints = file.document["skins"][file.nodes[node]["skin"]]["joints"]
    names = {file.nodes[joints[j]]["name"] for j in np.unique(held["JOINTS_0"][held["WEIGHTS_0"] > 0])}
    if names & {"Root", "HumanoidRootNode"}:
        yield "has skin on a root"
    if np.abs(held["WEIGHTS_0"].sum(axis=1) - 1).max() > 1e-3:
        yield "has weights that do not sum to 1"


def size_problems(file: File, clouds: Mapping[str, np.ndarray]) -> Iterator[str]:
    places, sizes = world(file), {}
    for asset, (names, _) in ASSETS.items():
        cloud = np.concatenate([clouds[n] for n in names])
        if asset.endswith("Arm"):
            along = places[names[2]] - places[names[0]]
            down = along[:2] / np.linalg.norm(along[:2])
            cloud = np.stack([cloud[:, :2] @ [-down[1], down[0]], -cloud[:, :2] @ down, cloud[:, 2]], axis=1)
        sizes[asset] = np.ptp(cloud, axis=0) / STUD
    sizes["Total"] = np.ptp(np.concatenate(list(clouds.values())), axis=0) / STUD
    row = {a: LIMITS[a.removeprefix("Left").removeprefix("Right").removeprefix("Dynamic")] for a in sizes}
    small = [a for a, s in sizes.items() if (s < np.array(row[a][0]) - 1e-2).any()]
    if small:
        yield f"too small: {', '.join(small)}"
    large = [[a for a, s in sizes.items() if (s > np.array(row[a][k]) + 1e-2).any()] for k in (1, 2, 3)]
    if all(large):
        yield f"too large for every scale type: {', '.join(min(large, key=len))}"


def face_problems(file: File, head: int) -> Iterator[str]:
    extras = file.nodes[head].get("extras", {})
    if not extras:
        return  # a static head is allowed
    root = file.called(extras.get("RootFaceJoint", ""))
    if root is None or file.nodes[file.parent[root]]["name"] != "Head":
        yield "RootFaceJoint is no joint under Head"
        return
    if len(file.nodes[root].get("children", ())) + 1 >= 50:
        yield "50 face bones or more"
    frames = [extras.get(f"Frame{k}") for k in range(len(extras) - 1)]
    if None in frames:
        yield "frames are not contiguous"
    yield from (f"the control {n} is missing" for n in CONTROLS if n not in frames)
    samplers = [s for a in file.document.get("animations", ()) for s in a["samplers"]]
    ends = {float(file.array(s["input"])[-1, 0]) for s in samplers} or {0.0}
    if abs(max(ends) * 30 - (len(frames) - 1)) > 1e-3:
        yield "the animation does not hold one frame per name"


def cage_problems(file: File, clouds: Mapping[str, np.ndarray]) -> Iterator[str]:
    cages = {n: i for n in PARTS if (i := file.called(f"{n}_OuterCage")) is not None}
    marks = {n: i for n in MARKS if (i := file.called(f"{n}_Att")) is not None}
    if not cages:
        yield from ["attachments without cages"] if marks else []
        return
    yield from (f"{n}_OuterCage is missing" for n in PARTS if n not in cages)
    yield from (f"{n}_Att is missing" for n in MARKS if n not in marks)
    if "Root" in marks and np.abs(np.array(file.nodes[marks["Root"]].get("translation", [0, 0, 0]))).max() > 1e-6:
        yield "Root_Att is not at the origin"
    for name, node in cages.items():
        primitive = file.document["meshes"][file.nodes[node]["mesh"]]["primitives"][0]
        cloud = file.array(primitive["attributes"]["POSITION"]).astype(np.float64)
        nearest = np.array(
            [np.linalg.norm(clouds[name] - p, axis=1).min() for p in cloud[:: max(len(cloud) // 200, 1)]]
        )
        if nearest.max() > 0.75 * STUD:  # 0.60 to the surface; vertices lie farther apart
            yield f"{name}_OuterCage is far from its part"


# -- FBX


def records(data: bytes, at: int, end: int) -> Iterator[tuple[str, list[Any], int, int]]:
    """Name, properties, and where the children lie, of each record of a binary FBX 7.4."""
    while at < end:
        stop, count, size, length = struct.unpack_from("<IIIB", data, at)
        if stop == 0:
            return
        name = data[at + 13 : at + 13 + length].decode()
        start = at + 13 + length
        yield name, values(data, start, count), start + size, stop
        at = stop


def values(data: bytes, at: int, count: int) -> list[Any]:
    out: list[Any] = []
    for _ in range(count):
        kind = chr(data[at])
        at += 1
        if kind in "YCIFDL":
            code = {"Y": "<h", "C": "<?", "I": "<i", "F": "<f", "D": "<d", "L": "<q"}[kind]
            out.append(struct.unpack_from(code, data, at)[0])
            at += struct.calcsize(code)
        elif kind in "SR":
            (size,) = struct.unpack_from("<I", data, at)
            out.append(data[at + 4 : at + 4 + size])
            at += 4 + size
        else:
            length, packed, size = struct.unpack_from("<III", data, at)
            raw = data[at + 12 : at + 12 + size]
            raw = zlib.decompress(raw) if packed else raw
            out.append(np.frombuffer(raw, {"f": "<f4", "d": "<f8", "i": "<i4", "l": "<i8", "b": "u1"}[kind], length))
            at += 12 + size
    return out


def fbx_problems(data: bytes) -> Iterator[str]:
    """What is wrong with an FBX: names, tree, properties of the head, frames."""
    models: dict[int, str] = {}
    user: dict[str, dict[str, str]] = {}
    links: list[tuple[int, int]] = []
    keys = 0
    triangles = 0
    for name, _, start, stop in records(data, 27, len(data)):
        if name == "Objects":
            for kind, values_, inner, end in records(data, start, stop):
                if kind == "Model":
                    models[values_[0]] = title = values_[1].split(b"\0")[0].decode()
                    user[title] = dict(properties(data, inner, end))
                elif kind == "AnimationCurve":
                    times = next(v[0] for n, v, _, _ in records(data, inner, end) if n == "KeyTime")
                    keys = max(keys, round(30 * int(times[-1]) / 46_186_158_000))
                elif kind == "Geometry":
                    index = next(v[0] for n, v, _, _ in records(data, inner, end) if n == "PolygonVertexIndex")
                    triangles += int((index < 0).sum())
        elif name == "Connections":
            links = [(v[1], v[2]) for _, v, _, _ in records(data, start, stop) if v[0] == b"OO"]
    above = {models[a]: models[b] for a, b in links if a in models and b in models}
    yield from (f"{n}_Geo is missing" for n in PARTS if f"{n}_Geo" not in models.values())
    yield from (f"{n} is not below {p}" for n, p in PARENT.items() if above.get(n) != p)
    head = user.get("Head_Geo", {})
    frames = [head.get(f"Frame{k}") for k in range(sum(k.startswith("Frame") for k in head))]
    if frames:
        if above.get(head.get("RootFaceJoint", "")) != "Head":
            yield "RootFaceJoint is no joint under Head"
        yield from (f"the control {n} is missing" for n in CONTROLS if n not in frames)
        if None in frames or keys != len(frames) - 1:
            yield f"{len(frames)} frames are named, the last key is at frame {keys}"


def properties(data: bytes, start: int, stop: int) -> Iterator[tuple[str, str]]:
    for name, _, inner, end in records(data, start, stop):
        if name == "Properties70":
            for _, values_, _, _ in records(data, inner, end):
                if values_[3] == b"U":
                    yield values_[0].decode(), values_[4].decode()
