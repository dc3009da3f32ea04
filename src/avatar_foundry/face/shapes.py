"""The shapes on the base mesh: what every base vertex does in each of them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..avatar import F32, I32
from ..body.targets import base_positions, sparse_target
from .names import ARKIT, RECIPES, SHAPES

TONGUE = slice(13380, 13606)  # base vertices of the tongue helper
SILENT_VERTEX = 673  # inside the mouth cavity
SILENT_STEP = 1e-4  # metres: Unity drops shapes without any delta, so viseme_sil has one that nobody can see


@dataclass(frozen=True, eq=False, slots=True)
class Shape:
    """One shape on the base mesh: vertices (K,) i32, strictly increasing, and deltas (K, 3) f32, metres."""

    name: str
    index: I32
    delta: F32


class Field(NamedTuple):
    """All shapes together, only where the face moves.

    vertex: (M,) i32, the base vertices that any shape moves, increasing.
    row:    (B,) i32, position in `vertex`, or M for vertices that never move.
    delta:  (M + 1, 72, 3) f32, metres; the last row is zero.
    """

    vertex: I32
    row: I32
    delta: F32


@lru_cache(maxsize=1)
def field() -> Field:
    """The shapes as authored, for the neutral adult head."""
    base = base_positions()
    arkit = [sparse_target(f"faceunits/{name}") for name in ARKIT]
    moves = np.zeros(len(base), bool)
    for index, _ in arkit:
        moves[index] = True
    moves[[SILENT_VERTEX]] = True
    moves[TONGUE] = True
    vertex = np.flatnonzero(moves).astype(np.int32)
    row = np.full(len(base), len(vertex), np.int32)
    row[vertex] = np.arange(len(vertex), dtype=np.int32)
    delta = np.zeros((len(vertex) + 1, len(SHAPES), 3), np.float32)
    for s, (index, moved) in enumerate(arkit):
        delta[row[index], s] = moved
    tongue = base[TONGUE]
    back, tip = tongue[:, 2].min(), tongue[:, 2].max()
    along = ((tongue[:, 2] - back) / (tip - back)) ** 2
    for s in range(len(ARKIT), len(SHAPES)):
        recipe = RECIPES[SHAPES[s]]
        for name, weight in recipe.weights.items():
            delta[:, s] += np.float32(weight) * delta[:, ARKIT.index(name)]
        delta[row[TONGUE], s, 1:] += along[:, None] * np.array(recipe.tongue, np.float32)
    delta[row[SILENT_VERTEX], SHAPES.index("viseme_sil")] = (0.0, 0.0, -SILENT_STEP)
    for array in (vertex, row, delta):
        array.flags.writeable = False
    return Field(vertex, row, delta)


@lru_cache(maxsize=1)
def shapes() -> tuple[Shape, ...]:
    """Every shape on the base mesh, in the order of SHAPES, as authored for the neutral adult head."""
    f = field()
    out = []
    for s, name in enumerate(SHAPES):
        moved = np.flatnonzero(np.abs(f.delta[:-1, s]).max(axis=1) > 0.0)
        out.append(Shape(name, f.vertex[moved], np.ascontiguousarray(f.delta[moved, s])))
    return tuple(out)
