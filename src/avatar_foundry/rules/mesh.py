"""Rules for surfaces: what every reader of the file relies on."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from ..avatar import Avatar
from .registry import Cure, Finding, Target, rule
from .walk import first, full, meshes, sound_faces, spans

GROUND = 0.03  # metres a sole may stand off the ground: heels settle, soft soles sink
LOW, HIGH = 0.2, 4.0  # metres; outside lies a unit mistake, not a giant
UNIT = 2e-2  # what 8-bit normals lose
SHRUNK = 0.05  # metres a coarser level's bounds may differ; hair and hems lose some


@rule(
    "mesh/finite-position",
    severity="error",
    cure=Cure("Remove Invalid Numbers", "Remove vertices that have no position, and their faces", 0.9, "sanitize"),
)
def finite_position(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every position is a number.

    One NaN makes an engine's bounding box useless, and the whole avatar vanishes."""
    for where, _, mesh in meshes(avatar):
        if not np.isfinite(mesh.positions).all():
            off = ~np.isfinite(mesh.positions).all(axis=1)
            count = int(off.sum())
            message = f"{count} vertices have no finite position"
            yield Finding("not-finite", message, where, {"vertices": count}, {"vertices": first(off)})


@rule(
    "mesh/face-index",
    severity="error",
    cure=Cure("Remove Invalid Faces", "Remove faces that name vertices which do not exist", 0.9, "sanitize"),
)
def face_index(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Faces name vertices and uvs that exist.

    An index out of range crashes importers or reads foreign memory."""
    for where, _, mesh in meshes(avatar):
        if sound_faces(mesh):
            continue
        pairs = [(mesh.faces, len(mesh.positions), "vertex")]
        if mesh.uv_faces is not None and mesh.uvs is not None:
            pairs.append((mesh.uv_faces, len(mesh.uvs), "uv"))
        for index, count, what in pairs:
            off = ((index < 0) | (index >= count)).any(axis=1)
            if off.any():
                numbers = {"faces": int(off.sum()), "limit": count}
                message = f"{int(off.sum())} faces name a {what} that does not exist"
                yield Finding("out-of-range", message, where, numbers, {"faces": first(off)})


@rule(
    "mesh/degenerate-face",
    severity="warning",
    cure=Cure("Clean Mesh Geometry", "Remove faces without area", 0.95, "drop-degenerate-faces"),
)
def degenerate_face(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No face names a vertex twice.

    Such faces draw nothing, have no normal and confuse simplifiers."""
    for where, _, mesh in meshes(avatar):
        a, b, c = mesh.faces.T
        off = (a == b) | (b == c) | (c == a)
        if count := int(off.sum()):
            message = f"{count} faces have no area"
            yield Finding("degenerate", message, where, {"faces": count}, {"faces": first(off)})


@rule(
    "mesh/zero-area",
    severity="info",
    cure=Cure("Clean Mesh Geometry", "Remove faces without area", 0.8, "drop-degenerate-faces"),
)
def zero_area(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No face's corners lie in one point or on one line.

    Such faces have no normal; Roblox refuses them, and baking tools leave black spots there."""
    for where, _, mesh in full(avatar):
        if not sound_faces(mesh):
            continue
        cross = spans(mesh)
        off = np.einsum("ij,ij->i", cross, cross) == 0.0
        a, b, c = mesh.faces.T
        off &= ~((a == b) | (b == c) | (c == a))  # those are mesh/degenerate-face's
        if count := int(off.sum()):
            message = f"{count} faces have their corners on one line"
            yield Finding("flat", message, where, {"faces": count}, {"faces": first(off)})


@rule(
    "mesh/empty-part",
    severity="warning",
    cure=Cure("Remove the Part", "Leave the part out: nothing of it can be seen", 0.9),
)
def empty_part(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every part has something to draw.

    Engines keep an empty node around, and some refuse a mesh without triangles."""
    for where, part, mesh in full(avatar):
        if not len(mesh.faces):
            yield Finding("empty", f"{part.name} has no faces", where)


@rule(
    "mesh/unused-vertex",
    severity="info",
    cure=Cure("Remove Unused Vertices", "Remove vertices that no face names", 0.95, "drop-unused-vertices"),
)
def unused_vertex(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Faces name every vertex.

    A vertex that nothing draws still widens the bounds and is skinned in every frame."""
    for where, _, mesh in meshes(avatar):
        if not sound_faces(mesh):
            continue
        used = np.zeros(len(mesh.positions), bool)
        used[mesh.faces.ravel()] = True
        if count := int((~used).sum()):
            message = f"{count} vertices belong to no face"
            yield Finding("unused", message, where, {"vertices": count}, {"vertices": first(~used)})


NORMALS = Cure(
    "Recompute Broken Normals", "Compute normals anew where they are not of length 1", 0.9, "recompute-normals"
)


@rule("mesh/finite-normal", severity="error", cure=NORMALS)
def finite_normal(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every normal is a number.

    NaN in one is a black spot that glow and blur spread over the screen."""
    for where, _, mesh in meshes(avatar):
        if mesh.normals is not None and not np.isfinite(mesh.normals).all():
            off = ~np.isfinite(mesh.normals).all(axis=1)
            message = f"{int(off.sum())} vertices have no finite normal"
            yield Finding("not-finite", message, where, {"vertices": int(off.sum())}, {"vertices": first(off)})


@rule("mesh/normal", severity="warning", cure=NORMALS)
def normal(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Normals are of length 1.

    Others light the surface too bright or too dark, and Khronos' validator reports them."""
    for where, _, mesh in meshes(avatar):
        if mesh.normals is None:
            continue
        square = np.einsum("ij,ij->i", mesh.normals, mesh.normals)
        off = np.abs(square - 1.0) >= 2 * UNIT
        if count := int(off.sum()):
            message = f"the normals of {count} vertices are not of length 1"
            yield Finding("not-unit", message, where, {"vertices": count}, {"vertices": first(off)})


@rule(
    "mesh/inside-out",
    severity="error",
    cure=Cure("Fix Face Orientation", "Turn the faces over that look inwards", 0.9, "orient"),
)
def inside_out(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The body's faces look outwards.

    Turned-over faces are culled: the avatar shows its inside."""
    for where, part, mesh in full(avatar):
        if part.role == "body" and len(mesh.faces) and sound_faces(mesh):
            corner = mesh.positions[mesh.faces[:, 0]] - mesh.positions.mean(axis=0)
            volume = float(np.einsum("ij,ij->", corner, spans(mesh))) / 6
            if volume < 0:
                numbers = {"volume_litres": round(1000 * volume, 3)}
                yield Finding("inside-out", "the body's faces look inwards", where, numbers)


@rule(
    "mesh/grounded",
    severity="warning",
    cure=Cure("Put It on the Ground", "Move the figure so that its soles lie at y = 0", 0.8),
)
def grounded(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar stands on y = 0.

    Controllers put the origin on the floor; an avatar off it floats or sinks."""
    if low := [float(m.positions[:, 1].min()) for _, _, m in full(avatar) if len(m.faces)]:
        lowest = min(low)
        if abs(lowest) > GROUND:
            message = f"the lowest point lies {lowest:+.3f} m from the ground"
            yield Finding("off-ground", message, numbers={"height_m": round(lowest, 4), "limit_m": GROUND})


@rule(
    "mesh/height",
    severity="error",
    cure=Cure("Rescale to Metres", "Scale the figure from its own unit to metres", 0.8, "rescale"),
)
def height(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar is between 0.2 and 4 metres tall.

    Outside that range centimetres were taken for metres, or inches."""
    # Clothes count too: of a dressed body little more than the head may be left.
    spans_y = [(m.positions[:, 1].min(), m.positions[:, 1].max()) for _, _, m in full(avatar) if len(m.positions)]
    if spans_y and any(p.role == "body" for p in avatar.parts):
        tall = float(max(s[1] for s in spans_y) - min(s[0] for s in spans_y))
        if not LOW <= tall <= HIGH:
            yield Finding("unit", f"the avatar is {tall:.2f} m tall", numbers={"height_m": round(tall, 3)})


@rule(
    "mesh/lod-order",
    severity="warning",
    cure=Cure("Build the Levels Anew", "Ask for levels of detail from the foundry", 0.8),
)
def lod_order(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Each level of detail has fewer faces than the one before.

    A coarser level that is not cheaper costs memory and shows less."""
    for part in avatar.parts:
        counts = [len(m.faces) for m in part.lods]
        for level, (near, far) in enumerate(pairwise(counts), 1):
            if far > near:
                where = f"parts/{part.name}/lods/{level}"
                yield Finding("not-cheaper", f"{far} faces after {near}", where, {"faces": far, "before": near})


@rule(
    "mesh/lod-bounds",
    severity="warning",
    cure=Cure("Build the Levels Anew", "Ask for levels of detail from the foundry", 0.8),
)
def lod_bounds(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """A coarser level fills the same space as the full detail, to 5 cm, all parts together.

    A level in another place or another unit pops into view as the camera moves away."""
    levels = max((len(p.lods) for p in avatar.parts), default=0)
    boxes = []
    for level in range(levels):
        shown = [p.lods[min(level, len(p.lods) - 1)].positions for p in avatar.parts]
        ends = np.array([[m.min(axis=0), m.max(axis=0)] for m in shown if len(m)]).reshape(-1, 2, 3)
        boxes.append((ends[:, 0].min(axis=0), ends[:, 1].max(axis=0)) if len(ends) else (np.zeros(3), np.zeros(3)))
    for level, (low, high) in enumerate(boxes[1:], 1):
        gap = float(max(np.abs(low - boxes[0][0]).max(), np.abs(high - boxes[0][1]).max()))
        if gap > SHRUNK:
            message = f"level {level} reaches {100 * gap:.0f} cm less or more than the full detail"
            yield Finding("moved", message, f"lods/{level}", {"gap_m": round(gap, 4), "limit_m": SHRUNK})
