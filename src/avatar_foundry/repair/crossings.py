"""Where a surface runs through itself, looked for in bounded time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32
from .rays import Rays

MOST_FACES = 60_000  # faces looked at; of larger meshes an even choice
REACH = 0.95  # share of the way from a face's middle to its corners: edges that faces share are not reached


class Crossings(NamedTuple):
    """faces: (N, 2) faces that run through each other, each pair once, in order.  tested: how many were looked at."""

    faces: I32
    tested: int


def crossings(
    rays: Rays, positions: F32, faces: I32, sited: I32, live: NDArray[np.bool_], most: int = MOST_FACES
) -> Crossings:
    """Faces that other faces cut through. Exact as far as it looks: every pair reported does cross.

    From the middle of each face three rays run to its corners; what they hit on the way, other than faces that share a
    place with it, crosses it. A cut that misses all three rays, or lies behind the first, is not seen.
    """
    asked = np.flatnonzero(live)
    none = np.zeros((0, 2), np.int32)
    if len(asked) > most:
        asked = asked[(np.arange(most) * len(asked)) // most]
    p = positions[faces[asked]]
    middle = p.mean(axis=1)
    way = p - middle[:, None]
    length = np.linalg.norm(way, axis=2)
    direction = way / np.maximum(length, 1e-30)[..., None]
    far, hit = rays.hit(np.repeat(middle, 3, axis=0), direction.reshape(-1, 3))
    other = hit.reshape(-1, 3)
    found = (far.reshape(-1, 3) < REACH * length) & (other >= 0) & (other != asked[:, None])
    a, b = asked[np.nonzero(found)[0]], other[found]
    apart = ~(sited[a][:, :, None] == sited[b][:, None, :]).any(axis=(1, 2))
    pairs = np.sort(np.stack([a[apart], b[apart]], axis=1), axis=1)
    return Crossings(np.unique(pairs, axis=0).astype(np.int32) if len(pairs) else none, len(asked))
