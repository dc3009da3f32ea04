"""Choose the rest pose: bake T or A into positions, normals, morphs and skeleton; stand the avatar on the ground."""

from dataclasses import replace
from typing import Literal

import numpy as np

from ..avatar import F32, U16, Avatar, Mesh, Morph, Part, Skeleton
from .bind import bind_bake_weights, bind_weights
from .pose import POSES, pose_matrices, posed_rotations
from .skinning import blend, move_points, move_vectors

_EYE = np.eye(4, dtype=np.float32)


def moved_skeleton(skeleton: Skeleton, matrices: F32, rotations: np.ndarray) -> Skeleton:
    """The skeleton with new rest transforms. matrices: (J, 4, 4) skinning; rotations: (J, 3, 3) the new rest axes."""
    rest = skeleton.rest.astype(np.float64)
    m = matrices.astype(np.float64)
    out = np.tile(np.eye(4), (len(rest), 1, 1))
    out[:, :3, :3] = rotations
    out[:, :3, 3] = np.einsum("jab,jb->ja", m[:, :3, :3], rest[:, :3, 3]) + m[:, :3, 3]
    return replace(skeleton, rest=out.astype(np.float32))


def bake_mesh(mesh: Mesh, matrices: F32, joints: U16 | None = None, weights: F32 | None = None) -> Mesh:
    """The mesh in the pose of `matrices`: positions, normals and morph deltas turn with the blended matrices.

    joints, weights: (V, 4), what carries it there; the mesh's own unless given. What the pose does not move stays bit
    for bit.
    """
    joints = mesh.joints if joints is None else joints
    weights = mesh.weights if weights is None else weights
    if joints is None or weights is None:
        return mesh
    moving = np.abs(matrices - _EYE).max(axis=(1, 2)) > 0
    rows = np.flatnonzero((moving[joints] & (weights > 0)).any(axis=1))
    if not len(rows):
        return mesh
    blended = blend(joints[rows], weights[rows], matrices)
    positions = mesh.positions.copy()
    positions[rows] = move_points(positions[rows], blended)
    normals = None
    if mesh.normals is not None:
        normals = mesh.normals.copy()
        turned = move_vectors(normals[rows], blended)
        normals[rows] = turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9)
    place = np.full(len(positions), -1, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    return replace(
        mesh,
        positions=positions,
        normals=normals,
        morphs=tuple(_bake_morph(morph, place, blended) for morph in mesh.morphs),
    )


def _bake_morph(morph: Morph, place: np.ndarray, blended: F32) -> Morph:
    which = place[morph.index]
    hit = np.flatnonzero(which >= 0)
    if not len(hit):
        return morph
    delta = morph.delta.copy()
    delta[hit] = move_vectors(delta[hit], blended[which[hit]])
    normal = morph.normal
    if normal is not None:
        normal = normal.copy()
        normal[hit] = move_vectors(normal[hit], blended[which[hit]])
    return replace(morph, delta=delta, normal=normal)


def _bake_part(part: Part, matrices: F32) -> Part:
    """Carry a part whose weights come from its binding by the softer bake weights, any other by its own."""
    lods = []
    for level, mesh in enumerate(part.lods):
        soft: tuple[U16, F32] | tuple[None, None] = (None, None)
        if level == 0 and part.binding is not None and mesh.weights is not None and mesh.joints is not None:
            joints, weights = bind_weights(part.binding)
            same = (mesh.joints == joints).all(axis=1) & (mesh.weights == weights).all(axis=1)
            # a plate that set its own weights may agree with the skin in places, and must stay rigid: all or nothing
            if same.all():
                soft = bind_bake_weights(part.binding)
            elif same.any() and part.role == "garment":  # sleeves follow the skin, skirts go their own way
                eased = bind_bake_weights(part.binding)
                soft = (
                    np.where(same[:, None], eased[0], mesh.joints),
                    np.where(same[:, None], eased[1], mesh.weights),
                )
        lods.append(bake_mesh(mesh, matrices, *soft))
    if all(a is b for a, b in zip(lods, part.lods, strict=True)):
        return part
    return replace(part, lods=tuple(lods))


def bake_pose(avatar: Avatar, pose: Literal["T", "A"]) -> Avatar:
    """The avatar with a T- or A-pose as its rest pose; itself when it rests in that pose already.

    T: arms level, fingers straight, palms down, thumbs 45 degrees to the front, as Unity, VRM and Godot want it. A: the
    same arms 45 degrees lower. Every lod of every part moves by the same matrices, so clothes stay on the body.
    """
    skeleton = avatar.skeleton
    if skeleton is None:
        return avatar
    matrices = pose_matrices(skeleton, POSES[pose])
    if np.array_equal(matrices, np.broadcast_to(_EYE, matrices.shape)):
        return avatar
    moved = avatar.map_parts(lambda part: _bake_part(part, matrices))
    return replace(moved, skeleton=moved_skeleton(skeleton, matrices, posed_rotations(skeleton, POSES[pose])))


def ground(avatar: Avatar) -> Avatar:
    """Stand the avatar on y = 0: the lowest drawn vertex touches the ground; itself when it does already."""
    lowest = [
        float(part.mesh.positions[part.mesh.faces[part.drawn], 1].min()) for part in avatar.parts if part.drawn.any()
    ]
    if not lowest or abs(min(lowest)) < 1e-7:
        return avatar
    drop = np.array([0.0, min(lowest), 0.0], np.float32)
    moved = avatar.map_meshes(lambda mesh: replace(mesh, positions=mesh.positions - drop))
    if (skeleton := avatar.skeleton) is None:
        return moved
    rest = skeleton.rest.copy()
    rest[:, :3, 3] -= drop
    return replace(moved, skeleton=replace(skeleton, rest=rest))
