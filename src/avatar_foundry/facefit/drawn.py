"""Eyes and mouths that are drawn on a face: they slide over it, flatten, and open as a shape."""

import numpy as np
from scipy import ndimage

from ..avatar import F32
from ..face.names import SHAPES
from ..face.shapes import field
from .follow import SQUASH, blend
from .frontal import F64, Frontal
from .template import template

GLANCE = {"Up": (0.0, 0.08), "Down": (0.0, -0.10), "In": (-0.11, 0.0), "Out": (0.11, 0.0)}  # of its width
CLOSED = 0.3  # of an eye's height, from below: where it closes to
PROUD = 0.02  # of its width: how far a closed eye stands out, so that it is seen
OPEN = 0.9  # of its width: how far a mouth opens at most
LASH = 0.62  # of an eye's height, from below: what lies all above is a lash and stays when the eye looks about


def move_drawn_eye(points: F64, side: str) -> F32:
    """(N, S, 3) what a drawn eye does, in the plane."""
    out = np.zeros((len(points), len(SHAPES), 3), np.float32)
    low, high = points.min(axis=0), points.max(axis=0)
    wide, tall = float(high[0] - low[0]), float(high[1] - low[1])
    outward = 1.0 if side == "Left" else -1.0
    seen = points[:, 1] < low[1] + LASH * tall
    inside = np.where(seen, 1.0, np.clip((high[1] - points[:, 1]) / ((1.0 - LASH) * tall), 0.0, 1.0))
    for look, (x, y) in GLANCE.items():
        s = SHAPES.index(f"eyeLook{look}{side}")
        out[:, s, 0] = inside * outward * x * wide
        out[:, s, 1] = inside * y * wide
    flat = -(1.0 - SQUASH) * (points[:, 1] - (low[1] + CLOSED * tall))
    for name, share in (("Blink", 1.0), ("Squint", 0.3), ("Wide", -0.1)):
        out[:, SHAPES.index(f"eye{name}{side}"), 1] = share * flat
    out[:, SHAPES.index(f"eyeBlink{side}"), 2] = PROUD * wide
    blend(out, ("eyesClosed", "eyesLookUp", "eyesLookDown"))
    return out


def move_drawn_mouth(points: F64, line: F64, base: F32, deltas: F32) -> F32:
    """(N, S, 3) what a drawn mouth does: its upper half as our upper lip's edge, its lower half as the lower's."""
    t, f = template(), field()
    width = float(np.ptp(line[:, 0]))
    order = np.argsort(points[:, 0], kind="stable")
    reach = max(3, len(points) // 6)
    middle = np.empty(len(points))
    middle[order] = 0.5 * (
        ndimage.maximum_filter1d(points[order, 1], reach, mode="nearest")
        + ndimage.minimum_filter1d(points[order, 1], reach, mode="nearest")
    )
    upper = points[:, 1] >= middle
    out = np.zeros((len(points), len(SHAPES), 3), np.float32)
    for rows, own in ((t.above, upper), (t.below, ~upper)):
        edge = base[t.vertex[rows]].astype(np.float64)
        share = np.exp(-(((points[own][:, :1] - edge[:, 0]) / (0.08 * width)) ** 2)) + 1e-9
        share /= share.sum(axis=1, keepdims=True)
        out[own] = np.einsum("nk,ksi->nsi", share.astype(np.float32), deltas[f.row[t.vertex[rows]]])
    travel = float(np.abs(out[:, SHAPES.index("jawOpen"), 1]).max())
    return out * np.float32(min(1.0, OPEN * width / max(travel, 1e-9)))


def along_skin(view: Frontal, points: F64, motion: F32) -> F32:
    """(N, S) how much what lies on the skin comes forward when it slides by `motion` (N, S, 3)."""

    def depth(x: F64, y: F64) -> F64:
        z = view.depth[view.row(y), view.column(x)]
        return np.where(np.isfinite(z), z, np.nan)

    here = depth(points[:, 0], points[:, 1])
    there = depth(points[:, :1] + motion[..., 0], points[:, 1:2] + motion[..., 1])
    return np.nan_to_num(there - here[:, None]).astype(np.float32)
