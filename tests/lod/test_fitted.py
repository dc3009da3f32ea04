"""Levels of meshes from elsewhere: nearer to the full mesh than what only drops vertices, and without tearing."""

from dataclasses import replace

import numpy as np
import pytest

from avatar_foundry.avatar import Mesh, Morph
from avatar_foundry.geometry import vertex_normals
from avatar_foundry.geometry.distance import closest_points
from avatar_foundry.geometry.simplify import build_levels
from avatar_foundry.lod.fitted import fitted_levels


def tube(rings: int = 40, around: int = 32) -> Mesh:
    """An open tube along y of radius 0.1 and height 1: two joints, one blend halfway; a shape that widens its top."""
    y, a = np.meshgrid(np.linspace(0, 1, rings), np.arange(around) * 2 * np.pi / around, indexing="ij")
    positions = np.stack([0.1 * np.cos(a), y, 0.1 * np.sin(a)], axis=-1).reshape(-1, 3).astype(np.float32)
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    a, b = i * around + j, i * around + (j + 1) % around
    c, d = a + around, b + around
    faces = np.concatenate([np.stack([a, c, b], -1), np.stack([b, c, d], -1)]).reshape(-1, 3).astype(np.int32)
    share = np.clip((positions[:, 1] - 0.4) / 0.2, 0, 1)
    weights = np.stack([1 - share, share, 0 * share, 0 * share], axis=1).astype(np.float32)
    joints = np.tile(np.array([0, 1, 0, 0], np.uint16), (len(positions), 1))
    top = np.flatnonzero(positions[:, 1] > 0.7).astype(np.int32)
    delta = (positions[top] * (1, 0, 1)).astype(np.float32)
    morphs = (Morph("wide", top, delta),)
    return Mesh(positions, faces, vertex_normals(positions, faces), None, None, joints, weights, morphs)


def doubled(mesh: Mesh) -> Mesh:
    """The same with every face's vertices its own, as flat shading stores it."""
    rows = mesh.faces.ravel()
    faces = np.arange(len(rows), dtype=np.int32).reshape(-1, 3)
    assert mesh.joints is not None
    assert mesh.weights is not None
    morphs = []
    for m in mesh.morphs:
        field = np.zeros((len(mesh.positions), 3), np.float32)
        field[m.index] = m.delta
        moved = np.flatnonzero(np.abs(field[rows]).max(axis=1) > 0).astype(np.int32)
        morphs.append(Morph(m.name, moved, field[rows][moved]))
    positions = mesh.positions[rows]
    return Mesh(
        positions,
        faces,
        vertex_normals(positions, faces),
        None,
        None,
        mesh.joints[rows],
        mesh.weights[rows],
        tuple(morphs),
    )


def test_fitting_brings_the_surfaces_nearer() -> None:
    mesh = replace(tube(), morphs=())
    target = len(mesh.faces) // 6
    plain = build_levels(mesh.positions, mesh.faces, [target], normals=mesh.normals)[0]
    fitted = fitted_levels(mesh, [target])[0].mesh
    before = closest_points(mesh.positions, mesh.positions, plain.faces).distance.mean()
    after = closest_points(mesh.positions, fitted.positions, fitted.faces).distance.mean()
    assert len(fitted.faces) <= 1.02 * target
    assert after < 0.8 * before, (after, before)


def test_weights_stay_weights_and_follow_the_tube() -> None:
    fitted = fitted_levels(tube(), [300])[0].mesh
    assert fitted.weights is not None
    assert fitted.joints is not None
    assert fitted.weights.min() >= 0
    assert np.abs(fitted.weights.sum(axis=1) - 1).max() < 1e-6
    second = np.where(fitted.joints == 1, fitted.weights, 0).sum(axis=1)
    assert np.abs(second - np.clip((fitted.positions[:, 1] - 0.4) / 0.2, 0, 1)).max() < 0.12


def test_shapes_move_what_they_moved() -> None:
    fitted = fitted_levels(tube(), [300])[0].mesh
    (wide,) = fitted.morphs
    assert wide.name == "wide"
    here = fitted.positions[wide.index]
    high = here[:, 1] > 0.8
    assert np.abs(wide.delta[high] - here[high] * (1, 0, 1)).max() < 0.02


def test_vertices_that_share_a_place_stay_together() -> None:
    fitted = fitted_levels(doubled(tube(20, 16)), [200])[0].mesh
    assert len(np.unique(fitted.positions, axis=0)) < 0.4 * len(fitted.positions)
    reach = np.abs(fitted.positions).max(axis=0)
    assert (reach <= (0.11, 1.02, 0.11)).all()


@pytest.mark.parametrize("shares", [(0.5, 0.25, 0.12), (1.0, 1.0, 1.0), (1e-9, 1e-9, 1e-9)])
def test_any_target_gives_a_mesh(shares: tuple[float, ...]) -> None:
    mesh = tube(12, 8)
    for level in fitted_levels(mesh, [int(len(mesh.faces) * s) for s in shares]):
        assert len(level.mesh.faces) >= 1
        assert np.isfinite(level.mesh.positions).all()


def test_same_bytes_twice() -> None:
    one, two = (fitted_levels(tube(), [300])[0].mesh for _ in range(2))
    assert one.positions.tobytes() == two.positions.tobytes()
    assert one.morphs[0].delta.tobytes() == two.morphs[0].delta.tobytes()
