"""Clips on an adopted skeleton: each joint keeps the way its source turned in model space."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import Clip, Skeleton
from ..geometry.rotations import quaternions, rotation_matrices


def carry_clip(clip: Clip, old: Skeleton, new: Skeleton, source: NDArray[np.integer]) -> Clip:
    """The clip for `new`. source: (J new,) the old joint that each new one stands for, -1: follows its parent."""
    if clip.rotations.shape[1] != len(old.names):
        return clip
    local = rotation_matrices(clip.rotations)
    rest = old.rest.astype(np.float64)
    world = np.empty_like(local)
    at = np.empty((len(local), len(old.names), 3))
    first = int(np.flatnonzero(old.parents < 0)[0])  # the root that travels
    for i, up in enumerate(old.parents.tolist()):
        if up < 0:
            world[:, i] = local[:, i]
            at[:, i] = rest[i, :3, 3] if clip.translations is None or i != first else clip.translations
            if (own := clip.moves.get(old.names[i])) is not None:
                at[:, i] = own
            continue
        world[:, i] = world[:, up] @ local[:, i]
        offset = np.broadcast_to(rest[up, :3, :3].T @ (rest[i, :3, 3] - rest[up, :3, 3]), (len(local), 3))
        if (own := clip.moves.get(old.names[i])) is not None:
            offset = own.astype(np.float64)
        at[:, i] = at[:, up] + np.einsum("tab,tb->ta", world[:, up], offset)
    frames = new.rest[:, :3, :3].astype(np.float64)
    turned = np.empty((len(local), len(new.names), 3, 3))
    out = np.empty_like(turned)
    for k, up in enumerate(new.parents.tolist()):
        if (i := int(source[k])) >= 0:
            turned[:, k] = world[:, i] @ rest[i, :3, :3].T @ frames[k]
        else:
            turned[:, k] = turned[:, up] @ frames[up].T @ frames[k] if up >= 0 else frames[k]
        out[:, k] = np.swapaxes(turned[:, up], -1, -2) @ turned[:, k] if up >= 0 else turned[:, k]
    root = int(source[0])
    moved = clip.translations is not None or bool(clip.moves) or int(old.parents[root]) >= 0
    travel = at[:, root].astype(np.float32) if root >= 0 and moved else clip.translations
    flat = quaternions(out.reshape(-1, 3, 3)).reshape(len(local), -1, 4).astype(np.float32)
    return replace(clip, rotations=flat, translations=travel, moves={})
