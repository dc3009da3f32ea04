"""Make all faces look outwards: one winding over each connected sheet, then the side that can be seen."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32
from .rays import Rays
from .topology import Pairs, connected

Flags = NDArray[np.bool_]
SAMPLES = 48  # faces of a sheet that are asked which side is seen
MOST = 24_000  # faces asked in all


class Sheets(NamedTuple):
    """Pieces of surface joined over edges of two faces.

    sheet: (F,) number.  turn: (F,) faces to turn over so that each sheet is wound one way, the fewest by area.
    crossed: pairs that disagree whatever is turned (the surface has one side only there).
    """

    sheet: I32
    turn: Flags
    crossed: int


def sheets_of(pairs: Pairs, area: NDArray[Any]) -> Sheets:
    """Sheets of faces with `area` (F,), and the faces that go against their sheet.

    A double cover: each face has a front and a back, and neighbours join front to front where windings agree. A sheet
    that can be wound one way falls into two halves there.
    """
    count = len(area)
    f, g = pairs.a // 3, pairs.b // 3
    sheet = connected(f, g, count)
    if pairs.agree.all():
        return Sheets(sheet, np.zeros(count, bool), 0)
    mixed = np.zeros(count, bool)  # sheets that do not agree with themselves; the others need no cover
    mixed[sheet[f[~pairs.agree]]] = True
    asked = mixed[sheet[f]]
    some = np.flatnonzero(mixed[sheet])
    number = np.zeros(count, np.int32)
    number[some] = np.arange(len(some), dtype=np.int32)
    turn = np.zeros(count, bool)
    turn[some] = _against(number[f[asked]], number[g[asked]], pairs.agree[asked], len(some))
    against = np.bincount(sheet, weights=area * turn) * 2 > np.bincount(sheet, weights=area)
    turn = turn ^ against[sheet]
    crossed = int(((turn[f] ^ turn[g]) == pairs.agree).sum())
    return Sheets(sheet, np.asarray(turn), crossed)


def _against(f: I32, g: I32, agree: Flags, count: int) -> Flags:
    """(count,) faces that go against the first of their sheet."""
    cover = _cover(f, g, agree, count)
    one_sided = np.flatnonzero(cover[:count] == cover[count:])
    if len(one_sided):
        # cut the fewest links: a tree that prefers links that agree
        sheet = connected(f, g, count)
        on = np.isin(sheet[f], np.unique(sheet[one_sided]))
        kept = ~on
        kept[np.flatnonzero(on)[_tree(f[on], g[on], agree[on], count)]] = True
        cover = _cover(f[kept], g[kept], agree[kept], count)
    return np.asarray(cover[:count] > cover[count:])


def _cover(f: I32, g: I32, agree: Flags, count: int) -> I32:
    shift = np.where(agree, 0, count)
    return connected(np.concatenate([f, f + count]), np.concatenate([g + shift, g + count - shift]), 2 * count)


def _tree(f: I32, g: I32, agree: Flags, count: int) -> NDArray[Any]:
    """Rows of the links that form a spanning tree, agreeing links first."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    low, high = np.minimum(f, g), np.maximum(f, g)
    key = low.astype(np.int64) * count + high
    order = np.lexsort((~agree, key))
    first = order[np.unique(key[order], return_index=True)[1]]
    cost = np.where(agree[first], 1.0, 2.0)
    tree = minimum_spanning_tree(coo_array((cost, (low[first], high[first])), shape=(count, count)).tocsr()).tocoo()
    chosen = np.minimum(tree.row, tree.col).astype(np.int64) * count + np.maximum(tree.row, tree.col)
    return np.asarray(first[np.isin(key[first], chosen)])


def volumes(positions: F32, faces: I32, cross: NDArray[np.float64], sheet: I32, count: int) -> NDArray[np.float64]:
    """(S,) signed volume of each sheet over its area to the power 1.5: a ball has 0.56 here, a card 0."""
    area = np.sqrt(np.einsum("ij,ij->i", cross, cross))
    middle = np.asarray(positions[faces].mean(axis=1, dtype=np.float64))
    total = np.bincount(sheet, weights=area, minlength=count)
    sums = np.stack([np.bincount(sheet, weights=area * middle[:, k], minlength=count) for k in range(3)], axis=1)
    centre = sums / np.maximum(total, 1e-300)[:, None]
    volume = np.bincount(sheet, weights=np.einsum("ij,ij->i", middle - centre[sheet], cross), minlength=count)
    return np.asarray(volume / np.maximum(total, 1e-150) ** 1.5)


def visibility(
    rays: Rays, positions: F32, faces: I32, cross: NDArray[np.float64], sheet: I32, asked: Flags
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per patch (S,) of `asked`: how much freer the front is than the back, -1..1, and how free both are, 0..1.

    Rays leave both sides of faces spread over the patch; what they travel before they hit anything is their freedom.
    """
    count = len(asked)
    area = np.sqrt(np.einsum("ij,ij->i", cross, cross))
    chosen = _spread(area, sheet, asked)
    corners = positions[faces[chosen]]
    size = float(np.linalg.norm(positions.max(axis=0) - positions.min(axis=0)))
    normal = (cross[chosen] / area[chosen][:, None]).astype(np.float32)
    at = corners.mean(axis=1)
    freedom = []
    for side in (np.float32(1), np.float32(-1)):
        way = _cone(normal * side)
        start = np.repeat(at + normal * side * np.float32(2e-5 * size), way.shape[1], axis=0)
        far = rays.hit(start, way.reshape(-1, 3))[0].reshape(way.shape[:2])
        freedom.append(np.clip(far / size, 0, 1).mean(axis=1))
    weight = area[chosen]
    front = np.bincount(sheet[chosen], weights=weight * freedom[0], minlength=count)
    back = np.bincount(sheet[chosen], weights=weight * freedom[1], minlength=count)
    total = np.bincount(sheet[chosen], weights=weight, minlength=count)
    lean = (front - back) / np.maximum(front + back, 1e-300)
    return lean, (front + back) / np.maximum(2 * total, 1e-300)


def _spread(area: NDArray[Any], sheet: I32, asked: Flags) -> NDArray[Any]:
    """Up to SAMPLES faces of each asked sheet, evenly over its area."""
    each = max(1, min(SAMPLES, MOST // max(int(asked.sum()), 1)))
    order = np.argsort(sheet, kind="stable")
    order = order[asked[sheet[order]]]
    s = sheet[order]
    run = np.cumsum(area[order])
    first = np.concatenate([[True], s[1:] != s[:-1]])
    start = np.maximum.accumulate(np.where(first, run - area[order], -np.inf))
    total = np.bincount(s, weights=area[order])[s]
    step = np.floor((run - start) / np.maximum(total, 1e-300) * each - 1e-9)
    before = np.where(first, -1, np.concatenate([[-1], step[:-1]]))
    picked = order[step > before]
    return np.asarray(picked[area[picked] > 0][:MOST])


def _cone(normals: F32) -> F32:
    """(N, 7, 3) the direction itself and six at 50 degrees around it."""
    side = np.zeros_like(normals)
    side[np.arange(len(normals)), np.abs(normals).argmin(axis=1)] = 1
    u = np.cross(normals, side)
    u /= np.maximum(np.linalg.norm(u, axis=1, keepdims=True), 1e-12)
    w = np.cross(normals, u)
    turn = (np.arange(6) + 0.25) / 6 * 2 * np.pi
    tilt = np.radians(50.0)
    ring = np.cos(turn)[None, :, None] * u[:, None] + np.sin(turn)[None, :, None] * w[:, None]
    out = np.concatenate([normals[:, None], np.cos(tilt) * normals[:, None] + np.sin(tilt) * ring], axis=1)
    return np.asarray(out, np.float32)
