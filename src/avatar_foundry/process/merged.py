"""All parts of an avatar as the one surface that rigging looks at, and the way back."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..autorig.surface import Surface
from ..avatar import F32, I32, U16, Avatar, Part
from ..repair import whole_of


class Merged(NamedTuple):
    """surface: welded.  row: per part (V,) its vertices' numbers in the surface."""

    surface: Surface
    row: tuple[I32, ...]

    def scatter(self, avatar: Avatar, joints: U16, weights: F32) -> Avatar:
        """`avatar`, whose parts these are, with the weights (V, 4) of the surface."""
        rows = iter(self.row)

        def give(part: Part) -> Part:
            row = next(rows)
            return replace(part, lods=(replace(part.mesh, joints=joints[row], weights=weights[row]),))

        return avatar.map_parts(give)


def merge(avatar: Avatar) -> Merged:
    """The full detail of all parts, welded."""
    whole = whole_of(avatar)
    _, first, site = np.unique(whole.site, return_index=True, return_inverse=True)
    site = site.reshape(-1).astype(np.int32)
    surface = Surface(
        np.ascontiguousarray(whole.positions[first], np.float32),
        np.ascontiguousarray(site[whole.faces], np.int32),
        np.asarray(whole.part, np.int32),
    )
    return Merged(surface, tuple(np.split(site, whole.first_vertex[1:-1])))
