"""Cross-sections of a limb that ride on the skin: how much girth and area a pose leaves.

A section is cut once, in a straight rest pose, and then measured in any pose through the same points of the skin, so
the figures say what happens to the flesh and not where a plane happens to cut.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32


class Sections(NamedTuple):
    """Closed curves on the skin. Segment k runs from point 2k to point 2k+1 and belongs to curve `owner[k]`.

    edges: (2K, 2) i32 vertices of the edge that carries the point; at: (2K,) f64 place along it, 0..1.
    owner: (K,) i32; size: number of curves.
    """

    edges: I32
    at: NDArray[np.float64]
    owner: I32
    size: int


def cut_sections(positions: F32, faces: I32, start: F32, end: F32, fractions: NDArray[np.float64]) -> Sections:
    """Cut a limb across the line start -> end at each fraction of its length.

    positions: (V, 3); faces: (F, 3), only the limb's own triangles (what else the planes meet would be cut as well).
    Degenerate cuts (a plane through a vertex) are moved by a hair, so every curve is closed when the limb is.
    """
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    height = (positions.astype(np.float64) - start) @ (end - start) / ((end - start) @ (end - start))
    edges, places, curves = [], [], []
    for number, fraction in enumerate(fractions):
        level = height - fraction
        level[np.abs(level) < 1e-9] = 1e-9
        above = level[faces] > 0
        for k in range(3):
            # the triangles whose corner k is alone on its side are cut through the two edges at that corner
            a, b, c = k, (k + 1) % 3, (k + 2) % 3
            rows = np.flatnonzero((above[:, a] != above[:, b]) & (above[:, a] != above[:, c]))
            lone = above[rows, a]
            first = np.where(lone[:, None], faces[rows][:, [a, b]], faces[rows][:, [a, c]])
            second = np.where(lone[:, None], faces[rows][:, [a, c]], faces[rows][:, [a, b]])
            pair = np.stack([first, second], axis=1).reshape(-1, 2)
            edges.append(pair)
            places.append(level[pair[:, 0]] / (level[pair[:, 0]] - level[pair[:, 1]]))
            curves.append(np.full(len(rows), number))
    return Sections(
        np.concatenate(edges).astype(np.int32),
        np.concatenate(places),
        np.concatenate(curves).astype(np.int32),
        len(fractions),
    )


def measure_sections(sections: Sections, positions: F32) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Perimeter (S,) in metres and area (S,) in square metres of every curve, on the mesh in any pose.

    The area is the length of the curve's vector area: for a curve that is no longer flat, the largest shadow it casts.
    """
    ends = positions[sections.edges].astype(np.float64)
    points = ends[:, 0] + sections.at[:, None] * (ends[:, 1] - ends[:, 0])
    p, q = points[0::2], points[1::2]
    perimeter = np.asarray(np.bincount(sections.owner, np.linalg.norm(q - p, axis=1), sections.size), np.float64)
    share = np.maximum(np.bincount(sections.owner, minlength=sections.size), 1)
    centre = np.stack([np.bincount(sections.owner, p[:, k], sections.size) / share for k in range(3)], axis=1)
    cross = np.cross(p - centre[sections.owner], q - centre[sections.owner])
    vector = np.stack([np.bincount(sections.owner, cross[:, k], sections.size) for k in range(3)], axis=1)
    return perimeter, np.asarray(0.5 * np.linalg.norm(vector, axis=1))
