"""Carry the shapes from the base mesh onto anything that hangs on it."""

import numpy as np

from ..avatar import F32, I32, Binding, Morph
from ..geometry import by_content
from .correct import CORRECTED, corrected
from .names import SHAPES
from .shapes import field

DROP = 1e-5  # metres: no screen shows less
MOVES = 2e-5  # metres: a shape that nowhere moves a part more than this is left out of it
SEEN = 1.5e-5  # metres: on a small head, too, no shape moves less; Unity deletes what is smaller still


def carry(binding: Binding, scale: float = 1.0, base: F32 | None = None) -> tuple[Morph, ...]:
    """The shapes that move the part bound by `binding`, in the order of SHAPES.

    `scale` multiplies all deltas: `head_scale(base)`. With `base` (B, 3) the shapes of the eyes are made for that body:
    lids meet and eyeballs turn about their own centre (`face.correct`). Indices strictly increase and are the same for
    every body; deltas that are below a hundredth of a millimetre on the neutral adult are dropped, and shapes that move
    nothing by a fiftieth.
    """
    cached = list(zip(*_carry(binding.refs, binding.weights), strict=True))
    made = corrected(base, float(scale)) if base is not None and any(s in CORRECTED for s, *_ in cached) else None
    shapes = (
        Morph(SHAPES[s], index, delta * np.float32(scale))
        if made is None or s not in CORRECTED
        else Morph(SHAPES[s], index, _gather(binding, index, made[:, CORRECTED.index(s)]))
        for s, index, delta in cached
    )
    return tuple(shape for shape in shapes if max(shape.delta.max(), -shape.delta.min()) > SEEN)


def _gather(binding: Binding, index: I32, delta: F32) -> F32:
    """Deltas (K, 3) of the bound vertices `index` for one shape of the field, delta (M + 1, 3)."""
    rows = field().row[binding.refs[index]]
    return np.asarray(np.einsum("kr,krc->kc", binding.weights[index], delta[rows]), np.float32)


@by_content(entries=128)
def _carry(refs: I32, weights: F32) -> tuple[tuple[int, ...], tuple[I32, ...], tuple[F32, ...]]:
    """Numbers, indices and deltas at scale 1 of the shapes that move the vertices bound by refs, weights (V, R)."""
    delta = field().delta
    rows = field().row[refs]
    vertex = np.flatnonzero((rows < len(delta) - 1).any(axis=1)).astype(np.int32)
    rows, w = rows[vertex], weights[vertex].astype(np.float32)
    moved = np.zeros((len(vertex), *delta.shape[1:]), np.float32)
    for k in range(rows.shape[1]):
        moved += w[:, k, None, None] * delta[rows[:, k]]
    size = np.sqrt(np.einsum("vsc,vsc->sv", moved, moved))
    kept = [s for s in range(len(SHAPES)) if len(vertex) and size[s].max() > MOVES]
    index = [np.flatnonzero(size[s] > DROP) for s in kept]
    return (
        tuple(kept),
        tuple(vertex[i] for i in index),
        tuple(np.ascontiguousarray(moved[i, s]) for i, s in zip(index, kept, strict=True)),
    )
