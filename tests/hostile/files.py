"""Files made to hurt a reader, by code: (file name, bytes) by case. None is committed; each is a few kilobytes.

REFUSED must each give a SourceError. HARMLESS must be read, and nothing from outside the upload with them.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.formats.readers import models as m

Case = tuple[str, bytes]
REFUSED: dict[str, Callable[[], Case]] = {}
HARMLESS: dict[str, Callable[[], Case]] = {}


def refused(name: str, file: str, make: Callable[[], bytes]) -> None:
    assert name not in REFUSED, name
    REFUSED[name] = lambda: (file, make())


def harmless(name: str, file: str, make: Callable[[], bytes]) -> None:
    assert name not in HARMLESS, name
    HARMLESS[name] = lambda: (file, make())


def cut(make: Callable[[], bytes], share: float) -> Callable[[], bytes]:
    return lambda: (data := make())[: int(len(data) * share)]


# nothing, next to nothing, something else

for kind in ("glb", "gltf", "vrm", "fbx", "obj", "ply", "stl", "dae", "usdz", "zip"):
    refused(f"empty {kind}", f"a.{kind}", lambda: b"")
    refused(f"one byte {kind}", f"a.{kind}", lambda: b"\x07")
refused("no extension", "a", lambda: b"hello world, I am no model")
refused("path as name", "../../etc/passwd", lambda: b"root:x:0:0")
refused("picture called glb", "a.glb", m.png)
refused("program called obj", "a.obj", lambda: b"\x7fELF" + b"\0" * 500)
refused("gzip called fbx", "a.fbx", lambda: b"\x1f\x8b\x08" + b"\0" * 50)
refused("blend", "a.blend", lambda: b"BLENDER-v300" + b"\0" * 50)
refused("html called dae", "a.dae", lambda: b"<html><body>404</body></html>")
refused("zeros", "a.fbx", lambda: b"\0" * 100_000)
refused("noise", "a.glb", lambda: np.random.default_rng(1).integers(0, 256, 50_000, np.uint8).tobytes())

# cut off at every structure

for share in (0.02, 0.3, 0.6, 0.95, 0.999):
    refused(f"glb cut at {share}", "a.glb", cut(m.glb, share))
    refused(f"stl cut at {share}", "a.stl", cut(m.stl, share))
    refused(f"ply cut at {share}", "a.ply", cut(m.ply, share))
    refused(f"dae cut at {share}", "a.dae", cut(m.dae, share))
    refused(f"zip cut at {share}", "a.zip", cut(lambda: m.archive({"a.obj": m.obj()}), share))
for share in (0.005, 0.05, 0.3, 0.6, 0.9):
    refused(f"fbx cut at {share}", "a.fbx", cut(m.fbx, share))
    refused(f"fbx text cut at {share}", "a.fbx", cut(m.fbx_text, share))
refused("ply ascii cut", "a.ply", cut(lambda: m.ply("ascii"), 0.7))
refused("stl ascii cut", "a.stl", cut(m.stl_text, 0.7))

# glTF

GLTF: dict[str, Callable[[dict[str, Any]], Any]] = {
    "accessor count": lambda d: d["accessors"][0].update(count=10**9),
    "accessor count negative": lambda d: d["accessors"][0].update(count=-1),
    "accessor count text": lambda d: d["accessors"][0].update(count="8"),
    "accessor count float": lambda d: d["accessors"][0].update(count=8.5),
    "accessor offset": lambda d: d["accessors"][0].update(byteOffset=2**40),
    "accessor offset negative": lambda d: d["accessors"][0].update(byteOffset=-12),
    "accessor type": lambda d: d["accessors"][0].update(type="VEC9"),
    "accessor index": lambda d: d["meshes"][0]["primitives"][0]["attributes"].update(POSITION=10**6),
    "accessor index negative": lambda d: d["meshes"][0]["primitives"][0]["attributes"].update(POSITION=-1),
    "accessors without data": lambda d: d["accessors"].__setitem__(
        0, {"componentType": 5126, "type": "VEC3", "count": 2**30}
    ),
    "many large accessors": lambda d: (
        d["accessors"].extend({"componentType": 5126, "type": "VEC4", "count": 2**24} for _ in range(40)),
        d["meshes"][0]["primitives"][0].update(targets=[{"POSITION": 9 + i} for i in range(40)]),
    ),
    "sparse count": lambda d: d["accessors"][0].update(
        sparse={"count": 10**9, "indices": {"bufferView": 1, "componentType": 5123}, "values": {"bufferView": 0}}
    ),
    "sparse index": lambda d: d["accessors"][0].update(
        sparse={"count": 1, "indices": {"bufferView": 0, "componentType": 5125}, "values": {"bufferView": 0}}
    ),
    "view length": lambda d: d["bufferViews"][0].update(byteLength=2**40),
    "view stride": lambda d: d["bufferViews"][0].update(byteStride=252),
    "view of no buffer": lambda d: d["bufferViews"][0].update(buffer=7),
    "ring of nodes": lambda d: d["nodes"][1].update(children=[0]),
    "node its own child": lambda d: d["nodes"][0].update(children=[0]),
    "node with two parents": lambda d: d["nodes"][2].update(children=[1]),
    "node child huge": lambda d: d["nodes"][0].update(children=[2**31]),
    "nodes are no list": lambda d: d.update(nodes={"0": {}}),
    "many nodes": lambda d: d.update(nodes=[{}] * 100_000),
    "transform NaN": lambda d: d["nodes"][2].update(skin=None, matrix=[float("nan")] * 16),
    "transform beyond float": lambda d: d["nodes"][2].update(skin=None, scale=[1e300, 1, 1]),
    "transform infinite": lambda d: d["nodes"][0].update(translation=[1e400, 0, 0]),
    "skin joint missing": lambda d: d["skins"][0].update(joints=[0, 99]),
    "skin without matrices": lambda d: d["skins"][0].update(inverseBindMatrices=0),
    "joints are no list": lambda d: d["skins"][0].update(joints="01"),
    "mesh without positions": lambda d: d["meshes"][0]["primitives"][0]["attributes"].pop("POSITION"),
    "only points": lambda d: d["meshes"][0]["primitives"][0].update(mode=0),
    "index beyond": lambda d: d["meshes"][0]["primitives"][0].update(indices=6),
    "morph of other size": lambda d: d["meshes"][0]["primitives"][0].update(targets=[{"POSITION": 7}]),
    "many morphs": lambda d: d["meshes"][0]["primitives"][0].update(targets=[{"POSITION": 5}] * 100_000),
    "material missing": lambda d: d["meshes"][0]["primitives"][0].update(material=50),
    "picture is no picture": lambda d: d["images"][0].update(bufferView=0),
    "data uri broken": lambda d: d["buffers"][0].update(uri="data:application/octet-stream;base64,!!!!"),
    "buffer outside": lambda d: d["buffers"][0].update(uri="../../../../etc/passwd"),
    "buffer by file address": lambda d: d["buffers"][0].update(uri="file:///etc/passwd"),
    "buffer by web address": lambda d: d["buffers"][0].update(uri="http://169.254.169.254/latest/meta-data"),
    "draco noise": lambda d: d["meshes"][0]["primitives"][0].update(
        extensions={"KHR_draco_mesh_compression": {"bufferView": 0, "attributes": {"POSITION": 0}}}
    ),
    "unknown extension": lambda d: d.update(extensionsRequired=["EVIL_extension"]),
    "version 1": lambda d: d["asset"].update(version="1.0"),
    "no asset": lambda d: d.pop("asset"),
    "keys that fall": lambda d: d["animations"][0]["samplers"][0].update(input=8, output=8),
}
for name, change in GLTF.items():
    refused(f"glb {name}", "a.glb", lambda change=change: m.glb(lambda d, b: (change(d), None)[1]))


def poison(view: int, value: float) -> Callable[[], bytes]:
    def change(d: dict, b: bytes) -> bytes:
        at = d["bufferViews"][view]["byteOffset"]
        return b[:at] + struct.pack("<f", value) + b[at + 4 :]

    return lambda: m.glb(change)


refused("glb NaN position", "a.glb", poison(0, float("nan")))
refused("glb infinite position", "a.glb", poison(0, float("inf")))
refused("glb NaN bind matrix", "a.glb", poison(4, float("nan")))
refused("glb NaN shape", "a.glb", poison(5, float("nan")))
refused("glb chunk length", "a.glb", lambda: (d := m.glb())[:12] + struct.pack("<I", 2**31) + d[16:])
refused("glb total length", "a.glb", lambda: (d := m.glb())[:8] + struct.pack("<I", 2**32 - 1) + d[12:])
refused("json deep", "a.glb", lambda: m.pack_glb({}, b"", b'{"asset":' + b"[" * 200_000 + b"]" * 200_000 + b"}"))
refused("json broken", "a.gltf", lambda: b'{"asset": {"version": "2.0"}, "nodes": [')
refused("json number bomb", "a.gltf", lambda: b'{"asset":{"version":"2.0"},"nodes":[' + b"9" * 100_000 + b"]}")
refused("json not utf-8", "a.gltf", lambda: b'{"asset":{"version":"2.0"},"x":"\xff\xfe"}')


def huge_picture() -> bytes:
    """A PNG head that names 60000 x 60000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0" * 40


def with_picture(picture: bytes) -> bytes:
    document, binary = m.gltf()
    document["images"][0] = {"uri": "p.png"}
    document["buffers"][0]["uri"] = "b.bin"
    return m.archive({"a.gltf": json.dumps(document).encode(), "b.bin": binary, "p.png": picture})


refused("picture of 60000 x 60000", "a.zip", lambda: with_picture(huge_picture()))
refused("picture cut off", "a.zip", lambda: with_picture(m.png()[:20]))
refused(
    "obj picture of 60000 x 60000",
    "a.zip",
    lambda: m.archive({"a.obj": m.obj("a.mtl"), "a.mtl": m.MTL, "red.png": huge_picture()}),
)


def many_nodes(d: dict, b: bytes) -> None:
    """Fifty thousand nodes that show one mesh, with a shape."""
    d["nodes"] += [{"mesh": 0}] * 50_000
    d["scenes"][0]["nodes"] += list(range(3, 50_003))
    d["meshes"][0]["primitives"] *= 20


refused("glb a million instances", "a.glb", lambda: m.glb(many_nodes))

# FBX

BOX = ("Objects", ("Geometry", 30))


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(size >> 20)) + packer.flush()


def fbx_patch(at: int, form: str, *values: int) -> bytes:
    data = bytearray(m.fbx())
    struct.pack_into(form, data, at, *values)
    return bytes(data)


def fbx_deep(depth: int) -> bytes:
    record = m.rec("N")
    for _ in range(depth):
        record = m.rec("N", children=[record])
    return m.pack_fbx([record])


def fbx_links(*links: tuple[int, int]) -> bytes:
    records = m.fbx_records()
    records[3] = m.rec("Connections", children=[*records[3][2], *(m.rec("C", "OO", a, b) for a, b in links)])
    return m.pack_fbx(records)


def fbx_ring() -> bytes:
    records = m.fbx_records()
    kept = [c for c in records[3][2] if c[1][1:3] != (20, 0)]
    records[3] = m.rec("Connections", children=[m.rec("C", "OO", 20, 21), *kept])
    return m.pack_fbx(records)


array = m.Array
refused("fbx end offset beyond", "a.fbx", lambda: fbx_patch(27, "<I", 2**32 - 1))
refused("fbx end offset back", "a.fbx", lambda: fbx_patch(27, "<I", 3))
refused("fbx end offset on itself", "a.fbx", lambda: fbx_patch(27, "<I", 27))
refused("fbx value count", "a.fbx", lambda: fbx_patch(31, "<I", 2**31))
refused("fbx value length", "a.fbx", lambda: fbx_patch(35, "<I", 2**31))
refused("fbx version 6.1", "a.fbx", lambda: fbx_patch(23, "<I", 6100))
refused("fbx version absurd", "a.fbx", lambda: fbx_patch(23, "<I", 2**32 - 1))
refused("fbx deep", "a.fbx", lambda: fbx_deep(300))
refused(
    "fbx many records",
    "a.fbx",
    lambda: (
        m.pack_fbx([])[:27]
        + b"".join(struct.pack("<IIIB", 27 + 13 * (i + 1), 0, 0, 0) for i in range(310_000))
        + b"\0" * 13
    ),
)
refused("fbx ring of nodes", "a.fbx", fbx_ring)
refused(
    "fbx node its own parent",
    "a.fbx",
    lambda: m.pack_fbx(
        [*m.fbx_records()[:3], m.rec("Connections", children=[m.rec("C", "OO", 10, 10), m.rec("C", "OO", 30, 10)])]
    ),
)
refused("fbx no connections", "a.fbx", lambda: m.pack_fbx(m.fbx_records()[:3]))
refused("fbx no objects", "a.fbx", lambda: m.pack_fbx(m.fbx_records()[:1]))
refused(
    "fbx array bomb",
    "a.fbx",
    lambda: m.fbx_with(
        *BOX, "Vertices", values=[array([0.0], deflate=True, count=(16 << 20) // 8, packed=bomb(16 << 20))]
    ),
)
refused("fbx array count lies", "a.fbx", lambda: m.fbx_with(*BOX, "Vertices", values=[array([0.0] * 24, count=2**31)]))
refused(
    "fbx array count small",
    "a.fbx",
    lambda: m.fbx_with(*BOX, "Vertices", values=[array([0.0] * 24, deflate=True, count=12)]),
)
refused(
    "fbx array no zlib",
    "a.fbx",
    lambda: m.fbx_with(*BOX, "Vertices", values=[array([0.0], deflate=True, packed=b"garbage!")]),
)
refused("fbx positions NaN", "a.fbx", lambda: m.fbx_with(*BOX, "Vertices", values=[array([float("nan")] * 24)]))
refused("fbx positions odd", "a.fbx", lambda: m.fbx_with(*BOX, "Vertices", values=[array([0.0] * 23)]))
refused(
    "fbx polygon beyond", "a.fbx", lambda: m.fbx_with(*BOX, "PolygonVertexIndex", values=[array([0, 1, ~2000], "i")])
)
refused(
    "fbx polygon extreme",
    "a.fbx",
    lambda: m.fbx_with(*BOX, "PolygonVertexIndex", values=[array([0, 1, -(2**31)], "i")]),
)
refused(
    "fbx polygon without end", "a.fbx", lambda: m.fbx_with(*BOX, "PolygonVertexIndex", values=[array([0, 1, 2], "i")])
)
refused("fbx uv beyond", "a.fbx", lambda: m.fbx_with(*BOX, "LayerElementUV", "UVIndex", values=[array([9] * 24, "i")]))
refused("fbx uv index short", "a.fbx", lambda: m.fbx_with(*BOX, "LayerElementUV", "UVIndex", values=[array([0], "i")]))
refused(
    "fbx weight index",
    "a.fbx",
    lambda: m.fbx_with("Objects", ("Deformer", 41), "Indexes", values=[array([-1, 0, 1, 2], "i")]),
)
refused("fbx weights short", "a.fbx", lambda: m.fbx_with("Objects", ("Deformer", 41), "Weights", values=[array([1.0])]))
refused(
    "fbx weight NaN",
    "a.fbx",
    lambda: m.fbx_with("Objects", ("Deformer", 41), "Weights", values=[array([float("nan")] * 4)]),
)
refused(
    "fbx bind matrix NaN",
    "a.fbx",
    lambda: m.fbx_with("Objects", ("Deformer", 41), "Transform", values=[array([float("inf")] * 16)]),
)
refused(
    "fbx bind matrix short",
    "a.fbx",
    lambda: m.fbx_with("Objects", ("Deformer", 41), "Transform", values=[array([1.0] * 4)]),
)
refused(
    "fbx shape beyond",
    "a.fbx",
    lambda: m.fbx_with("Objects", ("Geometry", 52), "Indexes", values=[array([4, 5, 6, 10**6], "i")]),
)
refused("fbx shape short", "a.fbx", lambda: m.fbx_with("Objects", ("Geometry", 52), "Vertices", values=[array([1.0])]))
refused("fbx transform infinite", "a.fbx", lambda: m.fbx(Lcl__Scaling=(float("inf"), 1.0, 1.0)))
refused("fbx many instances of a large mesh", "a.fbx", lambda: many_instances())
refused("fbx text array count", "a.fbx", lambda: m.fbx_text().replace(b"*24 {", b"*999999999 {", 1))
refused("fbx text unbalanced", "a.fbx", lambda: m.fbx_text() + b"}}}}")
refused("fbx text deep", "a.fbx", lambda: m.fbx_text() + b"A: {" * 5000)
refused("fbx text words", "a.fbx", lambda: b"; FBX 7.4.0\nFBXVersion: 7400\n" + b"a " * 100_000 + b"}")


def many_instances() -> bytes:
    """Ten thousand nodes that all show one mesh of 200000 triangles."""
    records = m.fbx_records()
    corners = np.zeros(3 * 300)
    ring = np.arange(600_000) % 300
    ring[2::3] = ~ring[2::3]
    mesh = m.find(records, "Objects", ("Geometry", 30))
    mesh[2][0] = m.rec("Vertices", m.Array(corners, "d", True))
    mesh[2][1] = m.rec("PolygonVertexIndex", m.Array(ring, "i", True))
    del mesh[2][2:]
    objects = m.find(records, "Objects")[2]
    links = records[3][2]
    for i in range(10_000):
        objects.append(m.rec("Model", 1000 + i, "n\x00\x01Model", "Mesh"))
        links += [m.rec("C", "OO", 1000 + i, 0), m.rec("C", "OO", 30, 1000 + i)]
    return m.pack_fbx(records)


# OBJ, PLY, STL

refused("obj index beyond", "a.obj", lambda: b"v 0 0 0\nf 1 2 3\n")
refused("obj index zero", "a.obj", lambda: b"v 0 0 0\nf 0 0 0\n")
refused("obj index back too far", "a.obj", lambda: b"v 0 0 0\nf -9 -9 -9\n")
refused("obj index huge", "a.obj", lambda: b"v 0 0 0\nf 99999999999999999999 1 1\n")
refused("obj words", "a.obj", lambda: b"v a b c\nf 1 1 1\n")
refused("obj NaN", "a.obj", lambda: b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
refused("obj infinite", "a.obj", lambda: b"v 1e999 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
refused("obj larger than anything", "a.obj", lambda: b"v 1e300 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
refused("obj no faces", "a.obj", lambda: b"v 0 0 0\nv 1 0 0\n")
refused("obj two numbers", "a.obj", lambda: b"v 0 0\nf 1 1 1\n")
refused("obj face garbled", "a.obj", lambda: b"v 0 0 0\nf 1/1/1/1 1 1\n")
refused("obj face mixed", "a.obj", lambda: b"v 0 0 0\nvt 0 0\nf 1/1 1 1\n")
refused("obj zero bytes", "a.obj", lambda: b"v 0 0 0\n\0\0\0\nf 1 1 1\n")
refused("obj one endless line", "a.obj", lambda: b"v 0 0 0\nf " + b"1 " * 6_000_000)
refused("obj uv beyond", "a.obj", lambda: b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1/5 2/5 3/5\n")


def ply_head(text: str, body: bytes = b"") -> Callable[[], bytes]:
    return lambda: f"ply\nformat binary_little_endian 1.0\n{text}end_header\n".encode() + body


XYZ = "property float x\nproperty float y\nproperty float z\n"
LIST = "property list uchar int vertex_indices\n"
refused("ply count lies", "a.ply", ply_head(f"element vertex 4000000000\n{XYZ}"))
refused("ply count huge", "a.ply", ply_head(f"element vertex 40000000\n{XYZ}", b"\0" * 100))
refused("ply count negative", "a.ply", ply_head(f"element vertex -1\n{XYZ}"))
refused("ply no vertices", "a.ply", ply_head(f"element face 0\n{LIST}"))
refused("ply points only", "a.ply", ply_head(f"element vertex 1\n{XYZ}", b"\0" * 12))
refused("ply header endless", "a.ply", lambda: b"ply\nformat ascii 1.0\n" + b"comment x\n" * 50_000)
refused("ply unknown type", "a.ply", ply_head("element vertex 1\nproperty quad x\n", b"\0" * 40))
refused(
    "ply index beyond",
    "a.ply",
    ply_head(f"element vertex 1\n{XYZ}element face 1\n{LIST}", b"\0" * 12 + b"\x03" + struct.pack("<3i", 0, 1, 2)),
)
refused(
    "ply index negative",
    "a.ply",
    ply_head(f"element vertex 1\n{XYZ}element face 1\n{LIST}", b"\0" * 12 + b"\x03" + struct.pack("<3i", -1, -1, -1)),
)
refused(
    "ply list length",
    "a.ply",
    ply_head(
        f"element vertex 1\n{XYZ}element face 1\nproperty list uint int vertex_indices\n", b"\0" * 12 + b"\xff" * 4
    ),
)
refused("ply many empty rows", "a.ply", ply_head("element vertex 50000000\nelement face 50000000\n"))
refused(
    "ply NaN",
    "a.ply",
    ply_head(
        f"element vertex 1\n{XYZ}element face 1\n{LIST}",
        struct.pack("<3f", float("nan"), 0, 0) + b"\x03" + struct.pack("<3i", 0, 0, 0),
    ),
)
refused("ply ascii words", "a.ply", lambda: m.ply("ascii").replace(b"0.5", b"zero", 1))
refused("stl count lies", "a.stl", lambda: (d := m.stl())[:80] + struct.pack("<I", 2**32 - 1) + d[84:])
refused("stl NaN", "a.stl", lambda: (d := m.stl())[:96] + struct.pack("<f", float("nan")) + d[100:])
refused("stl none", "a.stl", lambda: b" " * 80 + struct.pack("<I", 0))
refused("stl ascii words", "a.stl", lambda: m.stl_text().replace(b"vertex 0.5", b"vertex half", 1))

# COLLADA

LAUGH = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in range(ord("b"), ord("k")))
    + b"]><COLLADA>&j;</COLLADA>"
)
refused("dae billion laughs", "a.dae", lambda: LAUGH)
refused(
    "dae xxe",
    "a.dae",
    lambda: b'<?xml version="1.0"?><!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><COLLADA>&x;</COLLADA>',
)
refused(
    "dae external dtd",
    "a.dae",
    lambda: b'<?xml version="1.0"?><!DOCTYPE COLLADA SYSTEM "http://169.254.169.254/x.dtd"><COLLADA/>',
)
refused(
    "dae parameter entity",
    "a.dae",
    lambda: b'<?xml version="1.0"?><!DOCTYPE c [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><COLLADA/>',
)
refused("dae deep", "a.dae", lambda: b"<COLLADA>" + b"<node>" * 100_000)
refused("dae wide", "a.dae", lambda: b"<COLLADA>" + b"<n/>" * 310_000 + b"</COLLADA>")
refused("dae attributes", "a.dae", lambda: b"<COLLADA " + b" ".join(b'a%d="1"' % i for i in range(1000)) + b"/>")
refused("dae unknown encoding", "a.dae", lambda: b'<?xml version="1.0" encoding="evil"?><COLLADA/>')
refused("dae nothing in it", "a.dae", lambda: b"<COLLADA/>")
refused(
    "dae ring of nodes",
    "a.dae",
    lambda: m.dae(
        **{'<node id="box-node" name="box">': '<node id="box-node" name="box"><instance_node url="#box-node"/>'}
    ),
)
refused(
    "dae instances squared",
    "a.dae",
    lambda: m.dae(
        **{
            "</library_visual_scenes>": "".join(
                f'<node id="d{i}">' + f'<instance_node url="#d{i + 1}"/>' * 10 + "</node>" for i in range(12)
            )
            + '<node id="d12"/></library_visual_scenes>',
            '<node id="box-node" name="box">': '<node id="box-node" name="box"><instance_node url="#d0"/>',
        }
    ),
)
refused("dae index beyond", "a.dae", lambda: m.dae(**{"<p>0 0 1 1": "<p>999999 0 1 1"}))
refused("dae index negative", "a.dae", lambda: m.dae(**{"<p>0 0 1 1": "<p>-1 0 1 1"}))
refused("dae index half", "a.dae", lambda: m.dae(**{"<p>0 0 1 1": "<p>0.5 0 1 1"}))
refused("dae index infinite", "a.dae", lambda: m.dae(**{"<p>0 0 1 1": "<p>inf 0 1 1"}))
refused("dae polygon sizes", "a.dae", lambda: m.dae(**{"<vcount>4 4 4 4 4 4": "<vcount>4 4 4 4 4 4000000000"}))
refused("dae polygon sizes negative", "a.dae", lambda: m.dae(**{"<vcount>4 4 4 4 4 4": "<vcount>-4 4 4 4 4 12"}))
refused("dae array count", "a.dae", lambda: m.dae(**{'-a" count="24"': '-a" count="99999999"'}))
refused("dae stride", "a.dae", lambda: m.dae(**{'stride="3"': 'stride="7"'}))
refused("dae stride zero", "a.dae", lambda: m.dae(**{'stride="3"': 'stride="0"'}))
refused("dae NaN", "a.dae", lambda: m.dae(**{'count="24">-0.5': 'count="24">NaN'}))
refused("dae input column", "a.dae", lambda: m.dae(**{'offset="1" set': 'offset="999999999" set'}))
refused("dae source missing", "a.dae", lambda: m.dae(**{'source="#box-p"': 'source="#nothing"'}))
refused("dae joint missing", "a.dae", lambda: m.dae(**{">root tip<": ">root wing<"}))
refused("dae weights short", "a.dae", lambda: m.dae(**{"<v>0 0": "<v>0"}))
refused("dae weight joint beyond", "a.dae", lambda: m.dae(**{"<v>0 0": "<v>77 0"}))
refused("dae matrix short", "a.dae", lambda: m.dae(**{"<bind_shape_matrix>1": "<bind_shape_matrix>"}))
refused("dae controller ring", "a.dae", lambda: m.dae(**{'<morph source="#box"': '<morph source="#skin"'}))
refused("dae shape of other size", "a.dae", lambda: m.dae(**{'count="1">grow<': 'count="1">nothing<'}))

# zips


def bare_zip(names: list[str], data: bytes = b"x") -> bytes:
    """A zip whose member names are written as they are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for i, name in enumerate(names):
            z.writestr(f"{i:0{len(name)}d}"[: len(name)].ljust(len(name), "q"), data)
    raw = out.getvalue()
    for i, name in enumerate(names):
        raw = raw.replace(f"{i:0{len(name)}d}"[: len(name)].ljust(len(name), "q").encode(), name.encode("latin-1"))
    return raw


def zip_link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        entry = zipfile.ZipInfo("a.obj")
        entry.external_attr = 0o120777 << 16
        z.writestr(entry, "/etc/passwd")
    return out.getvalue()


def zip_lying_size() -> bytes:
    raw = bytearray(m.archive({"a.obj": m.obj()}))
    at = raw.find(b"PK\x01\x02")
    struct.pack_into("<I", raw, at + 24, 2**31)
    return bytes(raw)


def zip_large_total() -> bytes:
    """Sixty members of 15 MB each, if one believes the directory."""
    raw = bytearray(m.archive({f"{i}.ply": b"\0" * 40_000 for i in range(60)}))
    at = -1
    while (at := raw.find(b"PK\x01\x02", at + 1)) >= 0:
        struct.pack_into("<I", raw, at + 24, 15 << 20)
    return bytes(raw)


def zip_small_lie() -> bytes:
    raw = bytearray(m.archive({"a.obj": m.obj() + b" " * 100_000}))
    struct.pack_into("<I", raw, raw.find(b"PK\x01\x02") + 24, 100)
    return bytes(raw)


def zip_end(**changes: int) -> bytes:
    raw = bytearray(m.archive({"a.obj": m.obj()}))
    at = raw.rfind(b"PK\x05\x06")
    for key, value in changes.items():
        place, form = {"count": (8, "<HH"), "size": (12, "<I"), "offset": (16, "<I")}[key]
        struct.pack_into(form, raw, at + place, *([value] * (2 if key == "count" else 1)))
    return bytes(raw)


def zip_encrypted() -> bytes:
    raw = bytearray(m.archive({"a.obj": m.obj()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.find(mark) + place] |= 1
    return bytes(raw)


refused("zip traversal", "a.zip", lambda: bare_zip(["../../evil.obj"]))
refused("zip absolute", "a.zip", lambda: bare_zip(["/etc/evil.obj"]))
refused("zip backslash", "a.zip", lambda: bare_zip(["..\\..\\evil.obj"]))
refused("zip drive", "a.zip", lambda: bare_zip(["C:\\evil\\a.obj"]))
refused("zip name with NUL", "a.zip", lambda: bare_zip(["a.obj\0.png"]))
refused("zip link", "a.zip", zip_link)
refused("zip twice the same but for case", "a.zip", lambda: m.archive({"A.obj": m.obj(), "a.OBJ": m.obj()}))
refused("zip bomb by ratio", "a.zip", lambda: m.archive({"a.ply": m.ply()[:-1] + b"\0" * (20 << 20)}))
refused("zip bomb by total", "a.zip", zip_large_total)
refused("zip of many files", "a.zip", lambda: m.archive({f"{i}.obj": b"" for i in range(3000)}, zipfile.ZIP_STORED))
refused("zip in a zip", "a.zip", lambda: m.archive({"b.zip": m.archive({"a.obj": m.obj()})}))
refused("zip called obj in a zip", "a.zip", lambda: m.archive({"b.obj": m.archive({"a.obj": m.obj()})}))
refused("zip without a model", "a.zip", lambda: m.archive({"readme.txt": b"hello"}))
refused("zip with an empty model", "a.zip", lambda: m.archive({"a.obj": b""}))
refused("zip lying size", "a.zip", zip_lying_size)
refused("zip small lie", "a.zip", zip_small_lie)
refused("zip count lies", "a.zip", lambda: zip_end(count=60_000))
refused("zip directory size lies", "a.zip", lambda: zip_end(size=2**31))
refused("zip directory offset lies", "a.zip", lambda: zip_end(offset=2**31))
refused("zip encrypted", "a.zip", zip_encrypted)
refused("zip of a picture only", "a.zip", lambda: m.archive({"a.png": m.png()}))
refused("usdz of nothing", "a.usdz", lambda: m.archive({"a.txt": b"x"}, zipfile.ZIP_STORED))
refused("usda cut off", "a.usda", lambda: b"#usda 1.0\n( def")
refused("usdc noise", "a.usdc", lambda: b"PXR-USDC" + b"\xff" * 2000)

refused("mtl endless", "a.zip", lambda: m.archive({"a.obj": m.obj("a.mtl"), "a.mtl": b"\n" * 5_000_000}))

# files that are odd, and can be read

harmless("obj that asks for files outside", "a.obj", lambda: m.obj("../../../../etc/passwd"))
harmless(
    "mtl that asks for files outside",
    "a.zip",
    lambda: m.archive(
        {"a.obj": m.obj("a.mtl"), "a.mtl": b"newmtl paint\nmap_Kd /etc/passwd\nmap_Bump ../../../etc/shadow\n"}
    ),
)
harmless("mtl for ever", "a.zip", lambda: m.archive({"a.obj": m.obj("a.obj")}))
harmless(
    "gltf picture outside",
    "a.glb",
    lambda: m.glb(lambda d, b: (d["images"].__setitem__(0, {"uri": "/etc/passwd"}), None)[1]),
)
harmless(
    "gltf picture by web address",
    "a.glb",
    lambda: m.glb(lambda d, b: (d["images"].__setitem__(0, {"uri": "http://169.254.169.254/a.png"}), None)[1]),
)
harmless("dae picture outside", "a.dae", lambda: m.dae(picture="file:///etc/passwd"))
harmless(
    "fbx picture outside",
    "a.fbx",
    lambda: m.fbx_with("Objects", ("Video", 71), values=None, children=[m.rec("RelativeFilename", "/etc/passwd")]),
)
harmless("fbx cluster in a ring of deformers", "a.fbx", lambda: fbx_links((40, 41), (41, 42), (42, 41)))
harmless("fbx geometry below itself", "a.fbx", lambda: fbx_links((30, 30), (30, 52), (60, 60), (70, 70)))
harmless("fbx scale of zero", "a.fbx", lambda: m.fbx(Lcl__Scaling=(0.0, 0.0, 0.0)))
harmless("glb weights NaN", "a.glb", poison(3, float("nan")))
harmless(
    "glb name of a kilometre", "a.glb", lambda: m.glb(lambda d, b: (d["nodes"][0].update(name="a" * 100_000), None)[1])
)
harmless("stl that begins with solid", "a.stl", lambda: b"solid" + m.stl()[5:])
