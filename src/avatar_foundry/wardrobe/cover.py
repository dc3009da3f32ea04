"""Leave out the faces that nobody can see: body under clothes, clothes under clothes.

What each garment covers is worked out once on a neutral body, by rays in a cone around each vertex, and kept clear of
hems by rows of faces, so that a moving sleeve shows skin and not a hole. On the body at hand every open border is
checked once more, and what is not covered there grows back.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from ..avatar import F32, I32, Binding, Mesh, Morph, Part
from ..geometry import boundary_edges, components, vertex_normals
from .rays import HANG, Rays, straight_covered
from .smooth import neighbours
from .under import Mask, under

# A bulge that comes through its cloth by less than this is left out all the same: the cloth then hides the place.
BULGE = 0.02

# Underwear of which no more than this share would show is left off.
LEAVE_OFF = 0.25

COVERS = frozenset({"underwear", "garment", "shoes", "armour"})
HIDDEN = frozenset({"body", "underwear", "garment", "shoes", "armour"})


def hide_covered(parts: Sequence[Part]) -> tuple[Part, ...]:
    """`parts` without the faces that are covered by parts of a higher layer; a part may end up with no faces.

    Vertices without faces go too, and with them their rows of normals, skin, morphs and binding. Set normals before.
    Guarantee: below the open border of what is left of the body lies a garment.
    """
    parts = [_left_off(p, parts) for p in parts]
    out = list(parts)
    for k, part in enumerate(parts):
        if part.role not in HIDDEN or not len(part.mesh.faces):
            continue
        above = [p for p in parts if p.role in COVERS and p is not part and len(p.mesh.faces)]
        if part.role != "body":
            above = [p for p in above if p.layer > part.layer]
        if not above:
            continue
        hidden = _hidden(part, above)
        if hidden.any():
            hidden = _grow_back(part, above, hidden)
            out[k] = keep_faces(part, np.asarray(~hidden[part.mesh.faces].all(axis=1)))
    return tuple(out)


def _left_off(part: Part, parts: Sequence[Part]) -> Part:
    """An undershirt below a shirt, or briefs deep below trousers, go altogether; briefs below a skirt stay."""
    if part.role != "underwear" or not len(part.mesh.faces):
        return part
    masks = [under(part, p) for p in parts if p.role in COVERS and p.layer > part.layer and p.role != "underwear"]
    pick = 1 if part.name.endswith(".top") else 0
    seen = np.ones(len(part.mesh.positions), bool)
    for mask in masks:
        seen &= ~mask[pick]
    if seen.mean() > LEAVE_OFF:
        return part
    return keep_faces(part, np.zeros(len(part.mesh.faces), bool))


def _hidden(part: Part, above: Sequence[Part]) -> Mask:
    hidden = np.zeros(len(part.mesh.positions), bool)
    straight = np.zeros_like(hidden)
    for outer in above:
        deep, flat = under(part, outer)
        hidden |= deep
        straight |= flat
    return _swallow(part.mesh.faces, hidden, straight)


def _swallow(faces: I32, hidden: Mask, straight: Mask) -> Mask:
    """Hide leftover islands too, when all their vertices are covered straight above."""
    left = faces[~hidden[faces].all(axis=1)]
    if not len(left):
        return hidden
    island = components(left, len(hidden))
    open_air = np.zeros(int(island.max()) + 1, bool)
    open_air[island[np.unique(left)]] = False
    np.logical_or.at(open_air, island, ~straight & ~hidden)
    return np.asarray(hidden | ~open_air[island])


def _grow_back(part: Part, above: Sequence[Part], hidden: Mask) -> Mask:
    """Show again what lies around any border vertex that no garment covers on this body."""
    mesh = part.mesh
    cloth: Rays | None = None
    for _ in range(6):
        kept = mesh.faces[~hidden[mesh.faces].all(axis=1)]
        if not len(kept):
            break
        natural = np.zeros(len(hidden), bool)
        natural[np.unique(boundary_edges(mesh.faces))] = True
        border = np.unique(boundary_edges(np.ascontiguousarray(kept)))
        border = border[~natural[border]]
        if not len(border):
            break
        if cloth is None:
            cloth = _cloth_near(above, mesh.positions[border])
            normals = mesh.normals if mesh.normals is not None else vertex_normals(mesh.positions, mesh.faces)
            around = neighbours(mesh.faces, len(hidden))
        bare = border[~straight_covered(mesh.positions[border], normals[border], cloth, below=BULGE)]
        if not len(bare):
            break
        show = np.zeros(len(hidden), np.float32)
        show[bare] = 1.0
        for _ in range(2):
            show = np.asarray(around @ show)
        hidden = hidden & (show <= 0)
    return hidden


def _cloth_near(above: Sequence[Part], points: F32) -> Rays:
    """The faces of `above` that a short ray from `points` can reach: building the whole scene costs ten times more."""
    shift = np.cumsum([0, *(len(p.mesh.positions) for p in above)])
    positions = np.concatenate([p.mesh.positions for p in above])
    faces = np.concatenate([p.mesh.faces + s for p, s in zip(above, shift[:-1], strict=True)])
    distance = cKDTree(points).query(positions, distance_upper_bound=HANG)[0]
    return Rays(positions, faces[np.isfinite(distance)[faces].any(axis=1)])


def keep_faces(part: Part, keep: Mask) -> Part:
    """`part` with only the faces in `keep` (F,) of its full detail, and only the vertices these use."""
    mesh = part.mesh
    if keep.all():
        return part
    used, inverse = np.unique(mesh.faces[keep], return_inverse=True)
    faces = inverse.reshape(-1, 3).astype(np.int32)
    uvs, uv_faces = mesh.uvs, mesh.uv_faces
    if uv_faces is not None and uvs is not None:
        uv_used, uv_inverse = np.unique(uv_faces[keep], return_inverse=True)
        uvs, uv_faces = uvs[uv_used], uv_inverse.reshape(-1, 3).astype(np.int32)
    place = np.full(len(mesh.positions), -1, np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    small = Mesh(
        positions=mesh.positions[used],
        faces=faces,
        normals=None if mesh.normals is None else mesh.normals[used],
        uvs=uvs,
        uv_faces=uv_faces,
        joints=None if mesh.joints is None else mesh.joints[used],
        weights=None if mesh.weights is None else mesh.weights[used],
        morphs=tuple(m for m in (_keep_morph(m, place) for m in mesh.morphs) if len(m.index)),
    )
    binding = part.binding
    if binding is not None:
        binding = Binding(binding.refs[used], binding.weights[used])
    return replace(part, lods=(small, *part.lods[1:]), binding=binding)


def _keep_morph(morph: Morph, place: I32) -> Morph:
    index = place[morph.index]
    keep = index >= 0
    if keep.all():
        return replace(morph, index=index)
    normal = None if morph.normal is None else morph.normal[keep]
    return Morph(morph.name, index[keep], morph.delta[keep], normal)
