"""Eyes on a head: pairs of mirrored pieces that lie in the face, or holes in it; round rather than long."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from .frontal import F64, I32, I64, Flags, Frontal, look

ALONG = 9  # points on a lid's edge
ROUND = 0.35  # roundness of what can turn like a ball


class Eye(NamedTuple):
    """mask (H, W) of the opening; pieces: the components that show in it. upper, lower (ALONG, 3): its edges, by x.

    ball: whether a round thing lies in it, which can turn.  lids: whether the opening is smaller than the ball.
    """

    mask: Flags
    pieces: frozenset[int]
    upper: F64
    lower: F64
    ball: bool
    lids: bool

    @property
    def middle(self) -> F64:
        return np.asarray(0.5 * (self.upper.mean(axis=0) + self.lower.mean(axis=0)))


class Pieces(NamedTuple):
    """Boxes of the components: low, high (P, 3).  round (P,): how round, 0 flat or long to 1 a ball."""

    low: F64
    high: F64
    round: F64


def measure_pieces(positions: F64, piece: I64) -> Pieces:
    """Boxes and roundness of the connected components, piece (V,)."""
    count = int(piece.max()) + 1
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, piece, positions)
    np.maximum.at(high, piece, positions)
    middle = 0.5 * (low + high)
    size = high - low
    radius = 0.5 * np.maximum(size[:, 0], size[:, 1])
    lacking = radius - 0.5 * size[:, 2]  # a shell of half a ball ends at its middle
    centre = middle - np.stack([0 * lacking, 0 * lacking, np.maximum(lacking, 0.0)], axis=1)
    off = np.sqrt(((positions - centre[piece]) ** 2).sum(axis=1)) / np.maximum(radius[piece], 1e-9)
    spread = np.sqrt(np.bincount(piece, (off - 1.0) ** 2, count) / np.maximum(np.bincount(piece, minlength=count), 1))
    deep = size[:, 2] / np.maximum(2.0 * radius, 1e-9)
    return Pieces(low, high, np.where(deep > 0.3, np.exp(-((spread / 0.2) ** 2)), 0.0))


def find_eyes(
    positions: F64, faces: I32, piece: I64, skin: int, middle: float, low: F64, high: F64, pixel: float
) -> tuple[Eye, ...]:
    """Left and right eye, or nothing. skin: the face's own component; low, high: what of it is looked at."""
    boxes = measure_pieces(positions, piece)
    size = float(high[1] - low[1])
    centre, extent = 0.5 * (boxes.low + boxes.high), boxes.high - boxes.low
    x, y = centre[:, 0] - middle, centre[:, 1]
    low3, high3 = (float(np.quantile(positions[piece == skin, 2], q)) for q in (0.02, 0.98))
    likely = np.flatnonzero(
        (np.arange(len(x)) != skin)
        & (np.abs(x) > 0.05 * size)
        & (np.abs(x) < 0.36 * size)
        & (y > low[1] + 0.15 * size)
        & (y < low[1] + 0.85 * size)
        & (extent[:, 0] > 0.03 * size)
        & (extent[:, 0] < 0.36 * size)
        & (extent[:, 1] > 0.03 * size)
        & (extent[:, 1] < 0.45 * size)
        & (boxes.high[:, 2] > 0.5 * (low3 + high3))
    )
    best, chosen = 0.0, None
    for i in likely[x[likely] > 0]:
        for j in likely[x[likely] < 0]:
            unlike = abs(x[i] + x[j]) + abs(y[i] - y[j]) + np.abs(extent[i] - extent[j]).sum()
            if unlike > 0.08 * size:
                continue
            wide, tall = extent[[i, j], :2].mean(axis=0)
            score = np.sqrt(wide * tall) * np.exp(-((np.log(wide / tall) / 0.6) ** 2)) * (1.0 - 6.0 * unlike / size)
            score *= 1.0 + 2.0 * min(boxes.round[i], boxes.round[j])
            if score > best:
                best, chosen = float(score), (int(i), int(j))
    if chosen is not None and best > 0.02 * size:
        groups = []
        for k in chosen:
            inner = (np.abs(centre[:, :2] - centre[k, :2]) < 0.5 * extent[k, :2]).all(axis=1)
            if boxes.round[k] > ROUND:
                ball = ball_of(positions[piece == k])
                off = np.sqrt(((positions - ball[:3]) ** 2).sum(axis=1))
                inner &= np.bincount(piece, off > 1.2 * ball[3], len(x)) == 0  # lashes stick out, an iris does not
            else:  # drawn: iris, white, lights and lashes
                inner &= (np.abs(centre[:, 2] - centre[k, 2]) < size / 8) & (extent[:, 0] < 3.0 * extent[:, 1])
                inner &= (extent[:, :2] < 1.6 * extent[k, :2].max()).all(axis=1)
            inner[skin] = False
            groups.append(frozenset([k, *np.flatnonzero(inner).tolist()]))
        shown = np.isin(piece[faces[:, 0]], [skin, *groups[0], *groups[1]])
        sub = faces[shown]
        view = look(positions, sub, low, high, pixel)
        label = np.where(view.face >= 0, piece[sub[view.face, 0]], -1)
        bare = look(positions, faces[piece[faces[:, 0]] == skin], low, high, pixel)
        out = []
        for k, group in zip(chosen, groups, strict=True):
            round_ = bool(boxes.round[k] > ROUND)
            whole = np.isin(label, list(group))
            mask = _largest(whole) if round_ else whole
            if mask is None or not mask.any():
                return ()
            tall = np.ptp(np.flatnonzero(mask.any(axis=1))) * pixel
            covered = _lidded(bare, mask) or tall < 0.55 * extent[k, 1]
            edges = _edges(view, mask)
            if np.median(np.concatenate(edges)[:, 2]) < boxes.low[k, 2] - extent[k, :2].max():
                return ()  # the skin is far behind: a helmet's back
            out.append(Eye(mask, group, *edges, round_, round_ and bool(covered)))
        return tuple(out)
    return _holes(positions, faces, piece, skin, middle, low, high, pixel)


def ball_of(points: F64) -> F64:
    """(4,) centre and radius of the sphere nearest to points (N, 3), least squares."""
    middle = points.mean(axis=0)
    p = points - middle
    system = np.column_stack([2.0 * p, np.ones(len(p))])
    solved = np.linalg.lstsq(system, (p**2).sum(axis=1), rcond=None)[0]
    radius = float(np.sqrt(max(solved[3] + solved[:3] @ solved[:3], 1e-12)))
    return np.append(solved[:3] + middle, radius)


def _lidded(bare: Frontal, mask: Flags) -> bool:
    """Whether the skin ends, or folds in, along the upper edge of an opening; else a ball just sticks in it."""
    columns = np.flatnonzero(mask.any(axis=0))
    top = mask[:, columns].argmax(axis=0)
    ends = np.zeros(len(columns), bool)
    reach = max(3, int(0.25 * mask.any(axis=1).sum()))
    for step in range(-3, reach):
        row = np.clip(top + step, 0, len(mask) - 2)
        ends |= bare.torn[row, columns] | (bare.face[row, columns] < 0)
    return bool(ends.mean() > 0.4)


def _largest(mask: Flags) -> Flags | None:
    regions, count = ndimage.label(mask)
    if not count:
        return None
    k = int(np.bincount(regions.ravel())[1:].argmax()) + 1
    return np.asarray(ndimage.binary_fill_holes(regions == k))


def _holes(
    positions: F64, faces: I32, piece: I64, skin: int, middle: float, low: F64, high: F64, pixel: float
) -> tuple[Eye, ...]:
    """A pair of holes in the face's own surface, through which its inside or nothing shows."""
    sub = faces[piece[faces[:, 0]] == skin]
    view = look(positions, sub, low, high, pixel)
    regions, _ = ndimage.label((view.face < 0) | (view.normal[..., 2] < -0.05))
    size = float(high[1] - low[1])
    found = []
    for k, box in enumerate(ndimage.find_objects(regions), 1):
        rows, columns = box
        if rows.start == 0 or columns.start == 0 or rows.stop == len(regions) or columns.stop == regions.shape[1]:
            continue
        tall, wide = (rows.stop - rows.start) * pixel, (columns.stop - columns.start) * pixel
        if wide > 0.04 * size and 0.4 < wide / tall < 5:
            found.append((view.x(np.array(columns.start + columns.stop) / 2 - 0.5) - middle, wide, k))
    for x, wide, k in found:
        for x2, wide2, k2 in found:
            if x > 0.04 * size and abs(x + x2) < 0.04 * size and abs(wide - wide2) < 0.3 * wide:
                masks = [np.asarray(regions == n) for n in (k, k2)]
                return tuple(Eye(m, frozenset(), *_edges(view, m), False, True) for m in masks)
    return ()


def _edges(view: Frontal, mask: Flags) -> tuple[F64, F64]:
    """Upper and lower edge of a patch, each (ALONG, 3), by x; on the surface around it."""
    columns = np.flatnonzero(mask.any(axis=0))
    top = mask[:, columns].argmax(axis=0)
    bottom = len(mask) - 1 - mask[::-1, columns].argmax(axis=0)
    at = np.linspace(0, len(columns) - 1, ALONG)
    every = np.arange(len(columns))
    width = max(1, len(columns) // 8)
    out = []
    for rows, step in ((top, -1), (bottom, 1)):
        outer = np.clip(rows + step, 0, len(mask) - 1)
        z = view.depth[outer, columns]
        z = np.where(np.isfinite(z), z, view.depth[rows, columns])
        y = view.y(rows + 0.5 * step)
        flat = [np.interp(at, every, ndimage.uniform_filter1d(a, width, mode="nearest")) for a in (y, z)]
        out.append(np.stack([np.interp(at, every, view.x(columns)), *flat], axis=1))
    corners = 0.5 * (out[0][[0, -1]] + out[1][[0, -1]])  # where both edges meet
    for edge in out:
        edge[[0, -1]] = corners
    return out[0], out[1]
