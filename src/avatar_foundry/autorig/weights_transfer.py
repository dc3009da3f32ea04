"""What the fitted body says: the hand-made weights of our own body, at the place of its surface that lies nearest.

Where body and mesh agree, both sources are about as good, and their mean is better than either: the solid knows the
mesh's own gaps and pieces, the body knows how flesh is weighted at hips, shoulders and neck. Where they part (hair,
skirts, armour) the solid's weights fill in; the change between the two is diffused, so no seam shows (the matching and
inpainting of Abdrashitov et al., Robust Skin Weights Transfer via Weight Inpainting, 2023, on cells).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from ..avatar import F32
from ..humanoid import AXIS65, INDEX, NAMES
from ..rig import base_weights, nearest_surface
from ..rig.refine import smooth_step
from .weights_pieces import Pieces
from .weights_voxels import Cells, neighbours

F64 = NDArray[np.float64]
SHARE = 0.5  # of the body's word where it lies on the mesh
NEAR, FAR = 0.006, 0.03  # of the height: full and no trust in a match
ROUNDS = 12
LARGE = 0.2  # of the surface: smaller pieces are clothing and parts, which the body knows nothing about


def body_says(cells: Cells, inside: F32, bones: Sequence[str], base: F32, height: float) -> F32:
    """(N, bones) f32 what to add to the cells' weights `inside`; rows sum to 0.

    base: (B, 3) the parametric body in the mesh's pose and space. Hands are left to the solid.
    """
    column = {b: i for i, b in enumerate(bones)}
    fold = np.zeros((len(NAMES), len(bones)), np.float32)
    for i, name in enumerate(NAMES):
        up = name
        while up and up not in column:
            up = AXIS65[INDEX[up]].parent
        fold[i, column[up or bones[0]]] = 1.0
    rows = _near_skin(cells)
    points = cells.centres[rows].astype(np.float32)
    corners, bary = nearest_surface(points, base)
    place = np.einsum("nk,nkj->nj", bary, base[corners].astype(np.float64))
    gap = np.linalg.norm(place - points, axis=1)
    gap = np.maximum(gap - cells.size, 0.0)  # a cell's centre lies beside the surface that runs through it
    trust = np.zeros(len(cells.place), np.float32)
    trust[rows] = 1.0 - smooth_step((gap / height - NEAR) / (FAR - NEAR))
    hands = [column[b] for b in ("leftHand", "rightHand") if b in column]
    if hands:
        trust *= 1.0 - np.minimum(3.0 * inside[:, hands].sum(axis=1), 1.0)
    trust = _smooth(trust, cells)
    folded = base_weights() @ fold
    told = np.einsum("nk,nkj->nj", bary.astype(np.float32), folded[corners])
    out = np.zeros_like(inside)
    out[rows] = (SHARE * trust[rows, None]) * (told - inside[rows])
    return out


def _near_skin(cells: Cells) -> NDArray[np.int64]:
    """Cells that the surface runs through, and their neighbours: all that vertices are interpolated from."""
    first, second, _ = neighbours(cells, diagonal=True)
    near = cells.skin.copy()
    near[first[cells.skin[second]]] = True
    near[second[cells.skin[first]]] = True
    return np.flatnonzero(near)


def _smooth(values: F32, cells: Cells) -> F32:
    first, second, _ = neighbours(cells, diagonal=False)
    count = len(values)
    link = coo_array((np.ones(len(first), np.float32), (first, second)), shape=(count, count)).tocsr()
    link = (link + link.T).tocsr()
    degree = np.maximum(np.asarray(link.sum(axis=1), np.float32).ravel(), 1.0)
    for _ in range(ROUNDS):
        values = np.minimum(values, 0.5 * values + 0.5 * (link @ values) / degree)  # only ever less trust
    return np.asarray(values, np.float32)


def large_pieces(points: F64, faces: NDArray[np.int32], pieces: Pieces) -> NDArray[np.bool_]:
    """(V,) whether a vertex belongs to a piece with a large part of the whole surface."""
    a, b, c = (points[faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    total = np.bincount(pieces.piece[faces[:, 0]], area, len(pieces.closed))
    return np.asarray((total > LARGE * total.sum())[pieces.piece])
