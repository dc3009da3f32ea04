"""Isosurfaces are closed, look outwards and lie where the field is zero."""

import numpy as np

from avatar_foundry.geometry import is_closed, signed_volume
from avatar_foundry.geometry.isosurface import isosurface


def test_a_ball_is_closed_and_has_its_volume():
    grid = np.stack(np.meshgrid(*[np.linspace(-1.2, 1.2, 25)] * 3, indexing="ij"), -1)
    points, faces = isosurface(np.linalg.norm(grid, axis=-1) - 1.0, np.full(3, -1.2), 0.1)
    assert is_closed(faces)
    assert abs(signed_volume(points, faces) - 4 * np.pi / 3) < 0.05
    assert np.abs(np.linalg.norm(points, axis=1) - 1).max() < 0.01


def test_every_edge_of_noise_has_two_faces():
    field = np.pad(np.random.default_rng(3).standard_normal((8, 8, 8)), 1, constant_values=1.0)
    faces = isosurface(field, np.zeros(3), 1.0)[1]
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    assert is_closed(faces)
