"""Clips on every platform: the same motion of the surface, whatever its skeleton is called and hangs on."""

from dataclasses import replace

import numpy as np
import pytest
from tests.figures import figure
from tests.formats.clips import busy

from avatar_foundry.formats import read_glb
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.formats.tracks import tracks_of
from avatar_foundry.formats.transforms import local_matrices
from avatar_foundry.geometry.rotations import rotation_matrices
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS

# Roblox makes a body of its own, which takes most of a minute: tests/roblox looks at its files.
WRITES = sorted(p.id for p in PLATFORMS.values() if "hips" in p.bones and p.id != "roblox")


@pytest.mark.parametrize("platform", WRITES)
def test_files_move_the_hips_and_the_root(platform: str) -> None:
    """What a file's own hips do over the ground is what the clip means, in GLB and, where there is one, in FBX."""
    table = PLATFORMS[platform]
    avatar = run(table.finish_for(False), replace(busy(figure(1)), clips=busy(figure(1)).clips[1:]))[0]
    hips = table.bones["hips"]
    want = way(avatar, hips, tracks_of(avatar.clips[0], avatar.skeleton, hips))
    back = read_glb(table.write(avatar, table, "none")["figure.glb"])
    seen = way(back, hips, tracks_of(back.clips[0], back.skeleton))
    assert np.abs(seen[[0, -1]] - want[[0, -1]]).max() < 1e-3
    if "fbx" in table.exports:
        back = read_upload("a.fbx", table.exports["fbx"](avatar)).avatar
        theirs = next(n for n in back.skeleton.names if n.replace(":", "") == hips)  # Mixamo's FBX has a colon
        found = 0.01 * way(back, theirs, tracks_of(back.clips[0], back.skeleton))
        assert np.abs(found[[0, -1]] - want[[0, -1]]).max() < 1e-3


def way(avatar, joint: str, tracks) -> np.ndarray:
    """(T, 3) where a joint is in the model."""
    skeleton = avatar.skeleton
    local = np.tile(local_matrices(skeleton.parents, skeleton.rest), (len(tracks.times), 1, 1, 1))
    local[:, :, :3, :3] = rotation_matrices(tracks.rotations)
    for j, at in tracks.places.items():
        local[:, j, :3, 3] = at
    k = skeleton.names.index(joint)
    out = local[:, k]
    while (k := int(skeleton.parents[k])) >= 0:
        out = local[:, k] @ out
    return out[:, :3, 3]
