"""A clip with everything that a clip may have, and where it puts the vertices of an avatar."""

from dataclasses import replace

import numpy as np

from avatar_foundry.avatar import Avatar, Clip, Skeleton
from avatar_foundry.formats.tracks import tracks_of
from avatar_foundry.formats.transforms import local_matrices
from avatar_foundry.geometry.rotations import quaternions, rotation_matrices
from avatar_foundry.humanoid import INDEX, NAMES
from avatar_foundry.rig import skin_positions

SHAPES = ("jawOpen", "mouthSmileLeft")


def busy_clip(bones: Skeleton, name: str = "busy", *, moving: bool = False) -> Clip:
    """A second at 30 keys: limbs swing, hips bob, a face moves; moving: over the ground, turning, too."""
    times = np.arange(31) / 30.0
    local = local_matrices(bones.parents, bones.rest)
    q = np.tile(quaternions(local[:, :3, :3]), (31, 1, 1))
    for k, bone in enumerate(("leftUpperArm", "rightLowerLeg", "spine", "leftEye", "rightFoot", "hips")):
        half = 0.3 * np.sin(2 * np.pi * times + k) - 0.3 * np.sin(k)
        turn = np.stack([np.sin(half), 0 * half, 0 * half, np.cos(half)], axis=1)
        rest = rotation_matrices(q[0, INDEX[bone]][None])[0]
        q[:, INDEX[bone]] = quaternions(rest @ rotation_matrices(turn))
    at = local[INDEX["hips"], :3, 3] + np.stack([0 * times, 0.03 * np.sin(6 * times), 0.01 * np.cos(5 * times)], axis=1)
    shapes = {SHAPES[0]: np.maximum(0.0, np.sin(7 * times)).astype(np.float32)}
    return Clip(
        name,
        times.astype(np.float32),
        q.astype(np.float32),
        at.astype(np.float32),
        shapes,
        np.stack([0.2 * times, 0 * times, 1.4 * times], axis=1).astype(np.float32) if moving else None,
        (0.8 * times).astype(np.float32) if moving else None,
        loop=not moving,
    )


def in_clip(avatar: Avatar, clip: Clip, key: int, hips: str) -> dict[str, np.ndarray]:
    """{part: (V, 3)} at a key, as the foundry evaluates it: shapes, then skin."""
    skeleton = avatar.skeleton
    assert skeleton is not None
    tracks = tracks_of(clip, skeleton, hips)
    local = local_matrices(skeleton.parents, skeleton.rest)
    local[:, :3, :3] = rotation_matrices(tracks.rotations[key])
    for joint, at in tracks.places.items():
        local[joint, :3, 3] = at[key]
    world = np.empty_like(local)
    for i, up in enumerate(skeleton.parents.tolist()):
        world[i] = world[up] @ local[i] if up >= 0 else local[i]
    matrices = (world @ np.linalg.inv(skeleton.rest.astype(np.float64))).astype(np.float32)
    out = {}
    for part in avatar.parts:
        held = part.mesh.positions.copy()
        for m in part.mesh.morphs:
            if m.name in clip.shapes:
                held[m.index] += clip.shapes[m.name][key] * m.delta
        out[part.name] = skin_positions(replace(part.mesh, positions=held), matrices)
    return out


def busy(avatar: Avatar) -> Avatar:
    """The avatar, on AXIS-65, with two clips: one in place and one over the ground."""
    bones = avatar.skeleton
    assert bones is not None
    assert bones.names == NAMES
    return replace(avatar, clips=(busy_clip(bones), busy_clip(bones, "busy_moving", moving=True)))
