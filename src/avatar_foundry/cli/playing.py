"""An avatar as it stands at a moment of one of its clips."""

from dataclasses import replace

import numpy as np

from ..avatar import Avatar, Clip, Mesh
from ..errors import RecipeError, Suggestion
from ..explain import nearest
from ..formats.tracks import tracks_of
from ..formats.transforms import local_matrices
from ..geometry.keys import slerp
from ..geometry.rotations import rotation_matrices
from ..rig import skin_normals, skin_positions
from .show import express


def at_moment(avatar: Avatar, name: str, seconds: float) -> Avatar:
    """`avatar` posed and expressed as in its clip `name`; beyond the end, as at the end. Raises RecipeError."""
    clips = {c.name: c for c in avatar.clips}
    if name not in clips:
        close = nearest(name, tuple(clips)) if clips else None
        cure = Suggestion(f"Use '{close[0]}'", ", ".join(clips), close[1]) if close else None
        raise RecipeError(
            f"the file has no clip '{name}'",
            hint=f"it has {', '.join(clips)}" if clips else "it has none: ask for `animations` when it is made",
            suggestions=[cure] if cure else [],
        )
    clip, skeleton = clips[name], avatar.skeleton
    assert skeleton is not None  # what is read with clips has joints
    tracks = tracks_of(clip, skeleton)
    left, right, share = _between(clip, seconds)
    part = np.full(len(skeleton.names), share)
    local = local_matrices(skeleton.parents, skeleton.rest)
    local[:, :3, :3] = rotation_matrices(slerp(tracks.rotations[left], tracks.rotations[right], part))
    for joint, at in tracks.places.items():
        local[joint, :3, 3] = at[left] + share * (at[right] - at[left])
    world = np.empty_like(local)
    for j, up in enumerate(skeleton.parents.tolist()):
        world[j] = world[up] @ local[j] if up >= 0 else local[j]
    matrices = (world @ np.linalg.inv(skeleton.rest.astype(np.float64))).astype(np.float32)
    shown = {m.name for p in avatar.parts for m in p.mesh.morphs}
    weights = {n: float(w[left] + share * (w[right] - w[left])) for n, w in clip.shapes.items() if n in shown}

    def move(mesh: Mesh) -> Mesh:
        if mesh.joints is None:
            return mesh
        return replace(mesh, positions=skin_positions(mesh, matrices), normals=skin_normals(mesh, matrices))

    moved = replace(skeleton, rest=world.astype(np.float32))
    return replace(express(avatar, weights).map_meshes(move), skeleton=moved)


def _between(clip: Clip, seconds: float) -> tuple[int, int, float]:
    """The keys around a moment, and how far it is from the first to the second."""
    times = clip.times.astype(np.float64)
    right = int(np.clip(np.searchsorted(times, seconds), 1, max(len(times) - 1, 1)))
    left, right = right - 1, min(right, len(times) - 1)
    span = times[right] - times[left]
    return left, right, float(np.clip((seconds - times[left]) / span, 0.0, 1.0)) if span > 0 else 0.0
