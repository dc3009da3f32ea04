"""The head of an avatar that has expressions: skin, eyes, teeth and tongue keep their shape, hair becomes one shell.

Each piece is closed. What moves with the face keeps its own vertices through the simplifier, so that its shapes stay
exact; only teeth, of which there are dozens, are cast anew, upper and lower.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Frozen, Mesh, Part
from ..geometry import boundary_edges, components, face_cross, vertex_normals
from ..geometry.distance import closest_points
from ..geometry.simplify import Weighting, build_levels
from ..lod.gather import concatenate_shapes, take_faces
from .facs import CONTROLS, ORDER
from .names import MOST_COMPONENTS
from .shell import balanced, shell, sound, sparse, unfolded
from .solid import pieces, solid
from .surface import Surface, gather

F64 = NDArray[np.float64]

#: Triangles of pieces that are no skin.
SHARES = {"eyes": 260, "teeth": 320, "tongue": 90}
HAIR = 1150
TEETH_CELL = 0.0016  # metres
HAIR_CELL = 0.005
MANY = 4  # pieces of a part above which it is cast anew
MIDDLE = 0.012  # metres: halves of a shape fade into each other this far from the middle
DECALS = ("brows", "lashes")
LEAST = 0.35  # share of the head in a vertex's skin from which the vertex belongs to it: the neck goes into the collar


@dataclass(frozen=True, eq=False, slots=True)
class Piece(Frozen):
    """One closed mesh of the head. kind: the role of the part it comes from, or "shell".

    skin: (V, P) shares of the body's pieces.  poses: (C, V, 3) how each control of `facs.ORDER` moves it, metres.
    surface: where its colours come from.
    """

    kind: str
    positions: F32
    normals: F32
    faces: I32
    skin: F32
    poses: F32
    surface: Surface


def has_face(parts: Sequence[Part]) -> bool:
    """Whether any part has shapes that make a face."""
    there = {m.name for p in parts for m in p.mesh.morphs}
    return "jawOpen" in there or len(there & {"eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft"}) > 1


def build_head(
    parts: Sequence[Part], materials: Mapping[str, int], owner: I32, head: int, count: int, budget: int
) -> list[Piece]:
    """The pieces of the head, skin first, with at most `budget` faces together."""
    moving = [p for p in parts if p.mesh.morphs and p.role not in DECALS]
    still = [p for p in parts if not p.mesh.morphs and p.role not in DECALS]
    left, out = budget, []
    skins: list[tuple[Part, Mesh, Surface]] = []
    for part in moving:
        mesh = of_head(part.mesh, gather([part], dict(materials), owner, count).skin[:, head])
        if not len(mesh.faces):
            continue
        surface = gather([replace(part, lods=(mesh,))], dict(materials), owner, count)
        share = SHARES.get(part.role)
        if share is None:
            skins.append((part, mesh, surface))
            continue
        number = len(np.unique(components(mesh.faces, len(mesh.positions))[mesh.faces[:, 0]]))
        made = (
            cast(part.role, mesh, surface, share) if number > MANY else [kept_or_cast(part.role, mesh, surface, share)]
        )
        out += made
        left -= sum(len(p.faces) for p in made)
    core = None
    if skins:
        core = skins[0][2]
    hair = hair_shell(still, materials, owner, head, count, HAIR, core)
    if hair is not None:
        out.append(hair)
        left -= len(hair.faces)
    total = sum(len(m.faces) for _, m, _ in skins)
    room = MOST_COMPONENTS - sum(count_of(p.faces) for p in out)
    whole = []
    for part, mesh, _ in sorted(skins, key=lambda entry: -len(entry[1].faces)):
        large = largest_pieces(mesh, max(room, 1))
        surface = gather([replace(part, lods=(large,))], dict(materials), owner, count)
        whole.append(kept_or_cast("body", large, surface, int(left * len(mesh.faces) / total)))
        room -= count_of(whole[-1].faces)
        if room < 1:
            break
    return [*whole, *out]


def count_of(faces: I32) -> int:
    """How many components faces fall into."""
    return len(np.unique(components(faces, int(faces.max(initial=0)) + 1)[faces[:, 0]]))


def largest_pieces(mesh: Mesh, most: int) -> Mesh:
    """The `most` components with the largest area: teeth one by one and lashes of uploads go first."""
    piece = components(mesh.faces, len(mesh.positions))[mesh.faces[:, 0]]
    area = np.bincount(piece, np.linalg.norm(face_cross(mesh.positions, mesh.faces), axis=1))
    if (area > 0).sum() <= most:
        return mesh
    keep = np.isin(piece, np.argsort(-area, kind="stable")[:most])
    uv_faces = None if mesh.uv_faces is None else mesh.uv_faces[keep]
    return take_faces(mesh, concatenate_shapes(mesh.morphs), mesh.faces[keep], uv_faces)


def kept_or_cast(kind: str, mesh: Mesh, surface: Surface, budget: int) -> Piece:
    """The mesh with its own vertices where that can be closed, else cast anew as a whole."""
    piece = kept(kind, mesh, surface, budget)
    if balanced(piece.faces):
        return piece
    height = float(np.ptp(mesh.positions[:, 1]))
    anew = cast_one(kind, mesh, np.ones(len(mesh.faces), bool), surface, budget, max(height / 90, TEETH_CELL), 1)
    return piece if anew is None else anew


def lean(head: int, count: int) -> F32:
    """(P,) what makes the head win from its LEAST share on."""
    out = np.zeros(count, np.float32)
    out[head] = 1 - 2 * LEAST
    return out


def of_head(mesh: Mesh, skin: F32) -> Mesh:
    """The faces that the head carries, closed. skin: (V,) its share."""
    keep = (skin[mesh.faces] >= LEAST).any(axis=1)
    uv_faces = None if mesh.uv_faces is None else mesh.uv_faces[keep]
    return take_faces(mesh, concatenate_shapes(mesh.morphs), mesh.faces[keep], uv_faces)


def closed(positions: F32, faces: I32) -> tuple[F32, I32, list[I32]]:
    """Every border loop closed by a fan around its middle: positions, faces, and the loops, one new vertex each."""
    edges = boundary_edges(faces)
    after: dict[int, list[int]] = {}
    for a, b in edges.tolist():
        after.setdefault(b, []).append(a)  # the filling runs against the border
    loops: list[I32] = []
    while after:  # border edges are few
        start = next(iter(after))
        loop, at = [], start
        while at in after:
            loop.append(at)
            nexts = after[at]
            following = nexts.pop()
            if not nexts:
                del after[at]
            at = following
            if at == start:
                break
        loops.append(np.array(loop, np.int32))
    added = [positions[loop].mean(axis=0) for loop in loops]
    fans = [
        np.stack([loop, np.roll(loop, -1), np.full(len(loop), len(positions) + k, np.int32)], axis=1)
        for k, loop in enumerate(loops)
    ]
    if not loops:
        return positions, faces, []
    return (
        np.concatenate([positions, np.array(added, np.float32)]),
        np.concatenate([faces, *fans]).astype(np.int32),
        loops,
    )


def kept(kind: str, mesh: Mesh, surface: Surface, budget: int) -> Piece:
    """The mesh closed and simplified, its vertices its own."""
    positions, faces, loops = closed(mesh.positions, mesh.faces)
    poses = control_poses(mesh)
    skin = surface.skin
    if loops:
        poses = np.concatenate([poses, np.stack([poses[:, loop].mean(axis=1) for loop in loops], axis=1)], axis=1)
        skin = np.concatenate([skin, np.stack([skin[loop].mean(axis=0) for loop in loops])])
    normals = vertex_normals(positions, faces)
    # fans lie inside: with their slope in it the rim would shade as an edge
    own = mesh.normals if mesh.normals is not None else vertex_normals(mesh.positions, mesh.faces)
    normals[: len(own)] = own
    shapes = []
    for control in poses:
        rows = np.flatnonzero(np.abs(control).max(axis=1) > 1e-5).astype(np.int32)
        if len(rows):
            shapes.append((rows, control[rows]))
    goal = budget
    for _ in range(5):
        level = build_levels(
            positions, faces, [goal], normals=normals, shapes=shapes, weighting=Weighting(normal=0.12, shape=3.0)
        )[-1]
        made = sound(positions, level.faces)
        if len(made) <= budget:
            break
        goal = int(0.95 * goal)
    rows, place = np.unique(made, return_inverse=True)
    return Piece(
        kind,
        unfolded(positions[rows], place.reshape(-1, 3).astype(np.int32)),
        normals[rows],
        place.reshape(-1, 3).astype(np.int32),
        sparse(skin[rows]),
        poses[:, rows],
        surface,
    )


def cast(kind: str, mesh: Mesh, surface: Surface, budget: int) -> list[Piece]:
    """Many small pieces as two closed ones: what the jaw moves, and what it does not."""
    poses = control_poses(mesh)
    drop = np.linalg.norm(poses[ORDER.index("JawDrop")], axis=1)
    lower = drop[mesh.faces].mean(axis=1) > 0.5 * max(float(drop.max(initial=0.0)), 1e-4)
    upper = cast_one(kind, mesh, ~lower, surface, budget // 2, TEETH_CELL, 1)
    if upper is not None:  # gums that stretch from jaw to jaw in the shapes stay with the upper one
        upper = replace(upper, poses=np.zeros_like(upper.poses))
    sides = (upper, cast_one(kind, mesh, lower, surface, budget // 2, TEETH_CELL, 1))
    return [p for p in sides if p is not None]


def cast_one(
    kind: str, mesh: Mesh, some: NDArray[np.bool_], surface: Surface, budget: int, cell: float, most: int
) -> Piece | None:
    """Some faces (F,) as a closed mesh of at most `most` components, which moves as they do; None without a solid."""
    if not some.any():
        return None
    rows, part = np.unique(mesh.faces[some]), surface.only(some)
    field = solid(part, cell, 2 * cell)
    found = next(iter(pieces(replace(field, label=np.zeros_like(field.label)), 1)), None)
    made = None if found is None else shell(found[1], found[2], found[3], part, budget, cell, most)
    if made is None:
        return None
    near = closest_points(made.positions, part.positions, part.faces)
    poses = control_poses(mesh)[:, rows][:, part.faces[near.face]]
    carried = np.einsum("nc,pncj->pnj", near.weights, poses).astype(np.float32)
    return Piece(kind, made.positions, made.normals, made.faces, made.skin, carried, part)


def hair_shell(
    parts: Sequence[Part],
    materials: Mapping[str, int],
    owner: I32,
    head: int,
    count: int,
    budget: int,
    core: Surface | None,
) -> Piece | None:
    """Hair, hats and collars on the head as one closed piece; None without any."""
    if not parts:
        return None
    whole = gather(parts, dict(materials), owner, count)
    mine = (whole.skin[whole.faces, head] >= 0.3).any(axis=1)
    if mine.sum() < 8:
        return None
    surface = whole.only(mine)
    field = solid(surface, HAIR_CELL, core=core, lean=lean(head, count))
    for number, vertices, faces, beyond in pieces(field, count):
        if number == head:
            made = shell(vertices, faces, beyond, surface, budget, HAIR_CELL, 3)
            if made is None:
                return None
            still = np.zeros((len(ORDER), len(made.positions), 3), np.float32)
            return Piece("shell", made.positions, made.normals, made.faces, made.skin, still, surface)
    return None


def control_poses(mesh: Mesh) -> F32:
    """(C, V, 3) metres: how each control of `facs.ORDER` moves the mesh; zero where it has no shape for it."""
    shapes = {m.name: m for m in mesh.morphs}
    x = mesh.positions[:, 0]
    left = np.clip(0.5 + x / (2 * MIDDLE), 0.0, 1.0)
    left = left * left * (3 - 2 * left)
    fades = {"": np.ones_like(x), "left": left, "right": 1 - left}
    out = np.zeros((len(ORDER), len(x), 3), np.float32)
    for c, control in enumerate(ORDER):
        for name, share in CONTROLS[control].items():
            shape, _, half = name.partition(".")
            if (m := shapes.get(shape)) is not None:
                out[c, m.index] += share * fades[half][m.index, None] * m.delta
    return out
