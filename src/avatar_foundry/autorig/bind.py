"""Skin weights for any mesh: from a fitted body where there is one, else from distances inside the solid."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, U16, Skeleton
from ..humanoid import AXIS65, INDEX
from ..rig import four_joints
from .surface import Surface
from .weights_cloth import drape, hang_back
from .weights_limbs import split_hand, split_twists
from .weights_pieces import find_pieces, harden
from .weights_proxies import Segments, bone_segments
from .weights_solid import blended, owners
from .weights_transfer import body_says, large_pieces
from .weights_voxels import Cells, sampler, solid_cells

F64 = NDArray[np.float64]
FINE = 110  # cells over the height
_BATCH = 100_000  # vertices that are reduced to four joints at a time
MOST_CELLS = 90_000  # a coarser grid serves what is bulky


class Fitted(Protocol):
    """What `bind` takes of a fit: the parametric body in the mesh's pose and space, or None."""

    @property
    def base(self) -> F32 | None: ...


def bind(surface: Surface, skeleton: Skeleton, fit: Fitted | None = None) -> tuple[U16, F32]:
    """Joints (V, 4) u16 into skeleton.names and weights (V, 4) f32 of every vertex.

    surface, skeleton and fit.base lie in one space: metres, +Y up, facing +Z. The skeleton holds canonical names and
    may lack the optional ones. Rows descend and sum to 1; a zero weight has joint 0. Deterministic.
    """
    full = bind_full(surface, skeleton, fit)
    joints, weights = np.empty((len(full), 4), np.uint16), np.empty((len(full), 4), np.float32)
    for at in range(0, len(full), _BATCH):
        part = slice(at, at + _BATCH)
        joints[part], weights[part] = four_joints(full[part].astype(np.float64))
    return joints, weights


def bind_full(surface: Surface, skeleton: Skeleton, fit: Fitted | None = None) -> F32:
    """(V, J) f32 weights before the four heaviest are kept; rows sum to 1."""
    at = {name: skeleton.rest[i, :3, 3].astype(np.float64) for i, name in enumerate(skeleton.names)}
    column = {name: i for i, name in enumerate(skeleton.names)}
    positions = surface.positions
    if not len(positions):
        return np.zeros((0, len(skeleton.names)), np.float32)
    low, high = float(positions[:, 1].min()), float(positions[:, 1].max())
    if not len(surface.faces) or high <= low:
        return nearest_bones(positions.astype(np.float64), bone_segments(at, high, low), column)
    cells = cells_of(surface, (high - low) / FINE)
    segments = bone_segments(at, high, low)
    bones = [n for n in skeleton.names if n in segments]
    parent = nearest_parents(bones)
    owner, far = owners(cells, bones, segments)
    inside = blended(cells, owner, far, bones, parent)
    pick = sampler(cells, positions)
    solid = pick @ inside
    points = positions.astype(np.float64)
    pieces = find_pieces(surface.faces, len(points))
    if fit is not None and fit.base is not None:
        rows = np.flatnonzero(large_pieces(points, surface.faces, pieces))
        solid[rows] += pick[rows] @ body_says(cells, inside, bones, fit.base, high - low)
    weights = np.zeros((len(positions), len(skeleton.names)), np.float32)
    weights[:, [column[b] for b in bones]] = solid
    drape(weights, points, surface.faces, pieces, cells, at, column)
    hang_back(weights, points, pieces, at, column)
    for side in ("left", "right"):
        split_hand(weights, points, at, column, side)
    split_twists(weights, points, at, column)
    weights = harden(weights, points, surface.faces, pieces, skeleton.names, at)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def nearest_bones(points: F64, segments: Segments, column: Mapping[str, int]) -> F32:
    """(V, J) f32: every point on the bone that is nearest through the air, for what has no surface."""
    bones = [b for b in column if b in segments]
    best, far = np.zeros(len(points), np.int64), np.full(len(points), np.inf)
    for bone in bones:
        for a, b in segments[bone]:
            axis = b - a
            t = np.clip((points - a) @ axis / max(float(axis @ axis), 1e-12), 0.0, 1.0)
            gap = np.linalg.norm(points - a - t[:, None] * axis, axis=1)
            best, far = np.where(gap < far, column[bone], best), np.minimum(gap, far)
    out = np.zeros((len(points), len(column)), np.float32)
    out[np.arange(len(points)), best] = 1.0
    return out


def cells_of(surface: Surface, size: float) -> Cells:
    """The mesh's solid cells, coarser than `size` when there would be too many."""
    cells = solid_cells(surface.positions, surface.faces, size)
    while len(cells.place) > MOST_CELLS:
        size *= max((len(cells.place) / MOST_CELLS) ** (1.0 / 3.0), 1.1)
        cells = solid_cells(surface.positions, surface.faces, size)
    return cells


def nearest_parents(bones: list[str]) -> dict[str, str]:
    """Each bone's nearest canonical ancestor among `bones`; the root has none."""
    out = {}
    for bone in bones:
        up = AXIS65[INDEX[bone]].parent
        while up and up not in bones:
            up = AXIS65[INDEX[up]].parent
        if up:
            out[bone] = up
    return out
