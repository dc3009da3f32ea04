"""Lids are found by what closes them, coloured like the skin around, and lit as closed lids."""

import numpy as np

from avatar_foundry.geometry import vertex_normals
from avatar_foundry.roblox.face_bones import FaceBones
from avatar_foundry.roblox.facs import ORDER
from avatar_foundry.roblox.lids import even_lids, lid_normals, lid_shares


def test_what_drops_when_an_eye_closes_is_lid():
    poses = np.zeros((len(ORDER), 4, 3), np.float32)
    poses[ORDER.index("LeftEyeClosed"), :, 1] = [-0.01, -0.0035, -0.001, 0.003]
    assert lid_shares(poses)[[0, 2, 3]].tolist() == [1, 0, 0]
    assert 0 < lid_shares(poses)[1] < 1
    assert not lid_shares(0.1 * poses).any()


def test_lids_take_the_colour_of_the_skin_around_them():
    places = np.zeros((60, 3), np.float32)
    places[:, 0] = np.linspace(0.02, 0.04, 60)
    lid = (np.arange(60) < 20).astype(np.float32)
    skin = np.repeat([1.0, 0.0], [50, 10]).astype(np.float32)
    colours = np.where(lid[:, None] > 0, 60, 200).repeat(4, axis=1).astype(np.float32)
    before = colours.copy()
    even_lids(colours, places, lid, skin)
    assert (np.abs(colours[:20, :3] - 200) < 50).all()
    assert np.array_equal(colours[20:], before[20:])


def test_lids_have_the_normals_of_closed_lids():
    """A sheet that lies flat folds down by a right angle: it then looks to the front."""
    positions = np.array([[0.02, 0, 0], [0.04, 0, 0], [0.04, 0, 0.01], [0.02, 0, 0.01]], np.float32)
    faces = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
    turn = np.array([[[[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]]])
    face = FaceBones(
        ("Lid",), np.zeros((1, 3)), np.ones((4, 1), np.float32), ("LeftEyeClosed",), turn, np.zeros((1, 1, 3)), {}
    )
    wrong = np.tile(np.array([0, 0, 1], np.float32), (4, 1))
    found = lid_normals(positions, wrong, faces, np.ones(4, np.float32), face)
    closed = vertex_normals((positions @ turn[0, 0].T).astype(np.float32), faces)
    assert np.allclose(found @ turn[0, 0].T, closed, atol=1e-6)
    assert np.array_equal(lid_normals(positions, wrong, faces, np.zeros(4, np.float32), face), wrong)
