"""From a part and a look to a material: who paints what."""

from collections.abc import Callable
from importlib import import_module

import numpy as np

from ..avatar import F32, Material, Part
from ..pack import Pack, open_pack
from ..wardrobe.catalogue import ITEMS, Item
from ..wardrobe.pattern import patterns
from . import colour
from .cloth import cloth_material
from .encoded import checked_size
from .eyes import cornea_material, eye_material
from .hair import fringe_material, hair_material
from .look import Look
from .mouth import mouth_material
from .skin import skin_material

_LEATHER = ("shoe", "boot", "sneaker", "belt", "sole")
_OWN_COLOUR = ("socks", "belt", "soles")  # pieces that keep their colour when the item as a whole gets another
Surface = Callable[..., Material]


def material_for(part: Part, look: Look, *, size: int = 2048, format: str = "auto") -> Material:
    """The material of `part` under `look`, named `part.material`; textures at most size x size.

    size: a power of two, 256..4096.  format: auto (JPEG, or PNG where alpha is needed), png, jpeg (alpha still gives
    PNG), webp. Equal arguments give equal bytes in every process. Raises RecipeError.
    """
    pack, size = open_pack(), checked_size(size)
    item_id, _, tail = part.material.partition(".")
    owner = ITEMS.get(part.name.partition(".")[0])
    match part.material:
        case "skin":
            return skin_material(pack, look, size, format)
        case "eyes":
            return eye_material(pack, part, look, size, format)
        case "cornea":
            return cornea_material()
        case "brows" | "lashes" if owner:
            return fringe_material(pack, owner.asset, part.material, look, size, format)
        case "teeth" | "tongue" if owner:
            return mouth_material(pack, owner.asset, part.material, size, format)
        case "hair" if owner:
            mode = owner.alpha if owner.alpha != "OPAQUE" else "MASK"
            return hair_material(pack, owner.asset, look, mode, owner.cutoff, size, format)
        case "underwear":
            return _plain(part, look, look.underwear)
    item = ITEMS.get(item_id)
    if item and item.asset:
        return _garment(pack, part, item, tail, look, size, format)
    wanted = _wanted(part, item, tail, look)
    surface = _surfaces().get(tail)
    if surface:
        return surface(part.material, wanted, size=size, format=format)
    return _plain(part, look, wanted.get("main", "#808285"))


def _wanted(part: Part, item: Item | None, piece: str, look: Look) -> dict[str, str]:
    """Region -> colour for a part: named by its own name, by item and piece, by item, or by slot."""
    own = look.colors_for(part.name, part.material)
    if item:
        shared = look.colors_for(item.id, *item.aliases, item.slot)
        if piece in shared:
            shared = {**shared, "main": shared[piece]}
        elif piece in _OWN_COLOUR:
            shared = {}
        return {**shared, **own}
    shared = look.colors_for(part.material.partition(".")[0])
    return {**({"main": shared[piece]} if piece in shared else shared), **own}


def _garment(pack: Pack, part: Part, item: Item, piece: str, look: Look, size: int, format: str) -> Material:
    cut = next(p for p in patterns(item.id) if p.name == part.material)
    leather = (item.slot == "shoes" and piece != "socks") or any(w in piece for w in _LEATHER)
    wanted = _wanted(part, item, piece, look)
    return cloth_material(pack, part.material, item.asset, cut.uvs, cut.uv_faces, wanted, leather, size, format)


def _surfaces() -> dict[str, Surface]:
    try:
        return dict(import_module(f"{__package__}.surfaces").SURFACES)
    except (ImportError, AttributeError):
        return {}


def _plain(part: Part, look: Look, name: str) -> Material:
    """Plain fabric: no texture, so it costs nothing and never repeats."""
    light: F32 = colour.parse(name) if name != "skin" else np.array([0.5, 0.4, 0.35], np.float32)
    r, g, b = light.tolist()
    return Material(part.material, color=(r, g, b, 1.0), roughness=0.85, double_sided=True)
