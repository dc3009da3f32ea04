"""Arms and legs over time: forward angles from hanging, and two-bone inverse kinematics with a steady hinge."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .turning import about, carried, transposed, turned, unit

F64 = NDArray[np.float64]
#: Share of full reach that a limb is allowed: a joint that is dead straight pops.
STRAIGHT = 0.9985
#: Share of full reach up to which a limb's end is exactly where it is asked to be.
SOFT = 0.96


class Bent(NamedTuple):
    """Where two bones lie: directions (T, 3) of the upper and lower one and the hinge (T, 3) that bends them."""

    upper: F64
    lower: F64
    hinge: F64


def hanging(side: int, swing: F64, out: F64, turn: F64, bend: F64, *, hinge: float) -> Bent:
    """A limb hanging down, turned about itself, led out to the side, swung to the front and bent; side 0 is left.

    hinge: -1 for an elbow (bends to the front about -X), 1 for a knee (bends to the back about +X).
    """
    sign = 1.0 if side == 0 else -1.0
    frame = about(0, -swing) @ about(2, sign * out) @ about(1, -sign * turn)
    upper, axis = -frame[:, :, 1], hinge * frame[:, :, 0]
    return Bent(upper, turned(upper, axis, np.radians(bend)), axis)


def solve(
    start: F64,
    target: F64,
    lengths: tuple[float, float],
    hinge: F64,
    soft: F64 | float = SOFT,
    most: F64 | float = STRAIGHT,
) -> Bent:
    """The two bones from `start` to `target` (T, 3), bent about the part of `hinge` (T, 3) square to the way.

    Closed form by the law of cosines. From the share `soft` of the full length on the limb lags behind its target and
    never gets beyond `most`, so that it does not snap when that gets out of reach.
    """
    a, b = lengths
    way = target - start
    distance = np.linalg.norm(way, axis=1)
    knee, span = soft * (a + b), np.maximum(most - soft, 1e-6) * (a + b)
    beyond = np.maximum(distance - knee, 0.0)
    d = np.where(beyond > 0.0, knee + span * (1.0 - np.exp(-beyond / span)), distance)
    d = np.maximum(d, abs(a - b) + 0.02 * (a + b))
    way = way / np.maximum(distance, 1e-9)[:, None]
    axis = unit(hinge - (hinge * way).sum(-1, keepdims=True) * way)
    inner = np.arccos(np.clip((a * a + d * d - b * b) / (2.0 * a * d), -1.0, 1.0))
    upper = turned(way, axis, -inner)
    return Bent(upper, unit(way * d[:, None] - a * upper), axis)


def aimed(hinge: F64, way: F64, target: F64) -> F64:
    """The hinge carried along as the limb's end swings from direction `way` to direction `target`; steady."""
    return carried(hinge, unit(way), unit(target))


def bone_frames(way: F64, hinge: F64, rest_frame: F64, rest: F64) -> F64:
    """(T, 3, 3) a bone's rotation when it points along `way` with the limb's `hinge`; both known at rest."""
    x = unit(hinge - (hinge * way).sum(-1, keepdims=True) * way)
    frame = np.stack([x, way, np.cross(x, way)], axis=-1)
    return np.asarray(frame @ (transposed(rest_frame) @ rest))
