"""Rules for materials and textures."""

from collections.abc import Iterator

from ..avatar import Avatar, Material, Texture
from .registry import Finding, Target, rule


def textures(material: Material) -> Iterator[tuple[str, Texture]]:
    """(slot, texture) of a material's images."""
    for slot, texture in (("base", material.base), ("normal", material.normal), ("orm", material.orm)):
        if texture is not None:
            yield slot, texture


@rule("material/known", severity="error")
def known(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every part's material exists.

    A part without one comes out grey, or pink."""
    names = {m.name for m in avatar.materials}
    for part in avatar.parts:
        if part.material not in names:
            yield Finding("unknown", f"{part.name} wants the material {part.material!r}", f"parts/{part.name}")


@rule("material/factor", severity="error")
def factor(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Colours, roughness and metalness lie between 0 and 1.

    glTF forbids other values: readers clamp them or refuse the file."""
    for m in avatar.materials:
        if not all(0.0 <= v <= 1.0 for v in (*m.color, m.roughness, m.metallic)):
            yield Finding("range", f"a factor of {m.name} lies outside 0..1", f"materials/{m.name}")


@rule("material/texture-size", severity="warning")
def texture_size(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No texture is larger than the platform's limit.

    Engines scale it down on import, after it was paid for in download."""
    limit = platform.budget.texture
    for m in avatar.materials:
        for slot, t in textures(m):
            if max(t.width, t.height) > limit:
                message = f"{t.width} x {t.height} pixels, the limit is {limit}"
                yield Finding("large", message, f"materials/{m.name}/{slot}")


@rule("material/power-of-two", severity="info")
def power_of_two(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Texture edges are powers of two.

    Block compression and mip maps want it; engines resample other sizes."""
    for m in avatar.materials:
        for slot, t in textures(m):
            if t.width & (t.width - 1) or t.height & (t.height - 1):
                yield Finding("odd-size", f"{t.width} x {t.height} pixels", f"materials/{m.name}/{slot}")


@rule("material/alpha-channel", severity="info")
def alpha_channel(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Transparent materials have an image that can carry transparency.

    JPEG has no alpha: a masked material with one is opaque all the same."""
    for m in avatar.materials:
        if m.alpha_mode != "OPAQUE" and m.color[3] >= 1.0 and (m.base is None or m.base.mime == "image/jpeg"):
            yield Finding("no-alpha", f"{m.name} is {m.alpha_mode} without an alpha channel", f"materials/{m.name}")
