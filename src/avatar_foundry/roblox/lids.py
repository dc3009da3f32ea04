"""Lids that lie folded while the eyes are open, made fit to be seen closed: lit as a closed lid, coloured as its skin.

A texture of a face with open eyes is dark in the fold, and the fold's normals look into it.
"""

import numpy as np

from ..avatar import F32, I32
from ..geometry import vertex_normals
from .face_bones import FaceBones
from .facs import ORDER

CLOSED = ("LeftEyeClosed", "RightEyeClosed")
FROM, TO = 0.2, 0.5  # shares of the largest drop from which a vertex is a little, and from which it is wholly lid
LEAST = 0.002  # metres that a lid drops at least
AROUND = 0.035  # metres from the lid's middle within which the skin around it is
SKIN = 0.95  # of the brightness around it: lids are a little darker
EVEN = 0.75  # share of the skin around in a lid's colour


def lid_shares(poses: F32) -> F32:
    """(V,) how much of each vertex is upper lid, from the controls' `poses` (C, V, 3)."""
    drop = -np.stack([poses[ORDER.index(c), :, 1] for c in CLOSED]).min(axis=0)
    most = float(drop.max(initial=0.0))
    if most < LEAST:
        return np.zeros(len(drop), np.float32)
    share = np.clip((drop / most - FROM) / (TO - FROM), 0.0, 1.0)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def lid_normals(positions: F32, normals: F32, faces: I32, shares: F32, face: FaceBones) -> F32:
    """(V, 3) normals at rest that become those of the closed lids when the face's bones close them."""
    out = normals.astype(np.float64)
    weights = face.weights.astype(np.float64)
    for control, side in zip(CLOSED, (1, -1), strict=True):
        rows = np.flatnonzero((shares > 0) & (np.sign(positions[:, 0]) == side))
        if control not in face.controls or not len(rows):
            continue
        c = face.controls.index(control)
        still = 1 - weights.sum(axis=1)
        turns = np.einsum("vb,bij->vij", weights, face.turns[c]) + still[:, None, None] * np.eye(3)
        placed = np.einsum("vij,vj->vi", turns, positions) + weights @ face.moves[c]
        closed = vertex_normals(placed.astype(np.float32), faces)[rows]
        back = np.linalg.solve(turns[rows], closed[:, :, None])[:, :, 0]
        back /= np.maximum(np.linalg.norm(back, axis=1, keepdims=True), 1e-9)
        mixed = out[rows] + shares[rows, None] * (back - out[rows])
        out[rows] = mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-9)
    return out.astype(np.float32)


def even_lids(colours: F32, places: F32, shares: F32, skin: F32) -> None:
    """Bring the colours (N, 4) of texels at `places` (N, 3) that are lid to those of the skin around, in place.

    shares: (N,) of lid.  skin: (N,) 1 where the texel belongs to the face's skin."""
    for side in (1, -1):
        mine = (np.sign(places[:, 0]) == side) & (skin > 0)
        lid = np.flatnonzero(mine & (shares > 0.5))
        if not len(lid):
            continue
        middle = places[lid].mean(axis=0)
        near = mine & (np.linalg.norm(places - middle, axis=1) < AROUND)
        around = np.flatnonzero(near & (shares == 0) & (places[:, 2] > middle[2] - AROUND / 2))
        if not len(around):
            continue
        # the upper quartile passes over brows, lashes and the corners of the eye
        goal = SKIN * np.quantile(colours[around, :3], 0.75, axis=0)
        rows = np.flatnonzero(mine & (shares > 0))
        colours[rows, :3] += EVEN * shares[rows, None] * (goal - colours[rows, :3])
