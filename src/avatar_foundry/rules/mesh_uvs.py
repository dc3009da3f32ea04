"""Rules for texture coordinates."""

from collections.abc import Iterator

import numpy as np

from ..avatar import Avatar
from .registry import Cure, Finding, Target, rule
from .walk import first, full, sound_faces

UNWRAP = Cure("Unwrap the Mesh", "Make texture coordinates for the part", 0.7, "unwrap")


def textured(avatar: Avatar) -> set[str]:
    """Names of the materials that have an image."""
    return {m.name for m in avatar.materials if m.base or m.normal or m.orm}


@rule("mesh/texture-coordinates", severity="error", cure=UNWRAP)
def texture_coordinates(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Textured parts have texture coordinates.

    Without them an engine paints the whole part with one texel."""
    names = textured(avatar)
    for where, part, mesh in full(avatar):
        if part.material in names and (mesh.uvs is None or mesh.uv_faces is None):
            yield Finding("no-uvs", f"{part.name} has a texture and no texture coordinates", where)


@rule("mesh/finite-uv", severity="error", cure=UNWRAP)
def finite_uv(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every texture coordinate is a number.

    NaN there is not drawn, or drawn in another colour on every graphics card."""
    for where, part, mesh in full(avatar):
        if mesh.uvs is not None and not np.isfinite(mesh.uvs).all():
            off = ~np.isfinite(mesh.uvs).all(axis=1)
            message = f"{int(off.sum())} texture coordinates of {part.name} are no numbers"
            yield Finding("not-finite", message, where, {"uvs": int(off.sum())}, {"uvs": first(off)})


@rule(
    "mesh/uv-tile",
    severity="info",
    cure=Cure("Leave the Atlas Out", "Repeating textures are fine; ask for no atlas", 0.6),
)
def uv_tile(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Texture coordinates stay in the unit square.

    Repeating textures are fine in engines, but they cannot go into an atlas."""
    for where, part, mesh in full(avatar):
        if mesh.uvs is None or not len(mesh.uvs):
            continue
        low, high = float(mesh.uvs.min()), float(mesh.uvs.max())
        if low < -1e-3 or high > 1.001:
            numbers = {"lowest": round(low, 3), "highest": round(high, 3)}
            yield Finding("tiled", f"{part.name} repeats its texture", where, numbers)


@rule("mesh/zero-uv-area", severity="hint", cure=UNWRAP)
def zero_uv_area(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Faces of textured parts have an area in the texture.

    A face without one shows a single texel and has no tangents; Roblox refuses it."""
    names = textured(avatar)
    for where, part, mesh in full(avatar):
        if part.material not in names or mesh.uvs is None or mesh.uv_faces is None or not sound_faces(mesh):
            continue
        a, b, c = (mesh.uvs[mesh.uv_faces[:, k]] for k in range(3))
        u, v = b - a, c - a
        off = u[:, 0] * v[:, 1] == u[:, 1] * v[:, 0]
        if count := int(off.sum()):
            message = f"{count} faces of {part.name} have no area in the texture"
            yield Finding("flat", message, where, {"faces": count}, {"faces": first(off)})
