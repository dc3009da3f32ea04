import numpy as np
from tests import shapes

from avatar_foundry.geometry import triangulate, vertex_normals
from avatar_foundry.geometry.distance import closest_points, project, signed_distance


def test_closest_points_on_a_cube_by_region():
    positions, quads = shapes.cube()
    points = np.array([[0.5, 0.5, 2], [2, 2, 0.5], [2, 2, 2], [0.2, 0.3, 0.9], [0, 0, 0]], np.float32)
    found = closest_points(points, positions, triangulate(quads))
    assert np.abs(found.point - [[0.5, 0.5, 1], [1, 1, 0.5], [1, 1, 1], [0.2, 0.3, 1], [0, 0, 0]]).max() < 1e-6
    assert np.abs(found.distance - np.linalg.norm(found.point - points, axis=1)).max() < 1e-6
    assert np.abs(found.weights.sum(1) - 1).max() < 1e-6


def test_closest_points_match_trying_every_triangle():
    rng = np.random.default_rng(3)
    corners = rng.normal(size=(60, 3, 3)) * rng.choice([0.02, 0.3, 3.0], (60, 1, 1))  # slivers and giants mixed
    positions, faces = corners.reshape(-1, 3), np.arange(180, dtype=np.int32).reshape(-1, 3)
    points = rng.normal(size=(400, 3)) * 2
    weights = project(points[:, None], *(corners[None, :, k] for k in range(3)))
    every = np.linalg.norm(np.einsum("nfc,fcj->nfj", weights, corners) - points[:, None], axis=2).min(1)
    assert np.abs(closest_points(points, positions, faces).distance - every).max() < 1e-6


def test_project_never_loses_to_a_dense_sampling():
    rng = np.random.default_rng(4)
    a, b, c, p = rng.normal(size=(4, 300, 3))
    b[:20] = a[:20]  # degenerate: a segment
    grid = np.array([[1 - u - v, u, v] for u in np.linspace(0, 1, 21) for v in np.linspace(0, 1 - u, 21)])
    sampled = np.einsum("sc,nkc->nsk", grid, np.stack([a, b, c], -1))
    best = np.linalg.norm(sampled - p[:, None], axis=2).min(1)
    weights = project(p, a, b, c)
    exact = np.linalg.norm(np.einsum("nc,nkc->nk", weights, np.stack([a, b, c], -1)) - p, axis=1)
    assert weights.min() > -1e-9
    assert (exact <= best + 1e-9).all()
    assert (best - exact).max() < 0.05


def test_signed_distance_tells_inside_from_outside():
    positions, quads = shapes.cube()
    faces = triangulate(quads)
    points = np.array([[0.5, 0.5, 0.9], [0.5, 0.5, 1.1], [1.1, 1.1, 1.1], [0.9, 0.9, 0.9], [1.2, 1.1, 0.5]], np.float32)
    distance, _ = signed_distance(points, positions, faces, vertex_normals(positions, faces))
    assert np.abs(distance - [-0.1, 0.1, np.sqrt(0.03), -0.1, np.sqrt(0.05)]).max() < 1e-6
