"""From a mesh to its texture: which texels it covers, and per-vertex values carried to texels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..avatar import F32, I32

Reals = NDArray[np.floating[Any]]


def coverage(uvs: F32, uv_faces: I32, size: int, values: NDArray[np.int64] | None = None) -> NDArray[np.uint8]:
    """Texels (size, size) that the faces cover: 255, or per face 1 + its value (at most 254); 0 elsewhere.

    uvs: (U, 2) origin top-left.  uv_faces: (F, 3 or 4).
    """
    image = Image.new("L", (size, size))
    draw = ImageDraw.Draw(image)
    corners = (uvs[uv_faces] * size - 0.5).reshape(len(uv_faces), -1).tolist()
    fill = [255] * len(corners) if values is None else (values + 1).tolist()
    for polygon, value in zip(corners, fill, strict=True):  # Pillow draws one polygon per call; done once per asset
        draw.polygon(polygon, fill=value, outline=value)
    return np.asarray(image)


def carry(uvs: F32, values: F32, size: int) -> F32:
    """Values (U, C) at uvs (U, 2) interpolated linearly to texel centres (size, size, C); nearest outside the hull."""
    from scipy import ndimage
    from scipy.interpolate import LinearNDInterpolator

    _, first = np.unique(np.rint(uvs * 8192).astype(np.int64), axis=0, return_index=True)
    grid = (np.arange(size, dtype=np.float64) + 0.5) / size
    v, u = np.meshgrid(grid, grid, indexing="ij")
    out = LinearNDInterpolator(uvs[first].astype(np.float64), values[first].astype(np.float64))(u, v)
    holes = np.isnan(out[..., 0])
    near = ndimage.distance_transform_edt(holes, return_distances=False, return_indices=True)
    return np.asarray(out[tuple(near)], np.float32)


def uv_values(faces: I32, uv_faces: I32, values: F32, count: int) -> F32:
    """Per-vertex values (V, C) as per-uv values (count, C); uvs that no face uses stay 0."""
    out = np.zeros((count, values.shape[1]), np.float32)
    out[uv_faces.ravel()] = values[faces.ravel()]
    return out


def dilate(image: NDArray[np.uint8], keep: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Texels that are not kept take the colour of the nearest kept one, so mip levels do not bleed."""
    from scipy import ndimage

    near = ndimage.distance_transform_edt(~keep, return_distances=False, return_indices=True)
    return np.asarray(image[tuple(near)])


def smooth(x: Reals, lo: float | Reals, hi: float | Reals) -> F32:
    """Smoothstep of x from lo (0) to hi (1); lo > hi turns it round."""
    t = np.clip((x - lo) / (hi - lo), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def blur_within(image: Reals, mask: Reals, sigma: float) -> F32:
    """Gaussian blur of (H, W, C) that sees only texels where mask (H, W) is 1; wide blurs at a quarter size."""
    from scipy import ndimage

    stack = np.concatenate([image * mask[..., None], mask[..., None]], -1).astype(np.float32)
    size, step = mask.shape[0], 4 if sigma >= 12 else 1
    if step > 1:
        stack = stack.reshape(size // step, step, -1, step, stack.shape[2]).mean((1, 3))
    soft = ndimage.gaussian_filter(stack, (sigma / step, sigma / step, 0), truncate=3.0)
    out = soft[..., :-1] / (soft[..., -1:] + 1e-4)
    if step > 1:
        bands = [Image.fromarray(out[..., c]).resize((mask.shape[1], size), Image.Resampling.BICUBIC) for c in range(3)]
        out = np.stack([np.asarray(b) for b in bands], -1)
    return np.asarray(out, np.float32)


def noise(size: int, sigma: float | tuple[float, float], seed: int) -> F32:
    """Gaussian noise (size, size) of unit variance, smoothed by sigma texels, tileable, the same on every machine."""
    from scipy import ndimage

    white = np.random.default_rng(seed).standard_normal((size, size), dtype=np.float32)
    soft = ndimage.gaussian_filter(white, sigma, mode="wrap")
    return np.asarray((soft - soft.mean()) / soft.std(), np.float32)


def relief_normals(height: Reals, strength: float) -> NDArray[np.uint8]:
    """Tangent-space normal map (H, W, 3) of a height field (rows run down, green points up as glTF wants)."""
    dx = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * np.float32(strength)
    dy = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * np.float32(strength)
    scale = np.float32(127.5) / np.sqrt(1 + dx * dx + dy * dy)
    out = np.empty((*height.shape, 3), np.uint8)
    for channel, slope in ((0, -dx), (1, dy), (2, np.float32(1))):
        out[..., channel] = (slope * scale + np.float32(128)).astype(np.uint8)
    return out
