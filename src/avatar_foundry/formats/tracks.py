"""What of a clip moves which joint: rotations, places, and the way over the ground on the topmost joint."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import Clip, Skeleton
from ..geometry.keys import same_hemisphere
from .transforms import local_transforms

F64 = NDArray[np.float64]
# what leaving out keys may do
TURN = np.radians(0.05)  # of a joint, at most
LEVER = 0.0001  # metres that a turn left out may move the farthest joint below
PLACE = 0.0001  # metres
WEIGHT = 0.005  # of a shape: twentieths of a millimetre
STILL = 1e-4  # radians, metres, weights: below it a joint or a shape does not move


@dataclass(frozen=True, eq=False)
class Tracks:
    """times: (T,) seconds.  rotations: (T, J, 4) unit xyzw, each next to the one before, against the parent.

    places: joint -> (T, 3) metres in its parent's frame, for those joints that do not keep their place.
    """

    times: F64
    rotations: F64
    places: dict[int, F64]


def tracks_of(clip: Clip, skeleton: Skeleton, hips: str = "") -> Tracks:
    """The clip's tracks. hips: the joint that Clip.translations move; "" for the first.

    Travel and turn go onto the topmost joint above the hips: the platform's root, or the hips where there is none.
    """
    rest = local_transforms(skeleton)[0].astype(np.float64)
    q = clip.rotations.astype(np.float64)
    q /= np.maximum(np.linalg.norm(q, axis=2, keepdims=True), 1e-12)
    number = {n: i for i, n in enumerate(skeleton.names)}
    below = number.get(hips, 0)
    places = {number[n]: v.astype(np.float64) for n, v in clip.moves.items() if n in number}
    if clip.translations is not None:
        places[below] = clip.translations.astype(np.float64)
    if clip.travel is not None or clip.turn is not None:
        top = below
        while skeleton.parents[top] >= 0:
            top = int(skeleton.parents[top])
        count = len(clip.times)
        angle = np.zeros(count) if clip.turn is None else clip.turn.astype(np.float64)
        way = np.zeros((count, 3)) if clip.travel is None else clip.travel.astype(np.float64)
        places[top] = way + turned_about_y(places.get(top, np.broadcast_to(rest[top], (count, 3))), angle)
        q[:, top] = spun_about_y(q[:, top], angle)
    return Tracks(clip.times.astype(np.float64), same_hemisphere(q), places)


def turned_about_y(points: F64, angle: F64) -> F64:
    """Points (T, 3) turned by radians (T,) about +Y."""
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = points.T
    return np.stack([c * x + s * z, y, c * z - s * x], axis=1)


def spun_about_y(q: F64, angle: F64) -> F64:
    """Rotations (T, 4) followed by radians (T,) about +Y: the product (0, sin, 0, cos) q."""
    c, s = np.cos(0.5 * angle), np.sin(0.5 * angle)
    x, y, z, w = q.T
    return np.stack([c * x + s * z, c * y + s * w, c * z - s * x, c * w - s * y], axis=1)


def turn_limits(skeleton: Skeleton) -> F64:
    """(J,) radians that a joint may be off by: little where much hangs on it."""
    return np.minimum(TURN, LEVER / np.maximum(levers(skeleton), 1e-6))


def levers(skeleton: Skeleton) -> F64:
    """(J,) metres from each joint to the farthest joint that hangs on it."""
    at = skeleton.rest[:, :3, 3].astype(np.float64)
    out = np.zeros(len(at))
    for i in range(len(at)):
        up = i
        while (up := int(skeleton.parents[up])) >= 0:
            out[up] = max(out[up], float(np.linalg.norm(at[i] - at[up])))
    return out
