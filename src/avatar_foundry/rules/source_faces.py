"""Rules about an upload's vertices and faces."""

from collections.abc import Iterator

import numpy as np

from ..repair.sites import finite_rows
from ..repair.surface_fixes import repeated
from .registry import Cure, Finding
from .source_registry import source_rule
from .source_subject import Subject, plural, some

FEWEST = 100  # triangles; no figure is made of fewer


@source_rule(
    "source/invalid-number",
    severity="error",
    cure=Cure("Remove Invalid Numbers", "Remove vertices that are not numbers and their faces", 0.9, "sanitize"),
)
def invalid_number(subject: Subject) -> Iterator[Finding]:
    """Positions, normals, texture coordinates, weights and shapes are numbers, and faces name what exists.

    One NaN spoils every bounding box and average that it takes part in; an index out of range crashes importers."""
    for part in subject.avatar.parts:
        where, m = f"parts/{part.name}/lods/0", part.mesh
        if m.faces.size:
            bad = (m.faces < 0) | (m.faces >= len(m.positions))
            if m.uv_faces is not None and m.uvs is not None and m.uv_faces.shape == m.faces.shape:
                bad |= (m.uv_faces < 0) | (m.uv_faces >= len(m.uvs))
            if rows := some(np.flatnonzero(bad.any(axis=1))):
                count = int(bad.any(axis=1).sum())
                message = "Mesh has faces that name vertices which do not exist"
                yield Finding("index", message, where, {"faces": count}, {"faces": rows})
        for name in ("positions", "normals", "uvs", "weights", "colors"):
            values = getattr(m, name)
            if values is not None and not (good := finite_rows(values)).all():
                lost = np.flatnonzero(~good)
                kind = "uvs" if name == "uvs" else "vertices"
                message = f"Mesh has {name} that are not numbers"
                yield Finding("not-finite", message, where, {kind: len(lost)}, {kind: some(lost)})
        broken = [k for k, s in enumerate(m.morphs) if not np.isfinite(s.delta).all()]
        if broken:
            message = f"Mesh has shapes that move vertices to nowhere: {m.morphs[broken[0]].name}"
            yield Finding("shape-not-finite", message, where, {"shapes": len(broken)}, {"shapes": broken[:64]})


@source_rule(
    "source/degenerate-face",
    severity="error",
    cure=Cure("Clean Mesh Geometry", "Remove degenerate faces before import", 0.9, "drop-degenerate-faces"),
)
def degenerate_face(subject: Subject) -> Iterator[Finding]:
    """No face is without area.

    Such faces draw nothing and have no normal; simplifiers, physics and retopology stumble over them."""
    for where, part, rows in subject.by_part(subject.whole.degenerate & _finite(subject)):
        numbers = {"faces": len(rows), "share": round(len(rows) / max(len(part.mesh.faces), 1), 6)}
        yield Finding("degenerate", "Mesh has degenerate faces", where, numbers, {"faces": some(rows)})


def _finite(subject: Subject) -> np.ndarray:
    good = finite_rows(subject.whole.positions)
    return np.asarray(good[subject.whole.faces].all(axis=1))


@source_rule(
    "source/duplicate-face",
    severity="warning",
    cure=Cure("Remove Duplicate Faces", "Remove faces that lie on another face", 0.9, "drop-duplicate-faces"),
)
def duplicate_face(subject: Subject) -> Iterator[Finding]:
    """No face lies on another one that looks the same way.

    Two faces at one place flicker, and cost twice."""
    for where, part, rows in subject.by_part(repeated(subject.whole)):
        message = f"{plural(len(rows), 'face')} of {part.name} repeat another"
        yield Finding("duplicate", message, where, {"faces": len(rows)}, {"faces": some(rows)})


@source_rule(
    "source/duplicate-vertex",
    severity="hint",
    cure=Cure("Weld Duplicate Vertices", "Join vertices that lie at one place and mean the same", 0.95, "weld"),
)
def duplicate_vertex(subject: Subject) -> Iterator[Finding]:
    """No two vertices share a place.

    Files must split vertices along texture seams and hard edges; what is split needlessly costs memory and lets
    simplified surfaces crack."""
    whole = subject.whole
    used = np.zeros(len(whole.positions), bool)
    used[whole.faces] = True
    order = np.argsort(np.where(used, whole.site, -1), kind="stable")
    site = np.where(used, whole.site, -1)[order]
    again = np.zeros(len(used), bool)
    again[order[1:]] = (site[1:] == site[:-1]) & (site[1:] >= 0)
    for where, part, rows in subject.by_part(again, "vertex"):
        numbers = {"vertices": len(rows), "share": round(len(rows) / max(len(part.mesh.positions), 1), 6)}
        message = f"{plural(len(rows), 'vertex', 'vertices')} of {part.name} share a place with another"
        yield Finding("coincident", message, where, numbers, {"vertices": some(rows)})


@source_rule(
    "source/unused-vertex",
    severity="info",
    cure=Cure("Remove Unused Vertices", "Remove vertices that no face uses", 0.99, "drop-unused-vertices"),
)
def unused_vertex(subject: Subject) -> Iterator[Finding]:
    """Every vertex belongs to a face.

    Loose vertices are paid for and never seen, and they stretch bounding boxes."""
    whole = subject.whole
    used = np.zeros(len(whole.positions), bool)
    used[whole.faces] = True
    for where, part, rows in subject.by_part(~used, "vertex"):
        message = f"{plural(len(rows), 'vertex', 'vertices')} of {part.name} belong to no face"
        yield Finding("unused", message, where, {"vertices": len(rows)}, {"vertices": some(rows)})


@source_rule(
    "source/too-coarse",
    severity="warning",
    cure=Cure("Send the Whole Figure", "Export full detail, with all meshes of the figure", 0.6),
)
def too_coarse(subject: Subject) -> Iterator[Finding]:
    """The mesh has enough triangles to show a body.

    Fewer than a hundred show no limbs, and no skeleton can be found in them."""
    count = len(subject.whole.faces)
    if count < FEWEST:
        numbers = {"triangles": count, "least": FEWEST}
        yield Finding("few", f"The mesh has {plural(count, 'triangle')}, too few for a figure", "parts", numbers)


@source_rule(
    "source/triangle-count",
    severity="warning",
    cure=Cure("Simplify the Mesh", "Use a coarser level of detail, or simplify before upload", 0.7),
)
def triangle_count(subject: Subject) -> Iterator[Finding]:
    """The mesh has no more triangles than the platform takes.

    Every one above the budget costs frames; processing brings the mesh to the budget by itself."""
    count = len(subject.whole.faces)
    if subject.platform is not None and count > (limit := subject.platform.budget.triangles):
        numbers = {"triangles": count, "vertices": len(subject.whole.positions), "budget": limit}
        yield Finding("many", f"The mesh has {count} triangles, the budget is {limit}", "parts", numbers)
