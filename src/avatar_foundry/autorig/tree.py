"""The branching of a solid: level sets of the walking distance from a point inside, and the arms that they form."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from .volume import F64, I64, Volume


@dataclass(frozen=True, eq=False, slots=True)
class Tree:
    """Rings: the connected pieces of bands of equal distance, `step` wide, from a root voxel; they form a tree.

    ring (N,) of each voxel, -1 where the root cannot be reached; parent (R,), -1 for the root's; level (R,) band;
    count (R,) voxels; centre (R, 3); reach (R,) the largest distance below it, tip (R,) the voxel there;
    heavy (R,) the child that reaches farthest, -1 at leaves.
    """

    step: float
    distance: F64
    ring: I64
    parent: I64
    level: I64
    count: I64
    centre: F64
    reach: F64
    tip: I64
    heavy: I64


@dataclass(frozen=True, eq=False, slots=True)
class Branch:
    """A way from where it leaves a longer branch to its tip.

    rings: from the first ring of its own to the last. stem: the ring that it leaves, -1 for the trunk.
    length: walking distance from the split to the tip. tip: (3,).
    """

    rings: tuple[int, ...]
    stem: int
    length: float
    tip: F64


def grow(volume: Volume, graph: csr_matrix, root: int, step: float) -> Tree:
    """The tree of level sets around voxel `root`."""
    distance = np.asarray(dijkstra(graph, directed=False, indices=np.array([root])))[0]
    there = np.isfinite(distance)
    level = np.where(there, np.floor(np.where(there, distance, 0.0) / step), -1).astype(np.int64)
    coo = graph.tocoo()
    same = (level[coo.row] == level[coo.col]) & there[coo.row]
    n = len(distance)
    within = csr_matrix((np.ones(int(same.sum()), np.int8), (coo.row[same], coo.col[same])), shape=(n, n))
    _, label = connected_components(within, directed=False)
    used, ring = np.unique(label[there], return_inverse=True)
    rings = np.full(n, -1, np.int64)
    rings[there] = ring
    count = np.bincount(ring, minlength=len(used))
    points = volume.points[there]
    centre = np.stack([np.bincount(ring, points[:, k], len(used)) for k in range(3)], axis=1) / count[:, None]
    first = np.zeros(len(used), np.int64)
    first[ring] = level[there]
    down = there[coo.row] & (level[coo.row] == level[coo.col] + 1)  # row below, column above
    contacts = csr_matrix(
        (np.ones(int(down.sum())), (rings[coo.row[down]], rings[coo.col[down]])), shape=(len(used), len(used))
    )
    parent = np.full(len(used), -1, np.int64)
    some = np.diff(contacts.indptr) > 0
    parent[some] = np.asarray(contacts.argmax(axis=1)).ravel()[some]
    order = np.argsort(first, kind="stable")[::-1]
    far = np.full(len(used), -np.inf)
    np.maximum.at(far, ring, distance[there])
    tip = np.zeros(len(used), np.int64)
    numbers = np.flatnonzero(there)
    at = np.lexsort((numbers, distance[there]))
    tip[ring[at]] = numbers[at]
    heavy = np.full(len(used), -1, np.int64)
    reach = far.copy()
    for r in order:
        p = parent[r]
        if p >= 0 and (heavy[p] < 0 or reach[r] > reach[heavy[p]]):
            heavy[p], reach[p], tip[p] = r, reach[r], tip[r]
    return Tree(step, distance, rings, parent, first, count, centre, reach, tip, heavy)


def branches(tree: Tree, volume: Volume, shortest: float) -> list[Branch]:
    """All branches longer than `shortest`, longest first: the first is the trunk, to the farthest tip."""
    children: dict[int, list[int]] = {}
    for r, p in enumerate(tree.parent):
        children.setdefault(int(p), []).append(r)
    points = volume.points
    found, heads = [], [(r, -1) for r in children.get(-1, [])]
    while heads:
        head, stem = heads.pop()
        length = float(tree.reach[head] - tree.level[head] * tree.step)
        if length < shortest:
            continue
        path, r = [], head
        while r >= 0:
            path.append(int(r))
            heads += [(c, int(r)) for c in children.get(int(r), []) if c != tree.heavy[r]]
            r = int(tree.heavy[r])
        found.append(Branch(tuple(path), stem, length, points[tree.tip[head]]))
    return sorted(found, key=lambda b: (-b.length, b.rings[0]))


def mean_thickness(tree: Tree, volume: Volume) -> NDArray[np.float64]:
    """(R,) the largest distance to the outside within each ring."""
    out = np.zeros(len(tree.parent))
    ok = tree.ring >= 0
    np.maximum.at(out, tree.ring[ok], volume.thick[ok])
    return out
