"""Scale, turn and stand an avatar: everything that has a place or a direction follows."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Avatar, Clip, Mesh, Morph, Skeleton
from ..geometry.rotations import quaternions


def transform(
    avatar: Avatar,
    *,
    scale: float = 1.0,
    turn: NDArray[np.float64] | None = None,
    shift: NDArray[np.float64] | None = None,
) -> Avatar:
    """p' = scale * turn @ p + shift for meshes, shapes, skeleton and clips. `turn` (3, 3) must be a pure rotation."""
    r = np.eye(3) if turn is None else np.asarray(turn, np.float64)
    s = np.zeros(3) if shift is None else np.asarray(shift, np.float64)
    if np.abs(r @ r.T - np.eye(3)).max() > 1e-5 or np.linalg.det(r) < 0:
        raise ValueError("turn is not a rotation")

    def point(p: F32) -> F32:
        return np.asarray(scale * (p.astype(np.float64) @ r.T) + s, np.float32)

    def direction(d: F32, by: float = 1.0) -> F32:
        return np.asarray(by * (d.astype(np.float64) @ r.T), np.float32)

    def each(mesh: Mesh) -> Mesh:
        morphs = tuple(
            Morph(m.name, m.index, direction(m.delta, scale), direction(m.normal) if m.normal is not None else None)
            for m in mesh.morphs
        )
        normals = direction(mesh.normals) if mesh.normals is not None else None
        return replace(mesh, positions=point(mesh.positions), normals=normals, morphs=morphs)

    moved = avatar.map_meshes(each)
    skeleton = avatar.skeleton
    if skeleton is None:
        return moved
    rest = skeleton.rest.astype(np.float64)
    out = rest.copy()
    out[:, :3, :3] = r @ rest[:, :3, :3]
    out[:, :3, 3] = scale * (rest[:, :3, 3] @ r.T) + s
    bones = Skeleton(skeleton.names, skeleton.parents, out.astype(np.float32))
    clips = tuple(_clip(c, skeleton, r, scale, s) for c in avatar.clips)
    return replace(moved, skeleton=bones, clips=clips)


def _clip(clip: Clip, skeleton: Skeleton, r: NDArray[np.float64], scale: float, shift: NDArray[np.float64]) -> Clip:
    """Local rotations are relative to the parent; only those of roots turn with the world, and the root's travel."""
    roots = np.flatnonzero(skeleton.parents < 0)
    rotations = clip.rotations.astype(np.float64).copy()
    q = quaternions(r[None])[0]
    for j in roots.tolist():
        rotations[:, j] = _product(q, rotations[:, j])

    def moved(values: F32, root: bool) -> F32:
        return np.asarray(scale * (values.astype(np.float64) @ r.T) + shift if root else scale * values, np.float32)

    top = {skeleton.names[j] for j in roots.tolist()}
    return replace(
        clip,
        rotations=rotations.astype(np.float32),
        translations=None if clip.translations is None else moved(clip.translations, True),
        moves={name: moved(values, name in top) for name, values in clip.moves.items()},
        travel=None if clip.travel is None else np.asarray(scale * (clip.travel @ r.T), np.float32),
    )


def _product(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quaternion a (4,) times each of b (T, 4), xyzw."""
    ax, ay, az, aw = a
    x, y, z, w = b.T
    return np.stack(
        [
            aw * x + ax * w + ay * z - az * y,
            aw * y - ax * z + ay * w + az * x,
            aw * z + ax * y - ay * x + az * w,
            aw * w - ax * x - ay * y - az * z,
        ],
        axis=1,
    )
