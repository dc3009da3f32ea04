"""Find the skeleton in a mesh that nobody rigged."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Frozen
from ..geometry import components
from .confidence import rate
from .joints import place
from .limbs import find_limbs
from .orient import Stand, find_stand, root_of, solid
from .surface import Surface
from .tree import grow
from .volume import F64, sample_surface

FINE = 96.0  # voxels along the height
UNITS = (1.0, 0.01, 0.001, 0.0254, 0.3048)  # metres, centimetres, millimetres, inches, feet
PLAUSIBLE = (0.4, 3.0)  # metres
USUAL = 1.7


@dataclass(frozen=True, eq=False, slots=True)
class Fit(Frozen):
    """A skeleton found in a surface.

    turn (3, 3), scale, shift (3,) take input points to canonical space (p' = scale * turn @ p + shift: metres, +Y up,
    facing +Z, feet on y = 0, centred on x). joints: places in canonical space of the bones of AXIS-65 that are there.
    confidence: per joint, P(error < 4 % of the height). humanoid: 0..1; reasons: what speaks against.
    base: (B, 3) the parametric body in the mesh's own shape and pose, canonical space, or None.
    """

    turn: F64
    scale: float
    shift: F64
    joints: Mapping[str, F64]
    confidence: Mapping[str, float]
    humanoid: float
    reasons: tuple[str, ...]
    base: F32 | None = None


def metres_per_unit(height: float) -> float:
    """The unit of a figure of this height: the first of UNITS that gives a plausible one, else whatever does."""
    for unit in UNITS:
        if PLAUSIBLE[0] <= height * unit <= PLAUSIBLE[1]:
            return unit
    return USUAL / max(height, 1e-12)


def fit(surface: Surface, hints: Mapping[str, NDArray[np.floating]] | None = None) -> Fit:
    """The skeleton in `surface`; hints: places of joints known beforehand, by canonical name, in input space."""
    positions = surface.positions.astype(np.float64)
    size = float(np.ptp(positions, axis=0).max())
    points, _, face = sample_surface(positions, surface.faces, 0.55 * size / FINE)
    piece = components(surface.faces, len(positions)).astype(np.int64)
    if len(piece) == len(positions):
        piece = piece[surface.faces[:, 0]]
    stand = find_stand(points, piece[face])
    return _measure(stand, points, hints or {})


def _measure(stand: Stand, points: F64, hints: Mapping[str, NDArray[np.floating]]) -> Fit:
    turn, scale, shift = stand.turn, stand.scale, stand.shift
    q = scale * points[stand.kept] @ turn.T + shift
    volume, graph = solid(q, FINE)
    tree = grow(volume, graph, root_of(volume), 2.0 * volume.cell)
    limbs = find_limbs(tree, volume)
    joints = place(limbs, volume, q)
    for name, p in hints.items():
        joints[name] = scale * turn @ np.asarray(p, np.float64) + shift
    humanoid, reasons, confidence = rate(limbs, joints, stand.asymmetry, frozenset(hints))
    metres = metres_per_unit(1.0 / scale) / scale
    return Fit(
        turn,
        scale * metres,
        shift * metres,
        {name: p * metres for name, p in joints.items()},
        confidence,
        humanoid,
        reasons,
        None,
    )


__all__ = ["Fit", "fit", "metres_per_unit"]
