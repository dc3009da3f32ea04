"""Eyes, nose, mouth and chin in the frontal view of a head: from tears and folds of its surface, not from colours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .eyes import ALONG, Eye, find_eyes, measure_pieces
from .frontal import F64, I32, I64, Frontal, look

OPEN = 0.06  # distances between the eyes: lips farther apart stand open
ROWS = 240  # pixels over the head's height


@dataclass(frozen=True, eq=False, slots=True)
class Features:
    """What was seen. skin: the view of the face's own surface alone. middle: x of the plane of symmetry.

    eyes: left, right, or empty.  mouth: (ALONG, 3) the line between the lips from the character's right to the left,
    or None.  parted: whether the surface is torn there.  nose, chin: (3,) or None.  seam: columns,
    highest and lowest rows of the tear.  drawn: the component that is a mouth drawn on, or -1.
    piece: the face's component.  lips: `lips_of`, when the mouth stands open.
    """

    skin: Frontal
    middle: float
    piece: int
    eyes: tuple[Eye, ...]
    mouth: F64 | None
    parted: bool
    nose: F64 | None
    chin: F64 | None
    seam: tuple[I64, I64, I64] | None = None
    drawn: int = -1
    lips: tuple[F64, F64] | None = None


def find_features(positions: F64, faces: I32, piece: NDArray[np.int64], joint: F64) -> Features:
    """Look at the head from the front. piece (V,): connected components; joint (3,): the head's."""
    middle = float(joint[0])
    found = [_features(positions, faces, piece, k, middle) for k in _face_pieces(positions, faces, piece, joint)]
    return max(found, key=lambda f: bool(f.eyes) * (1 + (f.nose is not None) + (f.mouth is not None)))


def _features(positions: F64, faces: I32, piece: NDArray[np.int64], own: int, middle: float) -> Features:
    used = positions[np.unique(faces[piece[faces[:, 0]] == own])]
    low, high = used.min(axis=0)[:2], used.max(axis=0)[:2]
    half = min(max(middle - low[0], high[0] - middle), 0.6 * (high[1] - low[1]))
    pixel = float(high[1] - low[1]) / ROWS
    low, high = np.array([middle - half, low[1]]) - 2.0 * pixel, np.array([middle + half, high[1]]) + 2.0 * pixel
    eyes = find_eyes(positions, faces, piece, own, middle, low, high, pixel)
    skin = look(positions, faces[piece[faces[:, 0]] == own], low, high, pixel)
    spacing = abs(eyes[0].middle[0] - eyes[1].middle[0]) if eyes else 0.5 * half
    level = 0.5 * (eyes[0].middle[1] + eyes[1].middle[1]) if eyes else float(low[1] + 0.5 * (high[1] - low[1]))
    seam = seam_of(skin, middle, spacing, level)
    mouth, parted = mouth_of(skin, seam), seam is not None
    drawn = None
    if mouth is None and eyes:
        drawn = _drawn(positions, piece, own, skin, middle, spacing, level)
        mouth, parted = drawn[0] if drawn else None, False
    nose = nose_of(skin, middle, spacing, level, mouth)
    if mouth is None and nose is not None and eyes:
        mouth, parted = _crease(skin, middle, spacing, nose, level), False
    lips = lips_of(skin, seam) if seam is not None else None
    if lips is not None and float((lips[0] - lips[1])[2:-2, 1].max()) < OPEN * spacing:
        lips = None
    chin = chin_of(skin, middle, spacing, mouth if lips is None else lips[1], nose)
    return Features(skin, middle, own, eyes, mouth, parted, nose, chin, seam, drawn[1] if drawn else -1, lips)


def _face_pieces(positions: F64, faces: I32, piece: NDArray[np.int64], joint: F64) -> list[int]:
    """The components that show most in the middle of the head's front, about where eyes are; one, or two in doubt."""
    used = positions[np.unique(faces)]
    top = float(used[:, 1].max())
    low = max(float(used[:, 1].min()), joint[1] - 0.35 * (top - joint[1]))  # hair hangs lower than heads
    size = top - low
    half = np.array([0.15 * size, 0.0])
    window = (np.array([joint[0], low + share * size]) for share in (0.3, 0.52))
    first, last = window
    view = look(positions, faces, first - half, last + half, size / 120)
    shown = view.face[(view.face >= 0) & (view.normal[..., 2] > 0)]
    if not len(shown):
        return [int(piece[faces[0, 0]])]
    count = np.bincount(piece[faces[shown, 0]])
    first = np.argsort(-count, kind="stable")[:2]
    return [int(k) for k in first if count[k] > 0.2 * count[first[0]]]


def _window(view: Frontal, low: tuple[float, float], high: tuple[float, float]) -> tuple[slice, slice]:
    c = view.column(np.array([low[0], high[0]]))
    r = view.row(np.array([high[1], low[1]]))
    return slice(int(r[0]), int(r[1]) + 1), slice(int(c[0]), int(c[1]) + 1)


def seam_of(view: Frontal, middle: float, spacing: float, level: float) -> tuple[I64, I64, I64] | None:
    """The tear across the plane of symmetry, well below the eyes; the widest that is no wider than a mouth."""
    torn = view.torn.copy()
    keep = np.zeros_like(torn)
    keep[
        _window(
            view, (middle - 0.75 * spacing, level - 2.2 * spacing), (middle + 0.75 * spacing, level - 0.35 * spacing)
        )
    ] = True
    torn &= keep
    groups, count = ndimage.label(ndimage.binary_dilation(torn, iterations=1), structure=np.ones((3, 3)))
    best, line = 0.0, None
    for k in range(1, count + 1):
        rows, columns = np.nonzero(torn & (groups == k))
        x = view.x(columns) - middle
        if not len(x) or x.min() > -0.08 * spacing or x.max() < 0.08 * spacing:
            continue
        wide, off = float(np.ptp(x)), abs(float(x.max() + x.min()))
        if wide > 1.35 * spacing or wide < 0.2 * spacing or off > 0.3 * wide:
            continue
        if len(np.unique(columns)) * view.pixel < 0.6 * wide:
            continue
        c = int(view.column(middle))
        beside = rows[np.abs(columns - c) <= 2]
        if not len(beside):
            continue
        behind = abs(view.depth[beside.min(), c] - view.depth[beside.max() + 1, c])
        if behind > 0.12 * spacing + 0.8 * (beside.max() - beside.min()) * view.pixel:
            continue  # the nose hides what is below it
        y = view.y(rows).mean()
        under = view.row(y - 0.35 * spacing)
        if view.face[under, c] < 0 or view.depth[under, c] < view.depth[rows[0], c] - 0.45 * spacing:
            continue  # the edge of the jaw
        score = wide / (1.0 + off / wide)
        if score > best:
            best, line = score, (rows, columns)
    if line is None:
        return None
    rows, columns = line
    across = np.unique(columns)
    top = np.array([rows[columns == c].min() for c in across])
    bottom = np.array([rows[columns == c].max() for c in across])
    return across, top, bottom


def mouth_of(view: Frontal, seam: tuple[I64, I64, I64] | None) -> F64 | None:
    """(ALONG, 3) the line between the lips whose tear is `seam`: columns, highest and lowest torn rows."""
    if seam is None:
        return None
    across, top, bottom = seam
    z = np.maximum(view.depth[top, across], view.depth[np.minimum(bottom + 1, len(view.face) - 1), across])
    return _resample(view.x(across), view.y(0.5 * (top + bottom) + 0.5), z)


def lips_of(view: Frontal, seam: tuple[I64, I64, I64]) -> tuple[F64, F64]:
    """Lower edge of the upper lip and upper edge of the lower lip, each (ALONG, 3): one line unless it is open."""
    across, top, bottom = seam
    low = np.minimum(bottom + 1, len(view.face) - 1)
    upper = _resample(view.x(across), view.y(top + 0.5), view.depth[top, across])
    lower = _resample(view.x(across), view.y(bottom + 0.5), view.depth[low, across])
    return upper, lower


def _drawn(
    positions: F64, piece: NDArray[np.int64], own: int, skin: Frontal, middle: float, spacing: float, level: float
) -> tuple[F64, int] | None:
    """The middle of a mouth that lies on the face as a thing of its own: small, across the plane of symmetry."""
    boxes = measure_pieces(positions, piece)
    centre, extent = 0.5 * (boxes.low + boxes.high), boxes.high - boxes.low
    likely = (np.abs(centre[:, 0] - middle) < 0.08 * spacing) & (extent[:, 0] > 0.12 * spacing)
    likely &= (extent[:, 0] < 1.2 * spacing) & (extent[:, 1] < 0.6 * extent[:, 0] + 0.05 * spacing)
    likely &= (centre[:, 1] < level - 0.35 * spacing) & (centre[:, 1] > level - 1.8 * spacing)
    likely[own] = False
    front = skin.depth[skin.row(centre[:, 1]), skin.column(np.full(len(centre), middle))]
    likely &= boxes.high[:, 2] > front - 0.02 * spacing
    if not likely.any():
        return None
    k = int(np.flatnonzero(likely)[extent[likely, 0].argmax()])
    points = positions[piece == k]
    at = np.linspace(boxes.low[k, 0], boxes.high[k, 0], ALONG)
    order = np.argsort(points[:, 0], kind="stable")
    return np.stack([at, *(np.interp(at, points[order, 0], points[order, c]) for c in (1, 2))], axis=1), k


def _resample(x: F64, y: F64, z: F64) -> F64:
    at = np.linspace(x[0], x[-1], ALONG)
    width = max(1, len(x) // 10)
    y, z = (ndimage.uniform_filter1d(a, width, mode="nearest") for a in (y, z))
    return np.stack([at, np.interp(at, x, y), np.interp(at, x, z)], axis=1)


def _profile(skin: Frontal, middle: float, half: float) -> tuple[F64, F64, F64]:
    """(y, z, ny) down the plane of symmetry, from top to bottom; nan where nothing is."""
    c = skin.column(np.array([middle - half, middle + half]))
    z = np.where(np.isfinite(skin.depth[:, c[0] : c[1] + 1]), skin.depth[:, c[0] : c[1] + 1], np.nan)
    some = np.isfinite(z).any(axis=1)
    profile = np.full(len(z), np.nan)
    profile[some] = np.nanmedian(z[some], axis=1)
    return skin.y(np.arange(len(z))), profile, skin.normal[:, c[0] : c[1] + 1, 1].mean(axis=1)


def nose_of(skin: Frontal, middle: float, spacing: float, level: float, mouth: F64 | None) -> F64 | None:
    """The tip: what stands out most from the line between the eyes' level and the mouth's, if it stands out at all."""
    y, z, _ = _profile(skin, middle, 0.03 * spacing)
    lowest = mouth[:, 1].mean() if mouth is not None else level - 1.1 * spacing
    rows = np.flatnonzero((y < level) & (y > lowest + 0.08 * (level - lowest)) & np.isfinite(z))
    if len(rows) < 5:
        return None
    line = np.interp(y[rows], [y[rows[-1]], y[rows[0]]], [z[rows[-1]], z[rows[0]]])
    out = z[rows] - 0.5 * line
    tip = rows[int(out.argmax())]
    beside = [skin.depth[tip, skin.column(middle + s * 0.33 * spacing)] for s in (-1, 1)]
    if z[tip] - max(beside) < 0.05 * spacing or tip in (rows[0], rows[-1]):
        return None
    return np.array([middle, y[tip], z[tip]])


def _crease(skin: Frontal, middle: float, spacing: float, nose: F64, level: float) -> F64 | None:
    """The line of a mouth that is only folded in: the sharpest fold below the nose, as wide as it stays one."""
    y, z, up = _profile(skin, middle, 0.08 * spacing)
    drop = level - nose[1]
    rows = np.flatnonzero((y < nose[1] - 0.25 * drop) & (y > nose[1] - 1.3 * drop) & np.isfinite(z))
    if len(rows) < 7:
        return None
    step = 2
    fold = np.zeros(len(y))
    fold[step:-step] = up[2 * step :] - up[: -2 * step]
    usual = np.exp(-((np.log((nose[1] - y[rows]) / drop) / 0.45) ** 2))  # as far below the nose as the eyes are above
    at = rows[int((fold[rows] * usual).argmax())]
    if fold[at] < 0.1:
        return None
    columns = np.arange(*skin.column(np.array([middle - 0.6 * spacing, middle + 0.6 * spacing])))
    up_all = skin.normal[..., 1]
    seen, centre = [], int(skin.column(middle))
    for side in (-1, 1):
        row = at
        for c in range(centre, columns[0] if side < 0 else columns[-1], side):
            near = np.clip(np.arange(row - 2, row + 3), step, len(up) - 1 - step)
            strength = up_all[near + step, c] - up_all[near - step, c]
            if strength.max() < min(0.2, 0.5 * fold[at]):
                break
            row = int(near[strength.argmax()])
            seen.append((c, row))
    if len(seen) < 6:
        return None
    both = np.array(sorted(set(seen)))
    _, first = np.unique(both[:, 0], return_index=True)
    both = both[first]
    if not 0.25 * spacing < len(both) * skin.pixel < 1.3 * spacing:
        return None
    return _resample(skin.x(both[:, 0]), skin.y(both[:, 1]), skin.depth[both[:, 1], both[:, 0]])


def chin_of(skin: Frontal, middle: float, spacing: float, mouth: F64 | None, nose: F64 | None) -> F64 | None:
    """The lowest point of the face that still looks forward: where the profile below the mouth turns under."""
    y, z, _ = _profile(skin, middle, 0.05 * spacing)
    start = mouth[ALONG // 2, 1] if mouth is not None else nose[1] - 0.3 * spacing if nose is not None else None
    if start is None:
        return None
    rows = np.flatnonzero((y < start - 0.05 * spacing) & np.isfinite(z))
    if len(rows) < 3:
        return None
    gap = np.flatnonzero((np.abs(np.diff(z[rows])) > 0.12 * spacing) | (np.diff(rows) > 1))
    rows = rows[: gap[0] + 1] if len(gap) else rows
    reach = -0.6 * y[rows] + 0.8 * z[rows]
    at = rows[int(reach.argmax())]
    return np.array([middle, y[at], z[at]])
