"""Find floating scraps: what an artist forgot to delete. Conservative: whatever may belong to the figure stays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32

TINY, AWAY = 0.01, 0.03  # shares of the whole's size: largest extent of a scrap, least distance from everything else
MOST_FACES = 200
MOST = 512  # pieces looked at closely


class Scraps(NamedTuple):
    """piece: (N,) numbers of the pieces.  extent, gap: (N,) shares of the size.  faces: (N,) counts."""

    piece: I32
    extent: NDArray[np.float64]
    gap: NDArray[np.float64]
    faces: I32


def find_scraps(positions: F32, faces: I32, piece: I32, size: float) -> Scraps:
    """Pieces (piece: (F,) of each face) that are tiny and far from all that is not tiny.

    Eyes, teeth, buttons and earrings are small but close to the figure; a halo is away but not tiny.
    """
    count = int(piece.max(initial=-1)) + 1
    sizes = np.bincount(piece, minlength=count)
    few = sizes <= MOST_FACES
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    rows = np.flatnonzero(few[piece])
    if len(rows):
        corners = positions[faces[rows]].astype(np.float64)
        order = np.argsort(piece[rows], kind="stable")
        owners, starts = np.unique(piece[rows][order], return_index=True)
        low[owners] = np.minimum.reduceat(corners.min(axis=1)[order], starts)
        high[owners] = np.maximum.reduceat(corners.max(axis=1)[order], starts)
    extent = np.full(count, np.inf)
    extent[few] = np.linalg.norm(high[few] - low[few], axis=1) / max(size, 1e-30)
    small = np.flatnonzero(extent < TINY)
    none = np.zeros(0, np.int32)
    nothing = Scraps(none, np.zeros(0), np.zeros(0), none)
    if not len(small) or len(small) == count:
        return nothing
    from scipy.spatial import cKDTree  # loaded late: only uploads need it

    from ..geometry.distance import closest_points

    figure = ~np.isin(piece, small)
    rest = np.unique(faces[figure])
    tree = cKDTree(positions[rest])
    centre = (low[small] + high[small]) / 2
    near = np.asarray(tree.query(centre)[0]) / size
    # a vertex this close settles it; the others are measured against the surface
    away = near > AWAY
    small, near = small[away][:MOST], near[away][:MOST]
    if not len(small):
        return nothing
    exact = closest_points(centre[away][:MOST].astype(np.float32), positions, faces[figure]).distance / size
    gap = np.minimum(near, exact.astype(np.float64))
    keep = gap > AWAY
    chosen = small[keep]
    return Scraps(chosen.astype(np.int32), extent[chosen], gap[keep], sizes[chosen].astype(np.int32))
