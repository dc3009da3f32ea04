"""Find the skeleton in a mesh that nobody rigged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Frozen
from ..geometry import components
from ..humanoid import AXIS65, MAIN_CHILD, TWISTS
from ..rig import joint_points
from ..rig.joints import POINTS
from .confidence import gather, rate
from .embed import complete, embed, measure_widths
from .fingers import both_hands
from .joints import SIDES, place
from .limbs import find_limbs
from .orient import Stand, find_stand, root_of, solid, without_stand
from .plausible import even_shoulders, given_across
from .proposal import propose
from .register import draw, outer_samples
from .surface import Surface
from .tree import grow
from .volume import F64, Volume, carve, fill, join_pieces, sample_surface

FINE, FINER = 96.0, 180.0  # voxels along the height
MANY = 160_000  # voxels at the finer level
SURE = 0.03  # heights that feet stick out in front: less, and the proposal is asked
PROPOSED = 3000  # samples for the learned proposal
CLEAR = 0.7  # limbs that score less are looked at again
TOLD = 0.05  # heights: hints that lie so far apart tell left from right
DOUBT = 0.9  # on the confidence of an arm whose shoulder strayed
UNITS = (1.0, 0.01, 0.001, 0.0254, 0.3048)  # metres, centimetres, millimetres, inches, feet
PLAUSIBLE = (0.4, 3.0)  # metres
USUAL = 1.7
PARENT = {b.name: b.parent for b in AXIS65}


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


#: What is found where there is no surface.
NOTHING = Fit(np.eye(3), 1.0, np.zeros(3), {}, {}, 0.0, ("there is no surface",))


def metres_per_unit(height: float) -> float:
    """The unit of a figure of this height: the first of UNITS that gives a plausible one, else whatever does."""
    for unit in UNITS:
        if PLAUSIBLE[0] <= height * unit <= PLAUSIBLE[1]:
            return unit
    return USUAL / max(height, 1e-12)


def fit(surface: Surface, hints: Mapping[str, NDArray[np.floating]] | None = None) -> Fit:
    """The skeleton in `surface`, and the parametric body on it.

    Any orientation, unit and pose in which arms and legs can be told from the body. hints: places of joints known
    beforehand, by canonical name, in input space; they are kept and their neighbours follow. What is no figure comes
    back with a low `humanoid` and the reasons; nothing is raised. Deterministic.
    """
    positions = surface.positions.astype(np.float64)
    size = float(np.ptp(positions, axis=0).max()) if len(positions) else 0.0
    if not (np.isfinite(size) and size > 0 and _has_area(positions, surface.faces, size)):
        return NOTHING
    points, normals, face = sample_surface(positions, surface.faces, 0.55 * size / FINE)
    piece = components(surface.faces, len(positions)).astype(np.int64)
    if len(piece) == len(positions):
        piece = piece[surface.faces[:, 0]]
    stand = find_stand(points, piece[face])
    across = given_across({n: stand.scale * stand.turn @ np.asarray(p) + stand.shift for n, p in (hints or {}).items()})
    if abs(across) > TOLD:  # who names a left hand says which way the figure faces
        stand = replace(stand if across > 0 else stand.turned(), facing=1.0)
    elif stand.facing < SURE:
        stand = _faced(stand, points)

    def finer() -> tuple[F64, F64]:
        p, n, f = sample_surface(positions, surface.faces, 0.55 * size / FINER)
        keep = without_stand(p @ stand.turn.T, piece[f])
        return stand.scale * p[keep] @ stand.turn.T + stand.shift, n[keep] @ stand.turn.T

    given = {n: stand.scale * stand.turn @ np.asarray(p, np.float64) + stand.shift for n, p in (hints or {}).items()}
    q = stand.scale * points[stand.kept] @ stand.turn.T + stand.shift
    placed = stand.scale * positions @ stand.turn.T + stand.shift
    return _measure(stand, q, normals[stand.kept] @ stand.turn.T, given, finer, (placed, surface.faces))


def _has_area(positions: F64, faces: I32, size: float) -> bool:
    """Whether there is a surface to speak of."""
    if not len(faces):
        return False
    a, b, c = (positions[faces[:, k]] for k in range(3))
    return float(np.sqrt((np.cross(b - a, c - a) ** 2).sum(axis=1)).sum()) > 1e-7 * size * size


def _faced(stand: Stand, points: F64) -> Stand:
    """The way round in which the learned proposal sees left and right, for figures whose feet do not tell."""
    q = stand.scale * points[stand.kept] @ stand.turn.T + stand.shift
    seen = propose(q[:: max(1, len(q) // PROPOSED)].astype(np.float32)).joints
    across = sum(float(seen["left" + n][0] - seen["right" + n][0]) for n in ("UpperArm", "UpperLeg", "LowerLeg"))
    return replace(stand if across >= 0 else stand.turned(), facing=max(stand.facing, 0.7 * SURE))


def _measure(
    stand: Stand,
    q: F64,
    normals: F64,
    given: Mapping[str, F64],
    finer: Callable[[], tuple[F64, F64]],
    mesh: tuple[F64, I32],
) -> Fit:
    """The fit to samples `q` with `normals`, in the space of `stand`; so are the places `given`.

    Where limbs are not to be told from the body, it is tried again on `finer` samples and voxels.
    """
    volume, graph = solid(q, FINE)
    tree = grow(volume, graph, root_of(volume), 2.0 * volume.cell)
    limbs = find_limbs(tree, volume)
    if min(limbs.arm_score, limbs.leg_score) < CLEAR:
        close, directions = finer()
        small = fill(close, max(1.0 / FINER, float(np.ptp(close, axis=0).max()) / (1.7 * FINER)), MANY)
        if small.cell < 0.8 * volume.cell:
            small = carve(small, close, directions)
            links = join_pieces(small, 0.12)
            other = grow(small, links, root_of(small), 2.0 * small.cell)
            again = find_limbs(other, small)
            if min(again.arm_score, again.leg_score) > min(limbs.arm_score, limbs.leg_score):
                volume, tree, limbs, q, normals = small, other, again, close, directions
    joints, strayed = even_shoulders({**place(limbs, volume, q, given), **given}, frozenset(given))
    base = None
    if limbs.arms and limbs.legs:
        tips = {side + "HandEnd": arm.tip for side, arm in zip(SIDES, limbs.arms, strict=True)}
        tips |= {side + "ToesEnd": leg.tip for side, leg in zip(SIDES, limbs.legs, strict=True)}
        base = _body(joints, tips, q, normals, volume)
        joints |= {**both_hands(*mesh, joints, tips), **_leaves(joints, tips, base)}
    joints |= {name: p for name, p in given.items() if name in PARENT}
    evidence = replace(gather(limbs, joints, tree, volume, q, base), asymmetry=stand.asymmetry, facing=stand.facing)
    humanoid, reasons, confidence = rate(evidence, joints, frozenset(given))
    for side in strayed:
        reasons = (*reasons, f"its {side} shoulder was not to be told from the head or the chest")
        confidence |= {
            n: DOUBT * p for n, p in confidence.items() if n.startswith(side) and n in _arm(side) - set(given)
        }
    metres = metres_per_unit(1.0 / stand.scale) / stand.scale
    return Fit(
        stand.turn,
        stand.scale * metres,
        stand.shift * metres,
        {name: p * metres for name, p in joints.items()},
        {name: confidence.get(name, confidence.get(PARENT[name], 0.0)) for name in joints},
        humanoid,
        reasons,
        None if base is None else (base * metres).astype(np.float32),
    )


def _arm(side: str) -> frozenset[str]:
    return frozenset(f"{side}{bone}" for bone in ("Shoulder", "UpperArm", "LowerArm", "Hand"))


def _body(joints: Mapping[str, F64], tips: Mapping[str, F64], q: F64, normals: F64, volume: Volume) -> F32:
    """(B, 3) the parametric body drawn onto the samples."""
    whole = complete(joints, tips, q)
    start = embed(whole, measure_widths(whole, q[::4]))
    points, outward = outer_samples(q[::3], normals[::3], volume)
    return draw(start, points, outward)


def _leaves(joints: Mapping[str, F64], tips: Mapping[str, F64], base: F32) -> dict[str, F64]:
    """Eyes and jaw off the fitted body, toe ends, twists in the middle of their segments."""
    out = {}
    read = joint_points(base)
    for name in ("leftEye", "rightEye", "jaw"):
        out[name] = read[POINTS.index(name)]
    for side in SIDES:
        out[side + "ToesEnd"] = tips[side + "ToesEnd"]
    for name in TWISTS:
        parent = PARENT[name]
        child = MAIN_CHILD[parent]
        out[name] = 0.5 * (joints[parent] + joints[child])
    return out


__all__ = ["Fit", "fit", "metres_per_unit"]
