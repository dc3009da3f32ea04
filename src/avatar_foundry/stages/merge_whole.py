"""One mesh with one material: for devices that draw an avatar in a single call."""

from collections.abc import Sequence
from dataclasses import replace

from ..avatar import Avatar, Mesh, Part
from ..pipeline import stage
from .atlas_textures import on_one_sheet
from .build_lods import build_lods
from .cut_out import cut_out
from .merge_parts import taken_apart

CUTOFF = 0.35  # brows and lashes are mostly half transparent: at a half they would turn into dots

FULL = 0.9  # of the triangles allowed: a level with fewer leaves much unused
FACE = frozenset({"body", "eyes", "brows"})  # simplified apart from each other they would cut through each other
MOST = 0.5  # of the triangles allowed that these keep as they are
FIRST = ("body", "eyes", "brows", "hair")
CLOSE = 1.15  # times the triangles allowed: cloth that is reduced further than this sinks into what it lies on
AIM = 0.97  # of the triangles allowed: simplifying may stop a little above its goal


@stage("exporting", cost=40)
def merge_whole(avatar: Avatar, size: int, triangles: int) -> Avatar:
    """Merge everything into one mesh of at most `triangles`, with one texture sheet of `size` pixels.

    What is blended becomes masked, one draw call cannot do both: see `cut_out`."""
    avatar = cut_out(avatar, CUTOFF)
    named = {m.name for m in avatar.materials}
    parts = [p for p in avatar.parts if p.material in named and len(p.mesh.faces)]
    if not parts:
        return avatar
    parts = within(avatar, parts, triangles)
    parts = [replace(p, hidden=None, binding=None, pieces=()) for p in parts]
    return _merge(replace(avatar, parts=tuple(parts)), size)


def within(avatar: Avatar, parts: Sequence[Part], triangles: int) -> list[Part]:
    """Parts with one level each, of about as many triangles as allowed.

    The finest of their levels that fits, unless it leaves much unused: then the one above it, a little reduced, or that
    one for what is looked at most."""
    counts = [sum(len(level_of(p, k).faces) for p in parts) for k in range(levels_of(parts))]
    level = next((k for k, n in enumerate(counts) if n <= triangles), len(counts))
    fitting = [replace(p, lods=(level_of(p, level),), lod_errors=(), pieces=()) for p in parts]
    if level == 0 or (level < len(counts) and counts[level] >= FULL * triangles):
        return fitting
    above = [own for p in parts for own in taken_apart(p, min(level, len(p.lods)) - 1) if len(own.mesh.faces)]
    if level < len(counts) and counts[level - 1] > CLOSE * triangles:
        return upgraded([own for p in parts for own in taken_apart(p, min(level, len(p.lods) - 1))], above, triangles)
    goal = int(AIM * triangles)
    faces = [p for p in above if p.role in FACE]
    rest = goal - sum(len(p.mesh.faces) for p in faces)
    if len(faces) == len(above) or rest < goal * (1 - MOST):
        faces, rest = [], goal
    others = [p for p in above if p not in faces]
    reduced = build_lods((1.0, rest / sum(len(p.mesh.faces) for p in others))).apply(
        replace(avatar, parts=tuple(others))
    )
    found = [*faces, *(replace(p, lods=p.lods[-1:], lod_errors=()) for p in reduced.parts if len(p.lods[-1].faces))]
    return found if level == len(counts) or sum(len(p.mesh.faces) for p in found) <= triangles else fitting


def upgraded(parts: Sequence[Part], finer: Sequence[Part], triangles: int) -> list[Part]:
    """Of each part the finer one as long as all stay within `triangles`: what the face is made of first, then hair."""
    better = {p.name: p for p in finer}
    total = sum(len(p.mesh.faces) for p in parts)
    chosen = list(parts)
    for i in sorted(range(len(parts)), key=lambda i: FIRST.index(parts[i].role) if parts[i].role in FIRST else 99):
        own = better.get(parts[i].name, parts[i])
        more = len(own.mesh.faces) - len(parts[i].mesh.faces)
        if total + more <= triangles:
            chosen[i], total = own, total + more
    return [p for p in chosen if len(p.mesh.faces)]


def level_of(part: Part, level: int) -> Mesh:
    """A level of a part; its last one where it has no more."""
    return part.lods[min(level, len(part.lods) - 1)]


def merge_all(avatar: Avatar, size: int, mime: str = "") -> Avatar:
    """Everything as one mesh, all its levels, with one material and a texture sheet of `size` pixels.

    mime: type of its images; "" leaves it to what they are now."""
    return _merge(cut_out(avatar, CUTOFF), size, mime)


def _merge(avatar: Avatar, size: int, mime: str = "") -> Avatar:
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
