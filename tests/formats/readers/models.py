"""Small valid models in every format, written by code: what the readers' tests and the hostile files start from.

All show the same thing: a closed box of eight vertices and six quads (twelve triangles), one unit wide, deep and two
high, standing on y = 0 in a +Y up world, on two joints: "root" at the floor and "tip" at height 1, which holds the top.
"""

import io
import json
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image

CORNERS = np.array([[x, y, z] for y in (0.0, 2.0) for z in (-0.5, 0.5) for x in (-0.5, 0.5)])
QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
TOP = np.arange(4, 8)
UVS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def png(size: tuple[int, int] = (4, 4), color: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in files.items():
            z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


# glTF


def gltf(change=None) -> tuple[dict, bytes]:
    """(document, binary): skinned, with a shape, a material with a picture, and a clip."""
    triangles = np.concatenate([QUADS[:, [0, 1, 2]], QUADS[:, [0, 2, 3]]]).astype("<u2")
    joints = np.zeros((8, 4), "u1")
    joints[TOP, 0] = 1
    weights = np.tile(np.array([1, 0, 0, 0], "<f4"), (8, 1))
    inverse = np.tile(np.eye(4), (2, 1, 1))
    inverse[1, 1, 3] = -1.0
    shape = np.zeros((8, 3), "<f4")
    shape[TOP, 1] = 0.25
    turn = np.array([[0, 0, 0, 1], [0, 0, 0.38268343, 0.92387953]], "<f4")
    arrays = [
        (CORNERS.astype("<f4"), "VEC3", 5126),
        (triangles.reshape(-1), "SCALAR", 5123),
        (joints, "VEC4", 5121),
        (weights, "VEC4", 5126),
        (inverse.transpose(0, 2, 1).reshape(2, 16).astype("<f4"), "MAT4", 5126),
        (shape, "VEC3", 5126),
        (np.array([0, 1], "<f4"), "SCALAR", 5126),
        (turn, "VEC4", 5126),
        (np.tile(UVS, (2, 1)).astype("<f4"), "VEC2", 5126),
    ]
    binary, views, accessors = b"", [], []
    for array, kind, component in arrays:
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": array.nbytes})
        accessors.append({"bufferView": len(views) - 1, "componentType": component, "count": len(array), "type": kind})
        binary += array.tobytes() + b"\0" * (-array.nbytes % 4)
    picture = png()
    views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(picture)})
    binary += picture + b"\0" * (-len(picture) % 4)
    document = {
        "asset": {"version": "2.0", "generator": "tests"},
        "scene": 0,
        "scenes": [{"nodes": [0, 2]}],
        "nodes": [
            {"name": "root", "children": [1]},
            {"name": "tip", "translation": [0, 1, 0]},
            {"name": "box", "mesh": 0, "skin": 0},
        ],
        "skins": [{"joints": [0, 1], "inverseBindMatrices": 4}],
        "meshes": [
            {
                "name": "box",
                "primitives": [
                    {
                        "attributes": {"POSITION": 0, "JOINTS_0": 2, "WEIGHTS_0": 3, "TEXCOORD_0": 8},
                        "indices": 1,
                        "material": 0,
                        "targets": [{"POSITION": 5}],
                    }
                ],
                "extras": {"targetNames": ["grow"]},
            }
        ],
        "materials": [{"name": "paint", "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
        "textures": [{"source": 0}],
        "images": [{"name": "red", "bufferView": 9, "mimeType": "image/png"}],
        "animations": [
            {
                "name": "wave",
                "channels": [{"sampler": 0, "target": {"node": 1, "path": "rotation"}}],
                "samplers": [{"input": 6, "output": 7}],
            }
        ],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }
    if change is not None:
        binary = change(document, binary) or binary
    return document, binary


def pack_glb(document: dict, binary: bytes, text: bytes | None = None) -> bytes:
    text = json.dumps(document).encode() if text is None else text
    text += b" " * (-len(text) % 4)
    head = struct.pack("<IIIII", 0x46546C67, 2, 28 + len(text) + len(binary), len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", len(binary), 0x004E4942) + binary


def glb(change=None) -> bytes:
    return pack_glb(*gltf(change))


# FBX


class Array:
    """An array value of an FBX record; count and packed bytes can be lied about."""

    def __init__(self, values, kind: str = "d", deflate: bool = False, count: int | None = None, packed=None) -> None:
        dtype = {"d": "<f8", "f": "<f4", "i": "<i4", "l": "<i8", "b": "u1"}[kind]
        raw = np.asarray(values, dtype).tobytes()
        self.kind, self.deflate = kind, deflate
        self.count = len(np.asarray(values).reshape(-1)) if count is None else count
        self.data = packed if packed is not None else zlib.compress(raw) if deflate else raw


def rec(name: str, *values, children=()) -> tuple:
    return (name, values, list(children))


def p70(**props) -> tuple:
    rows = []
    for key, value in props.items():
        value = value if isinstance(value, tuple) else (value,)
        rows.append(rec("P", key.replace("__", " "), "", "", "", *value))
    return rec("Properties70", children=rows)


def fbx_value(v) -> bytes:
    if isinstance(v, bool):
        return b"C" + struct.pack("<B", v)
    if isinstance(v, Array):
        head = struct.pack("<III", v.count, int(v.deflate), len(v.data))
        return v.kind.encode() + head + v.data
    if isinstance(v, int):
        return b"L" + struct.pack("<q", v)
    if isinstance(v, float):
        return b"D" + struct.pack("<d", v)
    if isinstance(v, bytes):
        return b"R" + struct.pack("<I", len(v)) + v
    data = v.encode()
    return b"S" + struct.pack("<I", len(data)) + data


def fbx_record(record: tuple, at: int, wide: bool) -> bytes:
    name, values, children = record
    head = 25 if wide else 13
    body = b"".join(map(fbx_value, values))
    start = at + head + len(name) + len(body)
    inner = b""
    for child in children:
        inner += fbx_record(child, start + len(inner), wide)
    if children:
        inner += b"\0" * head
    form = "<QQQB" if wide else "<IIIB"
    return struct.pack(form, start + len(inner), len(values), len(body), len(name)) + name.encode() + body + inner


def pack_fbx(records: list[tuple], version: int = 7400) -> bytes:
    out = b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", version)
    for record in records:
        out += fbx_record(record, len(out), version >= 7500)
    return out + b"\0" * (25 if version >= 7500 else 13) + b"\0" * 160


def fbx_records(deflate: bool = True, **turns) -> list[tuple]:
    """The records of the box. turns: further properties of the joint "tip"."""
    ends = QUADS.copy()
    ends[:, 3] = ~ends[:, 3]
    move = np.eye(4)
    move[3, 1] = 1.0
    back = np.eye(4)
    back[3, 1] = -1.0
    objects = [
        rec("Model", 10, "box\x00\x01Model", "Mesh", children=[p70()]),
        rec("Model", 20, "root\x00\x01Model", "LimbNode", children=[p70()]),
        rec(
            "Model",
            21,
            "tip\x00\x01Model",
            "LimbNode",
            children=[p70(**{"Lcl__Translation": (0.0, 1.0, 0.0), **turns})],
        ),
        rec(
            "Geometry",
            30,
            "box\x00\x01Geometry",
            "Mesh",
            children=[
                rec("Vertices", Array(CORNERS.reshape(-1), "d", deflate)),
                rec("PolygonVertexIndex", Array(ends.reshape(-1), "i", deflate)),
                rec(
                    "LayerElementUV",
                    0,
                    children=[
                        rec("MappingInformationType", "ByPolygonVertex"),
                        rec("ReferenceInformationType", "IndexToDirect"),
                        rec("UV", Array(UVS.reshape(-1), "d", deflate)),
                        rec("UVIndex", Array(np.tile([0, 1, 2, 3], 6), "i", deflate)),
                    ],
                ),
                rec(
                    "LayerElementMaterial",
                    0,
                    children=[
                        rec("MappingInformationType", "AllSame"),
                        rec("ReferenceInformationType", "IndexToDirect"),
                        rec("Materials", Array([0], "i")),
                    ],
                ),
            ],
        ),
        rec("Deformer", 40, "skin\x00\x01Deformer", "Skin"),
        rec(
            "Deformer",
            41,
            "root\x00\x01SubDeformer",
            "Cluster",
            children=[
                rec("Indexes", Array(np.arange(4), "i")),
                rec("Weights", Array(np.ones(4))),
                rec("Transform", Array(np.eye(4).reshape(-1))),
                rec("TransformLink", Array(np.eye(4).reshape(-1))),
            ],
        ),
        rec(
            "Deformer",
            42,
            "tip\x00\x01SubDeformer",
            "Cluster",
            children=[
                rec("Indexes", Array(TOP, "i")),
                rec("Weights", Array(np.ones(4))),
                rec("Transform", Array(back.reshape(-1))),
                rec("TransformLink", Array(move.reshape(-1))),
            ],
        ),
        rec("Deformer", 50, "shapes\x00\x01Deformer", "BlendShape"),
        rec("Deformer", 51, "grow\x00\x01SubDeformer", "BlendShapeChannel"),
        rec(
            "Geometry",
            52,
            "grow\x00\x01Geometry",
            "Shape",
            children=[
                rec("Indexes", Array(TOP, "i")),
                rec("Vertices", Array(np.tile([0.0, 0.25, 0.0], 4))),
            ],
        ),
        rec("Material", 60, "paint\x00\x01Material", "", children=[p70(DiffuseColor=(0.5, 0.5, 0.5))]),
        rec("Texture", 70, "red\x00\x01Texture", "", children=[rec("RelativeFilename", "..\\red.png")]),
        rec("Video", 71, "red\x00\x01Video", "Clip", children=[rec("Content", png())]),
    ]
    links = [(10, 0), (20, 0), (21, 20), (30, 10), (40, 30), (41, 40), (42, 40), (20, 41), (21, 42)]
    links += [(50, 30), (51, 50), (52, 51), (60, 10), (71, 70)]
    connections = [rec("C", "OO", a, b) for a, b in links] + [rec("C", "OP", 70, 60, "DiffuseColor")]
    settings = p70(
        UpAxis=1, UpAxisSign=1, FrontAxis=2, FrontAxisSign=1, CoordAxis=0, CoordAxisSign=1, UnitScaleFactor=1.0
    )
    return [
        rec("FBXHeaderExtension", children=[rec("FBXVersion", 7400), rec("Creator", "tests")]),
        rec("GlobalSettings", children=[settings]),
        rec("Objects", children=objects),
        rec("Connections", children=connections),
    ]


def fbx(version: int = 7400, deflate: bool = True, **turns) -> bytes:
    return pack_fbx(fbx_records(deflate, **turns), version)


def find(records: list[tuple], *path) -> tuple:
    """A record by names, or by (name, id)."""
    here = records
    for step in path:
        name, id = step if isinstance(step, tuple) else (step, None)
        found = next(r for r in here if r[0] == name and (id is None or r[1][0] == id))
        here = found[2]
    return found


def fbx_with(*path, values=None, children=None) -> bytes:
    """The box with a record's values or children replaced."""
    records = fbx_records()
    holder = find(records, *path[:-1])[2] if len(path) > 1 else records
    old = find(holder, path[-1])
    holder[holder.index(old)] = (old[0], old[1] if values is None else values, old[2] if children is None else children)
    return pack_fbx(records)


# text formats


def obj(material: str = "box.mtl") -> bytes:
    lines = ["# a box", f"mtllib {material}", "o box"]
    lines += [f"v {x} {y} {z}" for x, y, z in CORNERS]
    lines += [f"vt {u} {1 - v}" for u, v in UVS]
    lines += ["usemtl paint"]
    lines += ["f " + " ".join(f"{i + 1}/{k + 1}" for k, i in enumerate(q)) for q in QUADS]
    return "\n".join(lines).encode() + b"\n"


MTL = b"newmtl paint\nKd 0.5 0.5 0.5\nNs 250\nmap_Kd -s 1 1 1 red.png\n"


def ply(form: str = "binary_little_endian") -> bytes:
    head = f"ply\nformat {form} 1.0\ncomment tests\nelement vertex 8\n"
    head += "".join(f"property float {c}\n" for c in "xyz")
    head += "".join(f"property uchar {c}\n" for c in ("red", "green", "blue"))
    head += "element face 6\nproperty list uchar int vertex_indices\nend_header\n"
    if form == "ascii":
        body = "".join(f"{x} {y} {z} 255 0 0\n" for x, y, z in CORNERS) + "".join(
            "4 " + " ".join(map(str, q)) + "\n" for q in QUADS
        )
        return (head + body).encode()
    order = "<" if "little" in form else ">"
    body = b"".join(struct.pack(order + "3f3B", *p, 255, 0, 0) for p in CORNERS)
    body += b"".join(struct.pack(order + "B4i", 4, *map(int, q)) for q in QUADS)
    return head.encode() + body


def stl() -> bytes:
    triangles = np.concatenate([QUADS[:, [0, 1, 2]], QUADS[:, [0, 2, 3]]])
    out = b"tests".ljust(80, b" ") + struct.pack("<I", len(triangles))
    for t in triangles:
        out += struct.pack("<12fH", 0, 0, 0, *CORNERS[t].reshape(-1), 0)
    return out


def stl_text() -> bytes:
    triangles = np.concatenate([QUADS[:, [0, 1, 2]], QUADS[:, [0, 2, 3]]])
    rows = ["solid box"]
    for t in triangles:
        rows += ["facet normal 0 0 0", "outer loop"]
        rows += [f"vertex {x} {y} {z}" for x, y, z in CORNERS[t]]
        rows += ["endloop", "endfacet"]
    return "\n".join([*rows, "endsolid box"]).encode() + b"\n"


def dae(up: str = "Z_UP", picture: str = "red.png", **replaced: str) -> bytes:
    """The box in a +Z up world of centimetres, skinned, with a shape. replaced: texts to put in place of others."""
    turned = np.stack([CORNERS[:, 0], -CORNERS[:, 2], CORNERS[:, 1]], axis=1) if up == "Z_UP" else CORNERS
    grown = turned.copy()
    grown[TOP, 2 if up == "Z_UP" else 1] += 0.25

    def numbers(a) -> str:
        return " ".join(f"{v:g}" for v in np.asarray(a).reshape(-1))

    def source(id: str, values, stride: int) -> str:
        values = np.asarray(values).reshape(-1)
        return (
            f'<source id="{id}"><float_array id="{id}-a" count="{len(values)}">{numbers(values)}</float_array>'
            f'<technique_common><accessor source="#{id}-a" count="{len(values) // stride}" stride="{stride}"/>'
            "</technique_common></source>"
        )

    def geometry(id: str, points) -> str:
        rows = np.stack([QUADS, np.tile([0, 1, 2, 3], (6, 1))], axis=2)
        return (
            f'<geometry id="{id}" name="{id}"><mesh>{source(id + "-p", points, 3)}'
            f"{source(id + '-t', np.stack([UVS[:, 0], 1 - UVS[:, 1]], 1), 2)}"
            f'<vertices id="{id}-v"><input semantic="POSITION" source="#{id}-p"/></vertices>'
            f'<polylist material="paint" count="6"><input semantic="VERTEX" source="#{id}-v" offset="0"/>'
            f'<input semantic="TEXCOORD" source="#{id}-t" offset="1" set="0"/>'
            f"<vcount>4 4 4 4 4 4</vcount><p>{numbers(rows)}</p></polylist></mesh></geometry>"
        )

    tip = "0 0 1" if up == "Z_UP" else "0 1 0"
    inverse = np.tile(np.eye(4), (2, 1, 1))
    inverse[1, 2 if up == "Z_UP" else 1, 3] = -1.0
    pairs = np.stack([np.repeat([0, 1], 4), np.zeros(8, int)], axis=1)
    text = f"""<?xml version="1.0" encoding="utf-8"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
<asset><contributor><authoring_tool>tests</authoring_tool></contributor><unit name="centimeter" meter="0.01"/>
<up_axis>{up}</up_axis></asset>
<library_images><image id="red"><init_from>{picture}</init_from></image></library_images>
<library_effects><effect id="paint-fx"><profile_COMMON>
<newparam sid="s"><surface type="2D"><init_from>red</init_from></surface></newparam>
<newparam sid="m"><sampler2D><source>s</source></sampler2D></newparam>
<technique sid="common"><phong><diffuse><texture texture="m" texcoord="UV"/></diffuse></phong></technique>
</profile_COMMON></effect></library_effects>
<library_materials><material id="paint-m" name="paint"><instance_effect url="#paint-fx"/></material></library_materials>
<library_geometries>{geometry("box", turned)}{geometry("grow", grown)}</library_geometries>
<library_controllers>
<controller id="morph"><morph source="#box" method="NORMALIZED">
<source id="mt"><IDREF_array id="mt-a" count="1">grow</IDREF_array></source>{source("mw", [0.0], 1)}
<targets><input semantic="MORPH_TARGET" source="#mt"/><input semantic="MORPH_WEIGHT" source="#mw"/></targets>
</morph></controller>
<controller id="skin"><skin source="#morph"><bind_shape_matrix>1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1</bind_shape_matrix>
<source id="sj"><Name_array id="sj-a" count="2">root tip</Name_array></source>
{source("sb", inverse, 16)}{source("sw", [1.0], 1)}
<joints><input semantic="JOINT" source="#sj"/><input semantic="INV_BIND_MATRIX" source="#sb"/></joints>
<vertex_weights count="8"><input semantic="JOINT" source="#sj" offset="0"/>
<input semantic="WEIGHT" source="#sw" offset="1"/><vcount>1 1 1 1 1 1 1 1</vcount><v>{numbers(pairs)}</v>
</vertex_weights></skin></controller></library_controllers>
<library_visual_scenes><visual_scene id="scene"><node id="root" sid="root" name="root" type="JOINT">
<node id="tip" sid="tip" name="tip" type="JOINT"><translate>{tip}</translate></node></node>
<node id="box-node" name="box"><instance_controller url="#skin"><skeleton>#root</skeleton><bind_material>
<technique_common><instance_material symbol="paint" target="#paint-m"/></technique_common></bind_material>
</instance_controller></node></visual_scene></library_visual_scenes>
<scene><instance_visual_scene url="#scene"/></scene></COLLADA>"""
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def fbx_text() -> bytes:
    """The bare box as ASCII FBX."""
    ends = QUADS.copy()
    ends[:, 3] = ~ends[:, 3]

    def array(a) -> str:
        a = np.asarray(a).reshape(-1)
        return f"*{len(a)} {{\n\t\ta: {','.join(f'{v:g}' for v in a)}\n\t}}"

    return f"""; FBX 7.4.0 project file
FBXHeaderExtension:  {{
	FBXVersion: 7400
	Creator: "tests, by hand"
}}
GlobalSettings:  {{
	Properties70:  {{
		P: "UpAxis", "int", "Integer", "",1
		P: "UnitScaleFactor", "double", "Number", "",100
	}}
}}
Objects:  {{
	Geometry: 30, "Geometry::box", "Mesh" {{
		Vertices: {array(CORNERS)}
		PolygonVertexIndex: {array(ends)}
	}}
	Model: 10, "Model::box", "Mesh" {{
	}}
}}
Connections:  {{
	;Model::box, Model::RootNode
	C: "OO",10,0
	C: "OO",30,10
}}
""".encode()
