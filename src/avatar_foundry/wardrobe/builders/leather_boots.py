"""High leather boots with a turned cuff and an ankle strap."""

import numpy as np

from ...avatar import F32, Part
from .anatomy import Anatomy
from .boots import boot, pair
from .garment import Design, wear

LAYERS = {"leather": 40}


def draw(a: Anatomy) -> Design:
    """Both boots."""
    p = a.body.base
    foot = (p[:, 1] < a.joints["l-ankle"][1] + 0.20) & (np.arange(len(p)) < 13380)
    return Design(tuple(pair(boot(a, cuff=True, top=0.02))), (), (), foot)


def leather_boots(base: F32) -> tuple[Part, ...]:
    """The part leather_boots.leather on a body (B, 3)."""
    return wear("leather_boots", "leather_boots", draw, base, LAYERS, "shoes")
