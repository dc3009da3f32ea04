"""Isosurfaces by marching tetrahedra: closed and manifold whatever the field: no tetrahedron has an ambiguous case.

Each cell of the grid falls into the six tetrahedra of Kuhn's subdivision, whose faces match those of the next cell
(Bey 2000, "Simplicial grid refinement", section 3).
"""

from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

NEAREST = 0.02  # share of an edge that stays between a vertex and the edge's ends: no slivers, no double points


def _tetrahedra() -> NDArray[np.int64]:
    """(6, 4) corners of a cell, numbered x + 2 y + 4 z, every tetrahedron right-handed."""
    out = []
    for i, j, k in permutations(range(3)):
        a, b = 1 << i, (1 << i) | (1 << j)
        even = (i, j, k) in ((0, 1, 2), (1, 2, 0), (2, 0, 1))
        out.append((0, a, b, 7) if even else (0, b, a, 7))
    return np.array(out)


TETRAHEDRA = _tetrahedra()


def _cases() -> list[list[tuple[tuple[int, int], ...]]]:
    """Per set of inner corners (16 bit masks): triangles, each of three edges (inner, outer), that face outwards."""
    out: list[list[tuple[tuple[int, int], ...]]] = [[] for _ in range(16)]
    for a, b, c, d in ((0, 1, 2, 3), (1, 0, 3, 2), (2, 0, 1, 3), (3, 0, 2, 1)):  # even permutations
        out[1 << a] = [((a, b), (a, c), (a, d))]
        out[15 ^ (1 << a)] = [((a, b), (a, d), (a, c))]
    for a, b, c, d in ((0, 1, 2, 3), (0, 2, 3, 1), (0, 3, 1, 2), (1, 2, 0, 3), (1, 3, 2, 0), (2, 3, 0, 1)):
        out[(1 << a) | (1 << b)] = [((a, c), (a, d), (b, d)), ((a, c), (b, d), (b, c))]
    return out


CASES = _cases()


def isosurface(field: NDArray[Any], origin: F64, cell: float) -> tuple[F64, I32]:
    """Where `field` (X, Y, Z) is zero: vertices (V, 3) and faces (F, 3) that look to where it is positive.

    Node (i, j, k) lies at origin + cell * (i, j, k). The surface is closed when the field is positive on the grid's
    border. Every edge has exactly two faces.
    """
    shape = np.array(field.shape)
    inner = field < 0
    flat = field.reshape(-1).astype(np.float64)
    steps = np.array([shape[1] * shape[2], shape[2], 1])
    offsets = ((np.arange(8)[:, None] >> np.arange(3)) & 1) @ steps
    low = inner[:-1, :-1, :-1].copy()
    any_, all_ = low.copy(), low.copy()
    for corner in range(1, 8):
        x, y, z = (corner >> np.arange(3)) & 1
        part = inner[x : shape[0] - 1 + x, y : shape[1] - 1 + y, z : shape[2] - 1 + z]
        any_ |= part
        all_ &= part
    cells = np.argwhere(any_ & ~all_) @ steps
    tetrahedra = (cells[:, None, None] + offsets[TETRAHEDRA][None]).reshape(-1, 4)
    mask = (inner.reshape(-1)[tetrahedra] << np.arange(4)).sum(axis=1)
    pieces = []
    for case in range(1, 15):
        rows = tetrahedra[mask == case]
        pieces += [rows[:, np.array(triangle)] for triangle in CASES[case]]  # (N, 3, 2) nodes
    edges = np.sort(np.concatenate(pieces).reshape(-1, 2), axis=1)
    keys, faces = np.unique(edges[:, 0] * flat.size + edges[:, 1], return_inverse=True)
    a, b = np.divmod(keys, flat.size)
    share = np.clip(flat[a] / (flat[a] - flat[b]), NEAREST, 1 - NEAREST)[:, None]
    place_a, place_b = (np.stack(np.unravel_index(n, field.shape), axis=1) for n in (a, b))
    points = origin + cell * (place_a * (1 - share) + place_b * share)
    return points, faces.reshape(-1, 3).astype(np.int32)
