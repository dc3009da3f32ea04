"""Decomposition finds bones again that moved a surface."""

import numpy as np

from avatar_foundry.geometry.ssdr import Decomposition, decompose, moved, simplex


def bent() -> tuple[np.ndarray, np.ndarray]:
    """A strip of 40 points whose right half turns about its middle: rest (40, 3), poses (6, 40, 3)."""
    rest = np.stack([np.repeat(np.linspace(0, 1, 20), 2), np.tile([0.0, 0.1], 20), np.zeros(40)], axis=1)
    poses = []
    for angle in np.linspace(0.1, 0.6, 6):
        c, s = np.cos(angle), np.sin(angle)
        turned = (rest - [0.5, 0, 0]) @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + [0.5, 0, 0]
        poses.append(np.where(rest[:, :1] > 0.5, turned, rest))
    return rest, np.array(poses)


def test_a_hinge_is_met():
    rest, poses = bent()
    first = np.stack([rest[:, 0], 1.05 - rest[:, 0]], axis=1)
    found = decompose(rest, poses, first / first.sum(axis=1, keepdims=True))
    assert np.abs(moved(rest, found) - poses).max() < 0.01  # of a strip of length 1 that moves by 0.3
    assert np.allclose(found.weights.sum(axis=1), 1)
    assert (found.weights >= 0).all()
    assert np.allclose(np.linalg.det(found.turns), 1)


def test_influences_are_limited():
    rest, poses = bent()
    first = np.exp(-np.abs(rest[:, :1] - np.linspace(0, 1, 7)) * 8)
    first = np.concatenate([first, np.full((40, 1), 0.05)], axis=1)
    found = decompose(rest, poses, first / first.sum(axis=1, keepdims=True), influences=2)
    assert ((found.weights > 0).sum(axis=1) <= 2).all()
    assert np.abs(moved(rest, found) - poses).mean() < 0.01


def test_the_nearest_convex_weights():
    rows = np.array([[0.5, 0.5, 0.0], [2.0, 0.0, 0.0], [-1.0, 0.2, 0.2]])
    assert np.allclose(simplex(rows), [[0.5, 0.5, 0], [1, 0, 0], [0, 0.5, 0.5]])


def test_nothing_moves_without_weights():
    rest, _ = bent()
    still = Decomposition(np.tile([0.0, 1.0], (40, 1)), np.tile(np.eye(3), (2, 1, 1, 1)), np.ones((2, 1, 3)))
    assert np.allclose(moved(rest, still), rest)
