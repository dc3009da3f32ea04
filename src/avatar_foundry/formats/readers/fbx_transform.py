"""Where FBX puts things: pivots, offsets, pre- and post-rotation, rotation orders, inheritance of scale, axes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fbx_objects import Object

F64 = NDArray[np.float64]
ORDERS = ("xyz", "xzy", "yzx", "yxz", "zxy", "zyx")  # the axis that is turned about first stands first
ZERO, ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


def turns(degrees: NDArray[Any], order: str = "xyz") -> F64:
    """Euler angles (..., 3) in degrees about x, y, z, applied in the given order -> (..., 3, 3)."""
    angle = np.radians(np.asarray(degrees, np.float64))
    out = np.broadcast_to(np.eye(3), (*angle.shape[:-1], 3, 3))
    for axis in order:
        k = "xyz".index(axis)
        c, s = np.cos(angle[..., k]), np.sin(angle[..., k])
        one = np.zeros((*angle.shape[:-1], 3, 3))
        i, j = (k + 1) % 3, (k + 2) % 3
        one[..., k, k] = 1.0
        one[..., i, i], one[..., j, j] = c, c
        one[..., i, j], one[..., j, i] = -s, s
        out = one @ out
    return np.array(out)


def shift(vector: NDArray[Any] | tuple[float, ...]) -> F64:
    """A translation (..., 3) as (..., 4, 4)."""
    v = np.asarray(vector, np.float64)
    out = np.zeros((*v.shape[:-1], 4, 4))
    out[..., range(4), range(4)] = 1.0
    out[..., :3, 3] = v
    return out


def linear(matrix: F64) -> F64:
    """(..., 3, 3) as (..., 4, 4)."""
    out = np.zeros((*matrix.shape[:-2], 4, 4))
    out[..., :3, :3] = matrix
    out[..., 3, 3] = 1.0
    return out


def local_matrix(
    model: Object,
    parent: Object | None,
    translation: NDArray[Any] | None = None,
    rotation: NDArray[Any] | None = None,
    scaling: NDArray[Any] | None = None,
) -> F64:
    """A model's (4, 4) in its parent; with animated values (T, 3) in place of its own, (T, 4, 4)."""
    move = np.asarray(model.vector("Lcl Translation", ZERO) if translation is None else translation)
    euler = np.asarray(model.vector("Lcl Rotation", ZERO) if rotation is None else rotation)
    scale = np.asarray(model.vector("Lcl Scaling", ONE) if scaling is None else scaling)
    order = int(model.number("RotationOrder", 0.0))
    turn = turns(euler, ORDERS[order] if 0 <= order < 6 else "xyz")
    before = turns(np.array(model.vector("PreRotation", ZERO)))
    after = turns(np.array(model.vector("PostRotation", ZERO)))
    pivot, stretch_pivot = (np.array(model.vector(n, ZERO)) for n in ("RotationPivot", "ScalingPivot"))
    out = shift(move)
    if int(model.number("InheritType", 0.0)) == 2 and parent is not None:  # the parent's own scale is not inherited
        above = np.array(parent.vector("Lcl Scaling", ONE))
        if (above != 0).all():
            out = out @ linear(np.diag(1.0 / above))
    out = out @ shift(np.array(model.vector("RotationOffset", ZERO)) + pivot)
    out = out @ linear(before @ turn @ after.T) @ shift(-pivot)
    out = out @ shift(np.array(model.vector("ScalingOffset", ZERO)) + stretch_pivot)
    grow = np.zeros((*scale.shape[:-1], 3, 3))
    grow[..., range(3), range(3)] = scale
    result: F64 = out @ linear(grow) @ shift(-stretch_pivot)
    return result


def geometric(model: Object) -> F64:
    """(4, 4) of a model's mesh alone."""
    turn = turns(np.array(model.vector("GeometricRotation", ZERO)))
    scale = np.diag(model.vector("GeometricScaling", ONE))
    out: F64 = shift(model.vector("GeometricTranslation", ZERO)) @ linear(turn @ scale)
    return out


def axes(settings: Object | None) -> tuple[F64, str | None, str | None]:
    """((4, 4) that takes the file's axes to right +X, up +Y, front +Z; the file's up axis; its front axis)."""
    if settings is None or "UpAxis" not in settings.props:
        return np.eye(4), None, None
    out, names = np.zeros((4, 4)), []
    out[3, 3] = 1.0
    for row, (axis, default) in enumerate((("Coord", 0), ("Up", 1), ("Front", 2))):
        column = int(settings.number(f"{axis}Axis", default))
        sign = -1.0 if settings.number(f"{axis}AxisSign", 1.0) < 0 else 1.0
        if not 0 <= column <= 2:
            return np.eye(4), None, None
        out[row, column] = sign
        names.append(f"{'+' if sign > 0 else '-'}{'XYZ'[column]}")
    if abs(abs(np.linalg.det(out)) - 1.0) > 1e-9:  # two axes are the same
        return np.eye(4), None, None
    return out, names[1], names[2]
