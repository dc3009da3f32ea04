"""The shape on which a part's levels are chosen: the average adult's, so that they serve every body."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Binding, Part
from ..errors import FoundryError
from ..pack import open_pack
from ..wardrobe import ITEMS, fit
from ..wardrobe.neutral import neutral_base


def has_reference(part: Part) -> bool:
    """Whether `reference_positions` knows the part: our own body and items of the wardrobe that hang on it."""
    return part.binding is not None and (part.role == "body" or _item(part.name) != "")


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {item.part_name(piece): item.id for item in ITEMS.values() for piece in item.pieces}


def _item(name: str) -> str:
    known = _names()
    head = name.split(".")[0]
    return known.get(name, head if head in ITEMS else "")


@lru_cache(maxsize=32)
def _fitted(digest: str, item: str) -> tuple[Part, ...]:
    return fit(item, neutral_base())


def reference_positions(part: Part) -> F32 | None:
    """(V, 3) where the part's vertices lie on the average adult, in the base pose; None when that cannot be told.

    Vertices that hiding removed are missed out by matching the rows of the bindings.
    """
    if part.binding is None:
        return None
    if part.role == "body":
        base = neutral_base()
        corners = base[part.binding.refs]
        return np.asarray(np.einsum("vk,vkc->vc", part.binding.weights, corners), np.float32)
    try:
        whole = next((p for p in _fitted(open_pack().digest, _item(part.name)) if p.name == part.name), None)
    except FoundryError:
        return None
    if whole is None or whole.binding is None:
        return None
    if len(whole.mesh.positions) == len(part.mesh.positions):
        return whole.mesh.positions
    rows = _match(whole.binding, part.binding)
    return None if rows is None else np.asarray(whole.mesh.positions[rows])


def _match(whole: Binding, some: Binding) -> NDArray[np.int64] | None:
    """Row of `whole` for each row of `some`; equal rows pair up in order. None when a row has no partner."""
    if whole.refs.shape[1] != some.refs.shape[1]:
        return None
    rows = [np.concatenate([b.refs.astype(np.float64), b.weights], axis=1) for b in (whole, some)]
    _, key = np.unique(np.concatenate(rows), axis=0, return_inverse=True)
    key = key.reshape(-1)
    places = []
    for part in (key[: len(rows[0])], key[len(rows[0]) :]):
        order = np.argsort(part, kind="stable")
        first = np.searchsorted(part[order], part[order])
        turn = np.empty(len(part), np.int64)
        turn[order] = np.arange(len(part)) - first
        places.append(part * (len(key) + 1) + turn)
    order = np.argsort(places[0])
    at = np.searchsorted(places[0][order], places[1])
    found = order[np.minimum(at, len(order) - 1)]
    return found if (places[0][found] == places[1]).all() else None
