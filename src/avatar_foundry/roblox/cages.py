"""Outer cages: a template's vertices moved onto the fifteen parts, their number, order and uvs untouched.

Layered clothing is deformed from one cage to another by the uvs that all cages share: so the template is the user's
own, from Roblox, and only its vertices' places change. Each cage is brought to its part by an affine map between two
limbs, then kept a little outside the part's surface.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Material, Mesh, Part
from ..geometry import vertex_normals
from ..geometry.distance import signed_distance
from .names import PIECES, STUD, cage

F64 = NDArray[np.float64]

CLEAR = 0.03 * STUD  # metres that a cage lies outside its part at least
FAR = 0.35 * STUD  # and at most; Roblox refuses 0.60 studs
ROUNDS = 3
FARTHEST = 0.60  # studs
MOST_INSIDE = 0.30  # share of a cage's vertices
#: What cages and attachments are made of; nobody sees them.
PLAIN = Material("Cage")
CHAINS = (("UpperArm", "LowerArm", "Hand"), ("UpperLeg", "LowerLeg", "Foot"))


class Cage(NamedTuple):
    """positions: (V, 3), faces: (F, 3), uvs: (U, 2), uv_faces: (F, 3) of one cage of the template."""

    positions: F32
    faces: I32
    uvs: F32
    uv_faces: I32


Template = Mapping[str, Cage]
"""Piece name -> its cage."""


def template_of(parts: tuple[Part, ...]) -> dict[str, Cage]:
    """The cages among the parts of a file, by piece; empty without any."""
    found = {}
    named = {p.name: p.mesh for p in parts}
    for piece in PIECES:
        mesh = named.get(cage(piece.name))
        if mesh is not None and mesh.uvs is not None and mesh.uv_faces is not None:
            found[piece.name] = Cage(mesh.positions, mesh.faces, mesh.uvs, mesh.uv_faces)
    return found


def fit_cages(template: Template, meshes: Mapping[str, Mesh]) -> list[Part]:
    """The template's cages around `meshes` (by piece), as parts without skin and material."""
    frames_theirs = frames({n: c.positions.astype(np.float64) for n, c in template.items()})
    frames_ours = frames({n: m.positions.astype(np.float64) for n, m in meshes.items()})
    out = []
    for name, found in template.items():
        if name not in meshes:
            continue
        goal = meshes[name]
        placed = onto(found.positions.astype(np.float64), frames_theirs[name], goal.positions, frames_ours[name])
        positions = outside(placed, goal)
        mesh = Mesh(positions, found.faces, vertex_normals(positions, found.faces), found.uvs, found.uv_faces)
        out.append(Part(cage(name), "cage", (mesh,), PLAIN.name))
    return out


def frames(clouds: Mapping[str, F64]) -> dict[str, F64]:
    """(3, 3) axes of each piece, rows: across, along the limb downwards, front; the trunk's are the model's."""
    middles = {n: (p.min(axis=0) + p.max(axis=0)) / 2 for n, p in clouds.items()}
    out = {n: np.eye(3) for n in clouds}
    for side in ("Left", "Right"):
        for chain in CHAINS:
            names = [side + n for n in chain if side + n in clouds]
            if len(names) < 2 or "Leg" in chain[0]:
                continue  # legs stand in every template
            along = middles[names[-1]] - middles[names[0]]
            along[2] = 0.0
            along /= max(float(np.linalg.norm(along)), 1e-9)
            across = np.array([-along[1], along[0], 0.0])
            for n in names:
                out[n] = np.stack([across, -along, [0.0, 0.0, 1.0]])
    return out


def onto(points: F64, theirs: F64, goal: F32, ours: F64) -> F64:
    """Points whose box along `theirs` axes comes to lie on the box of `goal` along `ours`."""
    a, b = points @ theirs.T, goal.astype(np.float64) @ ours.T
    low_a, size_a = a.min(axis=0), np.maximum(np.ptp(a, axis=0), 1e-9)
    return np.asarray(((a - low_a) / size_a * np.ptp(b, axis=0) + b.min(axis=0)) @ ours)


def outside(points: F64, goal: Mesh) -> F32:
    """Points brought to between CLEAR and FAR outside a closed mesh."""
    normals = vertex_normals(goal.positions, goal.faces)
    out = points.astype(np.float32)
    for _ in range(ROUNDS):
        distance, found = signed_distance(out, goal.positions, goal.faces, normals)
        wrong = (distance < CLEAR) | (distance > FAR)
        if not wrong.any():
            break
        away = (out - found.point) * np.sign(distance)[:, None]
        length = np.linalg.norm(away, axis=1, keepdims=True)
        smooth = np.einsum("nc,ncj->nj", found.weights, normals[goal.faces[found.face]])
        way = np.where(length > 1e-5, away / np.maximum(length, 1e-9), smooth)
        goal_distance = np.clip(distance, 1.05 * CLEAR, 0.95 * FAR)[:, None]
        out = np.where(wrong[:, None], found.point + way * goal_distance, out).astype(np.float32)
    return out


def measured(positions: F32, goal: Mesh) -> tuple[float, float]:
    """Of a cage around a part: the largest distance in studs, and the share of vertices inside."""
    normals = vertex_normals(goal.positions, goal.faces)
    distance, _ = signed_distance(positions, goal.positions, goal.faces, normals)
    return float(np.abs(distance).max() / STUD), float((distance < 0).mean())
