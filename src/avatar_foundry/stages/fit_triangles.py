"""No more triangles than a budget allows: a coarser level becomes the full detail."""

from dataclasses import replace

from ..avatar import Avatar, Part
from ..fitting import Fitted, Notes
from ..lod import face_targets
from ..lod.fitted import fitted_levels
from ..lod.gather import without_hidden
from ..pipeline import stage
from .build_lods import LEVELS, build_lods

ATTEMPTS = 4
JUST = 0.99  # of the budget: levels are met within a hundredth


@stage("lods", cost=20)
def fit_triangles(avatar: Avatar, limit: int, *, lods: bool, notes: Notes | None = None) -> Avatar:
    """Keep within the budget of triangles.

    All parts give in proportion to what they can spare, as levels of detail do; with `lods` the lower levels are made
    from there."""
    before = shown(avatar)
    if not limit or before <= limit:
        return avatar
    goal, slim = JUST * limit, avatar
    for _ in range(ATTEMPTS):
        steps = [goal / before * share for share in (LEVELS if lods else LEVELS[:1])]
        slim = build_lods((1.0, *steps)).apply(avatar)
        slim = slim.map_parts(lambda p: replace(p, lods=p.lods[1:], lod_errors=p.lod_errors[1:]) if p.lods[1:] else p)
        got = shown(slim)
        if got <= limit:
            break
        goal *= JUST * limit / got
    slim = simplified(avatar, limit) if shown(slim) > limit else without_twins(slim)
    if notes is not None:
        notes.append(Fitted("triangles", limit, before, shown(slim), "every part simplified in proportion"))
    return slim


def shown(avatar: Avatar) -> int:
    """Triangles of the full detail that are drawn."""
    return sum(int(p.drawn.sum()) for p in avatar.parts)


def without_twins(avatar: Avatar) -> Avatar:
    """The avatar without the lowest levels that are no coarser than the one before, as far as two stay."""
    counts = [sum(len(p.lods[min(k, len(p.lods) - 1)].faces) for p in avatar.parts) for k in range(len(LEVELS))]
    keep = max((k + 1 for k in range(1, len(counts)) if counts[k] < counts[k - 1]), default=2)
    return avatar.map_parts(lambda p: replace(p, lods=p.lods[:keep], lod_errors=p.lod_errors[:keep]))


def simplified(avatar: Avatar, limit: int) -> Avatar:
    """Full detail alone, simplified freely: for budgets below what the made levels reach."""
    bare = avatar.map_parts(lambda p: without_hidden(replace(p, lods=p.lods[:1], lod_errors=())))
    for tighter in (1.0, 0.9, 0.8, 0.65):
        counts = [len(p.mesh.faces) for p in bare.parts]
        targets = face_targets([p.role for p in bare.parts], counts, tighter * JUST * limit / max(sum(counts), 1))
        slim = replace(bare, parts=tuple(coarser(p, n) for p, n in zip(bare.parts, targets, strict=True)))
        if shown(slim) <= limit:
            break
    return slim


def coarser(part: Part, faces: int) -> Part:
    """The part with about `faces` triangles; itself when it has no more."""
    if not 0 < faces < len(part.mesh.faces):
        return part
    return replace(part, lods=(fitted_levels(part.mesh, [faces])[0].mesh,), binding=None)
