"""Carry the shapes from the base mesh onto anything that hangs on it."""

import numpy as np

from ..avatar import F32, I32, Binding, Morph
from ..geometry import by_content
from .correct import CORRECTED, corrected
from .names import SHAPES
from .shapes import field

DROP = 1e-5  # metres: no screen shows less
MOVES = 2e-5  # metres: a shape that nowhere moves a part more than this is left out of it


def carry(binding: Binding, scale: float = 1.0, base: F32 | None = None) -> tuple[Morph, ...]:
    """The shapes that move the part bound by `binding`, in the order of SHAPES.

    `scale` multiplies all deltas: `head_scale(base)`. With `base` (B, 3) the shapes of the eyes are made for that body:
    lids meet and eyeballs turn about their own centre (`face.correct`). Indices strictly increase; deltas below a
    hundredth of a millimetre are dropped, and shapes that move nothing by a fiftieth.
    """
    carried = {
        s: Morph(SHAPES[s], index, delta * np.float32(scale))
        for s, index, delta in zip(*_carry(binding.refs, binding.weights), strict=True)
    }
    if base is not None and not carried.keys().isdisjoint(CORRECTED):
        made = sparse_shapes(binding.refs, binding.weights, corrected(base, float(scale)), CORRECTED)
        carried = {s: morph for s, morph in carried.items() if s not in CORRECTED}
        carried |= {s: Morph(SHAPES[s], index, delta) for s, index, delta in zip(*made, strict=True)}
    return tuple(carried[s] for s in sorted(carried))


@by_content(entries=128)
def _carry(refs: I32, weights: F32) -> tuple[tuple[int, ...], tuple[I32, ...], tuple[F32, ...]]:
    return sparse_shapes(refs, weights, field().delta, tuple(range(len(SHAPES))))


def sparse_shapes(
    refs: I32, weights: F32, delta: F32, numbers: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[I32, ...], tuple[F32, ...]]:
    """Numbers, indices and deltas of the shapes `numbers` whose field `delta` (M + 1, S, 3) moves the bound vertices.

    refs, weights: (V, R), a Binding. All vertices and shapes in R gathers.
    """
    rows = field().row[refs]
    vertex = np.flatnonzero((rows < len(delta) - 1).any(axis=1)).astype(np.int32)
    rows, w = rows[vertex], weights[vertex].astype(np.float32)
    moved = np.zeros((len(vertex), *delta.shape[1:]), np.float32)
    for k in range(rows.shape[1]):
        moved += w[:, k, None, None] * delta[rows[:, k]]
    size = np.sqrt(np.einsum("vsc,vsc->sv", moved, moved))
    kept = [s for s in range(len(numbers)) if len(vertex) and size[s].max() > MOVES]
    index = [np.flatnonzero(size[s] > DROP) for s in kept]
    return (
        tuple(numbers[s] for s in kept),
        tuple(vertex[i] for i in index),
        tuple(np.ascontiguousarray(moved[i, s]) for i, s in zip(index, kept, strict=True)),
    )
