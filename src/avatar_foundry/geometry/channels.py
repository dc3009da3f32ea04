"""What a simplifier should mind besides shape: skinning, expressions and places that touch, as vertex attributes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

Shape = tuple[I32, F32]
"""index (K,), delta (K, 3) metres: one morph target on its mesh's vertices."""


def joint_channels(joints: NDArray[Any], weights: F32, faces: I32, limit: int = 8) -> F32:
    """Skin weights of all joints in at most `limit` columns: (V, C).

    Joints share a column only when they do not meet on a face (greedy colouring), so differences between neighbours
    survive in full; joints beyond the limit share with those they meet least.
    """
    count = int(joints.max(initial=0)) + 1
    dense = np.zeros((len(joints), count), np.float32)
    np.add.at(dense, (np.arange(len(joints))[:, None], joints.astype(np.int64)), weights)
    there = (dense > 0).astype(np.float32)
    on_face = np.minimum(there[faces[:, 0]] + there[faces[:, 1]] + there[faces[:, 2]], 1)
    meets = on_face.T @ on_face
    column = np.full(count, -1)
    for joint in np.argsort(-meets.diagonal(), kind="stable"):
        if meets[joint, joint] == 0:
            continue
        clash = np.array([meets[joint, column == c].sum() for c in range(limit)])
        column[joint] = int(clash.argmin())
    out = np.zeros((len(joints), int(column.max(initial=-1)) + 1), np.float32)
    for joint in np.flatnonzero(column >= 0):
        out[:, column[joint]] += dense[:, joint]
    return out


def shape_channels(shapes: Sequence[Shape], count: int, limit: int = 6) -> F32:
    """The principal components of all shapes' displacements: (V, C) in metres.

    Distances between rows approximate the root of the summed squares over all shapes. Components below 1 % of the
    strongest are left out.
    """
    shapes = [s for s in shapes if len(s[0])]
    if not shapes:
        return np.zeros((count, 0), np.float32)
    row = np.concatenate([np.repeat(i.astype(np.int64), 3) for i, _ in shapes])
    column = np.concatenate([np.tile(np.arange(3) + 3 * n, len(i)) for n, (i, _) in enumerate(shapes)])
    value = np.concatenate([d.ravel() for _, d in shapes]).astype(np.float64)
    moves = csr_array((value, (row, column)), shape=(count, 3 * len(shapes)))
    spread, axes = np.linalg.eigh((moves.T @ moves).toarray())
    kept = [k for k in range(len(spread) - 1, -1, -1) if spread[k] > 1e-4 * spread[-1]][:limit]
    # the last bits of an eigenvector depend on the linear algebra library; whole micrometres do not
    return np.asarray(np.round(moves @ axes[:, kept], 6), np.float32)


def contact_vertices(positions: F32, shapes: Sequence[Shape], near: float = 0.0015, far: float = 0.004) -> I32:
    """Vertices where two lips of a surface touch at rest or in a shape, and part in the other: mouth and eyelids.

    Pairs at most `near` metres apart in one of the two states and at least `far` in the other. Sorted, unique.
    """
    from scipy.spatial import cKDTree

    found: list[NDArray[Any]] = [np.zeros(0, np.int64)]
    for index, delta in shapes:
        if not len(index):
            continue
        rest = positions[index].astype(np.float64)
        posed = rest + delta
        for here, there in ((rest, posed), (posed, rest)):
            pairs = cKDTree(here).query_pairs(near, output_type="ndarray")
            apart = np.linalg.norm(there[pairs[:, 0]] - there[pairs[:, 1]], axis=1) >= far
            found.append(index[pairs[apart].ravel()])
    return np.unique(np.concatenate(found)).astype(np.int32)


def spread_out(chosen: I32, positions: F32, shapes: Sequence[Shape]) -> I32:
    """`chosen` (N,) vertices reordered so that any first few are spread evenly over them, the outermost first.

    What touches at rest and parts in a shape counts as apart, so both lips are served.
    """
    places = [positions.astype(np.float64)]
    for index, delta in shapes:
        moved = np.zeros(positions.shape)
        moved[index] = delta
        places.append(moved)
    rows = np.round(np.concatenate(places, axis=1)[chosen], 6)
    away = np.linalg.norm(rows - rows.mean(axis=0), axis=1) if len(rows) else np.zeros(0)
    order: list[int] = []
    for _ in range(len(rows)):
        order.append(int(away.argmax()))
        distance = np.linalg.norm(rows - rows[order[-1]], axis=1)
        away = distance if len(order) == 1 else np.minimum(away, distance)
        away[order[-1]] = -1.0
    return np.asarray(chosen[order], np.int32)
