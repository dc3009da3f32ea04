"""Lower levels of detail for every part, and how far each is off in millimetres."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..autorig.adopt import pose_matrices_of
from ..avatar import F32, I32, U16, Avatar, Mesh, Part, Skeleton
from ..geometry.refit import at
from ..humanoid import REQUIRED
from ..lod import Ladder, Probes, Rung, choose_rungs, drawn_faces, face_targets, is_trim, item_ladder, ladder
from ..lod.fitted import Fitted, dense_delta, fitted_levels
from ..lod.gather import Shapes, concatenate_shapes, take_faces, without_hidden
from ..lod.probes import NOWHERE, together
from ..pipeline import stage
from ..rig import POSES

LEVELS = (1.0, 0.5, 0.25, 0.12)
WITHIN = 0.01  # of a level's faces: nearer to the goal than this is near enough
ATTEMPTS = 3
MILLIMETRES = 1000.0
SAMPLED = 1500  # points of a fitted level that are measured
SUNK, DEEPEST = 0.3, 0.012  # of the mean edge; metres
LIFTED, HIGHEST = 0.15, 0.008


@stage("lods", cost=35)
def build_lods(avatar: Avatar, levels: Sequence[float] = LEVELS) -> Avatar:
    """Build the levels of detail."""
    parts = [p for p in avatar.parts if len(p.mesh.faces)]
    if not parts or len(levels) < 2 or all(len(p.lods) > 1 for p in parts):
        return avatar.map_parts(without_hidden)
    # a skeleton that was renamed for an engine cannot be posed any more: its levels are measured at rest
    skeleton = avatar.skeleton
    matrices = test_matrices(skeleton) if skeleton is not None and set(skeleton.names) >= REQUIRED else None
    if avatar.base is None:
        fitted = {p.name: p for p in fit_levels([without_hidden(p) for p in parts], levels[1:], matrices)}
        return avatar.map_parts(lambda part: fitted.get(part.name, part))
    whole = [item_ladder(p) for p in parts]
    if all(whole):
        steps = pick_levels(parts, [w for w in whole if w], levels[1:])
    else:
        parts = [without_hidden(p) for p in parts]
        steps = [exact_steps(p, w) for p, w in zip(parts, choose_levels(parts, levels[1:]), strict=True)]
    done = {p.name: with_levels(p, chosen, matrices) for p, chosen in zip(parts, steps, strict=True)}
    return avatar.map_parts(lambda part: done.get(part.name, part))


def fit_levels(parts: Sequence[Part], ratios: Sequence[float], matrices: F32 | None) -> list[Part]:
    """Parts that came from elsewhere with their levels, which are fitted: see `lod.fitted`."""
    roles, counts = [p.role for p in parts], [len(p.mesh.faces) for p in parts]
    targets = [face_targets(roles, counts, r) for r in ratios]
    out = []
    for i, part in enumerate(parts):
        made = fitted_levels(part.mesh, [t[i] for t in targets])
        errors = [fitted_errors(part.mesh, level, matrices) for level in made]
        out.append(replace(part, lods=(part.mesh, *(m.mesh for m in made)), lod_errors=({}, *errors)))
    return out


def fitted_errors(full: Mesh, level: Fitted, matrices: F32 | None) -> Mapping[str, float]:
    """How far a fitted level is off: at rest, in all test poses, in all shapes; largest and mean, millimetres."""
    some = level.points.sample(SAMPLED)
    points, match = level.points.rows(some), level.match.rows(some)
    faces = level.mesh.faces[match.face]
    found = {"geometric": match.distance}
    if matrices is not None and full.joints is not None and full.weights is not None:
        here = _posed_at(full, points.corners, points.weights, matrices)
        there = _posed_at(level.mesh, faces, match.weights, matrices)
        found["posed"] = np.linalg.norm((here - there).reshape(len(some), -1, 3), axis=2).max(axis=1, initial=0.0)
    if full.morphs:
        rest = at(points, full.positions) - np.einsum("nk,nkc->nc", match.weights, level.mesh.positions[faces])
        coarse = {m.name: m for m in level.mesh.morphs}
        worst = np.linalg.norm(rest, axis=1)
        for morph in full.morphs:
            gap = rest + at(points, dense_delta(morph, len(full.positions)))
            if (other := coarse.get(morph.name)) is not None:
                delta = dense_delta(other, len(level.mesh.positions))
                gap -= np.einsum("nk,nkc->nc", match.weights, delta[faces])
            worst = np.maximum(worst, np.linalg.norm(gap, axis=1))
        found["expressive"] = worst
    out: dict[str, float] = {}
    for name, errors in found.items():
        out[f"{name}_mm"] = float(errors.max(initial=0.0)) * MILLIMETRES
        out[f"{name}_mean_mm"] = float(np.average(errors, weights=points.share + 1e-12)) * MILLIMETRES
    return out


def _posed_at(mesh: Mesh, corners: I32, weights: NDArray[np.float64], matrices: F32) -> NDArray[np.float64]:
    """(N, P * 3) points of a mesh in all poses. corners, weights: (N, 3)."""
    assert mesh.joints is not None
    assert mesh.weights is not None
    used, row = np.unique(corners, return_inverse=True)
    posed = in_poses(mesh.positions[used], mesh.joints[used], mesh.weights[used], matrices)
    return np.asarray(np.einsum("nk,nkc->nc", weights, posed[row.reshape(corners.shape)].astype(np.float64)))


class Step(NamedTuple):
    """A level as this avatar shows it: faces and uv_faces (F', 3) over the full mesh, and where to look for errors."""

    faces: I32
    uv_faces: I32 | None
    probes: Probes


def exact_steps(part: Part, chosen: Ladder) -> list[Step]:
    """Full detail and all levels of a ladder."""
    mesh = part.mesh
    return [
        Step(mesh.faces, mesh.uv_faces, NOWHERE),
        *(Step(r.vertices[r.faces], r.uv_faces, r.probes) for r in chosen.rungs),
    ]


def pick_levels(parts: Sequence[Part], ladders: Sequence[Ladder], ratios: Sequence[float]) -> list[list[Step]]:
    """Per part what it shows at full detail and at each of `ratios` of all that is visible."""
    shown = [
        [_full(p), *(_masked(r, p.hidden) for r in chosen.rungs)] for p, chosen in zip(parts, ladders, strict=True)
    ]
    counts = [[len(s.faces) for s in steps] for steps in shown]
    roles = [p.role for p in parts]
    picks = [[0] * len(parts)]
    for ratio in ratios:
        picks.append(choose_rungs(roles, counts, ratio, picks[-1]))
    return [[steps[level[i]] for level in picks] for i, steps in enumerate(shown)]


def _full(part: Part) -> Step:
    mesh = part.mesh
    if part.hidden is None:
        return Step(mesh.faces, mesh.uv_faces, NOWHERE)
    drawn = part.drawn
    return Step(mesh.faces[drawn], None if mesh.uv_faces is None else mesh.uv_faces[drawn], NOWHERE)


def _masked(rung: Rung, hidden: NDArray[np.bool_] | None) -> Step:
    faces = rung.vertices[rung.faces]
    if hidden is None:
        return Step(faces, rung.uv_faces, rung.probes)
    keep = drawn_faces(faces, rung.host, rung.heir, hidden)
    return Step(faces[keep], None if rung.uv_faces is None else rung.uv_faces[keep], rung.probes.seen(~hidden))


def choose_levels(parts: Sequence[Part], ratios: Sequence[float]) -> list[Ladder]:
    """A ladder per part, so that all parts together have `ratios` of their faces.

    When some part cannot go as low as asked, the others make up for it.
    """
    roles, counts = [p.role for p in parts], [len(p.mesh.faces) for p in parts]
    reached: list[list[int] | None] = [None] * len(ratios)
    ladders: list[Ladder] = []
    for _ in range(ATTEMPTS):
        targets = [face_targets(roles, counts, r, done) for r, done in zip(ratios, reached, strict=True)]
        ladders = [ladder(p, [t[i] for t in targets]) for i, p in enumerate(parts)]
        got = [[len(rungs.rungs[k].faces) for rungs in ladders] for k in range(len(ratios))]
        off = [abs(sum(g) / (r * sum(counts)) - 1) for g, r in zip(got, ratios, strict=True)]
        if max(off) < WITHIN:
            break
        reached = [_stuck(g, t) for g, t in zip(got, targets, strict=True)]
    return ladders


def _stuck(got: Sequence[int], targets: Sequence[int]) -> list[int]:
    """What the parts that could not reach their targets have; 0 for the others."""
    return [n if n > 1.02 * t else 0 for n, t in zip(got, targets, strict=True)]


def with_levels(part: Part, steps: Sequence[Step], matrices: F32 | None) -> Part:
    """The part with all its levels and their errors, and nothing hidden left."""
    mesh, shapes = part.mesh, concatenate_shapes(part.mesh.morphs)
    probes = [step.probes for step in steps[1:]]
    found = _errors(mesh, together(probes), shapes, matrices)
    cuts = np.cumsum([0, *(len(p.vertex) for p in probes)])
    spans = [slice(a, b) for a, b in pairwise(cuts.tolist())]
    shifts = [_shift(part, step.faces) for step in steps[1:]]
    moved = [_moved(p, shift) for p, shift in zip(probes, shifts, strict=True)]
    errors = [
        _summary({n: e[s] + more for n, e in found.items()}, p) for p, s, more in zip(probes, spans, moved, strict=True)
    ]
    meshes: list[Mesh] = []
    for k, step in enumerate(steps):
        same = k > 0 and step is steps[k - 1]
        if same:
            meshes.append(meshes[-1])
            continue
        source = mesh if k == 0 else _eased(mesh, shifts[k - 1])
        meshes.append(take_faces(source, shapes, step.faces, step.uv_faces))
    # the binding speaks of the whole mesh
    binding = part.binding if len(meshes[0].positions) == len(mesh.positions) else None
    return replace(part, lods=tuple(meshes), lod_errors=({}, *errors), hidden=None, binding=binding)


def _shift(part: Part, faces: I32) -> F32 | None:
    """How far each vertex (V,) of a level moves along its normal, metres: hidden ones inward, trims outward.

    Coarse skin and coarse cloth cut through each other near hems, and so do cloth and its trim; what nobody sees may
    go deeper instead. In proportion to the level's edges. faces: (F', 3) of the level. None: nothing moves.
    """
    mesh, lifted = part.mesh, is_trim(part)
    if mesh.normals is None or not len(faces) or (part.hidden is None and not lifted):
        return None
    sides = mesh.positions[faces] - mesh.positions[np.roll(faces, 1, axis=1)]
    length = float(np.sqrt(np.einsum("fkc,fkc->fk", sides, sides)).mean())
    shift = np.full(len(mesh.positions), min(LIFTED * length, HIGHEST) if lifted else 0.0, np.float32)
    if part.hidden is not None:
        shift[part.hidden] = -min(SUNK * length, DEEPEST)
    return shift


def _eased(mesh: Mesh, shift: F32 | None) -> Mesh:
    if shift is None or mesh.normals is None:
        return mesh
    return replace(mesh, positions=mesh.positions + shift[:, None] * mesh.normals)


def _moved(probes: Probes, shift: F32 | None) -> F32 | float:
    """What `shift` adds to the error at each probe, at most: (N,) metres."""
    if shift is None:
        return 0.0
    return np.asarray(np.einsum("nk,nk->n", np.abs(probes.weights), np.abs(shift)[probes.corners]), np.float32)


def _summary(found: Mapping[str, F32], probes: Probes) -> Mapping[str, float]:
    out: dict[str, float] = {}
    for name, errors in found.items():
        out[f"{name}_mm"] = float(errors.max(initial=0.0)) * MILLIMETRES
        out[f"{name}_mean_mm"] = probes.mean(errors) * MILLIMETRES
    return out


def test_matrices(skeleton: Skeleton) -> F32:
    """(J, P, 3, 4) skinning matrices of all test poses."""
    poses = [pose_matrices_of(skeleton, pose)[:, :3] for pose in POSES.values()]
    return np.ascontiguousarray(np.stack(poses, axis=1), np.float32)


def _errors(mesh: Mesh, probes: Probes, shapes: Shapes | None, matrices: F32 | None) -> dict[str, F32]:
    """Metres at each probe, by kind. Only the vertices that probes look at are posed and moved."""
    looked = np.zeros(len(mesh.positions), bool)
    looked[probes.vertex] = True
    looked[probes.corners] = True
    row = np.cumsum(looked, dtype=np.int32) - 1
    local = probes._replace(vertex=row[probes.vertex], corners=row[probes.corners])
    rest = mesh.positions[looked]
    away = local.gaps(rest)
    still = np.einsum("nc,nc->n", away, away)
    found = {"geometric": _plane_distance(rest, local, away)}
    if matrices is not None and mesh.joints is not None and mesh.weights is not None:
        found["posed"] = np.sqrt(
            _largest(local.gaps(in_poses(rest, mesh.joints[looked], mesh.weights[looked], matrices)))
        )
    if shapes is not None:
        rows = np.flatnonzero(looked[shapes.vertex])
        number = np.searchsorted(shapes.ends, rows, side="right")
        field = np.zeros((len(rest), len(shapes.ends), 3), np.float32)
        field[row[shapes.vertex[rows]], number] = shapes.delta[rows]
        moved = (
            local.gaps(field.reshape(len(field), 3 * len(shapes.ends))).reshape(len(away), len(shapes.ends), 3)
            + away[:, None]
        )
        found["expressive"] = np.sqrt(np.maximum(_largest(moved), still))
    return found


def _largest(moved: F32) -> F32:
    """(N,) the largest squared length among each row's vectors."""
    cubes = moved.reshape(len(moved), moved.size // max(3 * len(moved), 1), 3)
    return np.asarray(np.einsum("npc,npc->np", cubes, cubes).max(axis=1, initial=0.0))


def in_poses(rest: F32, joints: U16, weights: F32, matrices: F32) -> F32:
    """(N, P * 3) positions in all poses."""
    flat = matrices.reshape(len(matrices), -1)
    blended = flat[joints[:, 0]] * weights[:, :1]
    for k in range(1, joints.shape[1]):
        more = np.flatnonzero(weights[:, k])
        blended[more] += flat[joints[more, k]] * weights[more, k : k + 1]
    cube = blended.reshape(len(rest), matrices.shape[1] * 3, 4)
    return np.asarray(np.matmul(cube[:, :, :3], rest[:, :, None])[:, :, 0] + cube[:, :, 3])


def _plane_distance(positions: F32, probes: Probes, away: F32) -> F32:
    """(N,) distance to the level's face where the probe lies over its inside, else to the point that stands for it."""
    a, b, c = (positions[probes.corners[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    area = np.sqrt(np.einsum("nc,nc->n", across, across))
    height = np.abs(np.einsum("nc,nc->n", away, across)) / np.maximum(area, 1e-20)
    inside = (probes.weights > 1e-3).all(axis=1) & (area > 1e-14)
    return np.asarray(np.where(inside, height, np.sqrt(np.einsum("nc,nc->n", away, away))), np.float32)
