"""FBX beyond the box: transforms, animation, layers, instances, materials, axes."""

import numpy as np
import pytest
from tests.formats.readers import models as m

from avatar_foundry.formats.readers import read_upload
from avatar_foundry.formats.readers.fbx_transform import axes, turns
from avatar_foundry.geometry.rotations import rotation_matrices

SECOND = 46_186_158_000


def read(records: list[tuple]):
    return read_upload("box.fbx", m.pack_fbx(records))


@pytest.mark.parametrize(("order", "axis"), [("xyz", "xyz"), ("zyx", "zyx"), ("yxz", "yxz")])
def test_rotation_orders_turn_about_the_first_axis_first(order: str, axis: str) -> None:
    one = {k: turns(np.array([90.0 if c == k else 0.0 for c in "xyz"])) for k in "xyz"}
    expected = np.eye(3)
    for k in axis:
        expected = one[k] @ expected
    assert np.abs(turns(np.array([90.0, 90.0, 90.0]), order) - expected).max() < 1e-12
    assert np.abs(one["z"] @ [1, 0, 0] - [0, 1, 0]).max() < 1e-12


def test_pivots_offsets_and_pre_rotation() -> None:
    """A joint that turns by 90 degrees about z around a pivot, after a pre-rotation of 90 degrees about x."""
    records = m.fbx_records(
        PreRotation=(90.0, 0.0, 0.0),
        Lcl__Rotation=(0.0, 0.0, 90.0),
        RotationPivot=(1.0, 0.0, 0.0),
        RotationOffset=(0.0, 0.0, 2.0),
    )
    objects = m.find(records, "Objects")[2]
    objects[:] = [o for o in objects if o[0] != "Deformer"]
    upload = read(records)
    skeleton = upload.avatar.skeleton
    assert skeleton is not None
    tip = skeleton.rest[skeleton.names.index("tip")]
    before, turn = turns(np.array([90.0, 0, 0])), turns(np.array([0, 0, 90.0]))
    assert np.abs(tip[:3, :3] - before @ turn).max() < 1e-6
    expected = np.array([1.0, 1.0, 2.0]) - before @ turn @ [
        1,
        0,
        0,
    ]  # translation + offset + pivot, less the turned pivot
    assert np.abs(tip[:3, 3] - expected).max() < 1e-6


def test_geometric_transform_moves_the_mesh_alone() -> None:
    records = m.fbx_records()
    objects = m.find(records, "Objects")[2]
    objects[:] = [o for o in objects if o[0] != "Deformer"]
    objects[0] = m.rec(
        "Model",
        10,
        "box\x00\x01Model",
        "Mesh",
        children=[m.p70(GeometricTranslation=(0.0, 5.0, 0.0), GeometricScaling=(-1.0, 1.0, 1.0))],
    )
    (part,) = read(records).avatar.parts
    assert part.mesh.positions[:, 1].min() == 5
    t = part.mesh.positions[part.mesh.faces].astype(float)
    assert np.einsum("ij,ij->", t[:, 0], np.cross(t[:, 1], t[:, 2])) / 6 == pytest.approx(2.0)


def test_axes_and_unit_are_turned_as_declared() -> None:
    records = m.fbx_records()
    records[1] = m.rec(
        "GlobalSettings",
        children=[
            m.p70(
                UpAxis=2,
                UpAxisSign=1,
                FrontAxis=1,
                FrontAxisSign=-1,
                CoordAxis=0,
                CoordAxisSign=1,
                UnitScaleFactor=2.54,
            )
        ],
    )
    upload = read(records)
    assert upload.source.up == "+Z"
    assert upload.source.unit_metres == pytest.approx(0.0254)
    (part,) = upload.avatar.parts
    expected = np.stack([m.CORNERS[:, 0], m.CORNERS[:, 2], -m.CORNERS[:, 1]], axis=1)
    assert np.abs(part.mesh.positions - expected).max() < 1e-6
    assert upload.avatar.skeleton is not None
    assert np.abs(upload.avatar.skeleton.rest[1, :3, 3] - [0, 0, -1]).max() < 1e-6
    assert np.abs(part.mesh.morphs[0].delta - [0, 0, -0.25]).max() < 1e-6


def test_left_handed_axes_are_mirrored_and_faces_kept_outward() -> None:
    records = m.fbx_records()
    records[1] = m.rec(
        "GlobalSettings",
        children=[m.p70(UpAxis=1, UpAxisSign=1, FrontAxis=2, FrontAxisSign=-1, CoordAxis=0, CoordAxisSign=1)],
    )
    (part,) = read(records).avatar.parts
    t = part.mesh.positions[part.mesh.faces].astype(float)
    assert np.einsum("ij,ij->", t[:, 0], np.cross(t[:, 1], t[:, 2])) / 6 == pytest.approx(2.0)


def test_nonsense_axes_are_not_believed() -> None:
    records = m.fbx_records()
    records[1] = m.rec("GlobalSettings", children=[m.p70(UpAxis=1, FrontAxis=1, CoordAxis=7)])
    assert read(records).source.up is None
    assert np.array_equal(axes(None)[0], np.eye(4))


@pytest.mark.parametrize("up", ["Y", "Z"])
def test_animation_is_sampled(up: str) -> None:
    records = m.fbx_records()
    if up == "Z":
        records[1] = m.rec("GlobalSettings", children=[m.p70(UpAxis=2, FrontAxis=1, FrontAxisSign=-1, CoordAxis=0)])
    curve = [m.rec("KeyTime", m.Array([0, SECOND], "l")), m.rec("KeyValueFloat", m.Array([0.0, 90.0], "f"))]
    m.find(records, "Objects")[2].extend(
        [
            m.rec("AnimationStack", 80, "bend\x00\x01AnimStack", ""),
            m.rec("AnimationLayer", 81, "l\x00\x01AnimLayer", ""),
            m.rec("AnimationCurveNode", 82, "R\x00\x01AnimCurveNode", ""),
            m.rec("AnimationCurve", 83, "\x00\x01AnimCurve", "", children=curve),
        ]
    )
    records[3][2].extend(
        [
            m.rec("C", "OO", 81, 80),
            m.rec("C", "OO", 82, 81),
            m.rec("C", "OP", 82, 21, "Lcl Rotation"),
            m.rec("C", "OP", 83, 82, "d|Z"),
        ]
    )
    avatar = read(records).avatar
    (clip,) = avatar.clips
    assert avatar.skeleton is not None
    assert np.abs(rotation_matrices(clip.rotations[0])[0] - avatar.skeleton.rest[0, :3, :3]).max() < 1e-6
    assert clip.name == "bend"
    assert clip.times[-1] == pytest.approx(1.0)
    assert len(clip.times) == 31
    assert np.abs(clip.rotations[-1, 1] - [0, 0, np.sqrt(0.5), np.sqrt(0.5)]).max() < 1e-6
    assert np.abs(clip.rotations[15, 1] - [0, 0, np.sin(np.pi / 8), np.cos(np.pi / 8)]).max() < 1e-6


def test_two_nodes_that_show_one_mesh_give_two_parts() -> None:
    records = m.fbx_records()
    objects = m.find(records, "Objects")[2]
    objects[:] = [o for o in objects if o[0] != "Deformer"]
    objects.append(
        m.rec("Model", 11, "other\x00\x01Model", "Mesh", children=[m.p70(**{"Lcl__Translation": (3.0, 0.0, 0.0)})])
    )
    records[3][2].extend([m.rec("C", "OO", 11, 0), m.rec("C", "OO", 30, 11)])
    parts = read(records).avatar.parts
    assert [p.name for p in parts] == ["box", "other"]
    assert [p.material for p in parts] == ["paint", ""]
    assert parts[1].mesh.positions[:, 0].min() == 2.5


def test_materials_by_polygon_make_parts() -> None:
    records = m.fbx_records()
    box = m.find(records, "Objects", ("Geometry", 30))
    layer = next(r for r in box[2] if r[0] == "LayerElementMaterial")
    layer[2][:] = [
        m.rec("MappingInformationType", "ByPolygon"),
        m.rec("ReferenceInformationType", "IndexToDirect"),
        m.rec("Materials", m.Array([0, 0, 0, 1, 1, 1], "i")),
    ]
    m.find(records, "Objects")[2].append(m.rec("Material", 61, "steel\x00\x01Material", ""))
    records[3][2].append(m.rec("C", "OO", 61, 10))
    upload = read(records)
    assert [(p.name, p.material, len(p.mesh.faces)) for p in upload.avatar.parts] == [
        ("box.paint", "paint", 6),
        ("box.steel", "steel", 6),
    ]
    assert all(p.mesh.joints is not None and p.mesh.uvs is not None for p in upload.avatar.parts)


def test_posed_bones_give_the_bind_pose() -> None:
    upload = read(m.fbx_records(Lcl__Rotation=(0.0, 0.0, 40.0)))
    (part,) = upload.avatar.parts
    assert upload.source.counts["joints_reposed"] == 2
    assert np.abs(part.mesh.positions - m.CORNERS).max() < 1e-6
