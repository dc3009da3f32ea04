"""Layers without poke-through: every garment outside the body and outside the garments below it.

Garments are settled from the innermost outwards. Each vertex that is nearer to the surface below than its margin is
lifted along that surface's normal; the lift is spread over its neighbours, so that it leaves no spikes. What an outer
garment cannot clear by its own allowance, the inner one gives way for.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..avatar import F32, I32, Part
from ..geometry import by_content
from ..pack import open_pack
from .catalogue import ALIASES, ITEMS, Item
from .contact import Shell, candidates, shell, signed_distance
from .fit import fit
from .neutral import BODY, body_faces, neutral_base

CLOTH = frozenset({"underwear", "garment", "shoes", "armour", "hat"})
# Gap to what lies below, metres. Less than the thickness of cloth looks painted on and lets skinning cut through.
SKIN_GAP = 0.0025
UNDERWEAR_GAP = 0.0012
LAYER_GAP = 0.0015
# An outer garment yields this much to an inner one; beyond, the inner one is pressed flat instead.
YIELD = 0.020
# Pieces further apart than this on the neutral body never meet.
REACH = 0.06
ROUNDS = 2


def settle(base: F32, parts: Sequence[Part]) -> tuple[Part, ...]:
    """`parts`, in their order, with no garment inside the body or inside a lower layer. base: (B, 3).

    Parts that are neither clothes nor flowing hair come back as they are. Runs before hiding and before the rest
    pose; needs `lods[0]` only. Deterministic.
    """
    body: Shell | None = None
    order = sorted((k for k, p in enumerate(parts) if _settles(p)), key=lambda k: (parts[k].layer, k))
    placed: dict[int, F32] = {}
    shells: dict[int, Shell] = {}
    for k in order:
        part = parts[k]
        if body is None:
            body = shell(np.ascontiguousarray(base[:BODY]), body_faces())
        positions = part.mesh.positions
        if part.role != "hair":
            gap = UNDERWEAR_GAP if part.role == "underwear" else SKIN_GAP
            positions = _clear(part, positions, *_touches(part, None), body, gap, 1.0)
        for below in order:
            if below == k:
                break
            rows, near = _touches(part, parts[below])
            if parts[below].layer < part.layer and len(rows):
                if below not in shells:
                    shells[below] = shell(placed[below], parts[below].mesh.faces)
                positions = _clear(part, positions, rows, near, shells[below], LAYER_GAP, YIELD)
        placed[k] = positions
    return tuple(
        part if k not in placed or placed[k] is part.mesh.positions else _moved(part, placed[k])
        for k, part in enumerate(parts)
    )


def _settles(part: Part) -> bool:
    item = item_of(part)
    return part.role in CLOTH or (item is not None and item.follow == "flow")


def _moved(part: Part, positions: F32) -> Part:
    return replace(part, lods=(replace(part.mesh, positions=positions), *part.lods[1:]))


def _clear(part: Part, positions: F32, rows: I32, near: I32, surface: Shell, gap: float, most: float) -> F32:
    """Lift `positions[rows]` to at least `gap` above `surface`, by at most `most` metres."""
    if not len(rows):
        return positions
    spread = neighbours(part.mesh.faces, len(positions))
    out = positions
    for _ in range(ROUNDS):
        height, normal, _ = signed_distance(out[rows], near, surface, gap)
        short = gap - height
        low = short > 1e-5
        if not low.any():
            break
        lift = np.zeros_like(out)
        lift[rows[low]] = normal[low] * np.minimum(short[low], most)[:, None]
        out = out + _spread(spread, lift)
    return out


def _spread(spread: csr_array, lift: F32) -> F32:
    """Smooth a displacement field outwards: nobody gets less than was asked, neighbours get a share."""
    asked = np.sqrt(np.einsum("vc,vc->v", lift, lift))
    field, size = lift, asked
    for _ in range(3):
        mean = spread @ field
        length = np.sqrt(np.einsum("vc,vc->v", mean, mean))
        wins = length > size
        field = np.where(wins[:, None], mean, field)
        size = np.where(wins, length, size)
    return np.asarray(field, np.float32)


@by_content(256)
def _neighbour_rows(faces: I32, count: int) -> tuple[NDArray[np.int32], NDArray[np.int32], F32]:
    ends = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    ends = np.concatenate([ends, ends[:, ::-1], np.repeat(np.arange(count), 2).reshape(-1, 2)])
    pairs = np.unique(ends[:, 0].astype(np.int64) * count + ends[:, 1])
    row, column = (pairs // count).astype(np.int32), (pairs % count).astype(np.int32)
    degree = np.bincount(row, minlength=count)
    start = np.concatenate([[0], np.cumsum(degree)]).astype(np.int32)
    return start, column, (1.0 / degree[row]).astype(np.float32)


def neighbours(faces: I32, count: int) -> csr_array:
    """(count, count) the mean over a vertex and its neighbours."""
    start, column, weight = _neighbour_rows(faces, count)
    return csr_array((weight, column, start), shape=(count, count))


def item_of(part: Part) -> Item | None:
    """The catalogue item that a part was made from, by its name."""
    name = part.name.split(".", 1)[0]
    return ITEMS.get(ALIASES.get(name, name))


@lru_cache(maxsize=256)
def _neutral_positions(digest: str, item_id: str, sex: str) -> dict[str, F32]:
    return {p.name: p.mesh.positions for p in fit(item_id, neutral_base(sex))}


def neutral_positions(part: Part, sex: str) -> F32:
    """The part's vertices on a neutral body; where they are now when it is not from the catalogue."""
    item = item_of(part)
    if item is None:
        return part.mesh.positions
    rest = _neutral_positions(open_pack().digest, item.id, sex).get(part.name)
    return part.mesh.positions if rest is None or len(rest) != len(part.mesh.positions) else rest


def _sex(part: Part) -> str:
    item = item_of(part)
    return "any" if item is None else item.sex


def _touches(part: Part, below: Part | None) -> tuple[I32, I32]:
    """Which vertices of `part` may meet `below` (None: the body), and the vertices there to look at."""
    known = item_of(part) is not None and (below is None or item_of(below) is not None)
    if not known:
        return _search(part, below)
    sizes = (len(part.mesh.positions), 0 if below is None else len(below.mesh.positions))
    key = (open_pack().digest, part.name, "" if below is None else below.name, sizes)
    if key not in _TOUCHES:
        _TOUCHES[key] = _search(part, below)
    return _TOUCHES[key]


_TOUCHES: dict[tuple[str, str, str, tuple[int, int]], tuple[I32, I32]] = {}


def _search(part: Part, below: Part | None) -> tuple[I32, I32]:
    sex = _sex(part)
    surface = neutral_base(sex)[:BODY] if below is None else neutral_positions(below, sex)
    return candidates(neutral_positions(part, sex), surface, REACH if below is not None else 0.15)
