"""Which lip skin belongs to: by what shows above and below the tear between them, then along the surface."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from .frontal import F64, I32, I64, Frontal

ROUND = 0.9  # distances between the eyes: how far from the mouth skin is told apart
SEEDS = 0.3  # of its width: how far from the line skin that shows is sure to belong to one side


def lip_sides(
    positions: F64, faces: I32, view: Frontal, number: I64, seam: tuple[I64, I64, I64], spacing: float
) -> F64:
    """(V,) 1 for skin that belongs to the upper lip, -1 to the lower, 0 to neither or both.

    number (K,): the face of `faces` for each that `view` numbers.  seam: columns, highest and lowest torn rows.
    The inside of the mouth belongs to the lip that is nearer along the surface.
    """
    columns, top, bottom = seam
    reach = max(3, int(SEEDS * len(columns)))
    votes = np.zeros((len(positions), 2), bool)
    height = len(view.face)
    for k, (row, step) in enumerate(((top, -1), (bottom + 1, 1))):
        for i in range(reach):
            at = np.clip(row + i * step, 0, height - 1)
            seen = view.face[at, columns]
            votes[faces[number[seen[seen >= 0]]].ravel(), k] = True
    upper, lower = votes[:, 0] & ~votes[:, 1], votes[:, 1] & ~votes[:, 0]
    middle = np.array([view.x(columns).mean(), view.y(0.5 * (top + bottom)).mean()])
    near = np.abs(positions[:, :2] - middle).max(axis=1) < ROUND * spacing
    used = near[faces].all(axis=1)
    ends = np.concatenate([faces[used][:, [0, 1]], faces[used][:, [1, 2]], faces[used][:, [2, 0]]])
    length = np.sqrt(((positions[ends[:, 0]] - positions[ends[:, 1]]) ** 2).sum(axis=1)) + 1e-9
    graph = csr_array((length, (ends[:, 0], ends[:, 1])), shape=(len(positions), len(positions)))
    graph = graph.maximum(graph.T)
    far = []
    for own in (upper, lower):
        start = np.flatnonzero(own & near)
        if not len(start):
            return np.zeros(len(positions))
        far.append(dijkstra(graph, directed=True, indices=start, min_only=True, limit=ROUND * spacing))
    both = np.where(
        np.isfinite(far[0]) | np.isfinite(far[1]),
        np.sign(np.nan_to_num(far[1], posinf=1e9) - np.nan_to_num(far[0], posinf=1e9)),
        0.0,
    )
    return np.where(near, both, 0.0)
