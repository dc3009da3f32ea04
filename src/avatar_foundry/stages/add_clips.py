"""Clips of the library, solved for this very body: its proportions, its rest pose, its clothes."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ..avatar import Avatar, Clip
from ..geometry.rotations import quaternions, rotation_matrices
from ..motion import CLIPS, make_clip, reach_of
from ..pipeline import stage


@stage("exporting", cost=400)
def add_clips(avatar: Avatar, names: Iterable[str], root_motion: bool = False) -> Avatar:
    """Add animations.

    names: of `motion.CLIPS`. Clips that are there already stay, first and under their names. root_motion: travel over
    the ground and turns are kept apart, for the root joint; else a figure walks in place, and turns on the spot.
    """
    skeleton = avatar.skeleton
    wanted = tuple(dict.fromkeys(names))
    if skeleton is None or not wanted:
        return avatar
    body = reach_of(avatar)
    shown = {m.name for p in avatar.parts for m in p.mesh.morphs}
    taken = {c.name for c in avatar.clips}
    made = []
    for name in wanted:
        clip = make_clip(name, skeleton, body=body)
        if not root_motion:
            clip = in_place(clip, skeleton.names.index("hips"))
        shapes = {n: w for n, w in clip.shapes.items() if n in shown}
        made.append(replace(clip, name=free(name, taken), shapes=shapes))
        taken.add(made[-1].name)
    return replace(avatar, clips=(*avatar.clips, *made))


def chosen(asked: str | Iterable[str]) -> tuple[str, ...]:
    """The names that a recipe asks for; "all" for the whole library."""
    return tuple(CLIPS) if isinstance(asked, str) else tuple(asked)


def free(name: str, taken: set[str]) -> str:
    """`name`, or name_2, name_3 .. where an uploaded clip has it."""
    title, number = name, 1
    while title in taken:
        number += 1
        title = f"{name}_{number}"
    return title


def in_place(clip: Clip, hips: int) -> Clip:
    """The clip without its way over the ground. A turn stays, on the hips, which have no parent."""
    if clip.turn is None:
        return clip if clip.travel is None else replace(clip, travel=None)
    half = 0.5 * clip.turn.astype(np.float64)
    spin = rotation_matrices(np.stack([0 * half, np.sin(half), 0 * half, np.cos(half)], axis=1))
    rotations = clip.rotations.copy()
    rotations[:, hips] = quaternions(spin @ rotation_matrices(clip.rotations[:, hips]))
    at = clip.translations
    if at is not None:
        at = np.einsum("tab,tb->ta", spin, at.astype(np.float64)).astype(np.float32)
    return replace(clip, rotations=rotations, translations=at, travel=None, turn=None)
