"""What lies under plate and robe, taken from the base mesh itself: suit and gloves; and what they cover."""

import numpy as np
from numpy.typing import NDArray

from .anatomy import Anatomy
from .garment import Skin


def arming_suit(
    a: Anatomy, surface: str = "cloth", low: float = -9.0, lift: float = 0.002, trunk: bool = False, arms: bool = True
) -> Skin:
    """The body suit above the height `low`; with the trunk, which plate and cloth cover, and the arms, if so told."""
    faces = a.body.triangles["helper-tights"]
    p = a.body.base
    keep = p[:, 1] > low
    if not trunk:
        keep &= ~(
            (p[:, 1] > a.joints["spine-3"][1] + 0.05)
            & (p[:, 1] < a.joints["l-shoulder"][1] - 0.01)
            & (np.abs(p[:, 0]) < 0.115)
        )
    if not arms:
        keep &= ~((np.abs(p[:, 0]) > 0.09) & (p[:, 1] > a.joints["spine-3"][1] + 0.05))
    return Skin(faces[keep[faces].all(1)], surface, lift)


def gloves(a: Anatomy, surface: str = "leather") -> list[Skin]:
    """Both hands from a little above the wrist."""
    p = a.body.base
    hand, elbow = a.joints["l-hand"], a.joints["l-elbow"]
    axis = (hand - elbow) / np.linalg.norm(hand - elbow)
    faces = a.body.triangles["body"]
    side = np.abs(p) * (1, 0, 0) + p * (0, 1, 1)
    along = (side - hand) @ axis
    on = (along > -0.05) & (np.abs(p[:, 0]) > elbow[0])
    return [Skin(faces[on[faces].all(1)], surface, 0.0022)]


def covered(a: Anatomy, *, hands: bool, feet: bool = True, rise: float = 0.0) -> "NDArray[np.bool_]":
    """(B,) body vertices below the collar, `rise` metres higher."""
    p = a.body.base
    neck = a.joints["neck"]
    hidden = (p[:, 1] < neck[1] - 0.012 + rise + 0.2 * np.maximum(0.0, -p[:, 2] - 0.02)) & (np.arange(len(p)) < 13380)
    if not hands:
        hand, elbow = a.joints["l-hand"], a.joints["l-elbow"]
        axis = (hand - elbow) / np.linalg.norm(hand - elbow)
        side = np.abs(p) * (1, 0, 0) + p * (0, 1, 1)
        hidden &= ~(((side - hand) @ axis > -0.06) & (np.abs(p[:, 0]) > elbow[0]))
    if not feet:
        hidden &= p[:, 1] > a.joints["l-ankle"][1] + 0.05
    return np.asarray(hidden)
