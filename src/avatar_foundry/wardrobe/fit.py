"""Put items on a body: a weighted sum per vertex for assets, a call for built garments."""

from collections.abc import Callable
from importlib import import_module
from typing import cast

from ..avatar import F32, Mesh, Part
from .catalogue import Item, resolve
from .pattern import Pattern, patterns
from .underwear import make_underwear
from .weights import fixed_weights, skin_binding

Builder = Callable[..., tuple[Part, ...]]


def fit(item: str | Item, base: F32) -> tuple[Part, ...]:
    """The parts of an item (id, alias or Item) on `base` (B, 3), in the pose of `base`; not yet settled.

    Topology (faces, uvs, binding) is the same object for every body. Raises RecipeError for unknown items.
    """
    found = item if isinstance(item, Item) else resolve(item)
    if found.builder:
        return _build(found, base)
    return tuple(
        Part(
            name=p.name,
            role=found.role,
            lods=(_mesh(found, p.lay(base), p),),
            material=p.name if found.role in ("garment", "shoes", "hat") else found.role,
            binding=skin_binding(found, p),
            layer=p.piece.layer,
            hides=p.hides,
        )
        for p in patterns(found.id)
    )


def _mesh(item: Item, positions: F32, pattern: Pattern) -> Mesh:
    skin = fixed_weights(item, pattern)
    joints, weights = skin if skin is not None else (None, None)
    return Mesh(positions, pattern.faces, uvs=pattern.uvs, uv_faces=pattern.uv_faces, joints=joints, weights=weights)


def _build(item: Item, base: F32) -> tuple[Part, ...]:
    if item.builder == "underwear":
        return tuple(make_underwear(item, base))
    module = import_module(f".builders.{item.builder}", __package__)
    return cast(Builder, getattr(module, item.builder))(base, **item.options)
