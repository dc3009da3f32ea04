"""Edges, fans, pieces and borders of triangle lists. Arrays in, arrays out.

A half-edge is number 3 * face + k and runs from the face's corner k to corner (k + 1) % 3.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
Flags = NDArray[np.bool_]


class Edges(NamedTuple):
    """Half-edges sorted by the undirected edge that they lie on.

    half: (H,).  start: (E,) where in `half` each edge begins.  faces: (E,) faces on each edge.
    """

    half: I32
    start: I32
    faces: I32


class Pairs(NamedTuple):
    """Faces that meet at an edge of exactly two: half-edges a, b (N,), and whether their windings agree (N,)."""

    a: I32
    b: I32
    agree: Flags


class Loop(NamedTuple):
    """A border: its half-edges in the order of travel (n,), and whether it is simple (passes each place once)."""

    half: I32
    simple: bool


def following(half: NDArray[Any]) -> NDArray[Any]:
    """The next half-edge of the same face."""
    return np.asarray(half - half % 3 + (half + 1) % 3)


def edges_of(faces: I32, live: Flags) -> Edges:
    """The edges of the `live` (F,) faces (F, 3)."""
    kept = np.flatnonzero(live)
    half = (3 * kept[:, None] + np.arange(3)).ravel().astype(np.int32)
    used = faces[kept] if len(kept) != len(faces) else faces
    tail, head = used.ravel().astype(np.int64), used[:, [1, 2, 0]].ravel().astype(np.int64)
    key = np.minimum(tail, head)
    key *= int(faces.max(initial=0)) + 1
    key += np.maximum(tail, head)
    del tail, head
    order = np.argsort(key, kind="stable")
    key = key[order]
    start = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)
    count = np.diff(np.append(start, len(key)))
    return Edges(half[order], start.astype(np.int32), count.astype(np.int32))


def pairs_of(edges: Edges, faces: I32) -> Pairs:
    """Neighbours over edges of exactly two faces."""
    at = edges.start[edges.faces == 2]
    a, b = edges.half[at], edges.half[at + 1]
    flat = faces.ravel()
    return Pairs(a, b, np.asarray(flat[a] != flat[b]))


def connected(a: NDArray[Any], b: NDArray[Any], count: int) -> I32:
    """Piece of each of `count` nodes joined by the links a-b, numbered by lowest node."""
    from scipy.sparse import coo_array  # loaded late: only uploads need it
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int32)


def face_pieces(faces: I32, count: int) -> I32:
    """Piece number of each face (F,): faces that share a place hang together."""
    if not len(faces):
        return np.zeros(0, np.int32)
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    return np.asarray(
        np.unique(connected(ends[:, 0], ends[:, 1], count)[faces[:, 0]], return_inverse=True)[1], np.int32
    )


def fans(pairs: Pairs, faces: I32) -> I32:
    """Fan of each corner (3F,): corners of one place that are joined over edges of two faces."""
    flat = faces.ravel()
    a, b = pairs.a, pairs.b
    a_end, b_end = following(a), following(b)
    other = np.where(flat[a] == flat[b], b, b_end)  # the corner of b's face at a's tail
    far = np.where(flat[a] == flat[b], b_end, b)
    return connected(np.concatenate([a, a_end]), np.concatenate([other, far]), len(flat))


def border(edges: Edges) -> I32:
    """Half-edges that only one face has."""
    return np.sort(edges.half[edges.start[edges.faces == 1]])


def loops_of(half: I32, faces: I32) -> list[Loop]:
    """Borders of a surface from its border half-edges, longest first; then by lowest half-edge.

    A border that touches itself, or whose faces' windings disagree, comes out as one loop that is not simple, its
    half-edges in no order.
    """
    if not len(half):
        return []
    flat = faces.ravel()
    tail, head = flat[half], flat[following(half)]
    n = int(max(tail.max(), head.max())) + 1
    piece = connected(tail, head, n)[tail]
    out_degree, in_degree = np.bincount(tail, minlength=n), np.bincount(head, minlength=n)
    rough = (out_degree[tail] != 1) | (in_degree[tail] != 1) | (out_degree[head] != 1) | (in_degree[head] != 1)
    bad = np.zeros(n, bool)
    bad[piece[rough]] = True
    rank = _along(tail, head, n, ~bad[piece])
    order = np.lexsort((rank, piece))
    cut = np.flatnonzero(np.diff(piece[order])) + 1
    loops = [Loop(half[rows], not bool(bad[piece[rows[0]]])) for rows in np.split(order, cut)]
    return sorted(loops, key=lambda loop: (-len(loop.half), int(loop.half.min())))


def _along(tail: I32, head: I32, n: int, simple: Flags) -> I32:
    """Steps (H,) from each loop's lowest half-edge, by pointer doubling; 0 for what is not simple."""
    leaving = np.full(n, -1, np.int32)
    leaving[tail[simple]] = np.flatnonzero(simple)
    count = len(tail)
    ahead = np.where(simple, leaving[head], np.arange(count)).astype(np.int32)
    lowest = np.arange(count, dtype=np.int32)
    jump = ahead.copy()
    for _ in range(max(int(count - 1).bit_length(), 1)):
        lowest = np.minimum(lowest, lowest[jump])
        jump = jump[jump]
    # steps still to go until the loop's lowest half-edge comes again
    end = (ahead == lowest) | ~simple
    togo = np.where(end, 0, 1).astype(np.int32)
    jump = np.where(end, np.arange(count), ahead).astype(np.int32)
    for _ in range(max(int(count - 1).bit_length(), 1)):
        togo = togo + togo[jump]
        jump = jump[jump]
    return np.where(simple, -togo, 0).astype(np.int32)
