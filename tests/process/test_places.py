"""Joints and faults are told where they are in the uploaded file, whatever was done to it afterwards."""

from dataclasses import replace

import numpy as np
import pytest

from avatar_foundry.avatar import Avatar
from avatar_foundry.formats import read_glb, write_glb
from avatar_foundry.humanoid import REQUIRED
from avatar_foundry.process import process, validate
from avatar_foundry.process.places import Placing, between
from avatar_foundry.repair.place import transform

LYING = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])  # +Y up to +Z up
PLAIN = {"lods": False, "no_face": True, "pose": "keep", "texture_size": 256}


def _stand(rig: dict, name: str) -> np.ndarray:
    t = rig["transform"]
    return t["scale"] * np.array(t["turn"]) @ np.array(rig["places"][name]) + np.array(t["shift"])


def test_a_placing_leads_there_and_back() -> None:
    placing = Placing(0.01, LYING, np.array([1.0, 2.0, 3.0])).then(Placing(2.0, LYING.T, np.array([0.0, -1.0, 0.0])))
    point = np.array([4.0, 5.0, 6.0])
    assert placing.back({"head": placing.at(point)})["head"] == pytest.approx(point)


def test_a_movement_is_read_off_the_vertices(bare: Avatar) -> None:
    moved = between(bare, transform(bare, scale=3.0, turn=LYING, shift=np.array([0.1, 0.2, 0.3])))
    assert moved.scale == pytest.approx(3.0, rel=1e-5)
    assert np.abs(moved.turn - LYING).max() < 1e-5
    assert moved.shift == pytest.approx([0.1, 0.2, 0.3], abs=1e-4)


def test_places_of_a_found_skeleton_are_in_the_file_even_when_mending_turned_it(bare: Avatar) -> None:
    centimetres = transform(bare, scale=100.0, turn=LYING)
    answer = process("figure.glb", write_glb(centimetres), PLAIN | {"fixes": ["turn-upright", "rescale"]}).answer
    rig = answer["rig"]
    assert set(rig["places"]) >= REQUIRED
    low, high = np.array(answer["source"]["box"])
    for name in REQUIRED:
        assert (np.array(rig["places"][name]) > low - 1).all(), name
        assert (np.array(rig["places"][name]) < high + 1).all(), name
    head, hips = _stand(rig, "head"), _stand(rig, "hips")
    assert 0.4 < head[1] - hips[1] < 0.8  # metres, upright
    assert rig["bones"]["leftUpperArm"] == "LeftArm"


def test_places_of_a_kept_skeleton_are_its_own_joints(rigged: bytes) -> None:
    answer = process("figure.glb", rigged, PLAIN | {"platform": "unity"}).answer
    skeleton = read_glb(rigged).skeleton
    assert skeleton is not None
    own = skeleton.rest[skeleton.names.index("LeftHand"), :3, 3]
    assert answer["rig"]["places"]["leftHand"] == pytest.approx(own.tolist(), abs=1e-5)


def test_findings_tell_the_corners_of_faces(bare: Avatar) -> None:
    part = bare.parts[0]
    faces = np.concatenate([part.mesh.faces, [[5, 5, 6]]]).astype(np.int32)
    mesh = replace(part.mesh, faces=faces, uv_faces=None, uvs=None, normals=None)
    broken = replace(bare, parts=(replace(part, lods=(mesh,)),))
    found = validate("figure.glb", write_glb(broken))["findings"]
    (places,) = [f["places"]["faces"] for f in found if f["rule"] == "source/degenerate-face"]
    corners = np.array(places[-1]).reshape(3, 3)
    assert np.abs(corners[0] - part.mesh.positions[5]).max() < 1e-5
    assert np.abs(corners[2] - part.mesh.positions[6]).max() < 1e-5
