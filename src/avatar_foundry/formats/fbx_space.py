"""From metres, +Y up, to what an FBX file is in: centimetres, and +Y or +Z up. Matrices, Euler angles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import Skeleton
from .transforms import local_matrices

F64 = NDArray[np.float64]
CENTIMETRES = 100.0
GRID = 2.0**-14  # centimetres, 0.6 micrometres: positions are rounded to it, so that they deflate to a half
FINE = 2.0**-12  # normals: 0.014 degrees
COARSE = 2.0**-10  # what shapes do to normals: 0.06 degrees
# columns are where the model's +X, +Y, +Z point in the file
TURNS = {"y": np.eye(3), "z": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])}


@dataclass(frozen=True, eq=False)
class Space:
    """turn: (3, 3), from the model's axes to the file's."""

    turn: F64

    def places(self, points: NDArray[Any]) -> F64:
        """Points or differences of points (N, 3) metres -> centimetres on the grid."""
        out = self._turned(points)
        out *= CENTIMETRES / GRID
        np.rint(out, out=out)
        out *= GRID
        out += 0.0  # no negative zeros
        return out

    def normals(self, vectors: NDArray[Any], step: float = FINE) -> F64:
        """Unit vectors or differences of them (N, 3), in multiples of `step`."""
        out = self._turned(vectors)
        out *= 1.0 / step
        np.rint(out, out=out)
        out *= step
        out += 0.0
        return out

    def _turned(self, vectors: NDArray[Any]) -> F64:
        v = vectors.astype(np.float64)
        return v if np.array_equal(self.turn, np.eye(3)) else np.asarray(v @ self.turn.T)


@dataclass(frozen=True, eq=False)
class Joints:
    """A skeleton in the file's space.

    world: (J, 4, 4) rest transforms, centimetres.  own: (J, 3, 3), by which each joint's axes were turned within it:
    as the world's, so that what stands along the model's axes stands along the file's, and a change of axes between
    two formats is the same for the world and for each joint.
    places: (J, 3), angles: (J, 3) degrees, scales: (J, 3), all in the parent.  turns: (J, 3, 3) of `angles`.
    """

    parents: NDArray[np.int16]
    world: F64
    own: F64
    places: F64
    angles: F64
    scales: F64
    turns: F64


def joints_in(space: Space, skeleton: Skeleton) -> Joints:
    """The skeleton's joints in the file's space."""
    world = skeleton.rest.astype(np.float64)
    own = np.tile(space.turn.T, (len(world), 1, 1))
    world[:, :3, :3] = space.turn @ world[:, :3, :3] @ own
    world[:, :3, 3] = CENTIMETRES * world[:, :3, 3] @ space.turn.T
    local = local_matrices(skeleton.parents, world)
    scales = np.linalg.norm(local[:, :3, :3], axis=1)
    scales[np.abs(scales - 1.0) < 1e-5] = 1.0
    angles = euler(local[:, :3, :3] / np.where(scales > 0, scales, 1.0)[:, None, :])
    angles[np.abs(angles) < 1e-6] = 0.0
    places = local[:, :3, 3]
    places[np.abs(places) < 1e-7] = 0.0
    return Joints(skeleton.parents, world, own, places, angles, scales, from_euler(angles))


def euler(turns: F64) -> F64:
    """Rotations (..., 3, 3) -> degrees (..., 3) about x, y, z, applied in this order (FBX's XYZ)."""
    sine = np.clip(-turns[..., 2, 0], -1.0, 1.0)
    locked = np.abs(sine) > 1.0 - 1e-12
    x = np.where(
        locked,
        np.arctan2(-turns[..., 1, 2], turns[..., 1, 1]),
        np.arctan2(turns[..., 2, 1], turns[..., 2, 2]),
    )
    # better than arcsin near +-90 degrees
    y = np.arctan2(sine, np.hypot(turns[..., 0, 0], turns[..., 1, 0]))
    z = np.where(locked, 0.0, np.arctan2(turns[..., 1, 0], turns[..., 0, 0]))
    out: F64 = np.degrees(np.stack([x, y, z], axis=-1)) + 0.0
    return out


def from_euler(degrees: F64) -> F64:
    """The inverse of `euler`."""
    (sx, sy, sz), (cx, cy, cz) = (np.moveaxis(f(np.radians(degrees)), -1, 0) for f in (np.sin, np.cos))
    rows = [
        [cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz],
        [cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz],
        [-sy, sx * cy, cx * cy],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def unrolled(degrees: F64) -> F64:
    """Angles over time (T, J, 3), the same rotations, with each next to the one before: no jumps between keys.

    Of the two ways to say a rotation (x, y, z and x + 180, 180 - y, z + 180) the nearer one is taken.
    """
    out = degrees.copy()
    for t in range(1, len(out)):
        last = out[t - 1]
        one = last + (out[t] - last + 180.0) % 360.0 - 180.0
        step = one - last
        if np.abs(step).max() > 60.0:
            flipped = out[t] * (1.0, -1.0, 1.0) + 180.0
            other = last + (flipped - last + 180.0) % 360.0 - 180.0
            nearer = np.abs(other - last).sum(axis=1) + 1e-6 < np.abs(step).sum(axis=1)
            one = np.where(nearer[:, None], other, one)
        out[t] = one
    return out
