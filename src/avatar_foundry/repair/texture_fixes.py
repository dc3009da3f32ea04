"""The repairs of images: what needs no change keeps its bytes."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image

from ..avatar import Avatar, Material, Texture
from .images import alpha_is_full, encode, opened
from .work import Numbers, Work

SLOTS = ("base", "normal", "orm")
Change = Callable[[Texture, str], Texture]


def resize(work: Work) -> Numbers:
    """Scale images above `texture_limit` down to it, shape kept."""
    limit = work.options.texture_limit
    if limit is None:
        return {}

    def change(texture: Texture, slot: str) -> Texture:
        longest = max(texture.width, texture.height)
        if longest <= limit:
            return texture
        return resized(
            texture, slot, max(texture.width * limit // longest, 1), max(texture.height * limit // longest, 1)
        )

    return _each(work, change)


def power_of_two(work: Work) -> Numbers:
    """Scale image edges to the nearest powers of two, within `texture_limit`."""
    limit = work.options.texture_limit or 8192

    def edge(length: int) -> int:
        return min(1 << max(round(float(np.log2(length))), 0), 1 << (limit.bit_length() - 1))

    def change(texture: Texture, slot: str) -> Texture:
        size = edge(texture.width), edge(texture.height)
        return texture if size == (texture.width, texture.height) else resized(texture, slot, *size)

    return _each(work, change)


def convert(work: Work) -> Numbers:
    """Turn images whose format the platform does not take into one that it does: PNG when there is alpha or a map."""
    takes = work.options.formats

    def change(texture: Texture, slot: str) -> Texture:
        if texture.mime in takes or not takes:
            return texture
        lossless = slot == "normal" or (slot == "base" and not alpha_is_full(texture))
        order = ("image/png", "image/webp", "image/jpeg") if lossless else ("image/jpeg", "image/png", "image/webp")
        mime = next((m for m in order if m in takes), texture.mime)
        try:
            return replace(texture, mime=mime, data=encode(opened(texture), mime))
        except (OSError, ValueError):
            return texture

    return _each(work, change)


def opaque(work: Work) -> Numbers:
    """Draw materials as opaque of which nothing is transparent."""

    def each(m: Material) -> Material:
        if m.alpha_mode == "OPAQUE" or m.color[3] < 1.0 or not alpha_is_full(m.base):
            return m
        return replace(m, alpha_mode="OPAQUE")

    materials = tuple(map(each, work.avatar.materials))
    changed = sum(a is not b for a, b in zip(materials, work.avatar.materials, strict=True))
    if changed:
        work.avatar = replace(work.avatar, materials=materials)
    return {"materials": changed}


def resized(texture: Texture, slot: str, width: int, height: int) -> Texture:
    """The image at width x height in its own format; unchanged when it cannot be decoded."""
    try:
        image = opened(texture)
    except (OSError, ValueError):
        return texture
    data = encode(scaled(image, slot, width, height), texture.mime)
    return replace(texture, width=width, height=height, data=data)


def scaled(image: Image.Image, slot: str, width: int, height: int) -> Image.Image:
    """The image at width x height. Alpha is scaled apart, so that colours under it stay; normals stay unit."""
    alpha = None
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        alpha = image.getchannel("A").resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    gray = image.mode == "L" and slot != "normal"
    flat = image if gray else image.convert("RGB")
    out = flat.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if slot == "normal":
        n = np.asarray(out, np.float32) / 127.5 - 1
        n /= np.maximum(np.linalg.norm(n, axis=2, keepdims=True), 1e-6)
        out = Image.fromarray(np.clip(np.rint((n + 1) * 127.5), 0, 255).astype(np.uint8))
    if alpha is not None:
        out.putalpha(alpha)
    return out


def _each(work: Work, change: Change) -> Numbers:
    """Change every image once, shared ones stay shared."""
    done: dict[tuple[int, str], Texture] = {}
    before = after = 0
    changed: set[int] = set()

    def each(m: Material) -> Material:
        nonlocal before, after
        new = {}
        for slot in SLOTS:
            texture: Texture | None = getattr(m, slot)
            if texture is None:
                continue
            key = id(texture), "normal" if slot == "normal" else "colour"
            if key not in done:
                done[key] = change(texture, slot)
                if done[key] is not texture:
                    before, after = before + len(texture.data), after + len(done[key].data)
                    changed.add(id(texture))
            if done[key] is not texture:
                new[slot] = done[key]
        return replace(m, **new) if new else m  # type: ignore[arg-type]

    materials = tuple(map(each, work.avatar.materials))
    if not changed:
        return {}
    work.avatar = _with(work.avatar, materials)
    return {"textures": len(changed), "bytes_before": before, "bytes_after": after}


def _with(avatar: Avatar, materials: tuple[Material, ...]) -> Avatar:
    return replace(avatar, materials=materials)
