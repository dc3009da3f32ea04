"""Surfaces that no photograph was taken of: steel, gilding, leather, fur, cloth, felt, embroidery.

PATTERNS: name -> f(color, size) -> Surface, pure pixels.  SURFACES: name -> f(material name, wanted, size, format) ->
Material, encoded through the cache; `wanted` maps region -> colour and may be empty.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from PIL import Image

from ...avatar import Material
from ...wardrobe.catalogue import ITEMS
from .. import colour
from ..encoded import texture
from .fabric import embroidery, felt, weave
from .field import Surface
from .hide import fur, leather
from .metal import gilding, steel

Pattern = Callable[[str | None, int], Surface]
PATTERNS: Mapping[str, Pattern] = MappingProxyType(
    {
        "steel": steel,
        "trim": gilding,
        "leather": leather,
        "fur": fur,
        "cloth": weave,
        "felt": felt,
        "embroidery": embroidery,
    }
)
LARGEST = 1024
"""Texels per tile: beyond that there is nothing to see, a tile being half a metre."""


def surface_material(
    surface: str, material: str, wanted: Mapping[str, str], *, size: int = LARGEST, format: str = "auto"
) -> Material:
    """The material of a built garment's piece, textured. Equal arguments give equal bytes."""
    size = min(size, LARGEST)
    item_id, _, piece = material.partition(".")
    item = ITEMS.get(item_id)
    color = wanted.get("main") or (item.pieces[piece].colour if item and piece in item.pieces else None)
    made: list[Surface] = []

    def draw(which: str) -> Image.Image:
        if not made:
            made.append(PATTERNS[surface](color, size))
        pixels = getattr(made[0], which)
        assert pixels is not None
        return Image.fromarray(pixels)

    if color is not None:
        colour.parse(color)  # an unknown colour is an error here and not in the cache
    key = f"surface/{surface}"
    return Material(
        material,
        metallic=1.0,
        roughness=1.0,
        base=texture(material, f"{key}/base/{color}", size, format, lambda: draw("base")),
        normal=texture(f"{material}_normal", f"{key}/normal", size, format, lambda: draw("normal"), quality=88),
        orm=texture(f"{material}_orm", f"{key}/orm", size, format, lambda: draw("orm"), quality=86),
        double_sided=surface in ("cloth", "felt", "embroidery", "fur"),
    )


SURFACES: Mapping[str, Callable[..., Material]] = MappingProxyType(
    {name: partial(surface_material, name) for name in PATTERNS}
)

__all__ = ["PATTERNS", "SURFACES", "Surface", "surface_material"]
