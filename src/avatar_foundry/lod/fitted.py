"""Levels of a mesh that came from elsewhere: chosen by the simplifier, then fitted to the full mesh.

The levels of our own body and wardrobe are picked once per topology and only gather what the full mesh has. An upload
is seen once, so its levels may take the time to move: positions, normals, uvs, skin weights and shapes are solved for.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, U16, Mesh, Morph
from ..geometry import components, weld
from ..geometry.channels import contact_vertices, spread_out
from ..geometry.refit import Match, Points, Solver, Target, at, matrix, points_of, refit_positions
from ..geometry.simplify import Weighting, build_levels
from .gather import concatenate_shapes, take_faces
from .ladder import CONTACTS, LOCKED_SHARE

F64 = NDArray[np.float64]
# Found on seven characters at 25 %: skin counts twice as much as on our own bodies, since weights of uploads change
# faster; normals and uvs less, since they are solved for afterwards. Seams may open: uploads have many.
WEIGHTING = Weighting(normal=0.06, uv=0.5, skin=0.5, shape=120.0, permissive=True)
STRAY = 0.05  # of uv space: a point whose uv is so far from the level's lies across a seam
FACIAL = 0.02  # of the mesh's extent: how far faces move
LEAST_MOVE = 1e-6  # metres
INFLUENCES = 4
MANY = 64  # pieces
POINTS_EACH, LEAST_POINTS = 5, 16_000  # points per vertex of a level that it is fitted by


class Fitted(NamedTuple):
    """mesh: a level.  points, match: where points of the full mesh lie on it, to measure by."""

    mesh: Mesh
    points: Points
    match: Match


def fitted_levels(mesh: Mesh, targets: Sequence[int]) -> list[Fitted]:
    """Levels of `mesh` with about `targets` faces each (falling), fitted to it. Deterministic."""
    size = float(np.ptp(mesh.positions, axis=0).max(initial=0.0))
    shapes = [(m.index, m.delta * _modest(m, size)) for m in mesh.morphs]
    contacts = [(m.index, m.delta) for m in mesh.morphs if m.name in CONTACTS]
    edges = spread_out(contact_vertices(mesh.positions, contacts), mesh.positions, contacts)
    locks = []
    for target in targets:
        locks.append(np.zeros(len(mesh.positions), bool))
        locks[-1][edges[: int(LOCKED_SHARE * target)]] = True
    levels = build_levels(
        mesh.positions,
        mesh.faces,
        targets,
        uvs=mesh.uvs,
        uv_faces=mesh.uv_faces,
        normals=mesh.normals,
        joints=mesh.joints,
        weights=mesh.weights,
        shapes=shapes,
        locks=locks,
        weighting=WEIGHTING,
    )
    gathered = concatenate_shapes(mesh.morphs)
    ground = _ground(mesh)
    made = [(take_faces(mesh, gathered, level.faces, level.uv_faces), np.unique(level.faces)) for level in levels]
    for _, origin in made:
        ground.view(origin)
    # tree queries, factorisations and large array operations let go of the interpreter
    with ThreadPoolExecutor(max_workers=max(min(len(made), os.cpu_count() or 1), 1)) as pool:
        return list(pool.map(lambda one: _fit(ground, *one), made))


def _modest(morph: Morph, size: float) -> np.float32:
    """How much a shape counts: those that hide or grow whole things would drown the face's own."""
    largest = float(np.abs(morph.delta).max(initial=0.0))
    return np.float32(min(1.0, FACIAL * size / max(largest, 1e-12)))


class Ground(NamedTuple):
    """A full mesh by places: vertices that only hard edges or seams tell apart share one, and must move as one.

    place, skin: (V,) number of each vertex's place, and of its place and skin weights together.  piece: (V,).
    views: what levels that kept the same pieces share.
    """

    mesh: Mesh
    place: I32
    skin: I32
    piece: I32
    views: "dict[bytes, View]"

    def view(self, origin: NDArray[Any]) -> "View":
        """The mesh for a level that kept the vertices `origin`."""
        kept = np.unique(self.piece[origin])
        if len(kept) > MANY:
            kept = kept[:0]
        if (key := kept.tobytes()) not in self.views:
            self.views[key] = _view(self, kept)
        return self.views[key]


def _ground(mesh: Mesh) -> Ground:
    place = weld(mesh.positions)[1]
    skin = place
    if mesh.joints is not None and mesh.weights is not None:
        rows = np.concatenate([place[:, None], mesh.joints, np.round(mesh.weights * 1e4)], axis=1).astype(np.int64)
        skin = np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int32)
    piece = components(place[mesh.faces], int(place.max(initial=-1)) + 1)[place]
    return Ground(mesh, place, skin, np.asarray(piece, np.int32), {})


class View(NamedTuple):
    """The full mesh with the pieces that a level kept far apart.

    So an upper tooth never stands for a lower one, nor an ear-ring for the ear. Meshes of very many pieces stay.
    shift: (V, 3) what was added.  points: of all faces; those of lost pieces have no share.  whole: what was kept.
    """

    shift: F64
    points: Points
    whole: Target
    row: NDArray[np.int64]


def _view(ground: Ground, kept: I32) -> View:
    mesh = ground.mesh
    shift = np.zeros((len(mesh.positions), 3))
    has_level = np.ones(len(shift), bool)
    if len(kept):
        number = np.full(int(ground.piece.max(initial=0)) + 1, -1)
        number[kept] = np.arange(len(kept))
        shift[:, 0] = np.maximum(number[ground.piece], 0) * 4.0 * float(np.ptp(mesh.positions, axis=0).max(initial=0.0))
        has_level = np.asarray(number[ground.piece] >= 0)
    places = mesh.positions + shift
    held = has_level[mesh.faces[:, 0]]
    row = np.cumsum(held) - 1
    points = points_of(places, mesh.faces)
    return View(shift, points.rows(np.flatnonzero(held[points.face])), Target(places, mesh.faces[held]), row)


class Grouped(NamedTuple):
    """Vertices of a level by group: number (V',) of each, and one vertex (G,) of every group."""

    number: I32
    first: NDArray[np.int64]


def _grouped(names: I32) -> Grouped:
    _, first, number = np.unique(names, return_index=True, return_inverse=True)
    return Grouped(number.reshape(-1).astype(np.int32), first)


def _fit(ground: Ground, level: Mesh, origin: NDArray[np.int64]) -> Fitted:
    full, view = ground.mesh, ground.view(origin)
    shift, whole = view.shift, view.whole
    at_place = _grouped(ground.place[origin])
    faces = at_place.number[level.faces]
    # a coarse level is settled by fewer points
    points = view.points.rows(view.points.sample(max(POINTS_EACH * len(at_place.first), LEAST_POINTS)))
    places = at(points, full.positions + shift)
    local = points._replace(face=view.row[points.face])
    fine = len(level.faces) > 0.4 * len(full.faces)
    moved = refit_positions(
        local, places, whole, (level.positions + shift[origin])[at_place.first], faces, 1 if fine else 2
    )
    match = Target(moved, faces).match(places, whole.normals[local.face])
    out = replace(level, positions=(moved[at_place.number] - shift[origin]).astype(np.float32))
    if full.normals is not None and level.normals is not None:
        solver = Solver(matrix(level.faces, match, len(level.positions)), points.share)
        smooth = solver.solve(at(points, full.normals), level.normals.astype(np.float64))
        length = np.linalg.norm(smooth, axis=1, keepdims=True)
        out = replace(out, normals=(smooth / np.maximum(length, 1e-9)).astype(np.float32))
    if full.joints is not None and full.weights is not None and level.joints is not None and level.weights is not None:
        joints, weights = _fit_skin(full, level, points, match, _grouped(ground.skin[origin]))
        out = replace(out, joints=joints, weights=weights)
    if full.uvs is not None and full.uv_faces is not None and level.uvs is not None and level.uv_faces is not None:
        uvs, uv_faces = _fit_uvs(full, level, points, match)
        out = replace(out, uvs=uvs, uv_faces=uv_faces)
    if full.morphs:
        out = replace(out, morphs=_fit_shapes(full, level, points, match, at_place))
    return Fitted(out, points, match)


def dense_delta(morph: Morph, count: int) -> F32:
    """(count, 3) displacements of every vertex."""
    out = np.zeros((count, 3), np.float32)
    out[morph.index] = morph.delta
    return out


def _dense(joints: U16, weights: F32, columns: int) -> F64:
    out = np.zeros((len(joints), columns))
    np.add.at(out, (np.arange(len(out))[:, None], joints.astype(np.int64)), weights)
    return out


def _fit_skin(full: Mesh, level: Mesh, points: Points, match: Match, groups: Grouped) -> tuple[U16, F32]:
    assert full.joints is not None
    assert full.weights is not None
    assert level.joints is not None
    assert level.weights is not None
    used, number = np.unique(full.joints, return_inverse=True)
    own = np.searchsorted(used, level.joints).astype(np.uint16)
    dense = _dense(number.reshape(full.joints.shape).astype(np.uint16), full.weights, len(used))
    solver = Solver(matrix(groups.number[level.faces], match, len(groups.first)), points.share)
    prior = _dense(own, level.weights, len(used))[groups.first]
    solved = np.maximum(solver.solve(at(points, dense), prior), 0.0)[groups.number]
    width = min(INFLUENCES, len(used))
    top = np.argsort(-solved, axis=1, kind="stable")[:, :width]
    weights = np.take_along_axis(solved, top, axis=1)
    weights[weights < 1e-3] = 0.0
    total = weights.sum(axis=1, keepdims=True)
    lost = total[:, 0] <= 0
    weights = weights / np.where(total > 0, total, 1.0)
    joints = np.where(weights > 0, used[top], 0).astype(np.uint16)
    out_joints = np.zeros((len(joints), level.joints.shape[1]), np.uint16)
    out_weights = np.zeros((len(joints), level.joints.shape[1]), np.float32)
    out_joints[:, :width], out_weights[:, :width] = joints, weights
    out_weights[:, 0] = 1.0 - out_weights[:, 1:].sum(axis=1)
    out_joints[lost], out_weights[lost] = level.joints[lost], level.weights[lost]
    return out_joints, out_weights


def _fit_uvs(full: Mesh, level: Mesh, points: Points, match: Match) -> tuple[F32, I32]:
    """uvs that follow the moved vertices, each side of a seam for itself."""
    assert full.uvs is not None
    assert full.uv_faces is not None
    assert level.uvs is not None
    assert level.uv_faces is not None
    used, compact = np.unique(level.uv_faces, return_inverse=True)
    faces = compact.reshape(level.uv_faces.shape).astype(np.int32)
    own = level.uvs[used].astype(np.float64)
    wanted = np.einsum("nk,nkc->nc", points.weights, _corner_uvs(full, points))
    there = np.einsum("nk,nkc->nc", match.weights, own[faces[match.face]])
    same = np.abs(wanted - there).max(axis=1) < STRAY
    rows = match.rows(np.flatnonzero(same))
    if not len(rows.face):
        return own.astype(np.float32), faces
    solver = Solver(matrix(faces, rows, len(own)), points.share[same], hold=3e-2)
    return solver.solve(wanted[same], own).astype(np.float32), faces


def _corner_uvs(full: Mesh, points: Points) -> F64:
    """(N, 3, 2) uvs of the corners of each point's face, in the order of the point's corners."""
    assert full.uvs is not None
    assert full.uv_faces is not None
    return full.uvs[full.uv_faces[points.face]].astype(np.float64)


def _fit_shapes(full: Mesh, level: Mesh, points: Points, match: Match, groups: Grouped) -> tuple[Morph, ...]:
    """All shapes at once, over the part of the level that any of them moves."""
    moving = np.zeros(len(full.positions), bool)
    for morph in full.morphs:
        moving[morph.index] = True
    rows = np.flatnonzero(moving[points.corners].any(axis=1))
    corners = groups.number[level.faces[match.face[rows]]]
    there, inverse = np.unique(corners, return_inverse=True)
    local: I32 = np.asarray(inverse.reshape(corners.shape), np.int32)
    picked = Match(np.arange(len(rows)), match.weights[rows], match.distance[rows])
    part = points.rows(rows)
    solver = Solver(matrix(local, picked, len(there)), part.share)
    own = {m.name: dense_delta(m, len(level.positions))[groups.first[there]] for m in level.morphs}
    wanted = np.zeros((len(rows), len(full.morphs), 3))
    prior = np.zeros((len(there), len(full.morphs), 3))
    for k, morph in enumerate(full.morphs):
        wanted[:, k] = at(part, dense_delta(morph, len(full.positions)))
        if morph.name in own:
            prior[:, k] = own[morph.name]
    solved = solver.solve(wanted.reshape(len(rows), -1), prior.reshape(len(there), -1)).reshape(prior.shape)
    most = np.abs(wanted).max(axis=0, initial=0.0)  # a vertex that few points speak for must not shoot over
    solved = np.clip(solved, -most, most)
    row = np.full(len(groups.first), -1)
    row[there] = np.arange(len(there))
    row = row[groups.number]
    hit = np.flatnonzero(row >= 0)
    out = []
    for k, morph in enumerate(full.morphs):
        delta = solved[row[hit], k].astype(np.float32)
        moves = np.abs(delta).max(axis=1, initial=0.0) > LEAST_MOVE
        if moves.any():
            out.append(Morph(morph.name, hit[moves].astype(np.int32), delta[moves]))
    return tuple(out)
