"""Move what a coarse mesh carries so that it lies nearest to the fine mesh: least squares over matched points.

A simplifier that only drops vertices leaves chords inside every curve. Matching points of the two surfaces and solving
for the coarse vertices takes most of that error back, in shape and in everything that is interpolated over a face.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, diags_array, eye_array, vstack
from scipy.sparse.linalg import splu

from .distance import project

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

NEAR = 5  # samples looked at; each face has four
ACROSS = 0.5  # cosine: faces that look elsewhere are taken only when nothing else is near
PENALTY = 4.0  # on the squared distance of such faces
HOLD = 1e-3  # of the mean diagonal: how strongly unmatched vertices stay where they are


class Points(NamedTuple):
    """Points of a mesh: corners (N, 3) vertices, weights (N, 3) of them, share (N,) of the area, face (N,)."""

    corners: I32
    weights: F64
    share: F64
    face: NDArray[np.int64]

    def rows(self, some: NDArray[np.int64]) -> "Points":
        """These of the points."""
        return Points(self.corners[some], self.weights[some], self.share[some], self.face[some])

    def sample(self, count: int) -> NDArray[np.int64]:
        """At most `count` rows, evenly over those that count."""
        there = np.flatnonzero(self.share > 0)
        return there[np.unique(np.linspace(0, max(len(there) - 1, 0), min(count, len(there))).astype(np.int64))]


class Match(NamedTuple):
    """Where each of N points lies on another mesh: face (N,), weights (N, 3), distance (N,)."""

    face: NDArray[np.int64]
    weights: F64
    distance: F64

    def rows(self, some: NDArray[np.int64]) -> "Match":
        """These of the points."""
        return Match(self.face[some], self.weights[some], self.distance[some])


def points_of(positions: NDArray[Any], faces: I32) -> Points:
    """One point in the middle of every face and one at every corner of it, by area."""
    p = positions[faces].astype(np.float64)
    area = np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1)
    share = area / max(float(area.sum()), 1e-30)
    used, first = np.unique(faces, return_index=True)
    at_vertices = np.bincount(faces.ravel(), np.repeat(share / 3, 3))[used]
    corners = np.concatenate([faces, faces[first // 3]])
    weights = np.concatenate([np.full((len(faces), 3), 1 / 3), np.eye(3)[first % 3]])
    number = np.concatenate([np.arange(len(faces)), first // 3])
    return Points(corners, weights, np.concatenate([share, at_vertices]) / 2, number)


def at(points: Points, values: NDArray[Any]) -> F64:
    """(N, D) values (V, D) interpolated at the points."""
    out = points.weights[:, :1] * values[points.corners[:, 0]]
    for k in (1, 2):
        out += points.weights[:, k : k + 1] * values[points.corners[:, k]]
    return np.asarray(out, np.float64)


class Target:
    """A surface to match points with."""

    def __init__(self, positions: NDArray[Any], faces: I32) -> None:
        from scipy.spatial import cKDTree

        self.corners = positions[faces].astype(np.float64)
        middle = self.corners.mean(axis=1)
        self.tree = cKDTree(np.concatenate([middle, *((middle + 2 * self.corners[:, k]) / 3 for k in range(3))]))
        across = np.cross(self.corners[:, 1] - self.corners[:, 0], self.corners[:, 2] - self.corners[:, 0])
        self.normals = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-30)

    def match(self, points: F64, normals: F64 | None = None) -> Match:
        """The nearest face with samples close by, preferring those that look the same way as `normals` (N, 3)."""
        count = min(NEAR, len(self.tree.data))
        near = np.asarray(self.tree.query(points, k=count)[1]).reshape(len(points), count) % len(self.corners)
        # relative to the point, so that single precision is enough
        relative = (self.corners[near] - points[:, None, None]).astype(np.float32)
        a, b, c = relative[:, :, 0], relative[:, :, 1], relative[:, :, 2]
        weights = project(np.zeros(3, np.float32), a, b, c)
        away = weights[..., :1] * a + weights[..., 1:2] * b + weights[..., 2:] * c
        square = np.einsum("nkc,nkc->nk", away, away)
        rank = square
        if normals is not None:
            alike = np.einsum("nc,nkc->nk", normals, self.normals[near])
            rank = np.where(alike < ACROSS, PENALTY * square + 1e-12, square)
        best = rank.argmin(axis=1)
        rows = np.arange(len(points))
        chosen = weights[rows, best].astype(np.float64)
        chosen /= chosen.sum(axis=1, keepdims=True)
        return Match(near[rows, best], chosen, np.sqrt(square[rows, best].astype(np.float64)))


def matrix(faces: I32, match: Match, count: int) -> csr_array:
    """(N, count) interpolation over the vertices of `faces` at the matched points."""
    rows = np.repeat(np.arange(len(match.face)), 3)
    return csr_array((match.weights.ravel(), (rows, faces[match.face].ravel())), shape=(len(match.face), count))


class Solver:
    """Least squares for vertex values whose interpolation at matched points should equal given values."""

    def __init__(self, mix: csr_array, share: F64, hold: float = HOLD) -> None:
        self.mix, self.share = mix, share
        normal = mix.T @ (diags_array(share) @ mix)
        self.hold = hold * max(float(normal.diagonal().mean()), 1e-30)
        self.factor = splu(csc_array(normal + self.hold * eye_array(mix.shape[1])))

    def solve(self, values: F64, prior: F64) -> F64:
        """(count, D) vertex values; what no point speaks for keeps its `prior` (count, D)."""
        right = self.mix.T @ (self.share[:, None] * values) + self.hold * prior
        return np.asarray(self.factor.solve(np.ascontiguousarray(right)))


def refit_positions(
    source: Points, places: F64, whole: Target, coarse: NDArray[Any], coarse_faces: I32, rounds: int = 2
) -> F64:
    """(V', 3) the coarse vertices moved so that the surfaces lie nearest to each other, in the mean square.

    source, places: points of the fine mesh and where they are, (N, 3); whole: the fine mesh.
    Both ways: points of the fine mesh pull the coarse faces they lie over, and points of the coarse mesh are pulled to
    the fine one, so that nothing shrinks and nothing bulges.
    """
    facing = whole.normals[source.face]
    out = coarse.astype(np.float64)
    for _ in range(rounds):
        target = Target(out, coarse_faces)
        match = target.match(places, facing)
        back = points_of(out, coarse_faces)
        here = at(back, out)
        there = whole.match(here, target.normals[back.face])
        wanted = np.einsum("nk,nkc->nc", there.weights, whole.corners[there.face])
        own = Match(back.face, back.weights, np.zeros(len(here)))
        mix = vstack([matrix(coarse_faces, match, len(out)), matrix(coarse_faces, own, len(out))]).tocsr()
        solver = Solver(mix, np.concatenate([source.share, back.share]))
        out = solver.solve(np.concatenate([places, wanted]), out)
    return out
