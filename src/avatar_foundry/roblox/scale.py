"""Which of Roblox's three body scales a figure fits, and by how much it has to grow or shrink for one."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .names import LEAST, MOST, PIECES, STUD, Size

F64 = NDArray[np.float64]


class Fit(NamedTuple):
    """type: AvatarPartScaleType.  factor: to be scaled by; 1 where the figure fits as it is.
    beyond: what is out of bounds even then, in words."""

    type: str
    factor: float
    beyond: tuple[str, ...]


def sizes(points: Mapping[str, F64], joints: Mapping[str, F64]) -> dict[str, Size]:
    """Studs, X Y Z, of head, torso, each limb hanging down, and the whole. points: vertices per piece."""
    out = {}
    for asset in dict.fromkeys(p.asset for p in PIECES):
        names = [p.name for p in PIECES if p.asset == asset and p.name in points]
        if not names:
            continue
        cloud = np.concatenate([points[n] for n in names])
        if asset.endswith(("Arm", "Leg")):
            first, last = names[0], names[-1]
            if asset.endswith("Arm"):
                cloud = hanging(cloud, joints[last] - joints[first])
        out["Head" if asset == "DynamicHead" else asset] = studs(cloud)
    out["Total"] = studs(np.concatenate(list(points.values())))
    return out


def studs(cloud: F64) -> Size:
    """Extent along X, Y, Z in studs."""
    x, y, z = (np.ptp(cloud, axis=0) / STUD).tolist()
    return x, y, z


def hanging(cloud: F64, along: F64) -> F64:
    """Points turned so that `along` points down: about Z, as far as it goes."""
    angle = np.arctan2(along[0], -along[1])
    c, s = np.cos(-angle), np.sin(-angle)
    return np.asarray(cloud @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]))


def kind(asset: str) -> str:
    """The row of the limits: LeftArm -> Arm."""
    return asset.removeprefix("Left").removeprefix("Right")


def choose(found: Mapping[str, Size]) -> Fit:
    """The scale type that needs the least change, the narrowest of several that need none."""
    best: tuple[int, float, Fit] | None = None
    for type_, most in MOST.items():
        least = max(LEAST[kind(a)][k] / max(size[k], 1e-6) for a, size in found.items() for k in range(3))
        largest = min(most[kind(a)][k] / max(size[k], 1e-6) for a, size in found.items() for k in range(3))
        factor = 1.0 if least <= 1.0 <= largest else least * 1.002 if least > 1.0 else largest * 0.998
        if least > largest:
            factor = largest * 0.998 if largest < 1.0 else 1.0 if least <= 1.0 else min(least, largest)
        beyond = tuple(out_of_bounds(found, type_, factor))
        entry = (len(beyond), abs(float(np.log(factor))), Fit(type_, float(factor), beyond))
        if best is None or entry[:2] < best[:2]:
            best = entry
    assert best is not None
    return best[2]


def out_of_bounds(found: Mapping[str, Size], type_: str, factor: float = 1.0) -> list[str]:
    """What is too small or too large for a type, in words."""
    out = []
    for asset, size in found.items():
        for k, axis in enumerate(("wide", "tall", "deep")):
            low, high = LEAST[kind(asset)][k], MOST[type_][kind(asset)][k]
            value = size[k] * factor
            if value < low - 1e-3 or value > high + 1e-3:
                out.append(f"{asset} is {value:.2f} studs {axis}, not {low:g} to {high:g}")
    return out
