"""Avatars as statues: what remains where skeletons and shapes are not wanted."""

from dataclasses import replace

import numpy as np

from ..avatar import F32, Avatar, Clip, Mesh, Skeleton
from ..geometry import vertex_normals
from ..rig.skinning import skin_normals, skin_positions
from .tracks import tracks_of
from .transforms import local_transforms, matrices


def unrigged(avatar: Avatar) -> Avatar:
    """The avatar without skeleton, skin, shapes, clips and springs, in full detail.

    It stands as its first clip begins; without clips, as at rest.
    """
    clip = next((c for c in avatar.clips if len(c.times)), None)
    posed = first_pose(avatar.skeleton, clip) if avatar.skeleton is not None and clip is not None else None
    weights = {name: float(w[0]) for name, w in clip.shapes.items()} if clip is not None else {}
    parts = tuple(replace(p, lods=(still(p.mesh, posed, weights),), lod_errors=()) for p in avatar.parts)
    return replace(avatar, parts=parts, skeleton=None, clips=(), springs=(), colliders=())


def first_pose(skeleton: Skeleton, clip: Clip) -> F32:
    """(J, 4, 4) skinning matrices at the clip's first key."""
    tracks = tracks_of(clip, skeleton)
    places, _, scales = local_transforms(skeleton)
    for joint, moved in tracks.places.items():
        places[joint] = moved[0]
    world = matrices(places, tracks.rotations[0], scales)
    for joint, up in enumerate(skeleton.parents.tolist()):
        if up >= 0:
            world[joint] = world[up] @ world[joint]
    return np.asarray(world @ np.linalg.inv(skeleton.rest.astype(np.float64)), np.float32)


def still(mesh: Mesh, posed: F32 | None, weights: dict[str, float]) -> Mesh:
    """The mesh without skin and shapes, after shapes of these weights and then these skinning matrices."""
    positions, normals = mesh.positions, mesh.normals
    if normals is None:
        normals = vertex_normals(positions, mesh.faces)
    shown = [m for m in mesh.morphs if weights.get(m.name)]
    if shown:
        positions, normals = positions.copy(), normals.copy()
        for m in shown:
            positions[m.index] += weights[m.name] * m.delta
            if m.normal is not None:
                normals[m.index] += weights[m.name] * m.normal
    held = replace(mesh, positions=positions, normals=normals)
    if posed is not None and mesh.joints is not None:
        held = replace(held, positions=skin_positions(held, posed), normals=skin_normals(held, posed))
    return replace(held, joints=None, weights=None, morphs=())


def compressible(avatar: Avatar) -> bool:
    """Whether Draco has anything to do: a part with neither skin nor shapes."""
    return any(m.joints is None and not m.morphs for p in avatar.parts for m in p.lods if len(m.faces))
