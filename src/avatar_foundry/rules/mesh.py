"""Rules for surfaces."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from ..avatar import Avatar
from .registry import Finding, Target, rule
from .walk import full, meshes

GROUND = 0.03  # metres a sole may stand off the ground: heels settle, soft soles sink
LOW, HIGH = 0.2, 4.0  # metres; outside lies a unit mistake, not a giant


@rule("mesh/finite-position", severity="error")
def finite_position(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every position is a number.

    One NaN makes an engine's bounding box useless, and the whole avatar vanishes."""
    for where, _, mesh in meshes(avatar):
        if not np.isfinite(mesh.positions).all():
            count = int((~np.isfinite(mesh.positions)).any(axis=1).sum())
            yield Finding("not-finite", f"{count} vertices have no finite position", where)


@rule("mesh/face-index", severity="error")
def face_index(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Faces name vertices and uvs that exist.

    An index out of range crashes importers or reads foreign memory."""
    for where, _, mesh in meshes(avatar):
        pairs = [(mesh.faces, len(mesh.positions), "vertex")]
        if mesh.uv_faces is not None and mesh.uvs is not None:
            pairs.append((mesh.uv_faces, len(mesh.uvs), "uv"))
        for index, count, what in pairs:
            if index.size and (index.min() < 0 or index.max() >= count):
                yield Finding("out-of-range", f"faces name a {what} that does not exist", where)


@rule("mesh/degenerate-face", severity="warning")
def degenerate_face(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No face names a vertex twice.

    Such faces draw nothing, have no normal and confuse simplifiers."""
    for where, _, mesh in meshes(avatar):
        a, b, c = mesh.faces.T
        if count := int(((a == b) | (b == c) | (c == a)).sum()):
            yield Finding("degenerate", f"{count} faces have no area", where)


@rule("mesh/empty-part", severity="warning")
def empty_part(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every part has something to draw.

    Engines keep an empty node around, and some refuse a mesh without triangles."""
    for where, part, mesh in full(avatar):
        if not len(mesh.faces):
            yield Finding("empty", f"{part.name} has no faces", where)


@rule("mesh/texture-coordinates", severity="error")
def texture_coordinates(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Textured parts have texture coordinates.

    Without them an engine paints the whole part with one texel."""
    textured = {m.name for m in avatar.materials if m.base or m.normal or m.orm}
    for where, part, mesh in full(avatar):
        if part.material in textured and (mesh.uvs is None or mesh.uv_faces is None):
            yield Finding("no-uvs", f"{part.name} has a texture and no texture coordinates", where)


@rule("mesh/uv-tile", severity="info")
def uv_tile(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Texture coordinates stay in the unit square.

    Repeating textures are fine in engines, but they cannot go into an atlas."""
    for where, part, mesh in full(avatar):
        if mesh.uvs is not None and len(mesh.uvs) and (mesh.uvs.min() < -1e-3 or mesh.uvs.max() > 1.001):
            yield Finding("tiled", f"{part.name} repeats its texture", where)


@rule("mesh/inside-out", severity="error")
def inside_out(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The body's faces look outwards.

    Turned-over faces are culled: the avatar shows its inside."""
    for where, part, mesh in full(avatar):
        if part.role == "body" and len(mesh.faces):
            p = mesh.positions - mesh.positions.mean(axis=0)
            a, b, c = p[mesh.faces[:, 0]], p[mesh.faces[:, 1]], p[mesh.faces[:, 2]]
            if float(np.einsum("ij,ij->", a, np.cross(b, c))) < 0:
                yield Finding("inside-out", "the body's faces look inwards", where)


@rule("mesh/grounded", severity="warning")
def grounded(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar stands on y = 0.

    Controllers put the origin on the floor; an avatar off it floats or sinks."""
    if low := [float(m.positions[:, 1].min()) for _, _, m in full(avatar) if len(m.faces)]:
        lowest = min(low)
        if abs(lowest) > GROUND:
            yield Finding("off-ground", f"the lowest point lies {lowest:+.3f} m from the ground")


@rule("mesh/height", severity="error")
def height(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The avatar is between 0.2 and 4 metres tall.

    Outside that range centimetres were taken for metres, or inches."""
    # Clothes count too: of a dressed body little more than the head may be left.
    spans = [(m.positions[:, 1].min(), m.positions[:, 1].max()) for _, _, m in full(avatar) if len(m.positions)]
    if spans and any(p.role == "body" for p in avatar.parts):
        tall = float(max(s[1] for s in spans) - min(s[0] for s in spans))
        if not LOW <= tall <= HIGH:
            yield Finding("unit", f"the avatar is {tall:.2f} m tall")


@rule("mesh/lod-order", severity="warning")
def lod_order(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Each level of detail has fewer faces than the one before.

    A coarser level that is not cheaper costs memory and shows less."""
    for part in avatar.parts:
        counts = [len(m.faces) for m in part.lods]
        for level, (near, far) in enumerate(pairwise(counts), 1):
            if far > near:
                yield Finding("not-cheaper", f"{far} faces after {near}", f"parts/{part.name}/lods/{level}")
