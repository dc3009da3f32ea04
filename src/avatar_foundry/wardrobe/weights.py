"""Skin weights that garments and hair bring along, where the binding's interpolation is not good enough."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..avatar import F32, U16, Binding, own
from ..humanoid import INDEX
from ..pack import open_pack
from .catalogue import Item
from .neutral import neutral_base
from .pattern import Pattern, patterns

# Hair below the chin gives up the head over this length, metres: long enough to shear softly when the head turns.
FLOW_LENGTH = 0.32
# The least share of the head anywhere on flowing hair, so that the tips trail the head instead of staying behind.
FLOW_LEAST = 0.15


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
    from ..rig import nearest_surface
    from .catalogue import ITEMS

    item = ITEMS[item_id]
    pattern = next(p for p in patterns(item_id) if p.name == name)
    base = neutral_base(item.sex)
    refs, bary = nearest_surface(pattern.lay(base), base)
    # no two rows alike: levels of detail know vertices by their rows
    _, same = np.unique(np.concatenate([refs, bary], axis=1), axis=0, return_inverse=True)
    order = np.argsort(same.reshape(-1), kind="stable")
    ranked = same.reshape(-1)[order]
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order)) - np.searchsorted(ranked, ranked)
    bary = np.clip(bary, 0.0, 1.0) + (rank * 2e-6)[:, None] * (1.0, -0.5, -0.5)
    return Binding(own(refs.astype(np.int32)), own(bary.astype(np.float32)))


@lru_cache(maxsize=256)
def _fixed(digest: str, item_id: str, name: str) -> Skin:
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
