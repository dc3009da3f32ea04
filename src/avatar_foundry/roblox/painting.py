"""One texture for several pieces: what lies where on it, and what colour it has there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..avatar import F32, I32, Frozen, Material
from ..repair.rays import Rays
from .bake import (
    Paints,
    Spots,
    Unwrapped,
    barycentric,
    nearest,
    picture,
    seen,
    spread,
    texel_places,
    unwrap_together,
    without_specks,
)
from .lids import even_lids
from .surface import Surface

DECAL = 0.004  # metres from the skin within which a card colours it
LEVEL = 0.6  # cosine between skin and card: the folded lid below a brow looks up at it


@dataclass(frozen=True, eq=False, slots=True)
class Made(Frozen):
    """A part in the making. mesh: without uvs.  density: of its texture.  surface: where its colours come from.
    exact: whether its vertices are the surface's own.  lid: (V,) how much of each vertex is upper lid, of skin only."""

    name: str
    positions: F32
    normals: F32
    faces: I32
    skin: F32
    surface: Surface
    density: float = 1.0
    exact: bool = False
    lid: F32 | None = None


def painted(
    made: Sequence[Made], paints: Paints, size: int, name: str, decals: Sequence[Surface]
) -> tuple[list[tuple[Made, Unwrapped]], Material]:
    """The pieces with places on one texture, and the material that holds it."""
    unwrapped = unwrap_together([(m.positions * np.float32(m.density), m.faces) for m in made], size)
    lids = [np.full(len(m.positions), -1, np.float32) if m.lid is None else m.lid for m in made]
    pixel, place, normal, lid, mesh = texel_places(
        [(m.positions, m.normals, k, m.faces, u) for m, k, u in zip(made, lids, unwrapped, strict=True)], size
    )
    paint, uvs = np.zeros(len(pixel), np.int32), np.zeros((len(pixel), 2), np.float32)
    for source in {id(m.surface): m.surface for m in made}.values():
        rows = np.isin(mesh, [k for k, m in enumerate(made) if m.surface is source])
        exact = source in [m.surface for m in made if m.exact]
        # folded lids and lips lie so near to each other that a ray would meet the wrong one first
        if exact:
            spots = nearest(place[rows], source)
        else:
            spots = without_specks(seen(place[rows], normal[rows], source), pixel[rows], size)
        paint[rows], uvs[rows] = spots
    colours = paints.colours("base", paint, uvs)
    even_lids(colours, place, np.maximum(lid, 0), (lid >= 0).astype(np.float32))
    for cards in decals:
        blend(colours, place, normal, cards, paints)
    shine = paints.colours("orm", paint, uvs)
    texel = spread(pixel, size)
    material = Material(
        name,
        base=picture(f"{name}_base", colours, texel, size),
        orm=picture(f"{name}_orm", shine, texel, size),
        metallic=1.0,
        roughness=1.0,
    )
    return list(zip(made, unwrapped, strict=True)), material


def blend(colours: F32, place: F32, normal: F32, cards: Surface, paints: Paints) -> None:
    """Lay the colours of cards that float over the skin on it, in place."""
    low, high = cards.positions.min(axis=0) - DECAL, cards.positions.max(axis=0) + DECAL
    rows = np.flatnonzero(((place > low) & (place < high)).all(axis=1))
    if not len(rows):
        return
    rays = Rays(cards.positions, cards.faces, np.ones(len(cards.faces), bool))
    far, face = rays.hit(place[rows] - 0.25 * DECAL * normal[rows], normal[rows])
    a, b, c = (cards.positions[cards.faces[face, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    level = np.abs(np.einsum("nj,nj->n", flat, normal[rows])) > LEVEL * np.linalg.norm(flat, axis=1)
    met = (far < 1.25 * DECAL) & level
    rows, face, far = rows[met], face[met], far[met]
    if not len(rows):
        return
    spots: Spots = _card_spots(place[rows] + (far - 0.25 * DECAL)[:, None] * normal[rows], face, cards)
    over = paints.colours("base", spots.paint, spots.uvs)
    share = over[:, 3:] / 255
    colours[rows, :3] = colours[rows, :3] * (1 - share) + over[:, :3] * share


def _card_spots(points: F32, face: I32, cards: Surface) -> Spots:
    """Where on the cards' faces (N,) the points (N, 3) lie."""
    a, b, c = (cards.positions[cards.faces[face, k]] for k in range(3))
    weights = barycentric(points, a, b, c)
    return Spots(cards.paint[face], np.einsum("nc,ncj->nj", weights, cards.corners[face]).astype(np.float32))
