"""The shape on which a part's levels are chosen: the average adult's, so that they serve every body."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Binding, Part
from ..body import evaluate
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


#: Bodies that the levels should fit besides the average one: both sexes, heavy, old, a child.
BUILDS = (
    {"body.gender": 1.0},
    {"body.gender": 0.0},
    {"body.weight": 1.0},
    {"body.age": 70.0},
    {"body.age": 8.0},
)


@lru_cache(maxsize=1)
def _bases(digest: str) -> tuple[F32, ...]:
    return (neutral_base(), *(evaluate(values) for values in BUILDS))


@lru_cache(maxsize=16)
def _fitted(digest: str, item: str) -> tuple[tuple[Part, ...], ...]:
    return tuple(fit(item, base) for base in _bases(digest))


def reference_positions(part: Part) -> tuple[F32, ...]:
    """(V, 3) where the part's vertices lie on the average adult and on each of BUILDS, in the base pose.

    Vertices that hiding removed are missed out by matching the rows of the bindings. Empty when that cannot be told.
    """
    if part.binding is None:
        return ()
    digest = open_pack().digest
    if part.role == "body":
        weights = part.binding.weights
        return tuple(
            np.asarray(np.einsum("vk,vkc->vc", weights, base[part.binding.refs]), np.float32) for base in _bases(digest)
        )
    try:
        fitted = [p for parts in _fitted(digest, _item(part.name)) for p in parts if p.name == part.name]
    except FoundryError:
        return ()
    if not fitted or fitted[0].binding is None:
        return ()
    if len(fitted[0].mesh.positions) == len(part.mesh.positions):
        return tuple(p.mesh.positions for p in fitted)
    rows = _match(fitted[0].binding, part.binding)
    return () if rows is None else tuple(np.asarray(p.mesh.positions[rows]) for p in fitted)


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
