"""Rules for materials. What is in their images is texture.py's."""

from collections import Counter
from collections.abc import Iterator

from ..avatar import Avatar, Material, Texture
from .registry import Cure, Finding, Target, rule


def textures(material: Material) -> Iterator[tuple[str, Texture]]:
    """(slot, texture) of a material's images."""
    for slot, texture in (("base", material.base), ("normal", material.normal), ("orm", material.orm)):
        if texture is not None:
            yield slot, texture


@rule(
    "material/known",
    severity="error",
    cure=Cure("Give It a Material", "Name one of the avatar's materials, or add the one that is named", 0.8),
)
def known(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every part's material exists.

    A part without one comes out grey, or pink."""
    names = {m.name for m in avatar.materials}
    for part in avatar.parts:
        if part.material not in names:
            yield Finding("unknown", f"{part.name} wants the material {part.material!r}", f"parts/{part.name}")


RENAME = Cure("Rename the Materials", "Give each material a name of its own", 0.9)


@rule("material/unique-name", severity="error", cure=RENAME)
def unique_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No two materials share a name, and none is without.

    Parts name what they wear: all are drawn with the first of that name."""
    for name, count in sorted(Counter(m.name for m in avatar.materials).items()):
        if count > 1:
            yield Finding("repeated", f"{count} materials are called {name}", f"materials/{name}", {"count": count})
        if not name:
            yield Finding("nameless", "a material has no name", "materials")


@rule("material/similar-name", severity="info", cure=RENAME)
def similar_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Names of materials differ in more than case.

    Importers make files of them: on Windows and macOS the second overwrites the first."""
    groups: dict[str, set[str]] = {}
    for m in avatar.materials:
        groups.setdefault(m.name.lower(), set()).add(m.name)
    for name, spellings in sorted(groups.items()):
        if len(spellings) > 1:
            yield Finding("case", f"{' and '.join(sorted(spellings))} differ in case alone", f"materials/{name}")


@rule(
    "material/unused",
    severity="info",
    cure=Cure("Remove the Material", "Leave out the materials that no part wears", 0.9),
)
def unused(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Some part wears every material.

    Materials that nothing wears are not written: their images were made for nothing."""
    worn = {p.material for p in avatar.parts}
    for m in avatar.materials:
        if m.name not in worn:
            yield Finding("unused", f"no part wears {m.name}", f"materials/{m.name}")


@rule(
    "material/factor",
    severity="error",
    cure=Cure("Clamp the Factors", "Bring colours, roughness, metalness and cutoff into 0..1", 0.9),
)
def factor(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Colours, roughness, metalness and the alpha cutoff lie between 0 and 1.

    glTF forbids other values: readers clamp them or refuse the file."""
    for m in avatar.materials:
        values = {"roughness": m.roughness, "metallic": m.metallic, "cutoff": m.alpha_cutoff}
        values |= dict(zip(("red", "green", "blue", "alpha"), m.color, strict=True))
        if off := {k: round(float(v), 4) for k, v in values.items() if not 0.0 <= v <= 1.0}:
            message = f"{', '.join(off)} of {m.name} lies outside 0..1"
            yield Finding("range", message, f"materials/{m.name}", off)


@rule(
    "material/alpha-mode",
    severity="error",
    cure=Cure("Choose a Mode", "Use OPAQUE, MASK or BLEND", 0.9, "opaque-materials"),
)
def alpha_mode(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The alpha mode is OPAQUE, MASK or BLEND.

    glTF knows no others; readers refuse the file."""
    for m in avatar.materials:
        if m.alpha_mode not in ("OPAQUE", "MASK", "BLEND"):
            yield Finding("unknown", f"{m.name} has the alpha mode {m.alpha_mode!r}", f"materials/{m.name}")


@rule(
    "material/blended-body",
    severity="warning",
    cure=Cure("Make Opaque", "Draw the body opaque, or cut it out by a mask", 0.8, "opaque-materials"),
)
def blended_body(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The body is not drawn blended.

    Blended surfaces are sorted by part and write no depth: limbs show through the chest, and shadows go missing."""
    modes = {m.name: m.alpha_mode for m in avatar.materials}
    for part in avatar.parts:
        if part.role == "body" and modes.get(part.material) == "BLEND":
            yield Finding("blended", f"{part.name} is blended", f"materials/{part.material}")


@rule(
    "material/alpha-channel",
    severity="info",
    cure=Cure(
        "Make Opaque", "Draw the material as opaque, or give it an image with an alpha channel", 0.8, "opaque-materials"
    ),
)
def alpha_channel(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Transparent materials have an image that can carry transparency.

    JPEG has no alpha: a masked material with one is opaque all the same."""
    for m in avatar.materials:
        if m.alpha_mode != "OPAQUE" and m.color[3] >= 1.0 and (m.base is None or m.base.mime == "image/jpeg"):
            yield Finding("no-alpha", f"{m.name} is {m.alpha_mode} without an alpha channel", f"materials/{m.name}")


@rule(
    "material/texture-size",
    severity="warning",
    cure=Cure("Resize Textures", "Scale textures down to the platform's limit", 0.95, "resize-textures"),
)
def texture_size(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No texture is larger than the platform's limit.

    Engines scale it down on import, after it was paid for in download."""
    limit = platform.budget.texture
    for m in avatar.materials:
        for slot, t in textures(m):
            if max(t.width, t.height) > limit:
                message = f"{t.width} x {t.height} pixels, the limit is {limit}"
                numbers = {"width": t.width, "height": t.height, "limit": limit}
                yield Finding("large", message, f"materials/{m.name}/{slot}", numbers)


@rule(
    "material/power-of-two",
    severity="info",
    cure=Cure("Resize to Powers of Two", "Scale texture edges to powers of two", 0.6, "power-of-two-textures"),
)
def power_of_two(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Texture edges are powers of two.

    Block compression and mip maps want it; engines resample other sizes."""
    for m in avatar.materials:
        for slot, t in textures(m):
            if t.width & (t.width - 1) or t.height & (t.height - 1):
                numbers = {"width": t.width, "height": t.height}
                yield Finding("odd-size", f"{t.width} x {t.height} pixels", f"materials/{m.name}/{slot}", numbers)
