"""Layers without poke-through: every garment outside the body and outside the garments below it.

Garments are settled from the innermost outwards. Each vertex that is nearer to the surface below than its margin is
lifted along that surface's normal; the lift is spread over its neighbours, so that it leaves no spikes. What an outer
garment cannot clear by its own allowance, the inner one gives way for.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..avatar import F32, I32, Part
from ..pack import open_pack
from .contact import Shell, candidates, kept_pair, shell, signed_distance, turned
from .hats import tuck, without_hair
from .neutral import BODY, body_faces, neutral_base
from .rest import item_of, neutral_positions, outward, same_item, sex_of, stacked
from .smooth import neighbours
from .under import under

CLOTH = frozenset({"underwear", "garment", "shoes", "armour", "hat"})
# Gap to what lies below, metres. Less than the thickness of cloth looks painted on and lets skinning cut through.
SKIN_GAP = 0.0025
UNDERWEAR_GAP = 0.0012
LAYER_GAP = 0.0015
# An outer garment yields this much to an inner one; beyond, the inner one is pressed flat instead.
YIELD = 0.010
# Underwear is no thicker than this.
THIN = 0.003
# Pieces further apart than this on the neutral body never meet.
REACH = 0.10
SKIN_REACH = 0.15
# A bump further out than this belongs to something else that happens to be near.
BULGE = 0.03
# Below another garment by more than this is not below it but somewhere else.
DEEPEST = 0.03
HAIR_DEEPEST = 0.10
# Spots further aside than this cosine lie on a hem: there is nothing above or below them.
SQUARE = 0.7
# Cloth that leans further than this from what it covers is a fold or a lining.
FACING = 0.6
TINY = 1e-5
ROUNDS = 2


def settle(base: F32, parts: Sequence[Part]) -> tuple[Part, ...]:
    """`parts`, in their order, with no garment inside the body or inside a lower layer. base: (B, 3).

    Hair goes where something is worn that drops it. Parts that are neither clothes nor flowing hair come back as they
    are. Runs before hiding and before the rest pose; needs `lods[0]` only. Deterministic.
    """
    parts = without_hair(parts)
    order = sorted((k for k, p in enumerate(parts) if _settles(p)), key=lambda k: (parts[k].layer, k))
    if not order:
        return tuple(parts)
    body = shell(np.ascontiguousarray(base[:BODY]), body_faces())
    skin = next((p for p in parts if p.role == "body"), None)
    out = list(parts)
    shells: dict[int, Shell] = {}
    for k in order:
        part = parts[k]
        away = outward(part, base)
        if part.role != "hair":
            gap = UNDERWEAR_GAP if part.role == "underwear" else SKIN_GAP
            part = _clear(part, skin, body, gap, 1.0, away)
        for below in order:
            if below == k:
                break
            # pieces of one item were cut together: they know each other
            if parts[below].layer < part.layer and not same_item(part, parts[below]):
                if below not in shells:
                    own = out[below].mesh
                    shells[below] = turned(shell(own.positions, own.faces), outward(out[below], base))
                part = _clear(part, out[below], shells[below], LAYER_GAP, _yield(part, out[below]), away)
        out[k] = part
    for k in order:
        if parts[k].role == "underwear":
            out[k] = _pressed(out[k], parts)
    return tuck(base, out)


def _yield(part: Part, below: Part) -> float:
    """How far `part` moves out of the way of `below`: hair all the way, and cloth hardly for the thin underwear."""
    if part.role == "hair":
        return HAIR_DEEPEST
    return THIN if below.role == "underwear" else YIELD


def _pressed(part: Part, parts: Sequence[Part]) -> Part:
    """Underwear lies flat on the skin wherever a garment lies upon it."""
    flat = np.zeros(len(part.mesh.positions), bool)
    for outer in parts:
        if outer.role in CLOTH and outer.layer > part.layer and outer.role != "underwear":
            flat |= under(part, outer)[1]
    if not flat.any():
        return part
    normals = shell(part.mesh.positions, part.mesh.faces).normals
    return _moved(part, np.where(flat[:, None], part.mesh.positions - THIN * normals, part.mesh.positions))


def _settles(part: Part) -> bool:
    item = item_of(part)
    return part.role in CLOTH or (item is not None and item.follow == "flow")


def _moved(part: Part, positions: F32) -> Part:
    return replace(part, lods=(replace(part.mesh, positions=positions), *part.lods[1:]))


def _clear(part: Part, below: Part | None, surface: Shell, gap: float, most: float, away: F32) -> Part:
    """Lift `part` to at least `gap` above `surface`, the shell of `below` (None: the body), by at most `most` metres.

    Vertices against faces both ways: coarse cloth may have all its vertices outside and still cut through a bulge.
    """
    rows, near = _touches(part, below)
    if not len(rows):
        return part
    deepest = DEEPEST if below is None else max(DEEPEST, _yield(part, below))
    spread = neighbours(part.mesh.faces, len(part.mesh.positions))
    stack = stacked(part)
    tucked = _tucked(part, rows, near) if below is None or below.role == "body" else None
    bumps, caps = _bumps(part, below)
    out = part.mesh.positions
    for _ in range(ROUNDS):
        lift = np.zeros_like(out)
        touch = signed_distance(out[rows], near, surface, gap)
        short = np.minimum(gap - touch.height, most)
        low = short > TINY
        if below is not None and below.role != "body":
            low &= (touch.square > SQUARE) & (touch.height > -deepest)
        if tucked is not None:
            deep = low & tucked
            alone = np.maximum(short[deep] - gap, 0.0)
            low &= ~tucked
        lift[rows[low]] = touch.normal[low] * short[low, None]
        moved = bool(low.any())
        if moved:
            out = out + _spread(spread, stack, lift)
        if tucked is not None and deep.any():
            out = out.copy()
            out[rows[deep]] += touch.normal[deep] * alone[:, None]
        if len(bumps):
            cloth = turned(shell(out, part.mesh.faces), away)
            touch = signed_distance(surface.positions[bumps], caps, cloth, 0.05, -0.008)
            bulging = (touch.height > TINY - gap / 2) & (touch.height < BULGE) & (touch.square > SQUARE)
            over = np.einsum("nc,nc->n", touch.normal, surface.normals[bumps]) > FACING
            high = np.flatnonzero(bulging & over)
            if len(high):
                ask = np.minimum(touch.height[high] + gap / 2, most)
                out = out + _spread(spread, stack, _raise(touch.corners[high], touch.bary[high], ask, cloth.normals))
                moved = True
        if not moved:
            break
    return part if out is part.mesh.positions else _moved(part, out)


def _raise(corners: I32, bary: F32, ask: F32, normals: F32) -> F32:
    """Lift (V, 3) along the vertices' normals so that spots (N,) on faces rise by `ask` (N,) metres."""
    share = bary / np.maximum(np.einsum("nk,nk->n", bary, bary), 1e-6)[:, None]
    height = np.zeros(len(normals), np.float32)
    np.maximum.at(height, corners.reshape(-1), (share * ask[:, None]).reshape(-1))
    return np.asarray(normals * height[:, None], np.float32)


def _spread(spread: csr_array, stack: I32, lift: F32) -> F32:
    """Smooth a displacement field outwards: nobody gets less than was asked, neighbours get a share.

    stack: (V, K) vertices close in space: collars, lapels and pockets lie upon each other and must move together.
    """
    size = np.sqrt(np.einsum("vc,vc->v", lift, lift))
    rows = np.arange(len(lift))
    first = stack[rows, size[stack].argmax(axis=1)]
    field, size = lift[first], size[first]
    for _ in range(3):
        mean = np.asarray(spread @ field)
        length = np.sqrt(np.einsum("vc,vc->v", mean, mean))
        wins = length > size
        field = np.where(wins[:, None], mean, field)
        size = np.where(wins, length, size)
    return np.asarray(field, np.float32)


def _touches(part: Part, below: Part | None) -> tuple[I32, I32]:
    """Which vertices of `part` may meet `below` (None: the body), and the vertices there to look at."""
    if below is not None and below.role == "body":
        below = None
    known = item_of(part) is not None and (below is None or item_of(below) is not None)
    if not known:
        return _search(part, below)
    sizes = (len(part.mesh.positions), 0 if below is None else len(below.mesh.positions))
    key = (open_pack().digest, part.name, "" if below is None else below.name, sizes)
    if key not in _TOUCHES:
        _TOUCHES[key] = kept_pair(f"touches/{_text(key)}", lambda: _search(part, below))
    return _TOUCHES[key]


_TOUCHES: dict[tuple[str, str, str, tuple[int, int]], tuple[I32, I32]] = {}


_BUMPS: dict[tuple[str, str, str, tuple[int, int]], tuple[I32, I32]] = {}


def _bumps(part: Part, below: Part | None) -> tuple[I32, I32]:
    """Vertices of `below` that lie under `part` but will stay, and the vertices of `part` to look at for each."""
    if below is None or part.role == "hair":
        return np.zeros(0, np.int32), np.zeros((0, 1), np.int32)
    body = below.role == "body"
    known = item_of(part) is not None and (body or item_of(below) is not None)
    key = (open_pack().digest, part.name, below.name, (len(part.mesh.positions), len(below.mesh.positions)))
    if known and key in _BUMPS:
        return _BUMPS[key]
    if not known:
        return _search_bumps(part, below)
    _BUMPS[key] = kept_pair(f"bumps/{_text(key)}", lambda: _search_bumps(part, below))
    return _BUMPS[key]


def _search_bumps(part: Part, below: Part) -> tuple[I32, I32]:
    deep, straight = under(below, part)
    shown = np.flatnonzero(straight & ~deep)
    sex = sex_of(part)
    points = neutral_base(sex)[:BODY] if below.role == "body" else neutral_positions(below, sex)
    _, near = candidates(points[shown], neutral_positions(part, sex), np.inf, 6)
    return shown.astype(np.int32), near


def _text(key: tuple[str, str, str, tuple[int, int]]) -> str:
    return "/".join(map(str, (*key[:3], *key[3])))


_TUCKED: dict[tuple[str, str, int], NDArray[np.bool_]] = {}


def _tucked(part: Part, rows: I32, near: I32) -> NDArray[np.bool_] | None:
    """Which of `rows` the tailor put inside the body (ends of sleeves, collar stands): they rise to the skin alone."""
    if item_of(part) is None:
        return None
    key = (open_pack().digest, part.name, len(part.mesh.positions))
    if key not in _TUCKED:
        sex = sex_of(part)
        skin = shell(np.ascontiguousarray(neutral_base(sex)[:BODY]), body_faces())
        _TUCKED[key] = signed_distance(neutral_positions(part, sex)[rows], near, skin, 0.0).height < -0.001
    return _TUCKED[key]


def _search(part: Part, below: Part | None) -> tuple[I32, I32]:
    sex = sex_of(part)
    points = neutral_positions(part, sex)
    if below is not None:
        rows, near = candidates(points, neutral_positions(below, sex), REACH)
        keep = ~under(below, part)[0][near[:, 0]]  # what will not be drawn need not be cleared
        return rows[keep], near[keep]
    skin = neutral_base(sex)[:BODY]
    return candidates(points, skin, SKIN_REACH)
