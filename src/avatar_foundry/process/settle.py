"""Where the avatar stands, how it rests, and textures that its platform can take."""

from dataclasses import replace
from typing import Literal

import numpy as np

from ..autorig.adopt import rest_pose
from ..autorig.adopt_places import upright
from ..autorig.fit import metres_per_unit
from ..avatar import Avatar, Material
from ..pipeline import stage
from ..repair import Options as RepairOptions
from ..repair import apply_fixes
from ..repair.place import transform
from ..rig import ground
from .ledger import Ledger
from .places import Placing


@stage("rigging", cost=20)
def stand(avatar: Avatar, ledger: Ledger) -> Avatar:
    """Stand the avatar upright, facing +Z, in metres."""
    if avatar.skeleton is None:
        return avatar
    at = {n: avatar.skeleton.rest[i, :3, 3].astype(np.float64) for i, n in enumerate(avatar.skeleton.names)}
    turn = upright(at)
    points = np.concatenate([p.mesh.positions for p in avatar.parts if len(p.mesh.faces)])
    height = float(np.ptp(points.astype(np.float64) @ turn.T, axis=0)[1])
    unit = ledger.source.unit_metres if ledger.source is not None else None
    scale = unit if unit and 0.2 <= unit * height <= 6.0 else metres_per_unit(height)
    if ledger.fit is not None:
        scale = 1.0  # it was placed when it was found
    same = np.array_equal(turn, np.eye(3)) and scale == 1.0
    stood = ground(avatar if same else transform(avatar, scale=scale, turn=turn))
    if ledger.rig is not None and stood.skeleton is not None:
        first = stood.skeleton.rest[0, :3, 3] - scale * turn @ avatar.skeleton.rest[0, :3, 3]
        ledger.rig.placing = ledger.rig.placing.then(Placing(scale, turn, first.astype(np.float64)))
    return stood


@stage("rigging", cost=60)
def rest_in(avatar: Avatar, pose: Literal["T", "A"]) -> Avatar:
    """Set the rest pose."""
    return ground(rest_pose(avatar, pose))


@stage("texturing", cost=100)
def take_textures(avatar: Avatar, ledger: Ledger, limit: int) -> Avatar:
    """Fit the textures to the platform."""
    fitted, applied = apply_fixes(avatar, TEXTURE_FIXES, RepairOptions(texture_limit=limit))
    ledger.applied += applied
    return fitted


@stage("repairing", cost=1)
def give_materials(avatar: Avatar) -> Avatar:
    """Give a plain material to what has none."""
    known = {m.name for m in avatar.materials}
    bare = [p.name for p in avatar.parts if p.material not in known]
    if not bare:
        return avatar
    name = next(n for n in ("surface", *(f"surface_{k}" for k in range(1, 999))) if n not in known)
    given = avatar.map_parts(lambda p: p if p.material in known else replace(p, material=name))
    return replace(given, materials=(*avatar.materials, Material(name)))


TEXTURE_FIXES = ("resize-textures", "convert-textures")
