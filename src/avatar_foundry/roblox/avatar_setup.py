"""The body for Roblox's Avatar Setup, which rigs and cages bodies itself.

It takes the fifteen parts under their names without a rig, places joints by how they part the body, and wants the front
along -Z, in A or T pose (create.roblox.com, Avatar Setup model requirements). Eyes, teeth and tongue are shells of
their own in the head's mesh.
"""

from dataclasses import replace

import numpy as np

from ..avatar import Avatar, Mesh
from .names import PIECE_NAMES, geo

HALF_TURN = np.array([-1.0, 1.0, -1.0], np.float32)  # about +Y


def for_avatar_setup(avatar: Avatar) -> Avatar:
    """An R15 body's fifteen parts at rest, without rig, cages, attachments and frames, turned to face -Z."""
    wanted = {geo(n) for n in PIECE_NAMES}
    parts = tuple(
        replace(p, lods=(turned(p.mesh),), lod_errors=(), properties={}) for p in avatar.parts if p.name in wanted
    )
    used = {p.material for p in parts}
    return replace(
        avatar,
        parts=parts,
        materials=tuple(m for m in avatar.materials if m.name in used),
        skeleton=None,
        clips=(),
    )


def turned(mesh: Mesh) -> Mesh:
    """The mesh without skin and shapes, turned half way about +Y."""
    normals = None if mesh.normals is None else mesh.normals * HALF_TURN
    return replace(mesh, positions=mesh.positions * HALF_TURN, normals=normals, joints=None, weights=None, morphs=())
