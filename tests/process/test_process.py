"""From a file to a working avatar, through the engine's own door."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from avatar_foundry.account import Result
from avatar_foundry.avatar import Avatar
from avatar_foundry.errors import (
    Cancelled,
    DegenerateMesh,
    MeshInvalid,
    NotHumanoid,
    RecipeError,
    RigUncertain,
    SourceError,
)
from avatar_foundry.formats import read_glb, write_glb
from avatar_foundry.humanoid import REQUIRED
from avatar_foundry.pipeline import Stage
from avatar_foundry.platforms.unity import unity_name
from avatar_foundry.process import process, validate
from avatar_foundry.wire import error_body

from .conftest import box, one_part

UNITY = {"platform": "unity", "lods": False}
ObjWriter = Callable[[np.ndarray, np.ndarray], bytes]


@pytest.fixture(scope="module")
def created(unrigged: bytes) -> Result:
    return process("figure.glb", unrigged, UNITY)


def test_an_unrigged_figure_gets_skeleton_and_skin(created: Result) -> None:
    answer = created.answer
    avatar = read_glb(next(iter(created.files.values())))
    assert answer["rig"]["state"] == "created"
    assert avatar.skeleton is not None
    assert {unity_name(n) for n in REQUIRED} <= set(avatar.skeleton.names)
    assert all(p.mesh.weights is not None for p in avatar.parts)


def test_joints_are_where_our_own_skeleton_had_them(created: Result, rigged: bytes) -> None:
    ours, found = read_glb(rigged).skeleton, read_glb(next(iter(created.files.values()))).skeleton
    assert ours is not None
    assert found is not None
    names = ["LeftUpperLeg", "LeftLowerLeg", "LeftFoot", "RightUpperLeg", "RightLowerLeg", "RightFoot"]
    there = np.array([ours.rest[ours.names.index(n), :3, 3] for n in names])
    here = np.array([found.rest[found.names.index(n), :3, 3] for n in names])
    assert np.linalg.norm(here - there, axis=1).mean() < 0.07


def test_textures_stay_as_they_were(created: Result, unrigged: bytes) -> None:
    before = {t.data for m in read_glb(unrigged).materials for t in (m.base, m.normal, m.orm) if t is not None}
    after = {
        t.data
        for m in read_glb(next(iter(created.files.values()))).materials
        for t in (m.base, m.normal, m.orm)
        if t is not None
    }
    assert after == before


def test_same_file_same_bytes(created: Result, unrigged: bytes) -> None:
    again = process("figure.glb", unrigged, UNITY)
    for name, data in created.files.items():
        assert hashlib.sha256(data).digest() == hashlib.sha256(again.files[name]).digest()


def test_a_rig_of_ours_is_kept_with_its_weights_and_shapes(rigged: bytes) -> None:
    result = process("figure.glb", rigged, UNITY | {"pose": "keep"})
    before, after = read_glb(rigged), read_glb(next(iter(result.files.values())))
    assert result.answer["rig"]["state"] in ("kept", "mapped")
    assert before.skeleton is not None
    assert after.skeleton is not None
    assert set(before.skeleton.names) <= set(after.skeleton.names)
    assert {m.name for p in before.parts for m in p.mesh.morphs} == {m.name for p in after.parts for m in p.mesh.morphs}
    assert np.abs(_reach(before) - _reach(after)).max() < 1e-3


def _reach(avatar: Avatar) -> np.ndarray:
    points = np.concatenate([p.mesh.positions for p in avatar.parts])
    return np.stack([points.min(axis=0), points.max(axis=0)])


def test_unit_and_axes_are_put_right(bare: Avatar) -> None:
    turn = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float32)  # +Z up, in centimetres
    lying = bare.map_meshes(
        lambda m: replace(
            m, positions=100.0 * m.positions @ turn, normals=m.normals @ turn if m.normals is not None else None
        )
    )
    result = process("figure.glb", write_glb(lying), UNITY)
    low, high = _reach(read_glb(next(iter(result.files.values()))))
    was_low, was_high = _reach(bare)
    assert low[1] == pytest.approx(0.0, abs=2e-3)
    assert high[1] - low[1] == pytest.approx(was_high[1] - was_low[1], rel=0.02)


def test_degenerate_faces_give_the_error_of_the_reference_page() -> None:
    positions, faces = box((-0.2, 0, -0.2), (0.2, 1.7, 0.2))
    faces = np.concatenate([faces, [[0, 0, 1]]])
    with pytest.raises(DegenerateMesh) as caught:
        process("figure.glb", write_glb(one_part(positions, faces)), {"auto_fix": False})
    body = error_body(caught.value)
    assert body["error"] == "Validation Failed"
    assert body["error_code"] == "VALIDATION_ERROR"
    assert body["detail"] == "Mesh has degenerate faces"
    (first, *_) = body["suggestions"]
    assert {k: first[k] for k in ("title", "description", "confidence", "auto_fixable")} == {
        "title": "Clean Mesh Geometry",
        "description": "Remove degenerate faces before import",
        "confidence": 0.9,
        "auto_fixable": True,
    }
    assert first["action"] == "drop-degenerate-faces"


def test_the_suggested_fix_can_be_sent_back(bare: Avatar) -> None:
    def spoil(part):  # type: ignore[no-untyped-def]
        mesh = part.mesh
        faces = np.concatenate([mesh.faces, [[0, 0, 1]]]).astype(np.int32)
        uv_faces = None if mesh.uv_faces is None else np.concatenate([mesh.uv_faces, [[0, 0, 1]]]).astype(np.int32)
        return replace(part, lods=(replace(mesh, faces=faces, uv_faces=uv_faces),))

    first = bare.parts[0]
    data = write_glb(bare.map_parts(lambda p: spoil(p) if p is first else p))
    with pytest.raises(MeshInvalid) as caught:
        process("figure.glb", data, UNITY | {"auto_fix": False})
    action = caught.value.suggestions[0].action
    answer = process("figure.glb", data, UNITY | {"fixes": [action]}).answer
    assert [a["id"] for a in answer["fixes_applied"]] == [action]


@pytest.mark.parametrize("what", ["cube", "chair", "two", "head"])
def test_what_is_no_figure_is_refused(what: str, bare: Avatar, as_obj: ObjWriter) -> None:
    if what == "cube":
        positions, faces = box((-0.5, 0, -0.5), (0.5, 1, 0.5))
    elif what == "chair":
        boxes = [box((-0.25, 0.4, -0.25), (0.25, 0.45, 0.25)), box((-0.25, 0.45, -0.25), (0.25, 1.0, -0.2))]
        boxes += [box((x, 0, z), (x + 0.05, 0.4, z + 0.05)) for x in (-0.25, 0.2) for z in (-0.25, 0.2)]
        positions = np.concatenate([p for p, _ in boxes])
        faces = np.concatenate([f + 8 * k for k, (_, f) in enumerate(boxes)])
    else:
        cloud, rows, at = [], [], 0
        for part in bare.parts:
            cloud.append(part.mesh.positions)
            rows.append(part.mesh.faces + at)
            at += len(part.mesh.positions)
        positions, faces = np.concatenate(cloud), np.concatenate(rows)
        if what == "two":
            faces = np.concatenate([faces, faces + len(positions)])
            positions = np.concatenate([positions, positions + np.array([1.6, 0, 0])])
        else:
            faces = faces[positions[faces][:, :, 1].min(axis=1) > 0.87 * positions[:, 1].max()]
    with pytest.raises((NotHumanoid, RigUncertain)) as caught:
        process("thing.obj", as_obj(positions, faces), UNITY)
    assert caught.value.reasons


def test_unknown_options_are_named_with_the_nearest() -> None:
    with pytest.raises(RecipeError) as caught:
        process("a.glb", b"", {"plattform": "unity"})
    assert caught.value.suggestions[0].title == "Use 'platform'"
    with pytest.raises(RecipeError, match="leftHnd"):
        process("a.glb", b"", {"hints": {"leftHnd": [0, 0, 0]}})


def test_a_file_that_is_none_says_so() -> None:
    with pytest.raises(SourceError):
        process("a.glb", b"hello")


def test_validate_changes_nothing_and_counts(unrigged: bytes) -> None:
    answer = validate("figure.glb", unrigged, "unity")
    assert answer["source"]["format"] == "glb"
    assert answer["error"] == sum(f["severity"] == "error" for f in answer["findings"])


def test_it_stops_when_told_to(unrigged: bytes) -> None:
    seen: list[str] = []

    def stop(fraction: float, stage: Stage) -> None:
        assert 0 <= fraction < 1
        seen.append(stage.wire)
        if stage.wire == "rigging":
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        process("figure.glb", unrigged, UNITY, on_step=stop)
    assert seen == sorted(seen, key=["reading", "checking", "repairing", "texturing", "rigging"].index)
