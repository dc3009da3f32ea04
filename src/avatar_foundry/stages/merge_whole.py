"""One mesh with one material: for devices that draw an avatar in a single call."""

from collections.abc import Sequence
from dataclasses import replace

from ..avatar import Avatar, Part
from ..pipeline import stage
from .atlas_textures import on_one_sheet
from .build_lods import build_lods

CUTOFF = 0.35  # brows and lashes are mostly half transparent: at a half they would turn into dots


@stage("exporting", cost=40)
def merge_whole(avatar: Avatar, size: int, triangles: int) -> Avatar:
    """Merge everything into one mesh of at most `triangles`, with one texture sheet of `size` pixels.

    What is blended becomes masked: one draw call cannot do both."""
    named = {m.name for m in avatar.materials}
    parts = [p for p in avatar.parts if p.material in named and len(p.mesh.faces)]
    if not parts:
        return avatar
    counts = [sum(len(p.lods[min(k, len(p.lods) - 1)].faces) for p in parts) for k in range(levels_of(parts))]
    fitting = [k for k, n in enumerate(counts) if n <= triangles]
    if not fitting:
        ratio = 0.97 * triangles / counts[0]
        whole = replace(avatar, parts=tuple(replace(p, lods=p.lods[:1], lod_errors=()) for p in parts))
        avatar = build_lods((1.0, ratio)).apply(whole)
        parts = [p for p in avatar.parts if len(p.lods[-1].faces)]
        level = 1
    else:
        level = fitting[0]
    parts = [replace(p, lods=(p.lods[min(level, len(p.lods) - 1)],), hidden=None, binding=None) for p in parts]
    return merge_all(replace(avatar, parts=tuple(parts)), size)


def merge_all(avatar: Avatar, size: int, mime: str = "") -> Avatar:
    """Everything as one mesh, all its levels, with one material and a texture sheet of `size` pixels.

    mime: type of its images; "" leaves it to what they are now."""
    named = {m.name for m in avatar.materials}
    parts = [p for p in avatar.parts if p.material in named and len(p.mesh.faces)]
    if not parts:
        return avatar
    whole_part, material = on_one_sheet(avatar, parts, size, "Avatar", mime)
    if material.alpha_mode == "BLEND":
        material = replace(material, alpha_mode="MASK", alpha_cutoff=CUTOFF)
    return replace(avatar, parts=(whole_part,), materials=(material,))


def levels_of(parts: Sequence[Part]) -> int:
    """How many levels the part with the most has."""
    return max(len(p.lods) for p in parts)
