"""Where to look when a level's error is measured: worked out once on the reference, evaluated on every avatar.

A probe is a vertex of the full mesh and the point of the level that stands for it: weights over three vertices that
the level shares with the full mesh. The worst of LOOKED vertices on the reference are probed, for the maximum; an even
sample of the others stands for the mean. Vertices that the level keeps have no error and are counted, not probed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..geometry import components
from ..geometry.channels import Shape
from .stand_in import stand_in

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

EVEN, WORST = 512, 192  # per level; WORST for each of shape, skin and expressions

LOOKED = 3000  # removed vertices, evenly chosen, among which the worst are sought
MANY = 64  # pieces


class Probes(NamedTuple):
    """vertex (N,), corners (N, 3): vertices of the full mesh; weights (N, 3).

    even: the first so many form the even sample. share: removed vertices per vertex, what a mean over them scales by.
    """

    vertex: I32
    corners: I32
    weights: F32
    even: int
    share: float

    def gaps(self, values: F32) -> F32:
        """values (V, D) at the probes less those of the level at the same places: (N, D)."""
        out = values[self.vertex]
        for k in range(3):
            out -= self.weights[:, k : k + 1] * values[self.corners[:, k]]
        return out

    def seen(self, visible: NDArray[np.bool_]) -> "Probes":
        """Only the probes at vertices that are `visible` (V,)."""
        keep = visible[self.vertex]
        even = int(keep[: self.even].sum())
        return Probes(self.vertex[keep], self.corners[keep], self.weights[keep], even, self.share)

    def mean(self, errors: F32) -> float:
        """Mean over all vertices of the full mesh, from errors (N,) at the probes."""
        return float(errors[: self.even].mean()) * self.share if self.even else 0.0


NOWHERE = Probes(np.zeros(0, np.int32), np.zeros((0, 3), np.int32), np.zeros((0, 3), np.float32), 0, 0.0)


def together(levels: Sequence[Probes]) -> Probes:
    """The probes of several levels end to end, to evaluate them in one go."""
    columns = [np.concatenate(column) for column in zip(*(p[:3] for p in levels), strict=True)]
    return Probes(columns[0], columns[1], columns[2], 0, 0.0)


def find_probes(
    positions: F32,
    faces: I32,
    level: I32,
    joints: NDArray[np.uint16] | None,
    weights: F32 | None,
    shapes: Sequence[Shape],
) -> tuple[Probes, I32, I32]:
    """Probes for `level` (F', 3) of a mesh (positions, faces) in its reference shape; and host, heir (V,).

    host: the level's face that stands for each vertex that it lost, -1 for all others.  heir: the level's vertex that
    does, the vertex itself where the level keeps it, -1 for vertices that no face uses.
    """
    host = np.full(len(positions), -1, np.int32)
    heir = np.full(len(positions), -1, np.int32)
    kept = np.unique(level)
    heir[kept] = kept
    used = np.unique(faces)
    gone = np.setdiff1d(used, kept)
    removed = len(gone)
    if not removed or not len(level):
        return NOWHERE, host, heir
    apart = _apart(positions, faces, level)
    found = stand_in(apart[gone], apart, level)
    host[gone] = found.face
    heir[gone] = level[found.face, found.weights.argmax(axis=1)]
    some = np.unique(np.linspace(0, removed - 1, min(LOOKED, removed)).astype(int))
    gone, share = gone[some], found.weights[some]
    corners = level[found.face[some]]
    scores = [found.distance[some]]
    if joints is not None and weights is not None:
        dense = np.zeros((len(positions), int(joints.max()) + 1), np.float32)
        np.add.at(dense, (np.arange(len(positions))[:, None], joints.astype(np.int64)), weights)
        scores.append(np.abs(dense[gone] - np.einsum("nc,ncd->nd", share, dense[corners])).sum(1))
    moved = np.zeros(len(gone), np.float32)
    for index, delta in shapes:
        field = np.zeros((len(positions), 3), np.float32)
        field[index] = delta
        moves = np.zeros(len(positions), bool)
        moves[index] = True
        looked = np.flatnonzero(moves[gone] | moves[corners].any(axis=1))
        off = field[gone[looked]] - np.einsum("nc,ncd->nd", share[looked], field[corners[looked]])
        moved[looked] = np.maximum(moved[looked], np.einsum("nd,nd->n", off, off))
    scores.append(moved)
    even = np.unique(np.linspace(0, len(gone) - 1, min(EVEN, len(gone))).astype(int))
    worst = np.concatenate([np.argsort(-score, kind="stable")[:WORST] for score in scores])
    chosen = np.concatenate([even, np.setdiff1d(worst, even)])
    probes = Probes(
        gone[chosen].astype(np.int32), corners[chosen], share[chosen], len(even), removed / max(len(used), 1)
    )
    return probes, host, heir


def _apart(positions: F32, faces: I32, level: I32) -> NDArray[np.float64]:
    """(V, 3) positions with the pieces of the mesh pulled apart, so that an upper tooth never stands for a lower one.

    Pieces that the level lost, and meshes of very many pieces (hair), stay where they are.
    """
    piece = components(faces, len(positions))
    kept = np.unique(piece[level])
    shift = np.zeros(int(piece.max(initial=0)) + 1)
    if len(kept) <= MANY:
        shift[kept] = np.arange(len(kept)) * 4.0 * float(np.ptp(positions, axis=0).max(initial=0.0))
    out = positions.astype(np.float64)
    out[:, 0] += shift[piece]
    return out
