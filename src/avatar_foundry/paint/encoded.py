"""Images to bytes, once: every texture and every intermediate map is keyed by its complete inputs."""

import io
from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from ..avatar import Texture
from ..cache import cached_arrays, cached_bytes
from ..errors import RecipeError

REVISION = 1  # part of every key: raise it when a picture changes
FORMATS = ("auto", "png", "jpeg", "webp")
SIZES = (256, 4096)
_PILLOW: Mapping[str, tuple[str, dict[str, Any]]] = {
    "image/png": ("PNG", {"compress_level": 4}),
    "image/jpeg": ("JPEG", {"quality": 90, "subsampling": 2}),
    "image/webp": ("WEBP", {"quality": 88, "method": 2, "exact": True}),
}


def mime_of(format: str, alpha: bool) -> str:
    """The mime type for `format` (auto, png, jpeg, webp). JPEG has no alpha: such images become PNG instead."""
    if format not in FORMATS:
        raise RecipeError(f"unknown texture format {format!r}", hint=f"use one of {', '.join(FORMATS)}")
    if format == "png" or (alpha and format in ("auto", "jpeg")):
        return "image/png"
    return "image/webp" if format == "webp" else "image/jpeg"


def checked_size(size: int) -> int:
    """`size` itself when it is a power of two within SIZES. Raises RecipeError."""
    if not SIZES[0] <= size <= SIZES[1] or size & (size - 1):
        raise RecipeError(f"texture size {size} is not a power of two from {SIZES[0]} to {SIZES[1]}")
    return size


def to_bytes(image: Image.Image, mime: str, quality: int = 0) -> bytes:
    """Encode with fixed parameters, without any metadata, so equal pixels give equal bytes."""
    kind, options = _PILLOW[mime]
    if kind != "JPEG" and image.mode == "YCbCr":
        image = image.convert("RGB")
    if quality and kind != "PNG":
        options = {**options, "quality": quality}
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def texture(
    name: str,
    key: str,
    size: int,
    format: str,
    make: Callable[[], Image.Image],
    *,
    alpha: bool = False,
    quality: int = 0,
) -> Texture:
    """The texture `name` of size x size; `make` draws it when no cache has `key` (which must name every input)."""
    mime = mime_of(format, alpha)
    full = f"paint/{REVISION}/{key}/{size}/{mime}/{quality}"
    return Texture(name, mime, size, size, cached_bytes(full, lambda: to_bytes(make(), mime, quality)))


def maps(key: str, make: Callable[[], Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Read-only arrays by name, computed once; hold them no longer than needed, for they are mapped from the disk."""
    return cached_arrays(f"paint/maps/{REVISION}/{key}", make)
