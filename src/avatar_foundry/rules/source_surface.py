"""Rules about how an upload's surface hangs together."""

from collections.abc import Iterator

import numpy as np

from ..avatar import I32
from ..repair.crossings import crossings
from ..repair.scraps import find_scraps
from ..repair.surface_fixes import bad_normals, fillable
from ..repair.topology import edges_of, fans, following
from .registry import Cure, Finding
from .source_registry import source_rule
from .source_subject import Subject, plural, some

MOST_FACES = 500_000
HOLES = 64  # that are reported one by one


@source_rule(
    "source/hole",
    severity="info",
    cure=Cure("Close Small Holes", "Close gaps in the surface with new faces", 0.8, "fill-holes"),
)
def hole(subject: Subject) -> Iterator[Finding]:
    """The surface is closed, but for openings that are meant.

    Missing faces show the inside and let light through. Sleeves, necks, eyes and mouths are open on purpose: only
    gaps that go on flat in what surrounds them are closed."""
    whole = subject.whole
    if not len(whole.border):
        return
    flat = whole.faces.ravel()
    names = [p.name for p in subject.avatar.parts]
    safe = fillable(subject.work)
    for half in safe[:HOLES]:
        part = int(whole.part[half[0] // 3])
        numbers = {"edges": len(half), "length": _length(subject, half)}
        vertices = some(flat[half] - whole.first_vertex[part])
        message = f"{names[part]} has a hole of {len(half)} edges"
        yield Finding("hole", message, f"parts/{names[part]}/lods/0", numbers, {"vertices": vertices})
    closed = {int(half.min()) for half in safe}
    open_ = [lp for lp in whole.loops if int(lp.half.min()) not in closed]
    owner = np.array([whole.part[lp.half[0] // 3] for lp in open_], np.int64)
    for k in np.unique(owner).tolist():
        mine = [lp for lp, at in zip(open_, owner.tolist(), strict=True) if at == k]
        numbers = {"openings": len(mine), "edges": sum(len(lp.half) for lp in mine), "most_edges": len(mine[0].half)}
        numbers |= {"longest": _length(subject, mine[0].half), "ragged": sum(not lp.simple for lp in mine)}
        vertices = some(np.array([flat[lp.half[0]] for lp in mine]) - whole.first_vertex[k])
        message = f"{names[k]} has {plural(len(mine), 'opening')}"
        yield Finding("opening", message, f"parts/{names[k]}/lods/0", numbers, {"vertices": vertices}, 0.3, "-")


def _length(subject: Subject, half: I32) -> float:
    """Length of a border in the file's units."""
    p, flat = subject.whole.positions.astype(np.float64), subject.whole.faces.ravel()
    return round(float(np.linalg.norm(p[flat[half]] - p[flat[following(half)]], axis=1).sum()), 6)


@source_rule(
    "source/non-manifold-edge",
    severity="warning",
    cure=Cure(
        "Split Non-Manifold Geometry", "Give surfaces that only touch vertices of their own", 0.6, "split-non-manifold"
    ),
)
def non_manifold_edge(subject: Subject) -> Iterator[Finding]:
    """No edge joins more than two faces.

    Such surfaces have no inside; closing, unwrapping and simplifying them is guesswork. Cards drawn from both sides,
    as hair is, are not counted."""
    whole = subject.whole
    edges = whole.edges
    crowded = np.flatnonzero(edges.faces > 2)
    if not len(crowded):
        return
    flags = np.zeros(len(whole.faces), bool)
    rows = edges.half[np.repeat(edges.faces > 2, edges.faces)]
    flags[rows // 3] = True
    flags &= ~whole.twins
    if not flags.any():
        return
    real = np.zeros(len(edges.faces), bool)
    owner = np.repeat(np.arange(len(edges.faces)), edges.faces)
    real[owner[flags[edges.half // 3]]] = True
    real &= edges.faces > 2
    shared = edges_of(whole.faces, flags)  # by vertex: surfaces that have vertices of their own only touch
    joined = np.zeros(len(whole.faces), bool)
    joined[shared.half[np.repeat(shared.faces > 2, shared.faces)] // 3] = True
    for where, part, faces in subject.by_part(flags & joined):
        message = f"{part.name} has edges that join more than two faces"
        numbers = {"edges": int(real.sum()), "faces": len(faces)}
        yield Finding("crowded-edge", message, where, numbers, {"faces": some(faces)})
    for where, part, faces in subject.by_part(flags & ~joined):
        message = f"{part.name} has more than two faces along an edge, though not joined"
        numbers = {"edges": int(real.sum()), "faces": len(faces)}
        yield Finding("touching-edge", message, where, numbers, {"faces": some(faces)}, 0.3, "-")


@source_rule(
    "source/non-manifold-vertex",
    severity="hint",
    cure=Cure(
        "Split Non-Manifold Geometry", "Give surfaces that only touch vertices of their own", 0.6, "split-non-manifold"
    ),
)
def non_manifold_vertex(subject: Subject) -> Iterator[Finding]:
    """At every vertex the faces form one fan.

    Surfaces that touch at a point pull each other along when they are simplified or smoothed. Not looked for in
    meshes of more than half a million faces."""
    whole = subject.whole
    if not 0 < len(whole.faces) <= MOST_FACES:
        return
    live = ~whole.collapsed
    crowded = np.zeros(int(whole.site.max(initial=-1)) + 1, bool)
    rows = whole.edges.half[np.repeat(whole.edges.faces > 2, whole.edges.faces)]
    crowded[whole.sited.ravel()[rows]] = True
    corner = np.flatnonzero(np.repeat(live, 3))
    # fans of vertices as the file shares them: what is apart in the file does not touch
    fan, vertex = fans(whole.pairs, whole.sited)[corner], whole.faces.ravel()[corner]
    pairs = np.unique(vertex.astype(np.int64) * (3 * len(whole.faces) + 1) + fan)
    count = np.bincount(pairs // (3 * len(whole.faces) + 1), minlength=len(whole.positions))
    flags = (count > 1) & ~crowded[whole.site]
    for where, part, vertices in subject.by_part(flags, "vertex"):
        message = f"{plural(len(vertices), 'vertex', 'vertices')} of {part.name} join surfaces that only touch"
        yield Finding("touching", message, where, {"vertices": len(vertices)}, {"vertices": some(vertices)})


@source_rule(
    "source/winding",
    severity="warning",
    cure=Cure("Fix Face Orientation", "Turn over faces that go against their neighbours", 0.85, "orient"),
)
def winding(subject: Subject) -> Iterator[Finding]:
    """Neighbouring faces are wound the same way.

    A face that is wound against its neighbours is a hole to an engine that does not draw backs."""
    found = subject.turns
    for where, part, rows in subject.by_part(found.against):
        message = f"{plural(len(rows), 'face')} of {part.name} look the other way than their neighbours"
        numbers = {"faces": len(rows), "share": round(len(rows) / max(len(part.mesh.faces), 1), 6)}
        yield Finding("against", message, where, numbers, {"faces": some(rows)}, round(found.confidence, 3))


@source_rule(
    "source/inside-out",
    severity="warning",
    cure=Cure("Fix Face Orientation", "Turn surfaces that look inwards", 0.9, "orient"),
)
def inside_out(subject: Subject) -> Iterator[Finding]:
    """Surfaces look outwards.

    Turned-over surfaces are culled: the figure shows its inside."""
    found = subject.turns
    for where, part, rows in subject.by_part(found.turn & ~found.against):
        message = (
            f"{part.name} is inside out"
            if len(rows) > 0.9 * len(part.mesh.faces)
            else f"Pieces of {part.name} are inside out"
        )
        numbers = {"faces": len(rows), "share": round(len(rows) / max(len(part.mesh.faces), 1), 6)}
        yield Finding("inside-out", message, where, numbers, {"faces": some(rows)}, round(found.confidence, 3))


@source_rule(
    "source/normal",
    severity="warning",
    cure=Cure(
        "Recompute Broken Normals", "Compute the normals that are wrong from the faces", 0.85, "recompute-normals"
    ),
)
def normal(subject: Subject) -> Iterator[Finding]:
    """Normals are unit vectors that look out of the surface.

    Others light the surface from the wrong side, or turn it black."""
    flags = bad_normals(subject.whole)
    every = np.concatenate(flags) if flags else np.zeros(0, bool)
    for where, part, vertices in subject.by_part(every, "vertex"):
        message = f"{plural(len(vertices), 'normal')} of {part.name} are wrong"
        yield Finding("wrong", message, where, {"vertices": len(vertices)}, {"vertices": some(vertices)})


@source_rule(
    "source/self-intersection",
    severity="hint",
    cure=Cure("Pull Surfaces Apart", "Move the surfaces apart in a modelling tool", 0.5),
)
def self_intersection(subject: Subject) -> Iterator[Finding]:
    """No piece of surface runs through itself.

    Pieces that run through others are how figures are dressed; one that runs through itself tears in motion. Looked
    for on a bounded choice of faces: a clean result on a large mesh is likely, not certain."""
    whole = subject.whole
    found = crossings(whole.rays, np.nan_to_num(whole.positions), whole.faces, whole.sited, ~whole.degenerate)
    pairs = found.faces
    within = whole.piece[pairs[:, 0]] == whole.piece[pairs[:, 1]] if len(pairs) else np.zeros(0, bool)
    flags = np.zeros(len(whole.faces), bool)
    flags[pairs[within]] = True
    flags &= ~whole.twins
    for where, part, rows in subject.by_part(flags):
        message = f"{plural(len(rows), 'face')} of {part.name} run through the same piece"
        yield Finding(
            "crossing", message, where, {"faces": len(rows), "looked_at": found.tested}, {"faces": some(rows)}
        )


@source_rule(
    "source/scrap",
    severity="info",
    cure=Cure("Remove Floating Scraps", "Remove tiny pieces that float far from the figure", 0.7, "drop-scraps"),
)
def scrap(subject: Subject) -> Iterator[Finding]:
    """Nothing tiny floats far from the figure.

    Forgotten scraps stretch bounding boxes and mislead the search for a skeleton."""
    whole = subject.whole
    found = find_scraps(np.nan_to_num(whole.positions), whole.faces, whole.piece, whole.size)
    if not len(found.piece):
        return
    flags = np.isin(whole.piece, found.piece)
    for where, part, rows in subject.by_part(flags):
        numbers = {"pieces": len(found.piece), "faces": len(rows), "nearest": round(float(found.gap.min()), 4)}
        yield Finding(
            "floating", f"Scraps of {part.name} float far from the figure", where, numbers, {"faces": some(rows)}
        )
