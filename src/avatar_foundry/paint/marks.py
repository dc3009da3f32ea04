"""Prints and trademarks in the source textures, and how they are painted out: nothing of them may remain.

Boxes are in uv, origin top-left, around each print and nothing else that stands out from its cloth.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32
from .uvspace import Reals


class Mark(NamedTuple):
    """A box around one print, and how far (sRGB 0..1) a texel must be from the box's median to belong to it."""

    u0: float
    v0: float
    u1: float
    v1: float
    threshold: float = 0.049


MARKS: Mapping[str, tuple[Mark, ...]] = {
    "clothes/male_casualsuit02": (Mark(0.475, 0.099, 0.635, 0.245),),
    "clothes/male_casualsuit04": (Mark(0.475, 0.099, 0.650, 0.250),),
    "clothes/male_casualsuit06": (
        Mark(0.19, 0.10, 0.31, 0.18),
        Mark(0.44, 0.11, 0.66, 0.215),
        Mark(0.725, 0.145, 0.765, 0.185),
    ),
    "clothes/female_casualsuit01": (Mark(0.705, 0.135, 0.875, 0.315),),
    "clothes/female_casualsuit02": (Mark(0.700, 0.135, 0.875, 0.325),),
    "clothes/shoes05": (
        Mark(0.215, 0.52, 0.375, 0.735, 0.07),
        Mark(0.59, 0.56, 0.79, 0.642, 0.07),
        Mark(0.59, 0.62, 0.725, 0.735, 0.07),
        Mark(0.255, 0.145, 0.32, 0.205, 0.012),
        Mark(0.44, 0.505, 0.53, 0.55, 0.06),
    ),
    "clothes/shoes06": (Mark(0.455, 0.795, 0.525, 0.845), Mark(0.44, 0.385, 0.57, 0.47)),
}


def _blur(image: Reals, weight: Reals, sigma: float) -> tuple[F32, F32]:
    from scipy import ndimage

    w = ndimage.gaussian_filter(weight, sigma)
    parts = [ndimage.gaussian_filter(image[..., c] * weight, sigma) for c in range(3)]
    return np.asarray(np.stack(parts, -1) / (w[..., None] + 1e-6), np.float32), np.asarray(w, np.float32)


def paint_out(image: NDArray[np.uint8], asset: str) -> NDArray[np.uint8]:
    """`image` (S, S, 3) without the prints of `asset`: each takes the cloth around it, grain included."""
    from scipy import ndimage

    size = image.shape[0]
    out = image.astype(np.float32) / 255
    for u0, v0, u1, v1, threshold in MARKS.get(asset, ()):
        x0, y0, x1, y1 = (round(t * size) for t in (u0, v0, u1, v1))
        m = 28  # surroundings that the filling is drawn from
        ys, xs = slice(max(0, y0 - m), y1 + m), slice(max(0, x0 - m), x1 + m)
        patch = out[ys, xs]
        inner = np.zeros(patch.shape[:2], bool)
        inner[y0 - ys.start : y1 - ys.start, x0 - xs.start : x1 - xs.start] = True
        cloth = np.median(patch[inner], axis=0)
        far = np.abs(ndimage.gaussian_filter(patch, (0.6, 0.6, 0)) - cloth).max(-1)
        hit = ndimage.binary_dilation((far > threshold) & inner, iterations=3) & inner
        keep = 1 - hit.astype(np.float32)
        close = np.abs(patch - cloth).max(-1) < max(0.25, threshold)  # seams and other cloth do not bleed in
        fill = np.broadcast_to(cloth, patch.shape).astype(np.float32)
        for sigma in (18.0, 8.0, 3.5):
            soft, weight = _blur(patch, keep * close, sigma)
            trust = np.clip(weight * 6, 0, 1)[..., None]
            fill = fill + (soft - fill) * trust
        grain = patch - _blur(patch, keep, 2.5)[0]
        grain = np.where((keep * close)[..., None] > 0, grain, 0)
        near = ndimage.distance_transform_edt(grain.any(-1) == 0, return_distances=False, return_indices=True)
        mirrored = np.clip(2 * near - np.indices(near.shape[1:]), 0, np.array(near.shape[1:])[:, None, None] - 1)
        spread = np.clip(grain[tuple(mirrored)], -0.05, 0.05)
        edge = ndimage.gaussian_filter(hit.astype(np.float32), 0.8)[..., None]
        blend = np.where(hit[..., None], 1.0, edge * inner[..., None])
        out[ys, xs] = patch + (np.clip(fill + spread, 0, 1) - patch) * blend
    return np.rint(np.clip(out, 0, 1) * 255).astype(np.uint8)
