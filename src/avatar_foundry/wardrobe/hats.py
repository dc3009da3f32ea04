"""Hair under a hat: what would stick out through it is drawn in towards the middle of the head."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..avatar import F32, Part
from .rays import Rays
from .rest import item_of
from .smooth import neighbours

# Hair keeps this far inside the hat, metres.
LINING = 0.004
# Head vertices around which rays start: between the ears, at the height of the brows.
EARS = (5399, 11998)


def without_hair(parts: Sequence[Part]) -> tuple[Part, ...]:
    """`parts` less the hair when something worn, a helmet, leaves no room for it."""
    worn = [item_of(p) for p in parts]
    if not any(item is not None and item.drops_hair for item in worn):
        return tuple(parts)
    return tuple(p for p in parts if p.role != "hair")


def tuck(base: F32, parts: Sequence[Part]) -> tuple[Part, ...]:
    """`parts` with the hair drawn in under the hats; unchanged when there is no hat or no hair. base: (B, 3).

    Each hair vertex moves along its ray from the middle of the head until it is inside the hat. Hair outside the
    hat's shadow stays as it is.
    """
    hats = [p for p in parts if p.role == "hat" and len(p.mesh.faces)]
    if not hats or not any(p.role == "hair" for p in parts):
        return tuple(parts)
    shift = np.cumsum([0, *(len(p.mesh.positions) for p in hats)])
    positions = np.concatenate([p.mesh.positions for p in hats])
    cloth = Rays(positions, np.concatenate([p.mesh.faces + s for p, s in zip(hats, shift[:-1], strict=True)]))
    middle = base[list(EARS)].mean(axis=0)
    return tuple(_drawn_in(p, cloth, middle) if p.role == "hair" else p for p in parts)


def _drawn_in(part: Part, cloth: Rays, middle: F32) -> Part:
    away = part.mesh.positions - middle
    far = np.linalg.norm(away, axis=1)
    way = away / np.maximum(far, 1e-6)[:, None]
    limit = cloth.hit(np.broadcast_to(middle, way.shape), way)[0] - LINING
    ratio = np.minimum(limit / np.maximum(far, 1e-6), 1.0).astype(np.float32)
    if (ratio >= 1.0).all():
        return part
    mean = neighbours(part.mesh.faces, len(ratio))
    for _ in range(2):  # neighbours follow, or strands break at the brim
        ratio = np.minimum(ratio, np.asarray(mean @ ratio))
    positions = (middle + away * ratio[:, None]).astype(np.float32)
    return replace(part, lods=(replace(part.mesh, positions=positions), *part.lods[1:]))
