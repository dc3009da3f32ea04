"""Statues: as at rest, or as the first clip begins."""

from dataclasses import replace

import numpy as np
from tests.figures import figure

from avatar_foundry.formats import compressible, unrigged
from avatar_foundry.geometry.rotations import rotation_matrices
from avatar_foundry.humanoid import INDEX


def test_without_clips_it_stands_as_at_rest():
    avatar = replace(figure(), clips=())
    statue = unrigged(avatar)
    assert statue.skeleton is None
    assert compressible(statue)
    assert not compressible(avatar)
    for now, was in zip(statue.parts, avatar.parts, strict=True):
        assert len(now.lods) == 1
        assert np.array_equal(now.mesh.positions, was.mesh.positions)
        assert (now.mesh.joints, now.mesh.weights, now.mesh.morphs) == (None, None, ())


def test_with_a_clip_it_stands_as_that_begins():
    """The whole figure turned by the hips and moved, and its jaw open: one rigid motion after the shape."""
    avatar = figure(1)
    clip = avatar.clips[0]
    turned = clip.rotations.copy()
    turned[0] = np.array([0, np.sin(0.4), 0, np.cos(0.4)])[None]
    rest = avatar.skeleton.rest.astype(np.float64)
    for joint, up in enumerate(avatar.skeleton.parents.tolist()):
        if up >= 0:  # everything but the hips keeps to its parent
            local = np.linalg.inv(rest[up]) @ rest[joint]
            half = np.arctan2(local[1, 0], local[0, 0]) / 2
            turned[0, joint] = (0, 0, np.sin(half), np.cos(half))
    moved = clip.translations.copy()
    moved[0] = (0.5, 1.25, 0)
    jaw = avatar.parts[0].mesh.morphs[0]
    acting = replace(clip, rotations=turned, translations=moved, shapes={"jawOpen": np.float32([0.5, 0, 0])})
    statue = unrigged(replace(avatar, clips=(acting,)))
    body = avatar.parts[0].mesh
    expected = body.positions.astype(np.float64)
    expected[jaw.index] += 0.5 * jaw.delta
    hips = avatar.skeleton.rest[INDEX["hips"], :3, 3]
    expected = (expected - hips) @ rotation_matrices(turned[0, 0]).T + (0.5, 1.25, 0)
    assert np.abs(statue.parts[0].mesh.positions - expected).max() < 1e-6
    assert np.abs(np.linalg.norm(statue.parts[0].mesh.normals, axis=1) - 1).max() < 1e-5
