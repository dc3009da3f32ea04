"""Every format gives the same box: positions, faces outward, weights, shapes, pictures, units and axes."""

import json

import numpy as np
import pytest
from tests.figures import figure
from tests.formats.readers import models as m

from avatar_foundry.formats import GlbOptions, write_glb
from avatar_foundry.formats.names import unique_names
from avatar_foundry.formats.readers import Upload, read_upload
from avatar_foundry.geometry.rotations import rotation_matrices

PICTURE = m.png()
WITH_MATERIAL = {"box.mtl": m.MTL, "red.png": PICTURE}


def gltf_zip() -> bytes:
    document, binary = m.gltf()
    document["buffers"][0]["uri"] = "data/box%20one.bin"
    document["images"][0] = {"uri": "data/red.png"}
    files = {"a/box.gltf": json.dumps(document).encode(), "a/data/box one.bin": binary, "a/data/red.png": PICTURE}
    return m.archive(files)


FILES = {
    "glb": ("box.glb", m.glb()),
    "gltf in a zip": ("box.zip", gltf_zip()),
    "fbx": ("box.fbx", m.fbx()),
    "fbx, 64-bit": ("box.fbx", m.fbx(7500, deflate=False)),
    "dae": ("box.zip", m.archive({"box.dae": m.dae(), "red.png": PICTURE})),
    "dae, Y up": ("box.zip", m.archive({"box.dae": m.dae("Y_UP"), "textures/red.png": PICTURE})),
    "obj": ("box.zip", m.archive({"x/box.obj": m.obj(), **{f"x/{k}": v for k, v in WITH_MATERIAL.items()}})),
    "ply": ("box.ply", m.ply()),
    "ply, big-endian": ("box.ply", m.ply("binary_big_endian")),
    "ply, ascii": ("box.ply", m.ply("ascii")),
    "stl": ("box.stl", m.stl()),
    "stl, ascii": ("box.stl", m.stl_text()),
    "fbx, ascii": ("box.fbx", m.fbx_text()),
}
RIGGED = ("glb", "gltf in a zip", "fbx", "fbx, 64-bit", "dae", "dae, Y up")
PAINTED = (*RIGGED, "obj")


def the_mesh(upload: Upload):
    (part,) = upload.avatar.parts
    return part.mesh


@pytest.mark.parametrize("kind", FILES)
def test_the_box_comes_back(kind: str) -> None:
    upload = read_upload(*FILES[kind])
    mesh = the_mesh(upload)
    assert len(mesh.positions) == 8
    assert len(mesh.faces) == 12
    found = mesh.positions[np.lexsort(mesh.positions.T[::-1])]
    assert np.abs(found - m.CORNERS[np.lexsort(m.CORNERS.T[::-1])]).max() < 1e-6
    a, b, c = (mesh.positions[mesh.faces[:, k]].astype(float) for k in range(3))
    assert np.einsum("ij,ij->", a, np.cross(b, c)) / 6 == pytest.approx(2.0)
    assert upload.source.counts["triangles"] == 12
    assert upload.source.notes == ()


@pytest.mark.parametrize("kind", RIGGED)
def test_skin_and_shape_come_back(kind: str) -> None:
    avatar = read_upload(*FILES[kind]).avatar
    mesh = the_mesh(read_upload(*FILES[kind]))
    assert avatar.skeleton is not None
    assert avatar.skeleton.names == ("root", "tip")
    assert avatar.skeleton.parents.tolist() == [-1, 0]
    assert np.abs(avatar.skeleton.rest[:, :3, 3] - [[0, 0, 0], [0, 1, 0]]).max() < 1e-6
    high = mesh.positions[:, 1] > 1
    assert (mesh.joints[:, 0] == high).all()
    assert (mesh.weights[:, 0] == 1).all()
    (shape,) = mesh.morphs
    assert shape.name == "grow"
    assert (np.sort(shape.index) == np.flatnonzero(high)).all()
    assert np.abs(shape.delta - [0, 0.25, 0]).max() < 1e-6


@pytest.mark.parametrize("kind", PAINTED)
def test_pictures_are_kept_byte_for_byte(kind: str) -> None:
    upload = read_upload(*FILES[kind])
    (material,) = upload.avatar.materials
    assert material.name == "paint"
    assert upload.avatar.parts[0].material == "paint"
    assert material.base is not None
    assert material.base.data == PICTURE
    assert (material.base.width, material.base.mime) == (4, "image/png")
    mesh = the_mesh(upload)
    assert mesh.uvs is not None
    assert mesh.uv_faces is not None
    if kind not in ("glb", "gltf in a zip"):  # glTF has one uv per vertex; the others one per corner
        corner = mesh.uvs[mesh.uv_faces][mesh.faces == mesh.faces[0, 0]][0]
        assert np.abs(corner - m.UVS[0]).max() < 1e-6 or len(np.unique(mesh.uvs, axis=0)) == 4


@pytest.mark.parametrize(
    ("kind", "unit", "up"),
    [("glb", 1.0, "+Y"), ("fbx", 0.01, "+Y"), ("fbx, ascii", 1.0, "+Y"), ("dae", 0.01, "+Z"), ("dae, Y up", 0.01, "+Y"),
     ("obj", None, None), ("ply", None, None), ("stl", None, None)],
)  # fmt: skip
def test_unit_and_axis_are_as_declared(kind: str, unit: float | None, up: str | None) -> None:
    source = read_upload(*FILES[kind]).source
    assert source.unit_metres == unit
    assert source.up == up


def test_vertex_colours_become_linear() -> None:
    mesh = the_mesh(read_upload("box.ply", m.ply()))
    assert mesh.colors is not None
    assert np.abs(mesh.colors - [1, 0, 0, 1]).max() < 1e-6
    text = m.obj().replace(b"v -0.5 0.0 -0.5", b"v -0.5 0.0 -0.5 0.5 0.5 0.5")
    mesh = the_mesh(read_upload("box.obj", text))
    assert mesh.colors is not None
    assert np.abs(mesh.colors[0, :3] - 0.21404).max() < 1e-4
    assert (mesh.colors[1:] == 1).all()


def test_clip_comes_back() -> None:
    (clip,) = read_upload("box.glb", m.glb()).avatar.clips
    assert clip.name == "wave"
    assert np.abs(clip.rotations[-1, 1] - [0, 0, 0.38268343, 0.92387953]).max() < 1e-6


def test_negative_scale_turns_faces_round() -> None:
    def mirror(document: dict, binary: bytes) -> None:
        del document["nodes"][2]["skin"]
        document["nodes"][2]["scale"] = [-1, 1, 1]

    mesh = the_mesh(read_upload("box.glb", m.glb(mirror)))
    a, b, c = (mesh.positions[mesh.faces[:, k]].astype(float) for k in range(3))
    assert np.einsum("ij,ij->", a, np.cross(b, c)) / 6 == pytest.approx(2.0)


def test_posed_nodes_give_the_bind_pose() -> None:
    def bend(document: dict, binary: bytes) -> None:
        document["nodes"][1]["rotation"] = [0, 0, 0.7071068, 0.7071068]

    upload = read_upload("box.glb", m.glb(bend))
    assert upload.source.counts["joints_reposed"] == 2
    mesh = the_mesh(upload)
    assert np.abs(mesh.positions - m.CORNERS).max() < 1e-6
    assert upload.avatar.skeleton is not None
    assert np.abs(upload.avatar.skeleton.rest[1, :3, :3] - np.eye(3)).max() < 1e-6


def test_hard_edges_split_vertices_and_smooth_ones_do_not() -> None:
    flat = [b"vn 0 -1 0", b"vn 0 1 0", b"vn 0 0 -1", b"vn 0 0 1", b"vn -1 0 0", b"vn 1 0 0"]
    lines = m.obj().splitlines()
    faces = [line for line in lines if line.startswith(b"f ")]
    told = [b" ".join([b"f", *(c + b"/%d" % (k + 1) for c in f.split()[1:])]) for k, f in enumerate(faces)]
    text = b"\n".join([*(line for line in lines if not line.startswith(b"f ")), *flat, *told])
    mesh = the_mesh(read_upload("box.obj", text))
    assert len(mesh.positions) == 24
    assert mesh.normals is not None
    t = mesh.positions[mesh.faces]
    outward = np.cross(t[:, 1] - t[:, 0], t[:, 2] - t[:, 0])
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    assert np.abs(mesh.normals[mesh.faces] - outward[:, None]).max() < 1e-6
    smooth = b"\n".join([*(line for line in lines if not line.startswith(b"f ")), b"vn 0 1 0",
                         *(b" ".join([b"f", *(c + b"/1" for c in f.split()[1:])]) for f in faces)])  # fmt: skip
    assert len(the_mesh(read_upload("box.obj", smooth)).positions) == 8


def test_obj_counts_back_and_mixes_polygons() -> None:
    text = b"v 0 0 0\nv 1 0 0\nv 1 1 0\nf -3 -2 -1\nv 0 1 0\nf 1 2 3 -1\nf 1 3 \\\n 4\nl 1 2\n"
    mesh = the_mesh(read_upload("a.obj", text))
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 2, 3]]


def test_concave_quads_are_cut_inside() -> None:
    text = b"v 0 0 0\nv 2 0 0\nv 0.2 0.2 0\nv 0 2 0\nf 1 2 3 4\nf 2 3 4 1\n"
    mesh = the_mesh(read_upload("a.obj", text))
    t = mesh.positions[mesh.faces]
    assert (np.cross(t[:, 1] - t[:, 0], t[:, 2] - t[:, 0])[:, 2] > 0).all()


@pytest.mark.parametrize("turn", [0, 1, 2])
@pytest.mark.parametrize("back", [False, True])
def test_hollow_polygons_are_cut_inside(turn: int, back: bool) -> None:
    star = np.array(
        [[np.cos(a) * r, np.sin(a) * r, 0] for a, r in zip(np.arange(10) * np.pi / 5, [1, 0.3] * 5, strict=True)]
    )
    star = np.roll(star[::-1] if back else star, turn, axis=1)
    text = "".join(f"v {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in star) + "f 1 2 3 4 5 6 7 8 9 10\n"
    mesh = the_mesh(read_upload("a.obj", text.encode()))
    t = mesh.positions[mesh.faces].astype(float)
    normal = np.cross(t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]) / 2
    whole = np.cross(star, np.roll(star, -1, axis=0)).sum(axis=0) / 2
    assert len(mesh.faces) == 8
    assert (normal @ whole > 0).all()
    assert np.abs(normal.sum(axis=0) - whole).max() < 1e-5


def test_unbound_vertices_are_named() -> None:
    def bare(document: dict, binary: bytes) -> bytes:
        view = document["bufferViews"][3]
        return binary[: view["byteOffset"]] + b"\0" * 16 + binary[view["byteOffset"] + 16 :]

    upload = read_upload("box.glb", m.glb(bare))
    assert upload.source.unbound["box"].tolist() == [0]
    assert the_mesh(upload).weights[0].tolist() == [1, 0, 0, 0]


def test_more_than_four_influences_are_kept() -> None:
    from avatar_foundry.formats.readers.scene import gather

    vertex, joint = np.zeros(6, np.int64), np.arange(6)
    joints, weights, most = gather(2, vertex, joint, np.array([0.1, 0.3, 0.05, 0.2, 0.25, 0.1]))
    assert most == 6
    assert joints[0].tolist() == [1, 4, 3, 0, 5, 2]
    assert (np.diff(weights[0]) <= 0).all()
    assert weights[1].sum() == 0


def test_wrong_extension_is_read_and_said() -> None:
    upload = read_upload("box.obj", m.glb())
    assert upload.source.format == "glb"
    assert any("called .obj" in n for n in upload.source.notes)


def test_missing_pictures_are_said() -> None:
    upload = read_upload("box.obj", m.obj())
    assert any("box.mtl" in n for n in upload.source.notes)
    upload = read_upload("z.zip", m.archive({"box.obj": m.obj(), "box.mtl": m.MTL}))
    assert any("red.png" in n for n in upload.source.notes)
    assert upload.avatar.materials[0].base is None


def test_specular_glossiness_keeps_its_picture() -> None:
    def gloss(document: dict, binary: bytes) -> None:
        held = {"diffuseTexture": {"index": 0}, "glossinessFactor": 0.25}
        document["materials"] = [{"name": "old", "extensions": {"KHR_materials_pbrSpecularGlossiness": held}}]

    upload = read_upload("box.glb", m.glb(gloss))
    (material,) = upload.avatar.materials
    assert material.base is not None
    assert material.roughness == 0.75
    assert any("specular-glossiness" in n for n in upload.source.notes)


def test_texture_transforms_move_uvs() -> None:
    def shift(document: dict, binary: bytes) -> None:
        slot = document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]
        slot["extensions"] = {"KHR_texture_transform": {"offset": [0.25, 0.5], "scale": [0.5, 2.0], "rotation": 0.0}}

    mesh = the_mesh(read_upload("box.glb", m.glb(shift)))
    assert np.abs(mesh.uvs - (np.tile(m.UVS, (2, 1)) * [0.5, 2.0] + [0.25, 0.5])).max() < 1e-6


def test_missing_picture_of_a_gltf_is_said() -> None:
    document, binary = m.gltf()
    document["buffers"][0]["uri"] = "b.bin"
    document["images"][0] = {"uri": "gone.png"}
    upload = read_upload("z.zip", m.archive({"a.gltf": json.dumps(document).encode(), "b.bin": binary}))
    assert upload.avatar.materials[0].base is None
    assert any("gone.png" in n for n in upload.source.notes)


def test_vrm_1() -> None:
    def vrm(document: dict, binary: bytes) -> None:
        document["extensions"] = {"VRMC_vrm": {
            "specVersion": "1.0",
            "meta": {"name": "Box", "authors": ["me"], "licenseUrl": "https://vrm.dev/licenses/1.0/"},
            "humanoid": {"humanBones": {"hips": {"node": 0}, "head": {"node": 1}}},
            "expressions": {"preset": {"happy": {"morphTargetBinds": [{"node": 2, "index": 0, "weight": 0.5}]}}},
        }}  # fmt: skip

    source = read_upload("box.vrm", m.glb(vrm)).source
    assert source.format == "vrm"
    assert source.front == "+Z"
    assert source.vrm is not None
    assert source.vrm.bones == {"hips": "root", "head": "tip"}
    assert source.vrm.licence == "https://vrm.dev/licenses/1.0/"
    assert source.vrm.expressions[0].binds == (("box", "grow", 0.5),)


def test_zip_reads_the_best_model_and_names_the_others() -> None:
    upload = read_upload("z.zip", m.archive({"b/box.stl": m.stl(), "b/box.glb": m.glb(), "__MACOSX/._box.glb": b"x"}))
    assert upload.source.format == "glb"
    assert upload.source.container == "zip"
    assert any("box.stl" in n for n in upload.source.notes)


def test_same_file_same_answer() -> None:
    for name, data in FILES.values():
        first, second = read_upload(name, data), read_upload(name, data)
        assert first.source.notes == second.source.notes
        for a, b in zip(first.avatar.parts, second.avatar.parts, strict=True):
            assert a.mesh.positions.tobytes() == b.mesh.positions.tobytes()
            assert a.mesh.faces.tobytes() == b.mesh.faces.tobytes()


def test_stl_with_something_behind_is_read() -> None:
    upload = read_upload("a.stl", m.stl() + b"trailer")
    assert upload.source.counts["triangles"] == 12
    assert any("left out" in n for n in upload.source.notes)


def test_names_become_unique() -> None:
    names = unique_names(["a", "a", "a_2", "a", "b", "a_3"])
    assert len(set(names)) == 6
    assert names[:2] == ("a", "a_2")


def test_clips_stand_under_the_nodes_above_the_skeleton() -> None:
    """A clip that holds the root still must leave the rest pose as it is, whatever the armature's own node does."""
    quarter = [0.70710678, 0, 0, 0.70710678]

    def armature(document: dict, binary: bytes) -> None:
        document["nodes"] += [{"name": "armature", "rotation": quarter, "scale": [2, 2, 2], "children": [0]}]
        document["scenes"][0]["nodes"] = [3, 2]
        document["animations"][0]["channels"][0]["target"]["node"] = 0

    upload = read_upload("box.glb", m.glb(armature))
    (clip,) = upload.avatar.clips
    skeleton = upload.avatar.skeleton
    assert skeleton is not None
    assert np.abs(clip.rotations[0, 0] - quarter).max() < 1e-6
    assert np.abs(rotation_matrices(clip.rotations[:1, 0])[0] - skeleton.rest[0, :3, :3]).max() < 1e-6


@pytest.mark.parametrize("quantise", [False, True])
def test_what_the_engine_compressed_comes_back(quantise: bool) -> None:
    """meshopt may turn the first corner of a face and reorder faces; points, weights and shapes stay what they are."""
    plain = read_upload("a.glb", write_glb(figure(1), GlbOptions(quantise=quantise))).avatar
    packed = read_upload("a.glb", write_glb(figure(1), GlbOptions(quantise=quantise, meshopt=True))).avatar

    def surface(mesh) -> np.ndarray:
        # every triangle by its own content, whatever order vertices and faces are in
        per = np.concatenate([mesh.positions, mesh.weights, mesh.uvs], axis=1).astype(np.float64)
        moves = np.zeros((len(per), 3 * len(mesh.morphs)))
        for k, morph in enumerate(mesh.morphs):
            moves[morph.index, 3 * k : 3 * k + 3] = morph.delta
        rows = np.round(np.concatenate([per, moves], axis=1)[mesh.faces], 4)
        start = rows.sum(axis=2).argmin(axis=1)
        rows = np.take_along_axis(rows, ((start[:, None] + np.arange(3)) % 3)[:, :, None], axis=1)
        return rows[np.lexsort(rows.reshape(len(rows), -1).T[::-1])]

    for a, b in zip(plain.parts, packed.parts, strict=True):
        assert [s.name for s in a.mesh.morphs] == [s.name for s in b.mesh.morphs]
        assert np.abs(surface(a.mesh) - surface(b.mesh)).max() < 2e-3
