"""Pictures as other formats take them: PNG or JPEG, and normal maps at full strength."""

import hashlib
import io

import numpy as np
from PIL import Image

from ..avatar import Texture
from ..cache import cached_bytes

ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg"}
PNG_LEVEL = 1


def readable(texture: Texture) -> tuple[str, bytes]:
    """(mime, bytes) of a picture as every importer takes it: WebP becomes PNG."""
    if texture.mime in ENDINGS:
        return texture.mime, texture.data
    digest = hashlib.sha256(texture.data).hexdigest()
    return "image/png", cached_bytes(f"fbx png {digest}", lambda: as_png(texture.data))


def as_png(data: bytes) -> bytes:
    """A picture as PNG."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.save(out, "PNG", compress_level=PNG_LEVEL)
    return out.getvalue()


def strengthened(texture: Texture, scale: float) -> tuple[str, bytes]:
    """(mime, bytes) of a normal map with glTF's `scale` drawn in, for formats that have no such number."""
    if scale == 1.0:
        return readable(texture)
    digest = hashlib.sha256(texture.data).hexdigest()
    kind = "JPEG" if texture.mime == "image/jpeg" else "PNG"
    data = cached_bytes(f"normal {kind} {scale!r} {digest}", lambda: scaled_normals(texture.data, scale, kind))
    return f"image/{kind.lower()}", data


def scaled_normals(data: bytes, scale: float, kind: str) -> bytes:
    """A normal map whose x and y are multiplied by `scale` before the normals are made unit again."""
    with Image.open(io.BytesIO(data)) as image:
        vectors = np.asarray(image.convert("RGB"), np.float32) * (2 / 255) - 1
    vectors[..., :2] *= scale
    vectors /= np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)
    pixels = np.rint((vectors + 1) * 127.5).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **({"quality": 92} if kind == "JPEG" else {"compress_level": PNG_LEVEL}))
    return out.getvalue()


def channel(texture: Texture, band: int) -> bytes:
    """One band of a picture, 0 for red, as a grey PNG."""
    digest = hashlib.sha256(texture.data).hexdigest()
    return cached_bytes(f"band {band} {digest}", lambda: grey(texture.data, band))


def grey(data: bytes, band: int) -> bytes:
    """One band of an encoded picture as PNG."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.convert("RGB").getchannel(band).save(out, "PNG", compress_level=6)
    return out.getvalue()


def safe_file(name: str, ending: str, taken: set[str]) -> str:
    """A file name that is not in `taken` yet (and then is): ASCII letters, digits, dots, lines."""
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name).removesuffix(ending)
    title, n = f"{stem}{ending}", 1
    while title.lower() in taken:
        n += 1
        title = f"{stem}_{n}{ending}"
    taken.add(title.lower())
    return title
