"""Parts to paint, and the pixels of a texture."""

import io

import numpy as np
from PIL import Image

from avatar_foundry.avatar import Mesh, Part, Texture
from avatar_foundry.wardrobe.catalogue import ITEMS
from avatar_foundry.wardrobe.pattern import patterns

BODY = Part("body", "body", (), "skin")


def part_of(item_id: str, piece: int = 0) -> Part:
    """One piece of a wardrobe item, unfitted: the painter looks at names and uvs alone."""
    item, pattern = ITEMS[item_id], patterns(item_id)[piece]
    mesh = Mesh(pattern.offsets, pattern.faces, uvs=pattern.uvs, uv_faces=pattern.uv_faces)
    material = pattern.name if item.role in ("garment", "shoes", "hat") else item.role
    return Part(pattern.name, item.role, (mesh,), material)


def pixels(texture: Texture) -> np.ndarray:
    """The texture as RGBA bytes, checked against what it says about itself."""
    image = Image.open(io.BytesIO(texture.data))
    assert image.size == (texture.width, texture.height)
    assert Image.MIME[image.format] == texture.mime
    return np.asarray(image.convert("RGBA"))
