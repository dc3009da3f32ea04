"""A mesh with more triangles than the platform takes is brought down to its budget."""

from dataclasses import replace

import numpy as np

from ..avatar import Avatar, Mesh, Part
from ..fitting import Fitted
from ..geometry.simplify import build_levels
from ..lod import face_targets
from ..lod.fitted import WEIGHTING, fitted_levels
from ..lod.gather import concatenate_shapes, take_faces
from ..pipeline import stage
from .ledger import Ledger

HUGE = 400_000  # triangles: beyond this a mesh is thinned first, for what is left is still far finer than any budget
THINNED = 250_000


@stage("repairing", cost=50)
def meet_budget(avatar: Avatar, ledger: Ledger, triangles: int) -> Avatar:
    """Bring the mesh down to the platform's triangles."""
    counts = [len(p.mesh.faces) for p in avatar.parts]
    if not triangles or sum(counts) <= triangles:
        return avatar
    targets = face_targets([p.role for p in avatar.parts], counts, triangles / sum(counts))
    goal = dict(zip((id(p) for p in avatar.parts), targets, strict=True))
    slim = avatar.map_parts(lambda part: replace(part, lods=(reduced(part, goal[id(part)]),), lod_errors=()))
    left = sum(len(p.mesh.faces) for p in slim.parts)
    how = "every part simplified in proportion"
    ledger.fitted.append(Fitted("triangles", triangles, sum(counts), left, how))
    ledger.notes.append(
        f"The mesh has {sum(counts):,} triangles, of which {triangles:,} are wanted: {left:,} are kept."
    )
    return slim


def reduced(part: Part, target: int) -> Mesh:
    """The part's mesh with about `target` faces."""
    mesh = part.mesh
    if len(mesh.faces) <= target:
        return mesh
    if len(mesh.faces) > HUGE:
        mesh = thinned(mesh, max(THINNED, target))
    return fitted_levels(mesh, [target])[0].mesh if len(mesh.faces) > target else mesh


def thinned(mesh: Mesh, target: int) -> Mesh:
    """A subset of the mesh's vertices, nothing moved."""
    shapes = [(m.index, m.delta) for m in mesh.morphs]
    (level,) = build_levels(
        mesh.positions,
        mesh.faces,
        [target],
        uvs=mesh.uvs,
        uv_faces=mesh.uv_faces,
        normals=mesh.normals,
        joints=mesh.joints,
        weights=mesh.weights,
        shapes=shapes,
        weighting=WEIGHTING,
    )
    less = take_faces(mesh, concatenate_shapes(mesh.morphs), level.faces, level.uv_faces)
    if less.uvs is None or less.uv_faces is None:
        return less
    used, compact = np.unique(less.uv_faces, return_inverse=True)
    return replace(less, uvs=less.uvs[used], uv_faces=compact.reshape(less.uv_faces.shape).astype(np.int32))
