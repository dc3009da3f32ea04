"""The main file within its budget of bytes, measured as written: lighter pictures, then meshopt, then smaller ones."""

from ..avatar import Avatar
from ..fitting import Fitted, Notes
from ..stages.fit_images import bytes_of, halved, longest, pictures, repacked
from .platform import Platform

ROUNDS = 3  # of halving: what containers add is small


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
    if size > limit and compression == "none" and platform.texture_format == "webp" and "meshopt" in platform.codecs:
        compression = "meshopt"
        size = main_size(avatar, platform, compression)
        done.append("meshopt compression")
    for _ in range(ROUNDS):
        if size <= limit:
            break
        room = limit - (size - bytes_of(avatar))
        smaller = halved(avatar, lambda a, room=room: bytes_of(a) <= room)
        if smaller is avatar:
            break
        avatar, size = smaller, main_size(smaller, platform, compression)
        done = [d for d in done if "pixels" not in d]
        done.append(f"textures of at most {max(map(longest, pictures(avatar)), default=0)} pixels")
    if done:
        notes.append(Fitted("bytes", limit, before, size, ", ".join(done)))
    return avatar, compression


def main_size(avatar: Avatar, platform: Platform, compression: str) -> int:
    """Bytes of the main file."""
    return len(next(iter(platform.write(avatar, platform, compression).values())))
