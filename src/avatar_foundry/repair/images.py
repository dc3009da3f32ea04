"""Encoded images: can they be read, do they use their alpha, smaller ones, other formats."""

import io
import warnings
from typing import Any

from PIL import Image

from ..avatar import Texture

MOST_PIXELS = 8192 * 8192
KINDS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
QUALITY = 92


def opened(texture: Texture) -> Image.Image:
    """The decoded image. Raises OSError or ValueError for what cannot be decoded, whatever the reason."""
    if texture.width * texture.height > MOST_PIXELS:
        raise ValueError("too many pixels")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(texture.data), formats=tuple(KINDS.values()))
            image.load()
    except (SyntaxError, EOFError, IndexError, KeyError, Image.DecompressionBombWarning) as error:
        raise ValueError(str(error) or type(error).__name__) from error
    except Image.DecompressionBombError as error:
        raise ValueError("too many pixels") from error
    return image


def unreadable(texture: Texture) -> str:
    """Why the image cannot be decoded; "" when it can."""
    try:
        opened(texture)
    except (OSError, ValueError) as error:
        return str(error).split("\n")[0][:100] or "unknown format"
    return ""


def alpha_is_full(texture: Texture | None) -> bool:
    """Whether no pixel is transparent: no image, no alpha, or alpha of 255 all over. Damaged images count as not."""
    if texture is None or texture.mime == "image/jpeg":
        return True
    try:
        image = opened(texture)
    except (OSError, ValueError):
        return False
    if "A" not in image.getbands() and "transparency" not in image.info:
        return True
    low, _ = image.convert("RGBA").getchannel("A").getextrema()
    return bool(low == 255)


def encode(image: Image.Image, mime: str) -> bytes:
    """The image as a file, without metadata: equal pixels give equal bytes."""
    kind = KINDS[mime]
    options: dict[str, Any] = {
        "PNG": {"compress_level": 6},
        "JPEG": {"quality": QUALITY},
        "WEBP": {"quality": QUALITY, "method": 3},
    }[kind]
    if kind == "JPEG" and image.mode not in ("RGB", "L"):
        image = image.convert("RGB")
    if kind == "WEBP" and image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")
    if kind == "WEBP" and "A" in image.getbands():
        options = {**options, "exact": True}
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
