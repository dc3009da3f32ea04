"""Clips as FBX animation stacks: Euler curves per turning joint, translation curves for the hips. Linear keys."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import Clip
from ..geometry.rotations import rotation_matrices
from .fbx_objects import SECOND, Document
from .fbx_records import Id, Record, properties
from .fbx_space import CENTIMETRES, F64, Joints, Space, euler, unrolled

LINEAR = np.array([4], np.int32)
SLOPES = np.zeros(4, np.float32)
STILL = 1e-3  # degrees: joints that turn less have no curves


@dataclass(frozen=True, eq=False)
class Rig:
    """What clips move. bones: the objects of the joints.  hips: the joint that Clip.translations move."""

    space: Space
    joints: Joints
    bones: list[Id]
    hips: int


def add_clip(document: Document, rig: Rig, clip: Clip) -> None:
    """A stack with one layer."""
    times = np.rint(clip.times.astype(np.float64) * SECOND).astype(np.int64)
    if not len(times):
        return
    span = [
        (name, "KTime", "Time", "", Id(int(times[k])))
        for name, k in (("LocalStart", 0), ("LocalStop", -1), ("ReferenceStart", 0), ("ReferenceStop", -1))
    ]
    stack = document.add("AnimationStack", clip.name, "AnimStack", "", properties(*span))
    layer = document.add("AnimationLayer", clip.name, "AnimLayer", "")
    document.link(layer, stack)
    angles = clip_angles(rig, clip)
    for j in np.flatnonzero(np.abs(angles).max(axis=(0, 2)) > STILL).tolist():
        add_curves(document, layer, rig.bones[j], "R", "Lcl Rotation", times, angles[:, j])
    if clip.translations is not None:
        moves = clip_moves(rig, clip.translations)
        add_curves(document, layer, rig.bones[rig.hips], "T", "Lcl Translation", times, moves)


def clip_angles(rig: Rig, clip: Clip) -> F64:
    """(T, J, 3) degrees beyond the rest rotations, continuous in time."""
    joints = rig.joints
    local = rotation_matrices(clip.rotations) @ joints.own
    below = joints.parents >= 0
    over = np.where(below[:, None, None], joints.own[joints.parents], rig.space.turn.T)
    turned = np.swapaxes(joints.turns, 1, 2) @ np.swapaxes(over, 1, 2) @ local
    return unrolled(euler(turned))


def clip_moves(rig: Rig, translations: NDArray[np.float32]) -> F64:
    """(T, 3) centimetres in the frame of the hips' parent."""
    up = int(rig.joints.parents[rig.hips])
    frame = rig.joints.own[up].T if up >= 0 else rig.space.turn
    out: F64 = CENTIMETRES * translations.astype(np.float64) @ frame.T
    return out


def add_curves(
    document: Document, layer: Id, model: Id, kind: str, target: str, times: NDArray[np.int64], values: F64
) -> None:
    """Three curves (T, 3) on a property of a model."""
    first = [(f"d|{axis}", "Number", "", "A", float(values[0, k])) for k, axis in enumerate("XYZ")]
    node = document.add("AnimationCurveNode", kind, "AnimCurveNode", "", properties(*first))
    document.link(node, layer)
    document.link(node, model, target)
    count = np.array([len(times)], np.int32)
    for k, axis in enumerate("XYZ"):
        curve = document.add(
            "AnimationCurve",
            "",
            "AnimCurve",
            "",
            Record("Default", float(values[0, k])),
            Record("KeyVer", 4008),
            Record("KeyTime", times),
            Record("KeyValueFloat", values[:, k].astype(np.float32)),
            Record("KeyAttrFlags", LINEAR),
            Record("KeyAttrDataFloat", SLOPES),
            Record("KeyAttrRefCount", count),
        )
        document.link(curve, node, f"d|{axis}")
