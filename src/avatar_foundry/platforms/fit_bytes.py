"""The main file within its budget of bytes, measured as written: lighter pictures, smaller ones, then meshopt."""

from functools import partial

from ..avatar import Avatar
from ..fitting import Fitted, Notes
from ..stages.fit_images import SMALLEST, bytes_of, halved, longest, pictures, repacked
from .platform import Platform

FINE = 512  # pixels: smaller than this textures only get when nothing else is left


def fit_bytes(avatar: Avatar, platform: Platform, compression: str, before: int, notes: Notes) -> tuple[Avatar, str]:
    """(avatar, compression) whose main file is within `platform.budget.bytes`, as far as textures and packing allow.

    before: bytes of the main file as it is, above the budget.
    """
    limit, size, done = platform.budget.bytes, before, list[str]()
    mime = "image/webp" if platform.texture_format == "webp" else "image/jpeg"
    light = repacked(avatar, mime)
    if light is not avatar:
        size -= bytes_of(avatar) - bytes_of(light)
        avatar = light
        done.append(f"textures as {mime.removeprefix('image/').upper()}")
    lighter = list(done)
    web = compression == "none" and platform.texture_format == "webp"
    # readers need a decoder for meshopt, so only when smaller textures alone do not do; then they may stay larger
    for packing, least in ((compression, FINE if web else SMALLEST), *((("meshopt", SMALLEST),) if web else ())):
        if size <= limit:
            break
        if packing != compression:
            avatar, compression, done = light, packing, [*lighter, "meshopt compression"]
            size = main_size(avatar, platform, compression)
        room = limit - (size - bytes_of(avatar))
        smaller = halved(avatar, partial(fit, room), least)
        if smaller is not avatar:
            avatar, size = smaller, main_size(smaller, platform, compression)
            done.append(f"textures of at most {max(map(longest, pictures(avatar)), default=0)} pixels")
    if done:
        notes.append(Fitted("bytes", limit, before, size, ", ".join(done)))
    return avatar, compression


def fit(room: int, avatar: Avatar) -> bool:
    """Whether the textures have at most `room` bytes."""
    return bytes_of(avatar) <= room


def main_size(avatar: Avatar, platform: Platform, compression: str) -> int:
    """Bytes of the main file."""
    return len(next(iter(platform.write(avatar, platform, compression).values())))
