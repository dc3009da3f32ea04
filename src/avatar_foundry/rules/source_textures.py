"""Rules about an upload's images."""

import re
from collections.abc import Iterator

from ..avatar import Texture
from ..repair.images import alpha_is_full, unreadable
from .material import textures
from .registry import Cure, Finding
from .source_registry import source_rule
from .source_subject import Subject

LARGEST = 4096  # pixels, without a platform
MISSING = re.compile(r"The (?:texture|material file) (.{1,200}) is not in the upload")
DAMAGED = re.compile(r"The texture (.{1,200}) cannot be read")


def images(subject: Subject) -> Iterator[tuple[str, Texture]]:
    """Each image once, with the first place that uses it."""
    seen: set[int] = set()
    for m in subject.avatar.materials:
        for slot, texture in textures(m):
            if id(texture) not in seen:
                seen.add(id(texture))
                yield f"materials/{m.name}/{slot}", texture


@source_rule(
    "source/texture-size",
    severity="warning",
    cure=Cure("Resize Textures", "Scale textures down to the platform's limit", 0.95, "resize-textures"),
)
def texture_size(subject: Subject) -> Iterator[Finding]:
    """No texture is larger than the platform's limit.

    Engines scale it down on import, after it was paid for in download."""
    limit = subject.platform.budget.texture if subject.platform is not None else LARGEST
    for where, t in images(subject):
        if max(t.width, t.height) > limit:
            numbers = {"width": t.width, "height": t.height, "limit": limit}
            yield Finding("large", f"The texture {t.name} has {t.width} x {t.height} pixels", where, numbers)


@source_rule(
    "source/texture-power-of-two",
    severity="hint",
    cure=Cure("Resize to Powers of Two", "Scale texture edges to powers of two", 0.5, "power-of-two-textures"),
)
def texture_power_of_two(subject: Subject) -> Iterator[Finding]:
    """Texture edges are powers of two.

    Block compression and mip maps want it; engines resample other sizes."""
    for where, t in images(subject):
        if t.width & (t.width - 1) or t.height & (t.height - 1):
            numbers = {"width": t.width, "height": t.height}
            yield Finding("odd-size", f"The texture {t.name} has {t.width} x {t.height} pixels", where, numbers)


@source_rule(
    "source/texture-missing",
    severity="warning",
    cure=Cure("Upload With Textures", "Send the model and its images together, as GLB or in a zip", 0.9),
)
def texture_missing(subject: Subject) -> Iterator[Finding]:
    """Every image that the file names came along.

    A model without its images is grey in the engine, and nobody can guess them."""
    for note in subject.notes:
        if found := MISSING.search(note):
            yield Finding("missing", f"{found[1]} is not in the upload", "materials")


@source_rule(
    "source/texture-unreadable",
    severity="warning",
    cure=Cure("Replace Damaged Textures", "Export the image anew as PNG, JPEG or WebP", 0.9),
)
def texture_unreadable(subject: Subject) -> Iterator[Finding]:
    """Every image can be decoded.

    Importers stop at a damaged image, or show it black."""
    for note in subject.notes:
        if found := DAMAGED.search(note):
            yield Finding("left-out", f"The texture {found[1]} cannot be read", "materials")
    for where, t in images(subject):
        if why := unreadable(t):
            yield Finding("damaged", f"The texture {t.name} is damaged: {why}", where, {"bytes": len(t.data)})


@source_rule(
    "source/alpha-unused",
    severity="info",
    cure=Cure("Make Opaque", "Draw the material as opaque, for nothing of it is transparent", 0.9, "opaque-materials"),
)
def alpha_unused(subject: Subject) -> Iterator[Finding]:
    """Transparent materials have something transparent.

    Blending costs fill rate and sorts wrongly; an opaque material looks the same."""
    for m in subject.avatar.materials:
        if m.alpha_mode != "OPAQUE" and m.color[3] >= 1.0 and alpha_is_full(m.base):
            message = f"{m.name} is drawn as {m.alpha_mode} and nothing of it is transparent"
            yield Finding("opaque", message, f"materials/{m.name}")
