"""Rules about an upload's texture coordinates."""

from collections.abc import Iterator

import numpy as np

from ..avatar import Avatar, Part
from ..repair.unwrap import on_one_point
from ..repair.uv_cover import cover
from .registry import Cure, Finding
from .source_registry import source_rule
from .source_subject import Subject, plural, some

SHARE = 0.02  # of the covered texture: less overlap is rounding at seams
OUTSIDE = 1e-3


def textured(avatar: Avatar) -> set[str]:
    """Names of materials with any image."""
    return {m.name for m in avatar.materials if m.base or m.normal or m.orm}


@source_rule(
    "source/missing-uv",
    severity="warning",
    cure=Cure("Unwrap the Mesh", "Lay the surface out flat; the old picture will not fit it", 0.3, "unwrap"),
)
def missing_uv(subject: Subject) -> Iterator[Finding]:
    """Parts with a texture have texture coordinates.

    Without them the whole part shows one texel."""
    needs = textured(subject.avatar)
    for part in subject.avatar.parts:
        if part.material in needs and _bare(part):
            message = f"{part.name} has no texture coordinates for its texture"
            yield Finding("textured", message, f"parts/{part.name}/lods/0", {"faces": len(part.mesh.faces)})


@source_rule(
    "source/no-uv",
    severity="info",
    cure=Cure("Unwrap the Mesh", "Lay the surface out flat so that it can carry a texture", 0.85, "unwrap"),
)
def no_uv(subject: Subject) -> Iterator[Finding]:
    """Parts without a texture have texture coordinates too.

    Without them nothing can be painted or baked, and the part cannot go into an atlas."""
    needs = textured(subject.avatar)
    for part in subject.avatar.parts:
        if part.material not in needs and _bare(part):
            message = f"{part.name} has no texture coordinates"
            yield Finding("plain", message, f"parts/{part.name}/lods/0", {"faces": len(part.mesh.faces)})


def _bare(part: Part) -> bool:
    return len(part.mesh.faces) > 0 and (part.mesh.uvs is None or part.mesh.uv_faces is None)


@source_rule(
    "source/collapsed-uv",
    severity="warning",
    cure=Cure("Unwrap the Mesh", "Lay the surface out flat so that it can carry a texture", 0.6, "unwrap"),
)
def collapsed_uv(subject: Subject) -> Iterator[Finding]:
    """Texture coordinates spread the surface out.

    Where they lie on one point or line the texture smears. Palettes of plain colours do this on purpose, so it is
    reported for parts whose coordinates are all one point, not for single faces."""
    for part in subject.sound.parts:
        m = part.mesh
        if m.uvs is None or m.uv_faces is None or not len(m.uv_faces):
            continue
        if on_one_point(m.uvs, m.uv_faces):
            needs = part.material in textured(subject.avatar)
            message = f"The texture coordinates of {part.name} are all one point"
            sure = (0.2, "-") if needs else (None, "")
            yield Finding("point", message, f"parts/{part.name}/lods/0", {"faces": len(m.faces)}, {}, *sure)


@source_rule(
    "source/overlapping-uv",
    severity="hint",
    cure=Cure("Unwrap Without Overlaps", "Lay the surface out anew if it is to be baked", 0.4),
)
def overlapping_uv(subject: Subject) -> Iterator[Finding]:
    """No two faces of a part lie at one place of the texture.

    Mirrored halves share their texture on purpose; but light, wear and vertex colours cannot be baked there."""
    for part in subject.sound.parts:
        m = part.mesh
        if m.uvs is None or m.uv_faces is None or not len(m.uv_faces):
            continue
        found = cover(m.uvs, m.uv_faces)
        if found.overlapped > SHARE * max(found.covered, 1e-9):
            share = found.overlapped / found.covered
            numbers = {"share": round(share, 4), "covered": round(found.covered, 4), "faces": len(found.faces)}
            message = f"{100 * share:.0f} % of the texture of {part.name} is used more than once"
            yield Finding("overlap", message, f"parts/{part.name}/lods/0", numbers, {"faces": some(found.faces)})


@source_rule(
    "source/uv-range",
    severity="info",
    cure=Cure("Keep Within the Unit Square", "Move texture coordinates into 0..1 before an atlas is made", 0.5),
)
def uv_range(subject: Subject) -> Iterator[Finding]:
    """Texture coordinates stay in the unit square.

    Repeating textures are fine in engines, but an atlas has to copy every repeat."""
    for part in subject.sound.parts:
        m = part.mesh
        if m.uvs is None or not len(m.uvs):
            continue
        out = ((m.uvs < -OUTSIDE) | (m.uvs > 1 + OUTSIDE)).any(axis=1)
        if out.any():
            low, high = m.uvs.min(axis=0), m.uvs.max(axis=0)
            numbers = {"uvs": int(out.sum()), "u_min": float(low[0]), "u_max": float(high[0])}
            numbers |= {"v_min": float(low[1]), "v_max": float(high[1])}
            message = f"{plural(int(out.sum()), 'texture coordinate')} of {part.name} lie outside the unit square"
            rows = some(np.flatnonzero(out))
            yield Finding("outside", message, f"parts/{part.name}/lods/0", numbers, {"uvs": rows})
