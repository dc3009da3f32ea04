"""What shape and size suggest about unit and up axis, with the confidence that they deserve."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Height of characters in metres: adults mostly, stylised ones half as tall or twice. Log-normal.
MEDIAN, SPREAD = 1.65, 0.28
# unit -> (metres, how often files are in it)
UNITS: dict[str, tuple[float, float]] = {
    "metre": (1.0, 0.55),
    "centimetre": (0.01, 0.27),
    "inch": (0.0254, 0.02),
    "millimetre": (0.001, 0.03),
    "decimetre": (0.1, 0.03),
    "foot": (0.3048, 0.005),
}
ARBITRARY = 0.15  # share of files in no unit at all, any height over five powers of ten alike


class UnitGuess(NamedTuple):
    """metres per unit, its name ("" for none: then the figure is made as tall as the median), confidence 0..1."""

    metres: float
    name: str
    confidence: float


def guess_unit(height: float) -> UnitGuess:
    """The unit in which a figure that is `height` units tall was most likely made. Bayes over UNITS."""
    if not np.isfinite(height) or height <= 0:
        return UnitGuess(1.0, "", 0.0)
    chance = {}
    for name, (metres, share) in UNITS.items():
        off = float(np.log(height * metres) - np.log(MEDIAN)) / SPREAD
        chance[name] = share * float(np.exp(-0.5 * off * off)) / (SPREAD * float(np.sqrt(2 * np.pi)))
    nothing = ARBITRARY / float(np.log(1e5))
    total = sum(chance.values()) + nothing
    best = max(chance, key=lambda n: chance[n])
    if chance[best] < nothing:
        return UnitGuess(MEDIAN / height, "", round(0.5 * nothing / total, 3))
    return UnitGuess(UNITS[best][0], best, round(chance[best] / total, 3))


class UpGuess(NamedTuple):
    """axis 0..2 and sign of what is most likely up, and the confidence 0..1 that it is."""

    axis: int
    sign: int
    confidence: float

    @property
    def name(self) -> str:
        """Such as "+Y"."""
        return f"{'+' if self.sign > 0 else '-'}{'XYZ'[self.axis]}"


def guess_up(points: NDArray[Any]) -> UpGuess:
    """Which of the six axes a standing figure's head points along, from (N, 3) points spread over its surface.

    A figure mirrors itself from left to right, is thinnest from front to back and has two feet, a single head and its
    weight above its ankles. Arms stretched out make the sides as long as the height, hence the mirror test.
    """
    p = points[:: max(len(points) // 4000, 1)].astype(np.float64)
    p = p[np.isfinite(p).all(axis=1)]
    if len(p) < 16:
        return UpGuess(1, 1, 0.0)
    low, high = p.min(axis=0), p.max(axis=0)
    extent = high - low
    size = max(float(extent.max()), 1e-30)
    mirror = np.array([_asymmetry(p, k, size) for k in range(3)])
    scores: dict[tuple[int, int], float] = {}
    for axis in range(3):
        side, depth = [k for k in range(3) if k != axis]
        if mirror[side] > mirror[depth]:
            side, depth = depth, side
        tall = np.log(max(extent[axis], 1e-9) / max(extent[depth], 1e-9))
        tall += 0.5 * np.log(max(extent[axis], 1e-9) / max(extent[side], 1e-9))
        lateral = 8.0 * min(mirror[depth] - mirror[side], 0.12) - 10.0 * min(mirror[side], 0.2)
        own = 6.0 * min(mirror[axis], 0.12)  # nobody is the same upside down
        for sign in (1, -1):
            h = (p[:, axis] - low[axis]) / max(extent[axis], 1e-30)
            h = h if sign > 0 else 1 - h
            scores[axis, sign] = float(np.clip(tall, -2, 2) + lateral + own + _stands(p, h, side, size))
    values = np.array(list(scores.values()))
    chance = np.exp(values - values.max())
    chance /= chance.sum()
    best = int(values.argmax())
    axis, sign = list(scores)[best]
    return UpGuess(axis, sign, round(float(min(chance[best], 0.95)), 3))


def _asymmetry(p: NDArray[np.float64], axis: int, size: float) -> float:
    """Mean distance of the mirrored points from the points, as a share of the size; 0 is a perfect mirror."""
    from scipy.spatial import cKDTree

    mirrored = p.copy()
    mirrored[:, axis] = p[:, axis].min() + p[:, axis].max() - p[:, axis]
    far, _ = cKDTree(p).query(mirrored[::4])
    return float(np.mean(far)) / size


def _stands(p: NDArray[np.float64], h: NDArray[np.float64], side: int, size: float) -> float:
    """How much the lower end (h near 0) looks like feet and the upper like a head."""
    middle = (p[:, side].min() + p[:, side].max()) / 2
    off = np.abs(p[:, side] - middle) / size
    feet, legs, head = off[h < 0.08], off[(h > 0.1) & (h < 0.35)], off[h > 0.92]
    if not len(feet) or not len(head):
        return 0.0
    apart = float(np.mean(feet) > 0.02) * 0.4 + float(np.quantile(legs, 0.1) > 0.01 if len(legs) else 0) * 0.6
    apart -= float(np.quantile(off[(h > 0.65) & (h < 0.9)], 0.1) > 0.01 if ((h > 0.65) & (h < 0.9)).any() else 0) * 0.6
    # arms reach out above the middle, not below it
    wide = off > 0.8 * off.max()
    return 2.0 * apart + 2.0 * (float(np.mean(h[wide])) - 0.5)
