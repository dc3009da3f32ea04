"""Cut assets into pieces: everything about a garment that does not depend on the body, worked out once per pack."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Binding, own
from ..geometry import components, triangulate_pair
from ..pack import Pack, open_pack
from .catalogue import ITEMS, Item, Piece
from .neutral import BODY, neutral_base

# Assets without scale lines keep their offsets as they are.
UNIT = ((0, 0, 1.0), (0, 0, 1.0), (0, 0, 1.0))


@dataclass(frozen=True, eq=False)
class Pattern:
    """One piece of an item, ready to be laid on any base.

    vertex = sum_k binding.weights[k] * base[binding.refs[k]] + scale * offsets
    offsets: (V, 3) metres. scale_pairs: (3, 2) base vertices whose distance per axis over `scale_rest` is the scale.
    faces, uv_faces: (F, 3). uvs: (U, 2). hides: (B,) or None.
    """

    name: str
    piece: Piece
    binding: Binding
    flat_refs: NDArray[np.intp]
    offsets: F32
    scale_pairs: I32
    scale_rest: F32
    faces: I32
    uvs: F32
    uv_faces: I32
    hides: NDArray[np.bool_] | None

    def lay(self, base: F32) -> F32:
        """Positions (V, 3) on `base` (B, 3)."""
        a, b = self.scale_pairs[:, 0], self.scale_pairs[:, 1]
        axes = np.arange(3)
        scale = np.abs(base[a, axes] - base[b, axes]) / self.scale_rest if self.scale_rest[0] > 0 else np.ones(3)
        corners = np.take(base, self.flat_refs, axis=0).reshape(*self.binding.refs.shape, 3)
        out = np.einsum("vk,vkc->vc", self.binding.weights, corners)
        out += self.offsets * scale.astype(np.float32)
        return np.asarray(out, np.float32)


def compact(faces: NDArray[Any]) -> tuple[I32, I32]:
    """(used vertices (W,) ascending, faces renumbered into them)."""
    used, inverse = np.unique(faces, return_inverse=True)
    return used.astype(np.int32), inverse.reshape(faces.shape).astype(np.int32)


def _chosen(piece: Piece, faces: I32, uv_faces: I32, vertices: int, uvs: int) -> NDArray[np.bool_]:
    if piece.components:
        return np.isin(components(faces, vertices)[faces[:, 0]], piece.components)
    if piece.islands:
        return np.isin(components(uv_faces, uvs)[uv_faces[:, 0]], piece.islands)
    return np.ones(len(faces), bool)


def _pattern(pack: Pack, item: Item, piece: Piece) -> Pattern:
    key = f"assets/{item.asset}"
    refs, weights, offsets = (pack.array(f"{key}/{n}") for n in ("refs", "weights", "offsets"))
    uvs = pack.array(f"{key}/uvs")
    faces, uv_faces = triangulate_pair(pack.array(f"{key}/faces"), pack.array(f"{key}/uv_faces"))
    chosen = _chosen(piece, faces, uv_faces, len(refs), len(uvs))
    flat = (faces[:, 0] == faces[:, 1]) | (faces[:, 1] == faces[:, 2]) | (faces[:, 2] == faces[:, 0])
    used, faces_ = compact(faces[chosen & ~flat])
    uv_used, uv_faces_ = compact(uv_faces[chosen & ~flat])
    scale = pack.meta["assets"][item.asset].get("scale") or UNIT
    rest = np.array([s[2] for s in scale], np.float32) if scale is not UNIT else np.zeros(3, np.float32)
    hides = pack.array(f"{key}/hides") if f"{key}/hides" in pack else None
    if hides is not None and len(used) < len(refs):
        hides = _share(item, hides, used, refs, weights, offsets)
    binding = Binding(
        own(np.ascontiguousarray(refs[used], np.int32)), own(np.ascontiguousarray(weights[used], np.float32))
    )
    return Pattern(
        item.part_name(piece.name),
        piece,
        binding,
        own(binding.refs.reshape(-1).astype(np.intp)),
        own(np.ascontiguousarray(offsets[used], np.float32)),
        own(np.array([s[:2] for s in scale], np.int32)),
        own(rest),
        own(faces_),
        own(np.ascontiguousarray(uvs[uv_used], np.float32)),
        own(uv_faces_),
        None if hides is None else own(np.array(hides)),
    )


def _share(item: Item, hides: Any, used: I32, refs: Any, weights: Any, offsets: Any) -> NDArray[np.bool_]:
    """The part of `hides` that lies nearer to the `used` vertices than to the rest of the asset."""
    from scipy.spatial import cKDTree

    base = neutral_base(item.sex)
    rest = np.einsum("vk,vkc->vc", weights, base[refs]) + offsets
    mine = np.zeros(len(refs), bool)
    mine[used] = True
    covered = np.flatnonzero(hides[:BODY])
    out = np.zeros(len(hides), bool)
    near_mine = cKDTree(rest[mine]).query(base[covered])[0]
    near_rest = cKDTree(rest[~mine]).query(base[covered])[0] if not mine.all() else np.full(len(covered), np.inf)
    # A shirt's body lies under its jacket too: what is close to both is hidden by both.
    out[covered[near_mine <= near_rest + 0.02]] = True
    return out


@lru_cache(maxsize=256)
def _patterns(digest: str, item_id: str) -> tuple[Pattern, ...]:
    pack, item = open_pack(), ITEMS[item_id]
    return tuple(_pattern(pack, item, piece) for piece in item.pieces.values())


def patterns(item_id: str) -> tuple[Pattern, ...]:
    """The patterns of an asset item, one per piece, in the item's order."""
    return _patterns(open_pack().digest, item_id)
