"""What our shapes do on our head when it lies on another: deltas turned, stretched and sized as the skin there was."""

import numpy as np
from scipy.spatial import cKDTree

from ..avatar import F32
from ..face.correct import CORRECTED, EYES, corrected
from ..face.shapes import field
from .eyes import Eye
from .frontal import F64
from .register import Registered
from .template import SIDES, template

NEAR = 24  # neighbours that tell how the skin was turned and stretched
TRUST = 0.6  # how much the size of the whole head counts against them
MOST, LEAST = 1.35, 0.6  # bounds of a stretch against the head's


def seat_eyes(r: Registered, eyes: tuple[Eye, ...], balls: tuple[F64 | None, ...]) -> F32:
    """(B, 3) the registered base mesh with its eyeballs on theirs. balls: per eye centre and radius (4,), or None."""
    base = r.base.copy()
    for side, ball in zip(SIDES, balls, strict=True):
        if ball is None:
            continue
        own = template().base[EYES[side]]
        centre = own.mean(axis=0)
        radius = np.sqrt(((own - centre) ** 2).sum(axis=1)).max()
        base[EYES[side]] = ball[:3] + (own - centre) * ball[3] / radius
    return base.astype(np.float32)


def carried_field(r: Registered, base: F32) -> F32:
    """(M + 1, S, 3) the deltas of all shapes on the registered head `base`; rows as in `face.shapes.field`."""
    f, t = field(), template()
    here = f.vertex
    tree = cKDTree(t.base[here])
    _, near = tree.query(t.base[here], k=NEAR)
    near = np.asarray(near)
    a = t.base[here][near] - t.base[here][:, None]
    b = base.astype(np.float64)[here][near] - base.astype(np.float64)[here][:, None]
    whole = np.diag(r.scale)
    ridge = TRUST * np.einsum("nki,nki->n", a, a)[:, None, None] / 3.0
    left = np.einsum("nki,nkj->nij", b, a) + ridge * whole
    right = np.einsum("nki,nkj->nij", a, a) + ridge * np.eye(3)
    frame = np.linalg.solve(right.transpose(0, 2, 1), left.transpose(0, 2, 1)).transpose(0, 2, 1)
    u, s, v = np.linalg.svd(frame)
    size = float(r.scale.mean())
    frame = u * np.clip(s, LEAST * size, MOST * size)[:, None, :] @ v
    out = np.zeros_like(f.delta)
    out[:-1] = np.einsum("nij,nsj->nsi", frame.astype(np.float32), f.delta[:-1])
    out[:, list(CORRECTED)] = corrected(base, size)
    return out
