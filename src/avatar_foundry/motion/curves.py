"""Key curves over time: smooth, without overshoot, cyclic on request; and the filters that motion needs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Keys = Sequence[Sequence[float]] | float


def curve(at: F64, keys: Keys, period: float = 0.0) -> F64:
    """(T,) values at times `at` of a curve through `keys`: [[seconds, value], ...], or one value throughout.

    period: seconds after which it begins again; 0: the ends hold and ease in and out.
    Cubic Hermite with the monotone slopes of Fritsch and Butland 1984: a key that is an extreme stays one, as an
    animator's auto-clamped tangents do.
    """
    if isinstance(keys, int | float):
        return np.full(len(at), float(keys))
    x, y = np.array(keys, np.float64).T
    if period > 0.0:
        at = np.mod(at, period)
        if x[-1] - x[0] >= period - 1e-9:  # the last key repeats the first
            x, y = x[:-1], y[:-1]
        x = np.concatenate([x - period, x, x + period])
        y = np.tile(y, 3)
    if len(x) == 1:
        return np.full(len(at), y[0])
    step = np.diff(x)
    rise = np.diff(y) / step
    slope = np.zeros(len(x))
    before, after = rise[:-1], rise[1:]
    same = before * after > 0.0
    w1, w2 = 2.0 * step[1:] + step[:-1], step[1:] + 2.0 * step[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope[1:-1] = np.where(same, (w1 + w2) / (w1 / before + w2 / after), 0.0)
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    h = step[k]
    s = np.clip((at - x[k]) / h, 0.0, 1.0)
    value = (2 * s**3 - 3 * s**2 + 1) * y[k] + (3 * s**2 - 2 * s**3) * y[k + 1]
    return np.asarray(value + h * ((s**3 - 2 * s**2 + s) * slope[k] + (s**3 - s**2) * slope[k + 1]))


def ease(s: F64) -> F64:
    """0 to 1 over s = 0..1 with still ends: 6s^5 - 15s^4 + 10s^3 (Perlin 2002)."""
    s = np.clip(s, 0.0, 1.0)
    return np.asarray(s**3 * (s * (6.0 * s - 15.0) + 10.0))


def delayed(values: F64, frames: float, loop: bool) -> F64:
    """(T, ...) `values` that many frames later; a loop's last frame repeats its first."""
    if frames == 0.0:
        return values
    n = len(values) - 1 if loop else len(values)
    at = np.arange(len(values)) - frames
    at = np.mod(at, n) if loop else np.clip(at, 0, n - 1)
    low = np.floor(at).astype(int)
    share = (at - low).reshape(-1, *[1] * (values.ndim - 1))
    high = (low + 1) % n if loop else np.minimum(low + 1, n - 1)
    return np.asarray(values[low] * (1.0 - share) + values[high] * share)


def envelope(values: F64, reach: int, loop: bool) -> F64:
    """(T, ...) a smooth curve nowhere below `values`: the highest within `reach` frames, then twice the mean."""
    if reach < 1 or not len(values):
        return values
    n = len(values) - 1 if loop and len(values) > 1 else len(values)
    k = np.arange(-reach, reach + 1)
    at = np.arange(n)[:, None] + k
    at = np.mod(at, n) if loop else np.clip(at, 0, n - 1)
    half = reach // 2
    near = at[:, reach - half : reach + half + 1]
    out = values[:n][at].max(axis=1)
    for _ in range(2):
        out = out[near].mean(axis=1)
    return np.concatenate([out, out[:1]]) if n < len(values) else np.asarray(out)
