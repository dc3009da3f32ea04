"""Sheets: grids of points drawn on a chart, and what makes them look made: rims, thickness, folds of the uv."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...avatar import I32
from ...humanoid import INDEX
from ...humanoid import mirror as mirror_bone
from .chart import F64, unit

TILE = 0.5
"""Metres of garment per texture: uvs fold back and forth between 0 and 1."""

Weights = Mapping[str, Any]
"""Bone -> its share, a number or an array that broadcasts over the grid."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A (U, W, 3) grid of points. closed: the first axis wraps. weights: bone -> broadcastable to (U, W)."""

    points: F64
    surface: str
    region: str
    weights: Weights
    closed: bool = False
    normals: F64 | None = None
    uv: F64 | None = None
    tile: float = TILE
    tags: tuple[str, ...] = ()
    extra: dict[str, F64] = field(default_factory=dict)


def grid_normals(p: F64, closed: bool) -> F64:
    """(U, W, 3) unit normals, du x dw."""
    from scipy.ndimage import gaussian_filter1d

    du = np.roll(p, -1, 0) - np.roll(p, 1, 0) if closed else np.gradient(p, axis=0)
    dw = np.gradient(p, axis=1)
    n = np.cross(du, dw)
    bad = np.linalg.norm(n, axis=-1) < 1e-12
    if bad.any():
        n[bad] = gaussian_filter1d(n, 2, axis=1)[bad] + 1e-15
    return unit(n)


def normals_of(sheet: Sheet) -> F64:
    """The sheet's own normals, or those of its grid."""
    return grid_normals(sheet.points, sheet.closed) if sheet.normals is None else sheet.normals


def flip(sheet: Sheet) -> Sheet:
    """The other side out: turned along the first axis, so that the edges keep their names."""
    each = {
        "points": sheet.points[::-1],
        "normals": None if sheet.normals is None else sheet.normals[::-1],
        "weights": {
            b: w[::-1] if isinstance(w, np.ndarray) and w.ndim == 2 and len(w) > 1 else w
            for b, w in sheet.weights.items()
        },
        "uv": None if sheet.uv is None else sheet.uv[::-1],
    }
    return replace(sheet, **each)  # type: ignore[arg-type]


def facing(sheet: Sheet, centre: F64) -> Sheet:
    """Turned so that it looks away from `centre`: (3,), or (N, 3) evenly along its second axis."""
    if centre.ndim == 2:
        centre = centre[np.linspace(0, len(centre) - 1, sheet.points.shape[1]).round().astype(int)]
    out = sheet.points - centre
    return sheet if (grid_normals(sheet.points, sheet.closed) * out).sum() >= 0 else flip(sheet)


def mirrored(sheet: Sheet) -> Sheet:
    """The same on the right side."""
    turn = np.array((-1.0, 1.0, 1.0))
    other = replace(
        sheet,
        points=sheet.points * turn,
        normals=None if sheet.normals is None else sheet.normals * turn,
        region=sheet.region.replace("left", "right"),
        weights={mirror_bone(b): w for b, w in sheet.weights.items()},
    )
    return flip(other)


def ring_of(sheet: Sheet, edges: str) -> list[tuple[F64, F64, F64, Weights, bool]]:
    """Boundary polylines of a grid: points, normals, inward directions, weights, closed.

    edges: "0", "1", "all" or "open" (all but the first along u, which something else covers).
    """
    p, n = sheet.points, normals_of(sheet)
    w = {b: np.broadcast_to(np.asarray(x, np.float64), p.shape[:2]) for b, x in sheet.weights.items()}
    inward_w, inward_u = unit(np.gradient(p, axis=1)), unit(np.gradient(p, axis=0))
    out: list[tuple[F64, F64, F64, Weights, bool]] = []
    if sheet.closed or edges not in ("all", "open"):
        for col, sign in ((0, 1.0), (-1, -1.0)):
            if edges == "all" or str(col % 2) in edges:
                out.append(
                    (p[:, col], n[:, col], sign * inward_w[:, col], {b: x[:, col] for b, x in w.items()}, sheet.closed)
                )
        return out
    i, j = perimeter(p.shape[0], p.shape[1])
    if edges == "open":  # all but the first edge along u, which something else covers
        inside = np.concatenate([np.arange(p.shape[0] - 1, len(i)), [0]])
        i, j = i[inside], j[inside]
    du = np.where(i == 0, 1.0, np.where(i == p.shape[0] - 1, -1.0, 0.0))[:, None]
    dw = np.where(j == 0, 1.0, np.where(j == p.shape[1] - 1, -1.0, 0.0))[:, None]
    inward = du * inward_u[i, j] + dw * inward_w[i, j]
    out.append((p[i, j], n[i, j], inward, {b: x[i, j] for b, x in w.items()}, edges == "all"))
    return out


def perimeter(u: int, w: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices once round a grid."""
    a = [(i, 0) for i in range(u)] + [(u - 1, j) for j in range(1, w)]
    b = [(i, w - 1) for i in range(u - 2, -1, -1)] + [(0, j) for j in range(w - 2, 0, -1)]
    both = np.array(a + b)
    return both[:, 0], both[:, 1]


def rim(
    sheet: Sheet,
    surface: str,
    width: float,
    height: float,
    depth: float,
    edges: str = "all",
    inner: float = 0.02,
    soften: float = 0.8,
) -> list[Sheet]:
    """A raised border along the edges, rolled over and a little way inside.

    width: how far it lies on the plate. height: over it. depth: thickness of the plate. inner: lip on the inside.
    """
    from scipy.ndimage import gaussian_filter1d

    out = []
    for points, normals, inward, weights, closed in ring_of(sheet, edges):
        mode: Literal["wrap", "nearest"] = "wrap" if closed else "nearest"
        normal = unit(gaussian_filter1d(normals, 1.0, axis=0, mode=mode))
        across = inward - (inward * normal).sum(-1, keepdims=True) * normal
        if soften:
            across = gaussian_filter1d(across, soften, axis=0, mode=mode)
        # x: towards the middle of the plate, y: outwards
        xy = [(width, -0.0006), (width * 0.6, height), (-height * 0.2, height * 0.2)]
        xy.append((inner, -depth * 1.05) if inner else (width * 0.05, -depth))
        profile = np.stack([points + across * x + normal * y for x, y in xy], 1)
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
        run = np.concatenate([[0], np.cumsum([np.hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(xy)])])
        band = run[3]
        repeat = max(1, round((length[-1] + 1e-9) / (band * 6)))
        uv = np.stack(
            np.broadcast_arrays(length[:, None] / max(length[-1], 1e-9) * repeat, np.minimum(run / run[-1], 1.0)[None]),
            -1,
        )
        rows = {b: np.repeat(x[:, None], len(xy), 1) for b, x in weights.items()}
        new = Sheet(profile, surface, sheet.region, rows, closed, uv=uv, tags=("rim",))
        direction = grid_normals(profile, closed)[:, 1]
        out.append(new if (direction * normal).sum() >= 0 else flip(new))
    return out


def fold(x: F64) -> F64:
    """Triangle wave of period 2: goes 0 1 0 1 ... and stays inside the texture."""
    m = np.mod(x, 2.0)
    return np.where(m > 1, 2 - m, m)


def sheet_uv(sheet: Sheet) -> F64:
    """(U or U + 1, W, 2) uvs in 0..1 at one texture per TILE metres, folding back at whole cells."""
    if sheet.uv is not None:
        uv = sheet.uv if not sheet.closed else np.concatenate([sheet.uv, sheet.uv[:1]])
        if sheet.closed:
            step = sheet.uv[-1, :, 0] - sheet.uv[-2, :, 0]
            uv[-1, :, 0] = sheet.uv[-1, :, 0] + step
        return np.stack([fold(uv[..., 0]), np.clip(uv[..., 1], 0, 1)], -1)
    p = sheet.points if not sheet.closed else np.concatenate([sheet.points, sheet.points[:1]])
    axes = []
    for axis in (0, 1):
        step = np.linalg.norm(np.diff(p, axis=axis), axis=-1).mean(1 - axis)
        at = np.concatenate([[0], np.cumsum(step)])
        whole = at[-1] / sheet.tile
        turns = np.ceil(whole - 1e-9)
        at = at / max(at[-1], 1e-9) * whole
        for k in range(1, int(turns)):  # a whole number must fall on a vertex, or a cell would show a fold
            at[int(np.argmin(np.abs(at - k)))] = k
        axes.append(fold(at))
    return np.stack(np.meshgrid(axes[0], axes[1], indexing="ij"), -1)


def sheet_faces(u: int, w: int, closed: bool) -> tuple[I32, I32]:
    """Triangles of a grid and of its uv grid."""
    i, j = np.meshgrid(np.arange(u if closed else u - 1), np.arange(w - 1), indexing="ij")

    def at(a: NDArray[np.int64], b: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
        return (a % rows) * w + b

    def both(rows: int) -> NDArray[np.int64]:
        a, b, c, d = at(i, j, rows), at(i + 1, j, rows), at(i + 1, j + 1, rows), at(i, j + 1, rows)
        even = ((i + j) % 2 == 0)[..., None]
        one = np.where(even, np.stack([a, b, c], -1), np.stack([a, b, d], -1))
        two = np.where(even, np.stack([a, c, d], -1), np.stack([b, c, d], -1))
        return np.concatenate([one.reshape(-1, 3), two.reshape(-1, 3)])

    return both(u).astype(np.int32), both(u + 1 if closed else u).astype(np.int32)


def joint_rows(sheet: Sheet) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """(V, 4) joints and weights of the grid's vertices."""
    shape = sheet.points.shape[:2]
    bones = list(sheet.weights)
    table = np.stack([np.broadcast_to(np.asarray(sheet.weights[b], np.float64), shape).ravel() for b in bones], 1)
    table = np.maximum(table, 0)
    order = np.argsort(-table, axis=1, kind="stable")[:, :4]
    weights = np.take_along_axis(table, order, 1)
    joints = np.array([INDEX[b] for b in bones], np.uint16)[order]
    if weights.shape[1] < 4:
        gap = 4 - weights.shape[1]
        weights = np.pad(weights, ((0, 0), (0, gap)))
        joints = np.pad(joints, ((0, 0), (0, gap)))
    weights = weights / np.maximum(weights.sum(1, keepdims=True), 1e-12)
    return np.where(weights > 0, joints, 0).astype(np.uint16), weights.astype(np.float32)
