"""Avatars for checks of FBX in other programs, and our own evaluation of them."""

from dataclasses import replace
from typing import Any

import numpy as np
from tests.engines.asked import EXPRESSIONS, of_avatar
from tests.engines.poses import CHOSEN, skinning_of

from avatar_foundry.avatar import Avatar, Clip, Skeleton
from avatar_foundry.formats.transforms import local_matrices
from avatar_foundry.geometry.rotations import quaternions, rotation_matrices
from avatar_foundry.pipeline import run
from avatar_foundry.plan import plan
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.recipe import parse
from avatar_foundry.resolve import resolve
from avatar_foundry.rig import skin_positions

__all__ = ["EXPRESSIONS", "TIMES", "finished", "request", "written"]

TIMES = (0.0, 0.5, 1.0)  # seconds into the first clip


def finished(preset: str, platform: str, **options: Any) -> Avatar:
    """An avatar as the platform's writers get it, with a clip of one second from rest into a pose."""
    recipe = resolve(parse({"preset": preset, "platform": platform, "texture_size": 256, **options})).recipe
    avatar, _ = run(plan(recipe))
    return with_clip(replace(avatar, name=preset), CHOSEN[0])


def written(avatar: Avatar, platform: str) -> bytes:
    """The platform's FBX."""
    return PLATFORMS[platform].exports["fbx"](avatar)


def with_clip(avatar: Avatar, pose: str) -> Avatar:
    """The avatar with a clip: 31 keys from rest into `pose`, the hips moving along."""
    skeleton = avatar.skeleton
    assert skeleton is not None
    turned = skinning_of(avatar, pose)
    world = np.stack([turned[n] @ skeleton.rest[i] for i, n in enumerate(skeleton.names)])
    start = local_matrices(skeleton.parents, skeleton.rest)
    first = quaternions(start[:, :3, :3])
    last = quaternions(local_matrices(skeleton.parents, world)[:, :3, :3])
    last *= np.where((first * last).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    times = np.linspace(0.0, 1.0, 31)
    mixed = first + times[:, None, None] * (last - first)
    mixed /= np.linalg.norm(mixed, axis=2, keepdims=True)
    moves = start[hips_of(skeleton), :3, 3] + times[:, None] * np.array([0.1, 0.2, 0.3])
    clip = Clip("reach", times.astype(np.float32), mixed.astype(np.float32), moves.astype(np.float32))
    return replace(avatar, clips=(clip,))


def hips_of(skeleton: Skeleton) -> int:
    """The joint that clips move, by the name that a platform gives it."""
    return next(i for i, name in enumerate(skeleton.names) if name.lower() in ("hips", "pelvis"))


def in_clip(avatar: Avatar, seconds: float) -> dict[str, np.ndarray]:
    """{part: (V, 3)} at a key of the clip."""
    clip, skeleton = avatar.clips[0], avatar.skeleton
    assert skeleton is not None
    assert clip.translations is not None
    k = int(np.abs(clip.times - seconds).argmin())
    local = local_matrices(skeleton.parents, skeleton.rest)
    local[:, :3, :3] = rotation_matrices(clip.rotations[k])
    local[hips_of(skeleton), :3, 3] = clip.translations[k]
    world = np.empty_like(local)
    for i, up in enumerate(skeleton.parents.tolist()):
        world[i] = world[up] @ local[i] if up >= 0 else local[i]
    matrices = (world @ np.linalg.inv(skeleton.rest.astype(np.float64))).astype(np.float32)
    return {p.name: skin_positions(p.mesh, matrices) for p in avatar.parts}


def request(avatar: Avatar) -> tuple[dict[str, Any], list[tuple[str, dict[str, np.ndarray]]]]:
    """(what to ask an engine, [(title, {part: (V, 3)})] that it should give): rest, poses, expressions, times."""
    asked = of_avatar(avatar)
    return {**asked.request, "times": list(TIMES)}, [*asked.expected, *((f"{t} s", in_clip(avatar, t)) for t in TIMES)]
