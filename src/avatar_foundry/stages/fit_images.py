"""Textures within a budget: their edges, their memory, their bytes. What matters least to the eye shrinks first."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ..avatar import Avatar, Texture
from ..fitting import Fitted, Notes, counted
from ..pipeline import stage
from ..repair.images import alpha_is_full, encode, opened
from ..repair.texture_fixes import SLOTS, resized

SMALLEST = 64  # pixels: below this a texture says nothing any more
WEIGHT = {"orm": 2.0, "normal": 1.5, "base": 1.0}  # roughness may be half as fine as colour, relief two thirds
MIPS = 4 / 3


@stage("texturing", cost=20)
def fit_images(avatar: Avatar, edge: int, memory: int | None, texel: int, notes: Notes | None = None) -> Avatar:
    """Keep the textures within the platform's sizes and memory.

    edge: pixels.  memory: bytes on the graphics card, or None.  texel: bytes that a pixel takes there.
    """
    slots, edge = images(avatar), power_below(edge)
    before = max((longest(t) for t, _ in slots.values()), default=0)
    if before > edge:
        avatar = change(avatar, lambda t, slot: shrunk(t, slot, edge))
        if notes is not None:
            many = counted(sum(longest(t) > edge for t, _ in slots.values()), "texture")
            notes.append(Fitted("texture", edge, before, edge, f"{many} scaled down"))
    if memory is not None and (held := memory_of(avatar, texel)) > memory:
        avatar = halved(avatar, lambda a: memory_of(a, texel) <= memory)
        if notes is not None:
            how = (
                f"textures halved, roughness first, to at most {max(map(longest, pictures(avatar)), default=0)} pixels"
            )
            notes.append(Fitted("texture_memory", memory, held, memory_of(avatar, texel), how))
    return avatar


def power_below(edge: int) -> int:
    """The largest power of two that is not above `edge`: what mip levels and block compression want."""
    return 1 << (edge.bit_length() - 1)


def images(avatar: Avatar) -> dict[int, tuple[Texture, str]]:
    """Each image once: id -> (texture, slot)."""
    out: dict[int, tuple[Texture, str]] = {}
    for m in avatar.materials:
        for slot in SLOTS:
            if (texture := getattr(m, slot)) is not None:
                out.setdefault(id(texture), (texture, slot))
    return out


def pictures(avatar: Avatar) -> Iterator[Texture]:
    """Each image once."""
    return (texture for texture, _ in images(avatar).values())


def longest(texture: Texture) -> int:
    """The longer edge, pixels."""
    return max(texture.width, texture.height)


def memory_of(avatar: Avatar, texel: int) -> int:
    """Bytes on the graphics card, mip levels included."""
    return int(sum(t.width * t.height for t in pictures(avatar)) * texel * MIPS)


def bytes_of(avatar: Avatar) -> int:
    """Bytes of all images as stored."""
    return sum(len(t.data) for t in pictures(avatar))


def halved(avatar: Avatar, enough: Callable[[Avatar], bool], least: int = SMALLEST) -> Avatar:
    """Halve one image after the other, the largest for its kind first, until `enough` or all are `least` pixels."""
    while not enough(avatar):
        left = [
            (-longest(t) * WEIGHT[slot], -WEIGHT[slot], t.name, t)
            for t, slot in images(avatar).values()
            if longest(t) > least
        ]
        if not left:
            break
        target = min(left, key=lambda row: row[:3])[3]
        avatar = change(avatar, partial(half_of, target))
    return avatar


def half_of(target: Texture, texture: Texture, slot: str) -> Texture:
    """The texture, at half its size when it is `target`."""
    return shrunk(texture, slot, longest(texture) // 2) if texture is target else texture


def shrunk(texture: Texture, slot: str, edge: int) -> Texture:
    """The texture with a longer edge of at most `edge`."""
    if longest(texture) <= edge:
        return texture
    share = edge / longest(texture)
    return resized(texture, slot, max(round(texture.width * share), 1), max(round(texture.height * share), 1))


def repacked(avatar: Avatar, mime: str) -> Avatar:
    """PNG without transparency as `mime`, JPEG or WebP; with transparency as WebP where that is `mime`."""

    def each(texture: Texture, slot: str) -> Texture:
        if texture.mime == mime or (
            mime == "image/jpeg" and (texture.mime != "image/png" or not alpha_is_full(texture))
        ):
            return texture
        try:
            data = encode(opened(texture), mime)
        except (OSError, ValueError):
            return texture
        return replace(texture, mime=mime, data=data) if len(data) < len(texture.data) else texture

    return change(avatar, each)


def change(avatar: Avatar, each: Callable[[Texture, str], Texture]) -> Avatar:
    """Apply `each` to every image once; shared ones stay shared."""
    done = {key: each(t, slot) for key, (t, slot) in images(avatar).items()}
    if all(done[key] is t for key, (t, _) in images(avatar).items()):
        return avatar

    def now(texture: Texture | None) -> Texture | None:
        return None if texture is None else done[id(texture)]

    materials = tuple(replace(m, base=now(m.base), normal=now(m.normal), orm=now(m.orm)) for m in avatar.materials)
    return replace(avatar, materials=materials)
