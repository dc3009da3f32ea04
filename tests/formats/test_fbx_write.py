"""FBX as written, by our own reader of FBX, which shares no code with the writer."""

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from avatar_foundry.avatar import Avatar, Clip, Material, Mesh, Morph, Part, Skeleton, Texture
from avatar_foundry.formats import FbxOptions, write_fbx
from avatar_foundry.formats.fbx_space import TURNS, euler, from_euler, unrolled
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.formats.readers.fbx_objects import Graph
from avatar_foundry.formats.readers.fbx_tree import read_tree
from avatar_foundry.geometry.rotations import quaternions, rotation_matrices

GRID = 1e-6  # metres: positions are rounded to 0.6 micrometres


def picture(mime: str, color: tuple[int, ...], name: str) -> Texture:
    out = io.BytesIO()
    Image.new("RGB" if len(color) == 3 else "RGBA", (4, 4), color).save(out, mime.rpartition("/")[2].upper())
    return Texture(name, mime, 4, 4, out.getvalue())


def turn(seed: int) -> np.ndarray:
    q = np.random.default_rng(seed).normal(size=4)
    return rotation_matrices(q / np.linalg.norm(q))


@pytest.fixture
def avatar() -> Avatar:
    """A strip of two squares on three joints that lie askew, with a seam, shapes, levels, pictures and a clip."""
    positions = np.array([[0, 0, 0], [1, 0, 0.1], [2, 0, 0], [0, 1, 0], [1, 1, 0.1], [2, 1, 0], [9, 9, 9]], np.float32)
    faces = np.array([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]], np.int32)
    uvs = np.array([[0, 0], [0.5, 0], [0, 1], [0.5, 1], [0.6, 0], [1, 0], [0.6, 1], [1, 1]], np.float32)
    uv_faces = np.array([[0, 1, 3], [0, 3, 2], [4, 5, 7], [4, 7, 6]], np.int32)
    normals = np.tile(np.array([[0.6, 0.0, 0.8]], np.float32), (7, 1))
    joints = np.array([[0, 0, 0, 0]] * 7, np.uint16)
    joints[:, :2] = (1, 2)
    weights = np.zeros((7, 4), np.float32)
    weights[:, 0] = [1, 0.5, 0.75, 1, 0.625, 0.875, 1]
    weights[:, 1] = 1 - weights[:, 0]
    joints[weights == 0] = 0
    smile = Morph("jawOpen", np.array([1, 4], np.int32), np.array([[0, 0.25, 0], [0.125, 0, 0]], np.float32),
                  np.array([[0.25, 0, 0], [0, 0, -0.5]], np.float32))  # fmt: skip
    nothing = Morph("still", np.array([6], np.int32), np.ones((1, 3), np.float32), np.zeros((1, 3), np.float32))
    full = Mesh(positions, faces, normals, uvs, uv_faces, joints, weights, (smile, nothing))
    rest = np.tile(np.eye(4, dtype=np.float32), (3, 1, 1))
    for k in (1, 2):
        rest[k, :3, :3] = turn(k)
        rest[k, :3, 3] = (0.5 * k, 1.25, -0.25 * k)
    skin = Material(
        "skin", metallic=0.25, roughness=0.5, base=picture("image/png", (9, 8, 7, 60), "skin"), alpha_mode="MASK",
        normal=picture("image/png", (128, 128, 255), "bumps"), normal_scale=0.5,
    )  # fmt: skip
    cloth = Material("cloth", color=(0.25, 0.5, 0.75, 1.0), roughness=1.0, double_sided=True)
    half = replace(full, faces=faces[:2], uv_faces=uv_faces[:2])
    bare = replace(full, uvs=None, uv_faces=None, morphs=())
    times = np.linspace(0, 1, 31).astype(np.float32)
    rotations = np.tile(quaternions(rest[:, :3, :3].astype(np.float64))[None], (31, 1, 1))
    angle = 2.5 * np.pi * times  # past a full turn
    rotations[:, 2] = np.stack([0.6 * np.sin(angle / 2), 0.8 * np.sin(angle / 2), 0 * angle, np.cos(angle / 2)], axis=1)
    moves = np.stack([times, 2 * times, -times], axis=1)
    return Avatar(
        "someone",
        (Part("body", "body", (full, half), "skin"), Part("cape", "garment", (bare,), "cloth")),
        Skeleton(("root", "hips", "spine"), np.array([-1, 0, 1], np.int16), rest),
        (skin, cloth),
        (Clip("wave", times, rotations.astype(np.float32), moves.astype(np.float32)),),
        licences=({"name": "Body", "licence": "CC0-1.0", "author": "Somebody", "source": "somewhere"},),
        extras={"engine": "1", "recipe": "ab"},
    )


def test_reads_back_equal(avatar: Avatar) -> None:
    data = write_fbx(avatar)
    upload = read_upload("someone.fbx", data)
    back, unit = upload.avatar, upload.source.unit_metres
    assert (upload.source.version, unit, upload.source.up) == ("7400", 0.01, "+Y")
    assert back.skeleton is not None
    assert avatar.skeleton is not None
    assert back.skeleton.names == avatar.skeleton.names
    assert back.skeleton.parents.tolist() == avatar.skeleton.parents.tolist()
    assert np.allclose(back.skeleton.rest[:, :3, :3], avatar.skeleton.rest[:, :3, :3], atol=1e-6)
    assert np.allclose(0.01 * back.skeleton.rest[:, :3, 3], avatar.skeleton.rest[:, :3, 3], atol=1e-6)
    body, was = back.part("body").mesh, avatar.part("body").mesh
    assert len(body.positions) == 6  # nothing uses the seventh
    assert np.allclose(0.01 * body.positions, was.positions[:6], atol=GRID)
    assert np.array_equal(body.faces, was.faces)
    assert body.normals is not None
    assert np.allclose(body.normals, was.normals[:6], atol=2e-4)
    assert body.uvs is not None
    assert np.allclose(body.uvs[body.uv_faces], was.uvs[was.uv_faces], atol=1e-6)
    assert np.array_equal(body.joints, was.joints[:6])
    assert np.array_equal(body.weights, was.weights[:6])
    assert [m.name for m in body.morphs] == ["jawOpen"]
    assert np.array_equal(body.morphs[0].index, was.morphs[0].index)
    assert np.allclose(0.01 * body.morphs[0].delta, was.morphs[0].delta, atol=GRID)
    assert back.part("cape").mesh.uvs is None


def test_materials_and_pictures_read_back(avatar: Avatar) -> None:
    back = read_upload("someone.fbx", write_fbx(avatar)).avatar
    skin, cloth = back.material("skin"), back.material("cloth")
    was = avatar.material("skin")
    assert skin.base is not None
    assert skin.normal is not None
    assert was.base is not None
    assert was.normal is not None
    assert (skin.base.data, skin.normal.data) == (was.base.data, was.normal.data)
    assert (skin.metallic, skin.normal_scale, skin.alpha_mode) == (0.25, 0.5, "MASK")
    assert skin.roughness == pytest.approx(0.5)
    assert cloth.color == (0.25, 0.5, 0.75, 1.0)
    assert cloth.roughness == pytest.approx(1.0)


def test_clips_read_back(avatar: Avatar) -> None:
    clip, was = read_upload("someone.fbx", write_fbx(avatar)).avatar.clips[0], avatar.clips[0]
    assert clip.name == "wave"
    assert np.allclose(clip.times, was.times, atol=1e-6)
    assert np.allclose(rotation_matrices(clip.rotations), rotation_matrices(was.rotations), atol=1e-5)
    assert clip.translations is not None
    assert np.allclose(0.01 * clip.translations, was.translations, atol=1e-5)


def test_z_up_stands_the_same(avatar: Avatar) -> None:
    upload = read_upload("someone.fbx", write_fbx(avatar, FbxOptions(up="z")))
    assert (upload.source.up, upload.source.unit_metres) == ("+Z", 0.01)
    back, was = upload.avatar, avatar
    assert back.skeleton is not None
    assert was.skeleton is not None
    assert np.allclose(0.01 * back.part("body").mesh.positions, was.part("body").mesh.positions[:6], atol=GRID)
    assert np.allclose(0.01 * back.skeleton.rest[:, :3, 3], was.skeleton.rest[:, :3, 3], atol=1e-6)
    axes = was.skeleton.rest[:, :3, :3] @ TURNS["z"].T  # each joint's axes turn with the world's
    assert np.allclose(back.skeleton.rest[:, :3, :3], axes, atol=1e-6)
    graph = Graph(read_tree(write_fbx(avatar, FbxOptions(up="z")))[0])
    root = next(o for o in graph.kind("Model") if o.name == "root")
    assert root.vector("PreRotation", (1.0, 1.0, 1.0)) == (0.0, 0.0, 0.0)  # along the file's axes, not the model's
    world = [rotation_matrices(a.clips[0].rotations) for a in (back, was)]
    for rotations in world:
        rotations[:, 1] = rotations[:, 0] @ rotations[:, 1]
        rotations[:, 2] = rotations[:, 1] @ rotations[:, 2]
    assert np.allclose(world[0], world[1] @ TURNS["z"].T, atol=1e-5)
    moves = back.clips[0].translations
    assert moves is not None
    assert np.allclose(0.01 * moves, was.clips[0].translations, atol=1e-5)


def test_same_avatar_same_bytes(avatar: Avatar) -> None:
    assert write_fbx(avatar) == write_fbx(avatar)


def test_ends_as_the_format_demands(avatar: Avatar) -> None:
    data = write_fbx(avatar)
    assert data.startswith(b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", 7400))
    assert data.endswith(struct.pack("<I", 7400) + bytes(120) + bytes.fromhex("f85a8c6adef5d97eece90ce3758f290b"))
    assert (len(data) - 140) % 16 == 0  # what stands before the version is aligned


def test_levels_by_name(avatar: Avatar) -> None:
    back = read_upload("someone.fbx", write_fbx(avatar, FbxOptions(levels="names"))).avatar
    assert [p.name for p in back.parts] == ["body_LOD0", "body_LOD1", "cape_LOD0"]
    assert len(back.part("body_LOD1").mesh.faces) == 2


def test_levels_in_groups(avatar: Avatar) -> None:
    graph = Graph(read_tree(write_fbx(avatar, FbxOptions(levels="group")))[0])
    groups = [o for o in graph.kind("Model") if o.sort == "LodGroup"]
    assert [g.name for g in groups] == ["body", "cape"]
    assert [m.name for m, _ in graph.below(groups[0].id, "Model")] == ["body_LOD0", "body_LOD1"]
    attribute = next(o for o, _ in graph.below(groups[0].id, "NodeAttribute"))
    assert (attribute.sort, attribute.number("Thresholds|Level0", 0.0)) == ("LodGroup", 50.0)


def test_every_joint_has_a_cluster_and_a_place_in_the_bind_pose(avatar: Avatar) -> None:
    graph = Graph(read_tree(write_fbx(avatar))[0])
    skin = next(o for o in graph.kind("Deformer") if o.sort == "Skin")
    held = [b.name for c, _ in graph.below(skin.id, "Deformer") for b, _ in graph.below(c.id, "Model")]
    assert held == ["root", "hips", "spine"]
    pose = next(graph.kind("Pose"))
    count = pose.record.first("NbPoseNodes")
    assert count is not None
    assert count.values == [5]
    assert len([r for r in pose.record.children if r.name == "PoseNode"]) == 5


def test_tells_its_licences(avatar: Avatar) -> None:
    graph = Graph(read_tree(write_fbx(avatar))[0])
    body = next(o for o in graph.kind("Model") if o.name == "body")
    assert body.props["licence_00"] == ("author: Somebody; licence: CC0-1.0; name: Body; source: somewhere",)
    assert body.props["recipe"] == ("ab",)


def test_webp_becomes_png(avatar: Avatar) -> None:
    material = replace(avatar.materials[0], base=picture("image/webp", (9, 8, 7), "skin"), alpha_mode="OPAQUE")
    back = read_upload("x.fbx", write_fbx(replace(avatar, materials=(material, avatar.materials[1])))).avatar
    base = back.material("skin").base
    assert base is not None
    assert (base.mime, base.name) == ("image/png", "skin.png")


def test_tangents_on_demand(avatar: Avatar) -> None:
    names = [r.name for o in Graph(read_tree(write_fbx(avatar, FbxOptions(tangents=True)))[0]).kind("Geometry")
             for r in o.record.children]  # fmt: skip
    assert "LayerElementTangent" in names
    assert "LayerElementBinormal" in names


def test_without_skeleton(avatar: Avatar) -> None:
    back = read_upload("x.fbx", write_fbx(replace(avatar, skeleton=None))).avatar
    assert back.skeleton is None
    assert [p.name for p in back.parts] == ["body", "cape"]


def test_euler_angles_say_the_same_turn() -> None:
    turns = np.concatenate(
        [[turn(k) for k in range(50)], [from_euler(np.array([30.0, s * 90.0, 20.0])) for s in (-1, 1)]]
    )
    assert np.allclose(from_euler(euler(turns)), turns, atol=1e-9)


def test_unrolled_angles_do_not_jump() -> None:
    """Through the pole, where plain Euler angles flip by 180 degrees."""
    t = np.linspace(-2.0, 2.0, 121)
    turns = from_euler(np.stack([10 * t, 90 + 60 * t, 5 * t], axis=1))[:, None]
    smooth = unrolled(euler(turns))
    assert np.allclose(from_euler(smooth), turns, atol=1e-9)
    assert np.abs(np.diff(euler(turns), axis=0)).max() > 100
    assert np.abs(np.diff(smooth, axis=0)).max() < 15
