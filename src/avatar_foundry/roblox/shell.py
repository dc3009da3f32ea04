"""From a dense isosurface to a piece within its budget: laid onto what shows, simplified, skinned."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Frozen
from ..geometry import components, face_cross, meshopt, vertex_normals
from ..geometry.distance import closest_points
from .solid import RIM
from .surface import Surface

F64 = NDArray[np.float64]

COARSE = 8  # times the budget: what is laid onto the surface
LIFT = 0.0015  # metres between the surface and a piece: sheets keep two sides
NEAR = 0.03  # metres around a piece within which the surface matters to it
SMALL = 0.02  # metres across: pieces that are smaller are crumbs
SEAM = 0.02  # metres from a cut within which normals are the surface's own: both sides of the cut shade alike
FLAT = 4e-10  # square metres, twice the area: faces below it count as flat
NUDGE = 1e-5  # metres
ALIKE = 0.7  # cosine to the piece's normal: the surface may be another there
INFLUENCES = 4


@dataclass(frozen=True, eq=False, slots=True)
class Shell(Frozen):
    """A closed mesh: positions (V, 3), normals (V, 3), faces (F, 3), skin (V, P) shares of the pieces."""

    positions: F32
    normals: F32
    faces: I32
    skin: F32


def shell(
    vertices: F64, faces: I32, beyond: F64, surface: Surface, budget: int, cell: float, most: int = 8
) -> Shell | None:
    """The piece with at most `budget` faces; None when only crumbs are left.

    beyond: (V,) metres beyond the cut.  cell: of the grid that the piece was made on.  most: components that stay.
    """
    positions = vertices.astype(np.float32)
    surface = around(surface, positions)
    faces = meshopt.simplify(faces, positions, target=COARSE * budget)[0]
    positions, faces, beyond = used(positions, faces, beyond)
    positions = lay_on(positions, beyond, surface, cell)
    faces = outer(positions, faces, most)
    if not len(faces):
        return None
    positions, faces, beyond = used(positions, faces, beyond)
    faces = simplify(positions, faces, beyond, budget)
    positions, faces, beyond = used(positions, faces, beyond)
    found = closest_points(positions, surface.positions, surface.faces)
    corners = surface.faces[found.face]
    skin = np.einsum("nc,ncp->np", found.weights, surface.skin[corners])
    positions = unfolded(positions, faces)
    normals = vertex_normals(positions, faces)
    own = np.einsum("nc,ncj->nj", found.weights, surface.normals[corners])
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-6)
    like = np.einsum("nj,nj->n", own, normals)
    near = (np.abs(beyond) < SEAM) & (np.abs(like) > ALIKE)
    normals = np.where(near[:, None], own * np.sign(like)[:, None], normals)
    return Shell(positions, normals.astype(np.float32), faces, sparse(skin))


def around(surface: Surface, positions: F32) -> Surface:
    """The faces of the surface near a piece; all of them where too few are."""
    corners = surface.positions[surface.faces]
    low, high = positions.min(axis=0) - NEAR, positions.max(axis=0) + NEAR
    keep = ((corners.max(axis=1) > low) & (corners.min(axis=1) < high)).all(axis=1)
    return surface.only(keep) if keep.sum() >= 8 else surface


def used(positions: F32, faces: I32, *values: NDArray[np.float64]) -> tuple[F32, I32, NDArray[np.float64]]:
    """Only the vertices that faces use."""
    rows, place = np.unique(faces, return_inverse=True)
    return positions[rows], place.reshape(-1, 3).astype(np.int32), values[0][rows]


def lay_on(positions: F32, beyond: F64, surface: Surface, cell: float) -> F32:
    """Vertices of the dilated solid brought down onto the surface; what lies beyond the cut a little below it."""
    found = closest_points(positions, surface.positions, surface.faces, settle=False, candidates=4)
    away = positions - found.point
    distance = found.distance[:, None].astype(np.float64)
    goal = LIFT - 0.5 * np.maximum(beyond, 0.0)[:, None]
    within = (distance < 1.6 * RIM * cell) & (distance > 1e-5) & (beyond[:, None] < cell)
    moved = found.point + away / np.maximum(distance, 1e-9) * goal
    return np.where(within, moved, positions).astype(np.float32)


def outer(positions: F32, faces: I32, most: int) -> I32:
    """Faces of the largest components that enclose something from outside and are no crumbs."""
    piece = components(faces, len(positions))[faces[:, 0]]
    count = int(piece.max(initial=-1)) + 1
    a, b, c = (positions[faces[:, k]].astype(np.float64) for k in range(3))
    volume = np.bincount(piece, np.einsum("ij,ij->i", a, np.cross(b, c)), count)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, piece, a)
    np.maximum.at(high, piece, a)
    keep = (volume > 0) & ((high - low).max(axis=1) > SMALL)
    rank = np.argsort(np.argsort(-np.where(keep, volume, -np.inf)))
    return np.asarray(faces[(keep & (rank < most))[piece]])


def simplify(positions: F32, faces: I32, beyond: F64, budget: int) -> I32:
    """At most `budget` faces, closed as before. What lies beyond the cut is seen by nobody: it pays little."""
    channels = np.concatenate([vertex_normals(positions, faces), np.minimum(beyond, 0.004)[:, None] * 40], axis=1)
    weights = np.array([0.12, 0.12, 0.12, 0.3], np.float32)
    goal = budget
    for _ in range(4):
        made = meshopt.simplify(faces, positions, channels.astype(np.float32), weights, target=goal)[0]
        made = sound(positions, made)
        if len(made) <= budget and balanced(made):
            break
        goal = int(0.95 * goal)
    return made


def sound(positions: F32, faces: I32) -> I32:
    """Faces without pairs that lie back to back on the same corners, which enclose nothing."""
    key = np.sort(faces, axis=1)
    turned = (np.argsort(faces, axis=1, kind="stable") @ np.array([4, 2, 1]))[:, None]
    even = np.isin(turned[:, 0], [4 * 0 + 2 * 1 + 2, 4 * 1 + 2 * 2 + 0, 4 * 2 + 2 * 0 + 1])
    _, number, count = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    number = number.reshape(-1)
    ahead = np.bincount(number, even, len(count))
    pair = (count == 2) & (ahead == 1)
    return np.asarray(faces[~pair[number]])


def unfolded(positions: F32, faces: I32) -> F32:
    """Vertices moved by hundredths of a millimetre where three of a face lie on one line, so that it has an area."""
    out = positions.copy()
    for k in range(1, 6):
        flat = np.linalg.norm(face_cross(out.astype(np.float64), faces), axis=1) < FLAT
        if not flat.any():
            break
        rows = np.unique(faces[flat])
        # in directions that differ from vertex to vertex, the same on every machine
        way = np.stack([np.cos(2.4 * rows), np.sin(2.4 * rows), np.cos(1.7 * rows + k)], axis=1)
        out[rows] += (k * NUDGE * way).astype(np.float32)
    return out


def balanced(faces: I32) -> bool:
    """Whether every edge is crossed as often one way as the other: closed, however many faces meet in an edge."""
    edges = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2).astype(np.int64)
    count = int(edges.max(initial=0)) + 1
    there = np.sort(edges[:, 0] * count + edges[:, 1])
    return len(faces) > 0 and bool(np.array_equal(there, np.sort(edges[:, 1] * count + edges[:, 0])))


def sparse(skin: NDArray[Any]) -> F32:
    """Skin (V, P) with at most INFLUENCES shares per row, summing to 1."""
    least = np.sort(skin, axis=1)[:, -INFLUENCES][:, None]
    kept = np.where((skin >= least) & (skin > 0.01), skin, 0.0)
    over = np.cumsum(kept > 0, axis=1) > INFLUENCES
    kept = np.where(over, 0.0, kept)
    return np.asarray(kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-9), np.float32)
