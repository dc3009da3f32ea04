import numpy as np
from tests import shapes

from avatar_foundry import geometry as g
from avatar_foundry.geometry.channels import contact_vertices, joint_channels, shape_channels
from avatar_foundry.geometry.simplify import build_levels, thin


def test_levels_meet_their_targets_and_stay_closed_subsets():
    positions, faces = shapes.sphere()
    levels = build_levels(positions, faces, (1000, 500, 250))
    assert [len(level.faces) for level in levels] == [1000, 500, 250]
    used = np.arange(len(positions))
    for level in levels:
        assert g.is_closed(level.faces)
        assert np.isin(level.faces, used).all()  # each level's vertices are among those of the one before
        assert g.signed_volume(positions, level.faces) > 0.9 * g.signed_volume(positions, faces)
        used = np.unique(level.faces)


def test_levels_pair_vertices_only_with_uvs_that_they_had():
    positions, faces = shapes.sphere()
    uvs = np.stack([np.arctan2(positions[:, 0], positions[:, 2]) / (2 * np.pi) + 0.5, positions[:, 1] / 2 + 0.5], 1)
    wraps = np.ptp(uvs[faces, 0], axis=1) > 0.5
    uv_faces = faces.copy()
    uv_faces[wraps] += (uvs[faces[wraps], 0] < 0.5) * len(uvs)  # a seam down the back
    uvs = np.concatenate([uvs, uvs + np.array([1, 0])]).astype(np.float32)
    had = set(zip(faces.ravel().tolist(), uv_faces.ravel().tolist(), strict=True))
    for level in build_levels(positions, faces, (800, 300), uvs=uvs, uv_faces=uv_faces):
        assert level.uv_faces is not None
        assert set(zip(level.faces.ravel().tolist(), level.uv_faces.ravel().tolist(), strict=True)) <= had
        assert g.is_closed(level.faces)  # both sides of the seam went together
        assert np.ptp(uvs[level.uv_faces, 0], axis=1).max() < 0.9  # no face runs across the picture


def test_locked_vertices_stay_in_every_level():
    positions, faces = shapes.sphere()
    lock = positions[:, 0] > 0.9
    for level in build_levels(positions, faces, (900, 400), locks=(lock, lock)):
        assert np.isin(np.flatnonzero(lock), level.faces).all()


def test_cards_are_thinned_evenly_small_ones_first():
    faces = g.triangulate(np.arange(400, dtype=np.int32).reshape(100, 4))
    corner = np.array([[0, 0, 0], [0.1, 0, 0], [0.1, 0.3, 0], [0, 0.3, 0]], np.float32)
    cards = corner + np.arange(100)[:, None, None] * np.array([0.004, 0, 0.002], np.float32)
    cards[::10] *= 0.5
    left = thin(faces, np.arange(400, dtype=np.int32), cards.reshape(-1, 3), 80)
    kept = np.bincount(left[:, 0] // 4, minlength=100)
    assert len(left) == 80
    assert set(kept.tolist()) == {0, 2}  # whole cards
    assert kept[::10].sum() == 0
    assert kept.reshape(10, 10).sum(1).min() >= 6  # no bald spots


def test_levels_of_nothing_are_nothing():
    assert len(build_levels(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32), (0,))[0].faces) == 0


def test_same_input_same_faces():
    positions, faces = shapes.sphere()
    first, second = (build_levels(positions.copy(), faces.copy(), (700, 200)) for _ in range(2))
    assert all((a.faces == b.faces).all() for a, b in zip(first, second, strict=True))


def test_joint_channels_keep_joints_apart_where_they_meet():
    mesh = shapes.two_bone_arm()
    channels = joint_channels(mesh.joints, mesh.weights, mesh.faces)
    assert channels.shape == (12, 2)
    assert np.abs(channels.sum(1) - 1).max() == 0
    assert (channels[4:8] == 0.5).all()
    assert (channels[:4].argmax(1) != channels[8:].argmax(1)).all()


def test_shape_channels_keep_distances_between_rows():
    rng = np.random.default_rng(2)
    field = np.zeros((30, 3, 3), np.float32)
    field[5:20] = rng.normal(size=(15, 2))[:, :1, None] * rng.normal(size=(3, 3)) * 0.01
    listed = [(np.arange(5, 20, dtype=np.int32), field[5:20, s]) for s in range(3)]
    channels = shape_channels(listed, 30)
    wanted = np.linalg.norm(field.reshape(30, 1, 9) - field.reshape(1, 30, 9), axis=2)
    assert np.abs(np.linalg.norm(channels[:, None] - channels[None], axis=2) - wanted).max() < 1e-4
    assert shape_channels([], 4).shape == (4, 0)


def test_contact_vertices_are_lips_that_part():
    positions = np.array([[0, 0, 0], [0, 0.001, 0], [1, 0, 0], [1, 0.5, 0]], np.float32)
    drop = np.array([[0, -0.02, 0], [0, -0.02, 0]], np.float32)
    index = np.array([0, 1], np.int32)
    opened = np.array([[0, -0.02, 0], [0, 0, 0]], np.float32)
    assert contact_vertices(positions, [(index, opened)]).tolist() == [0, 1]
    assert contact_vertices(positions, [(index, drop)]).tolist() == []  # they move together
