"""The legs that rules pose are where the whole skeleton, posed by other code, puts them."""

from dataclasses import replace

import numpy as np
from tests.rules.broken import UNITY, sound

from avatar_foundry.formats.transforms import local_matrices
from avatar_foundry.geometry.rotations import rotation_matrices
from avatar_foundry.rules import registry
from avatar_foundry.rules.animation_motion import FEET, steps


def walk():
    """Two clips: the figure's own, and one in which every joint turns, that goes and turns."""
    avatar = sound()
    dice = np.random.default_rng(3)
    q = avatar.clips[0].rotations + dice.normal(0, 0.2, avatar.clips[0].rotations.shape)
    q = (q / np.linalg.norm(q, axis=2, keepdims=True)).astype(np.float32)
    way = np.float32([[0, 0, 0], [0, 0, 0.5], [0.2, 0, 1]])
    wild = replace(avatar.clips[0], name="wild", rotations=q, travel=way, turn=np.float32([0, 0.5, 1]))
    return replace(avatar, clips=(avatar.clips[0], wild))


def test_feet_are_where_the_skeleton_puts_them():
    avatar = walk()
    registry._known.clear()
    found = steps(avatar, UNITY)
    registry._known.clear()
    skeleton = avatar.skeleton
    local = local_matrices(skeleton.parents, skeleton.rest)
    for k, clip in enumerate(avatar.clips):
        for t in range(len(clip.times)):
            world = np.zeros((len(skeleton.names), 4, 4))
            for j, up in enumerate(skeleton.parents.tolist()):
                own = local[j].copy()
                own[:3, :3] = rotation_matrices(clip.rotations[t, j])
                if up < 0 and clip.translations is not None:
                    own[:3, 3] = clip.translations[t]
                world[j] = world[up] @ own if up >= 0 else own
            for role in FEET:
                at = world[skeleton.names.index(UNITY.bones[role]), :3, 3]
                if clip.turn is not None:
                    c, s = np.cos(clip.turn[t]), np.sin(clip.turn[t])
                    at = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ at + clip.travel[t]
                assert np.abs(found[k].places[role][t] - at).max() < 1e-6
