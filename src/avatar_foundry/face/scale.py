"""How large a head is."""

from functools import lru_cache

import numpy as np

from ..avatar import F32, I32
from ..body.targets import sparse_target

NEUTRAL = 0.0549207  # metres: spread of the face of the neutral adult (25 years, everything average)


@lru_cache(maxsize=1)
def _face() -> I32:
    """Skin vertices of forehead, cheeks, nose, lips and jaw: those that jaw or brows move."""
    parts = [sparse_target(f"faceunits/{name}")[0] for name in ("jawOpen", "browInnerUp", "cheekPuff")]
    index = np.unique(np.concatenate(parts))
    return index[index < 13380].astype(np.int32)


def face_spread(base: F32) -> float:
    """Root mean square distance of the face's vertices from their centre, metres."""
    face = base[_face()]
    return float(np.sqrt(((face - face.mean(axis=0)) ** 2).sum(axis=1).mean()))


def head_scale(base: F32) -> float:
    """Size of the face of `base` (B, 3) relative to the neutral adult's: about 0.8 for a small child."""
    return face_spread(base) / NEUTRAL
