"""Leave out the faces that nobody can see: body under clothes, clothes under clothes.

What each garment covers is worked out once on a neutral body, by rays in a cone around each vertex, and kept clear of
hems by rows of faces, so that a moving sleeve shows skin and not a hole. On the body at hand every open border is
checked once more, and what is not covered there grows back.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..avatar import F32, I32, Part
from ..geometry import boundary_edges, components, vertex_normals
from .rays import HANG, Rays, straight_covered
from .smooth import neighbours
from .under import Mask, erode, under

# A bulge that comes through its cloth by less than this is left out all the same: the cloth then hides the place.
BULGE = 0.02

# Underwear of which no more than this share would show is left off.
LEAVE_OFF = 0.25

COVERS = frozenset({"underwear", "garment", "shoes", "armour"})
HIDDEN = frozenset({"body", "underwear", "garment", "shoes", "armour"})


def hide_covered(parts: Sequence[Part]) -> tuple[Part, ...]:
    """`parts` with `hidden` set where parts of a higher layer cover them; those of which nothing shows are left out.

    Guarantee: below the open border of what is left of the body lies a garment.
    """
    parts = [p for p in parts if not _left_off(p, parts)]
    out = list(parts)
    for k, part in enumerate(parts):
        if part.role not in HIDDEN or not len(part.mesh.faces):
            continue
        above = [p for p in parts if p.role in COVERS and p is not part and len(p.mesh.faces)]
        if part.role != "body":
            above = [p for p in above if p.layer > part.layer]
        if not above:
            continue
        hidden = _hidden(part, above)
        if hidden.any():
            # underwear lies flat below clothes: where it comes through, it must not be seen
            hidden = hidden if part.role == "underwear" else _grow_back(part, above, hidden)
            out[k] = replace(part, hidden=hidden if hidden.any() else None)
    return tuple(p for p in out if p.drawn.any())


def _left_off(part: Part, parts: Sequence[Part]) -> bool:
    """Whether a piece of underwear is not worn at all.

    An undershirt below a shirt, or briefs deep below trousers, go altogether; briefs below a skirt stay."""
    if part.role != "underwear" or not len(part.mesh.faces):
        return False
    masks = [under(part, p) for p in parts if p.role in COVERS and p.layer > part.layer and p.role != "underwear"]
    pick = 1 if part.name.endswith(".top") else 0
    seen = np.ones(len(part.mesh.positions), bool)
    for mask in masks:
        seen &= ~mask[pick]
    return bool(seen.mean() <= LEAVE_OFF)


def _hidden(part: Part, above: Sequence[Part]) -> Mask:
    hidden = np.zeros(len(part.mesh.positions), bool)
    straight = np.zeros_like(hidden)
    for outer in above:
        deep, flat = under(part, outer)
        hidden |= erode(part.mesh.faces, flat, 1) if part.role == "underwear" else deep
        straight |= flat
    return _swallow(part.mesh.faces, hidden, straight)


def _swallow(faces: I32, hidden: Mask, straight: Mask) -> Mask:
    """Hide leftover islands too, when all their vertices are covered straight above."""
    left = faces[~hidden[faces].all(axis=1)]
    if not len(left):
        return hidden
    island = components(left, len(hidden))
    open_air = np.zeros(int(island.max()) + 1, bool)
    open_air[island[np.unique(left)]] = False
    np.logical_or.at(open_air, island, ~straight & ~hidden)
    return np.asarray(hidden | ~open_air[island])


def _grow_back(part: Part, above: Sequence[Part], hidden: Mask) -> Mask:
    """Show again what lies around any border vertex that no garment covers on this body."""
    mesh = part.mesh
    cloth: Rays | None = None
    for _ in range(6):
        kept = mesh.faces[~hidden[mesh.faces].all(axis=1)]
        if not len(kept):
            break
        natural = np.zeros(len(hidden), bool)
        natural[np.unique(boundary_edges(mesh.faces))] = True
        border = np.unique(boundary_edges(np.ascontiguousarray(kept)))
        border = border[~natural[border]]
        if not len(border):
            break
        if cloth is None:
            cloth = _cloth_near(above, mesh.positions[border])
            normals = mesh.normals if mesh.normals is not None else vertex_normals(mesh.positions, mesh.faces)
            around = neighbours(mesh.faces, len(hidden))
        bare = border[~straight_covered(mesh.positions[border], normals[border], cloth, below=BULGE)]
        if not len(bare):
            break
        show = np.zeros(len(hidden), np.float32)
        show[bare] = 1.0
        for _ in range(2):
            show = np.asarray(around @ show)
        hidden = hidden & (show <= 0)
    return hidden


def _cloth_near(above: Sequence[Part], points: F32) -> Rays:
    """The faces of `above` that a short ray from `points` can reach: building the whole scene costs ten times more."""
    from scipy.spatial import cKDTree

    shift = np.cumsum([0, *(len(p.mesh.positions) for p in above)])
    positions = np.concatenate([p.mesh.positions for p in above])
    faces = np.concatenate([p.mesh.faces + s for p, s in zip(above, shift[:-1], strict=True)])
    distance = cKDTree(points).query(positions, distance_upper_bound=HANG)[0]
    return Rays(positions, faces[np.isfinite(distance)[faces].any(axis=1)])
