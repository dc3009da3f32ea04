"""Skin weights that garments and hair bring along, where the binding's interpolation is not good enough."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from ..avatar import F32, I32, U16, Binding, own
from ..cache import cached_arrays
from ..humanoid import INDEX
from ..pack import open_pack
from .catalogue import Item
from .neutral import neutral_base
from .pattern import Pattern, patterns
from .smooth import neighbours

F64 = NDArray[np.float64]

# Hair below the chin gives up the head over this length, metres: long enough to shear softly when the head turns.
FLOW_LENGTH = 0.32
# The least share of the head anywhere on flowing hair, so that the tips trail the head instead of staying behind.
FLOW_LEAST = 0.15

# Neighbours that differ by more than this share of their weight are eased, over so many rounds, on so many references.
JUMP, ROUNDS, EASED = 0.3, 5, 16
ARM = "Arm"


class Skin(NamedTuple):
    """joints (V, 4) u16 and weights (V, 4) f32, rows sum to 1, descending."""

    joints: U16
    weights: F32


def fixed_weights(item: Item, pattern: Pattern) -> Skin | None:
    """The skin of a piece, or None when `bind_skin` shall fill it in from the binding."""
    if item.follow == "data" or (item.follow == "cloth" and pattern.piece.name != "skirt"):
        return None
    return _fixed(open_pack().digest, item.id, pattern.name)


def skin_binding(item: Item, pattern: Pattern) -> Binding:
    """How a piece hangs on the body for its skin weights: cloth on the place right below it, the rest as it was made.

    Measured over the test poses, cloth that moves with the skin below it pokes through less than by its own binding.
    """
    if item.follow != "cloth" or item.role not in ("garment", "shoes"):
        return pattern.binding
    return _below(open_pack().digest, item.id, pattern.name)


@lru_cache(maxsize=256)
def _below(digest: str, item_id: str, name: str) -> Binding:
    kept = cached_arrays(f"wardrobe/below/{digest}/{item_id}/{name}", lambda: _make_below(item_id, name))
    return Binding(own(kept["refs"]), own(kept["share"]))


def _make_below(item_id: str, name: str) -> dict[str, NDArray[Any]]:
    from ..rig import nearest_surface
    from .catalogue import ITEMS

    item = ITEMS[item_id]
    pattern = next(p for p in patterns(item_id) if p.name == name)
    base = neutral_base(item.sex)
    corners, bary = nearest_surface(pattern.lay(base), base)
    refs, share = _eased(corners, np.clip(bary, 0.0, 1.0), pattern.faces)
    # no two rows alike: levels of detail know vertices by their rows
    _, same = np.unique(np.concatenate([refs, share], axis=1), axis=0, return_inverse=True)
    order = np.argsort(same.reshape(-1), kind="stable")
    ranked = same.reshape(-1)[order]
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order)) - np.searchsorted(ranked, ranked)
    share[:, 0] += 2e-6 * rank
    share[:, 1] -= 2e-6 * rank
    return {"refs": refs.astype(np.int32), "share": share.astype(np.float32)}


def _eased(corners: I32, bary: F64, faces: I32) -> tuple[I32, F64]:
    """The same hold (V, EASED) where neighbours move alike; mixed over neighbours where one is on the arm, one not.

    The nearest skin jumps from arm to flank in the armpit: cloth across the jump would be torn apart there, instead of
    stretching over the whole side.
    """
    from ..rig import base_weights

    count = len(corners)
    hold = csr_array(
        (bary.reshape(-1), corners.reshape(-1), np.arange(0, 3 * count + 1, 3)), (count, int(corners.max()) + 1)
    )
    table = base_weights()[: hold.shape[1]].astype(np.float64)
    sides = [[i for n, i in INDEX.items() if n.startswith(side) and ARM in n] for side in ("left", "right")]
    pull = np.stack([np.asarray(hold @ table[:, side].sum(axis=1)) for side in sides], axis=1)
    ends = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    jump = np.zeros(count)
    np.maximum.at(jump, ends.T.reshape(-1), np.tile(np.abs(pull[ends[:, 0]] - pull[ends[:, 1]]).sum(axis=1) / 2, 2))
    mean = neighbours(faces, count)
    ease = np.clip((jump - JUMP) / JUMP, 0.0, 1.0)
    for _ in range(2):
        ease = np.maximum(ease, np.asarray(mean @ ease) * 1.5).clip(0.0, 1.0)
    if ease.max(initial=0.0) > 0.0:
        stay, go = diags_array(1.0 - ease), diags_array(ease)
        step = csr_array(stay + go @ mean.astype(np.float64))
        for _ in range(ROUNDS):
            hold = csr_array(step @ hold)
    refs, share = np.repeat(corners[:, :1], EASED, axis=1), np.zeros((count, EASED))
    refs, share = _heaviest(csr_array(hold), refs, share)
    return refs, share / share.sum(axis=1, keepdims=True)


def _heaviest(hold: csr_array, refs: I32, share: F64) -> tuple[I32, F64]:
    """The EASED heaviest entries of every row, descending."""
    row = np.repeat(np.arange(hold.shape[0]), np.diff(hold.indptr))
    order = np.lexsort((hold.indices, -hold.data, row))
    place = np.arange(len(row)) - hold.indptr[row]
    keep = place < EASED
    refs[row[keep], place[keep]] = hold.indices[order][keep]
    share[row[keep], place[keep]] = hold.data[order][keep]
    return refs, share


@lru_cache(maxsize=256)
def _fixed(digest: str, item_id: str, name: str) -> Skin:
    kept = cached_arrays(f"wardrobe/fixed/{digest}/{item_id}/{name}", lambda: _make_fixed(item_id, name)._asdict())
    return Skin(own(kept["joints"]), own(kept["weights"]))


def _make_fixed(item_id: str, name: str) -> Skin:
    from .catalogue import ITEMS

    item = ITEMS[item_id]
    pattern = next(p for p in patterns(item_id) if p.name == name)
    if item.follow == "rigid":
        return rigid(len(pattern.offsets), "head")
    return _flow(pattern) if item.follow == "flow" else _skirt(item, pattern)


def _skirt(item: Item, pattern: Pattern) -> Skin:
    """One sheet in a stride, not two trouser legs."""
    from ..rig import four_joints, smooth_skirt_weights, surface_weights

    base = neutral_base(item.sex)
    points = pattern.lay(base)
    joints, four = four_joints(smooth_skirt_weights(surface_weights(points, base), points, base))
    return Skin(own(joints), own(four))


def rigid(count: int, bone: str) -> Skin:
    """`count` rows that follow one bone alone."""
    joints, weights = np.zeros((count, 4), np.uint16), np.zeros((count, 4), np.float32)
    joints[:, 0], weights[:, 0] = INDEX[bone], 1.0
    return Skin(own(joints), own(weights))


def chin_height(base: F32) -> float:
    """Height of the lower jaw line on `base`, metres: the lowest of the lower teeth's helper vertices."""
    return float(base[14992:15060, 1].min())


def _flow(pattern: Pattern) -> Skin:
    from ..rig import bind_weights

    joints, weights = bind_weights(pattern.binding)
    base = neutral_base("any")
    down = np.clip((chin_height(base) - 0.03 - pattern.lay(base)[:, 1]) / FLOW_LENGTH, 0.0, 1.0)
    head = 1.0 - (1.0 - FLOW_LEAST) * down * down * (3.0 - 2.0 * down)
    dense = np.zeros((len(joints), len(INDEX)), np.float32)
    rows = np.repeat(np.arange(len(joints)), joints.shape[1])
    np.add.at(dense, (rows, joints.reshape(-1)), weights.reshape(-1))
    # The share that the data gives to the head goes to the neck, or the middle of the strand would turn with the head.
    for bone in ("head", "jaw", "leftEye", "rightEye"):
        dense[:, INDEX["neck"]] += dense[:, INDEX[bone]]
        dense[:, INDEX[bone]] = 0.0
    dense *= (1.0 - head)[:, None]
    dense[:, INDEX["head"]] = head
    return top_four(dense)


def top_four(dense: F32) -> Skin:
    """The four largest weights of each row of (V, J), normalised, descending; ties to the lower joint."""
    order = np.argsort(-dense, axis=1, kind="stable")[:, :4]
    weights = np.take_along_axis(dense, order, 1)
    weights = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    joints = np.where(weights > 0.0, order, order[:, :1]).astype(np.uint16)
    return Skin(own(joints), own(weights))
