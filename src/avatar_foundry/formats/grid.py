"""Whole steps instead of metres: one grid for all parts and levels, so seams between parts stay closed.

Parts share one skin, whose inverse bind matrices undo the quantisation. Files hold steps as shares of the grid's edge
(normalised integers): gltf-transform 4 flattens skinned meshes whose positions are plain integers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Avatar
from .split import Shapes, bounds

STEPS = 65535
STEP = 5e-5  # metres: a vertex is at most 0.043 mm from its place
COARSE = 16384  # an avatar smaller than so many STEPs gets finer ones
DELTA_STEPS = 2  # deltas are whole multiples of so many steps: a shape is at most 0.087 mm off
DELTA_EXPONENT = -15  # two steps of 65535 as a power of two: 0.3 nm off in 2 cm
NORMAL_STEPS = 127
STILL = 3  # changes of a normal below so many NORMAL_STEPS (1.4 degrees) are not stored

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


@dataclass(frozen=True)
class Grid:
    """Positions as multiples 0..65535 of `step` metres from `origin` (3,)."""

    origin: F64
    step: float

    @classmethod
    def around(cls, avatar: Avatar) -> "Grid":
        """The grid that holds all parts and levels."""
        clouds = [m.positions for p in avatar.parts for m in p.lods if len(m.positions)]
        if not clouds:
            return cls(np.zeros(3), STEP)
        low = np.min([c.min(axis=0) for c in clouds], axis=0).astype(np.float64)
        extent = float((np.max([c.max(axis=0) for c in clouds], axis=0) - low).max())
        return cls(low, max(min(STEP, extent / COARSE), extent / STEPS, 1e-9))

    @property
    def matrix(self) -> F64:
        """(4, 4) from shares of the grid's edge to metres."""
        edge = self.step * STEPS
        out = np.diag([edge, edge, edge, 1.0])
        out[:3, 3] = self.origin
        return out

    def steps(self, positions: F32) -> NDArray[np.uint16]:
        """positions (S, 3) in metres -> whole steps."""
        return np.clip(np.rint((positions - self.origin) / self.step), 0, STEPS).astype(np.uint16)


@dataclass(frozen=True, eq=False, slots=True)
class WholeShapes:
    """Shapes as whole numbers; see split.Shapes.

    index: (N,) i32.  delta: (N, 3) i32 in grid steps, multiples of DELTA_STEPS.  normal: (N, 3) i8 in NORMAL_STEPS.
    low, high: (M, 3) i32, bounds of each shape's deltas.
    """

    starts: NDArray[np.int64]
    index: I32
    delta: I32
    normal: NDArray[np.int8] | None
    low: I32
    high: I32


def whole_shapes(shapes: Shapes, grid: Grid) -> WholeShapes:
    """`shapes` rounded; vertices that then stay where they are are left out, but every shape keeps its largest move."""
    delta = np.rint(shapes.delta / np.float32(grid.step * DELTA_STEPS)).astype(np.int32) * DELTA_STEPS
    keep = delta.any(axis=1)
    normal = None
    if shapes.normal is not None:
        turn = np.rint(np.clip(shapes.normal, -1, 1) * NORMAL_STEPS).astype(np.int8)
        normal = np.where(np.abs(turn) < STILL, np.int8(0), turn)
        keep |= normal.any(axis=1)
    keep[largest(shapes)] = True
    before = np.concatenate([[0], np.cumsum(keep)])
    starts = before[shapes.starts]
    delta = delta[keep]
    low, high = bounds(delta.astype(np.float32), starts)
    return WholeShapes(
        starts=starts,
        index=shapes.index[keep],
        delta=delta,
        normal=normal[keep] if normal is not None else None,
        low=low.astype(np.int32),
        high=high.astype(np.int32),
    )


def largest(shapes: Shapes) -> NDArray[np.int64]:
    """The row of each shape's largest move: (M,)."""
    size = np.abs(shapes.delta).max(axis=1)
    owner = np.repeat(np.arange(len(shapes.names)), np.diff(shapes.starts))
    order = np.lexsort((-size, owner))
    return np.asarray(order[shapes.starts[:-1][np.diff(shapes.starts) > 0]])
