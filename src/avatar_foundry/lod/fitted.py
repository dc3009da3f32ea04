"""Levels of a mesh that came from elsewhere: chosen by the simplifier, then fitted to the full mesh.

The levels of our own body and wardrobe are picked once per topology and only gather what the full mesh has. An upload
is seen once, so its levels may take the time to move: positions, normals, uvs, skin weights and shapes are solved for.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, U16, Mesh, Morph
from ..geometry import components, vertex_normals
from ..geometry.channels import contact_vertices, spread_out
from ..geometry.refit import Match, Points, Solver, Target, at, matrix, points_of, refit_positions
from ..geometry.simplify import Weighting, build_levels
from .gather import concatenate_shapes, take_faces
from .ladder import CONTACTS, LOCKED_SHARE

F64 = NDArray[np.float64]
# Found on seven characters at 25 %: skin counts twice as much as on our own bodies, since weights of uploads change
# faster; normals and uvs less, since they are solved for afterwards. Seams may open: uploads have many.
WEIGHTING = Weighting(normal=0.06, uv=0.5, skin=0.5, shape=6.0, permissive=True)
STRAY = 0.05  # of uv space: a point whose uv is so far from the level's lies across a seam
LEAST_MOVE = 1e-6  # metres
INFLUENCES = 4
MANY = 64  # pieces


class Fitted(NamedTuple):
    """mesh: a level.  points, match: where points of the full mesh lie on it, to measure by."""

    mesh: Mesh
    points: Points
    match: Match


def fitted_levels(mesh: Mesh, targets: Sequence[int]) -> list[Fitted]:
    """Levels of `mesh` with about `targets` faces each (falling), fitted to it. Deterministic."""
    shapes = [(m.index, m.delta) for m in mesh.morphs]
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
    return [
        _fit(mesh, take_faces(mesh, gathered, level.faces, level.uv_faces), np.unique(level.faces)) for level in levels
    ]


def _apart(full: Mesh, origin: NDArray[np.int64]) -> tuple[F64, NDArray[np.bool_]]:
    """What to add to the full mesh's vertices (V, 3) so that its pieces lie far apart, and whether each has a level.

    So an upper tooth never stands for a lower one, nor an ear-ring for the ear. Meshes of very many pieces stay.
    """
    piece = components(full.faces, len(full.positions))
    kept = np.unique(piece[origin])
    shift = np.zeros((len(full.positions), 3))
    if len(kept) > MANY:
        return shift, np.ones(len(shift), bool)
    number = np.full(int(piece.max(initial=0)) + 1, -1)
    number[kept] = np.arange(len(kept))
    shift[:, 0] = np.maximum(number[piece], 0) * 4.0 * float(np.ptp(full.positions, axis=0).max(initial=0.0))
    return shift, np.asarray(number[piece] >= 0)


def _fit(full: Mesh, level: Mesh, origin: NDArray[np.int64]) -> Fitted:
    count = len(level.positions)
    shift, has_level = _apart(full, origin)
    places, own_faces = full.positions + shift, full.faces[has_level[full.faces[:, 0]]]
    moved = refit_positions(places, own_faces, level.positions + shift[origin], level.faces)
    points = points_of(places, full.faces)
    there = has_level[points.corners[:, 0]]
    points = points._replace(share=np.where(there, points.share, 0.0))
    match = Target(moved, level.faces).match(at(points, places), Target(places, full.faces).normals[points.face])
    solver = Solver(matrix(level.faces, match, count), points.share)
    out = replace(level, positions=(moved - shift[origin]).astype(np.float32))
    if full.normals is not None and level.normals is not None:
        smooth = solver.solve(at(points, full.normals), vertex_normals(out.positions, out.faces).astype(np.float64))
        length = np.linalg.norm(smooth, axis=1, keepdims=True)
        out = replace(out, normals=(smooth / np.maximum(length, 1e-9)).astype(np.float32))
    if full.joints is not None and full.weights is not None and level.joints is not None and level.weights is not None:
        joints, weights = _fit_skin(full, level, points, solver)
        out = replace(out, joints=joints, weights=weights)
    if full.uvs is not None and full.uv_faces is not None and level.uvs is not None and level.uv_faces is not None:
        uvs, uv_faces = _fit_uvs(full, level, points, match)
        out = replace(out, uvs=uvs, uv_faces=uv_faces)
    if full.morphs:
        out = replace(out, morphs=_fit_shapes(full, level, points, match, count))
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


def _fit_skin(full: Mesh, level: Mesh, points: Points, solver: Solver) -> tuple[U16, F32]:
    assert full.joints is not None
    assert full.weights is not None
    assert level.joints is not None
    assert level.weights is not None
    used, number = np.unique(full.joints, return_inverse=True)
    own = np.searchsorted(used, level.joints).astype(np.uint16)
    dense = _dense(number.reshape(full.joints.shape).astype(np.uint16), full.weights, len(used))
    solved = np.maximum(solver.solve(at(points, dense), _dense(own, level.weights, len(used))), 0.0)
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


def _fit_shapes(full: Mesh, level: Mesh, points: Points, match: Match, count: int) -> tuple[Morph, ...]:
    """All shapes at once, over the part of the level that any of them moves."""
    moving = np.zeros(len(full.positions), bool)
    for morph in full.morphs:
        moving[morph.index] = True
    rows = np.flatnonzero(moving[points.corners].any(axis=1))
    corners = level.faces[match.face[rows]]
    there, local = np.unique(corners, return_inverse=True)
    local = np.asarray(local, np.int32).reshape(corners.shape)
    every = np.arange(len(rows))
    picked = Match(every, match.weights[rows], match.distance[rows])
    solver = Solver(matrix(local, picked, len(there)), points.share[rows], hold=1e-3)
    place = np.full(count, -1)
    place[there] = np.arange(len(there))
    number = {m.name: k for k, m in enumerate(full.morphs)}
    prior = np.zeros((len(there), len(number), 3))
    for morph in level.morphs:
        hit = place[morph.index]
        prior[hit[hit >= 0], number[morph.name]] = morph.delta[hit >= 0]
    part = points.rows(rows)
    wanted = np.zeros((len(rows), len(number), 3))
    for morph, k in zip(full.morphs, number.values(), strict=True):
        wanted[:, k] = at(part, dense_delta(morph, len(full.positions)))
    solved = solver.solve(wanted.reshape(len(rows), -1), prior.reshape(len(there), -1)).reshape(prior.shape)
    most = np.abs(wanted).max(axis=0, initial=0.0)  # a vertex that few points speak for must not shoot over
    solved = np.clip(solved, -most, most)
    out = []
    for name, k in number.items():
        delta = solved[:, k].astype(np.float32)
        rows_moved = np.flatnonzero(np.abs(delta).max(axis=1) > LEAST_MOVE)
        if len(rows_moved):
            out.append(Morph(name, there[rows_moved].astype(np.int32), delta[rows_moved]))
    return tuple(out)
