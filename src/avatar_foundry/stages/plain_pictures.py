"""Textures as PNG or JPEG, for programs that take nothing else."""

import hashlib
import io
from dataclasses import replace

import numpy as np
from PIL import Image

from ..avatar import Avatar, Material, Texture
from ..cache import cached_bytes
from ..paint.encoded import mime_of, to_bytes
from ..pipeline import stage

PLAIN = ("image/png", "image/jpeg")


@stage("exporting", cost=2)
def plain_pictures(avatar: Avatar) -> Avatar:
    """Turn WebP textures into PNG or JPEG."""
    materials = tuple(map(plainly, avatar.materials))
    same = all(a is b for a, b in zip(materials, avatar.materials, strict=True))
    return avatar if same else replace(avatar, materials=materials)


def plainly(m: Material) -> Material:
    """The material with textures that are PNG or JPEG; itself when they are so."""
    if all(t is None or t.mime in PLAIN for t in (m.base, m.normal, m.orm)):
        return m
    return replace(m, base=plain(m.base), normal=plain(m.normal), orm=plain(m.orm))


def plain(texture: Texture | None) -> Texture | None:
    """JPEG, or PNG where pixels are transparent; what is so already is kept."""
    if texture is None or texture.mime in PLAIN:
        return texture
    with Image.open(io.BytesIO(texture.data)) as image:
        clear = image.has_transparency_data and bool((np.asarray(image.convert("RGBA"))[..., 3] < 255).any())
    mime = mime_of("auto", clear)
    key = f"plain picture/{mime}/{hashlib.sha256(texture.data).hexdigest()}"
    return replace(texture, mime=mime, data=cached_bytes(key, lambda: encode(texture.data, mime)))


def encode(data: bytes, mime: str) -> bytes:
    """A picture's bytes as `mime`."""
    with Image.open(io.BytesIO(data)) as image:
        return to_bytes(image.convert("RGBA" if mime == "image/png" else "RGB"), mime)
