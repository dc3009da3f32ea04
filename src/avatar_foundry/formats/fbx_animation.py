"""Clips as FBX animation stacks: Euler curves per turning joint, curves of places and of shapes. Linear keys, as few
as bring the others back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import Clip, Skeleton
from ..geometry.keys import linear_keys, slerp_keys
from ..geometry.rotations import rotation_matrices
from .fbx_objects import SECOND, Document
from .fbx_records import Id, Record, properties
from .fbx_space import CENTIMETRES, F64, Joints, Space, euler, unrolled
from .tracks import PLACE, STILL, WEIGHT, tracks_of, turn_limits

LINEAR = np.array([4], np.int32)
SLOPES = np.zeros(4, np.float32)
PERCENT = 100.0


@dataclass(frozen=True, eq=False)
class Rig:
    """What clips move. bones: the objects of the joints.  channels: of shapes, by name.
    hips: the joint that Clip.translations move; "" for the first."""

    space: Space
    skeleton: Skeleton
    joints: Joints
    bones: list[Id]
    channels: list[tuple[str, Id]]
    hips: str


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
    tracks = tracks_of(clip, rig.skeleton, rig.hips)
    angles = joint_angles(rig, tracks.rotations)
    # An angle that is off by so much on each axis is off by less than twice as much in all. Some programs follow the
    # angles between keys, others make quaternions of the keys.
    limits = turn_limits(rig.skeleton)
    keep = linear_keys(times, angles, np.degrees(0.5 * limits)) | slerp_keys(times, tracks.rotations, limits)
    for j in np.flatnonzero(np.abs(angles).max(axis=(0, 2)) > np.degrees(STILL)).tolist():
        rows = keep[:, j]
        add_curves(document, layer, rig.bones[j], "R", "Lcl Rotation", "XYZ", times[rows], angles[rows, j])
    for j, at in sorted(tracks.places.items()):
        moves = joint_moves(rig, j, at)
        rows = linear_keys(times, moves[:, None], CENTIMETRES * PLACE)[:, 0]
        add_curves(document, layer, rig.bones[j], "T", "Lcl Translation", "XYZ", times[rows], moves[rows])
    for name, channel in rig.channels:
        if (weights := clip.shapes.get(name)) is None or np.abs(weights).max() <= STILL:
            continue
        percent = PERCENT * weights.astype(np.float64)[:, None]
        rows = linear_keys(times, percent[:, None], PERCENT * WEIGHT)[:, 0]
        kind = "DeformPercent"
        add_curves(document, layer, channel, kind, kind, (kind,), times[rows], percent[rows])


def joint_angles(rig: Rig, rotations: F64) -> F64:
    """(T, J, 3) degrees beyond the rest rotations, continuous in time. rotations: (T, J, 4) against the parent."""
    joints = rig.joints
    local = rotation_matrices(rotations) @ joints.own
    below = joints.parents >= 0
    over = np.where(below[:, None, None], joints.own[joints.parents], rig.space.turn.T)
    turned = np.swapaxes(joints.turns, 1, 2) @ np.swapaxes(over, 1, 2) @ local
    return unrolled(euler(turned))


def joint_moves(rig: Rig, joint: int, places: F64) -> F64:
    """(T, 3) centimetres in the frame of a joint's parent. places: (T, 3) metres in it."""
    up = int(rig.joints.parents[joint])
    frame = rig.joints.own[up].T if up >= 0 else rig.space.turn
    out: F64 = CENTIMETRES * places @ frame.T
    return out


def add_curves(
    document: Document,
    layer: Id,
    owner: Id,
    kind: str,
    target: str,
    axes: Sequence[str],
    times: NDArray[np.int64],
    values: F64,
) -> None:
    """A curve per axis on a property of a model or a channel. values: (T, axes)."""
    first = [(f"d|{axis}", "Number", "", "A", float(values[0, k])) for k, axis in enumerate(axes)]
    node = document.add("AnimationCurveNode", kind, "AnimCurveNode", "", properties(*first))
    document.link(node, layer)
    document.link(node, owner, target)
    count = np.array([len(times)], np.int32)
    for k, axis in enumerate(axes):
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
