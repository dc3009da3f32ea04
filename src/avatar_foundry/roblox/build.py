"""An avatar as an R15 body: fifteen closed parts, two textures, a skeleton, the face's frames."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Avatar, Clip, Material, Mesh, Part
from ..errors import RecipeError
from .attachments import attachments
from .bake import Paints, Unwrapped
from .cages import PLAIN, Template, fit_cages
from .face_bones import FaceBones, fit_face
from .head import DECALS, build_head, has_face, lean
from .lids import lid_normals, lid_shares
from .names import BUDGETS, FACE_ROOT, PIECES, geo
from .painting import Made, painted
from .rig import ROOTS, facs_clip, joint_places, owners, r15_skeleton
from .scale import choose, sizes
from .shell import INFLUENCES, shell
from .solid import pieces, solid
from .surface import gather

F64 = NDArray[np.float64]

CELLS = 300  # along the height
FINEST, COARSEST = 0.003, 0.008  # metres
SPARE = 4  # triangles per piece that stay unused
HEAD = next(k for k, p in enumerate(PIECES) if p.name == "Head")
WITHIN_HEAD = ("eyes", "teeth", "tongue")
EXACT = ("body", "eyes", "tongue")  # kinds of the head's pieces that keep their own vertices
#: Texture density of the head's pieces beside hair.
DENSITY = {"body": 1.7, "eyes": 1.6, "teeth": 0.8, "tongue": 0.8, "shell": 1.0}
PAINTED = "brows"  # what colours the skin below; lashes would blacken the lids, which lie folded at their roots


def build_r15(avatar: Avatar, size: int, template: Template | None = None) -> Avatar:
    """The avatar as R15. Raises RecipeError without a skeleton.

    size: edge of the two textures, pixels.  template: cages to fit.
    """
    skeleton = avatar.skeleton
    if skeleton is None:
        raise RecipeError("Roblox needs a skeleton", hint="Let the figure be rigged.", pointer="/rig")
    named = {m.name: m for m in avatar.materials}
    plain = Material("plain")
    materials = [*named.values(), plain]
    number = {m.name: k for k, m in enumerate(materials)}
    parts = [p if p.material in named else replace(p, material=plain.name) for p in avatar.parts if len(p.mesh.faces)]
    owner = owners(skeleton)
    places = joint_places(skeleton)
    expressive = has_face(parts)
    bodies = build_body(parts, number, owner, expressive)
    head = build_head(parts, number, owner, HEAD, len(PIECES), BUDGETS["DynamicHead"] - SPARE) if expressive else []
    face = fit_face(head) if head else None
    paints = Paints(materials)
    out, sheets = [], []
    made, material = painted(bodies, paints, size, "Body", ())
    out += [(m.name, mesh_of(m, u)) for m, u in made]
    sheets.append(material)
    if head:
        decals = [p for p in parts if p.role == PAINTED]
        pieces_ = [
            Made(
                "Head",
                p.positions,
                p.normals,
                p.faces,
                p.skin,
                p.surface,
                DENSITY.get(p.kind, 1.0),
                p.kind in EXACT,
                lid_shares(p.poses) if p.kind == "body" else None,
            )
            for p in head
        ]
        cards = [gather([p], number, owner, len(PIECES)) for p in decals]
        made, material = painted(pieces_, paints, size, "Face", cards)
        out.append(("Head", head_mesh(made, face)))
        sheets.append(material)
    order = {p.name: k for k, p in enumerate(PIECES)}
    out.sort(key=lambda entry: order[entry[0]])
    return assemble(avatar, out, sheets, places, face, bool(head), template)


def build_body(parts: Sequence[Part], number: Mapping[str, int], owner: I32, expressive: bool) -> list[Made]:
    """All pieces but an expressive head."""
    shown = [p for p in parts if p.role not in DECALS and not (expressive and p.role in WITHIN_HEAD)]
    surface = gather(shown, dict(number), owner, len(PIECES))
    height = float(np.ptp(surface.positions[:, 1]))
    cell = float(np.clip(height / CELLS, FINEST, COARSEST))
    out = []
    for k, vertices, faces, beyond in pieces(solid(surface, cell, lean=lean(HEAD, len(PIECES))), len(PIECES)):
        if k == HEAD and expressive:
            continue
        piece = PIECES[k]
        budget = int(BUDGETS[piece.asset] * piece.share) - SPARE
        made = shell(vertices, faces, beyond, surface, budget, cell)
        if made is not None:
            out.append(Made(piece.name, made.positions, made.normals, made.faces, made.skin, surface))
    return out


def mesh_of(made: Made, unwrapped: Unwrapped) -> Mesh:
    """A piece as a skinned mesh."""
    joints, weights = influences(np.pad(made.skin, ((0, 0), (len(ROOTS), 0))))
    return Mesh(made.positions, made.faces, made.normals, unwrapped.uvs, unwrapped.uv_faces, joints, weights)


def head_mesh(made: Sequence[tuple[Made, Unwrapped]], face: FaceBones | None) -> Mesh:
    """The head's pieces side by side, its skin shared among face bones."""
    first = np.cumsum([0, *(len(m.positions) for m, _ in made)])
    first_uv = np.cumsum([0, *(len(u.uvs) for _, u in made)])
    skin = np.pad(np.concatenate([m.skin for m, _ in made]), ((0, 0), (len(ROOTS), 0)))
    if face is not None:
        mine = len(ROOTS) + HEAD
        bones = face.weights * skin[:, mine : mine + 1]
        skin[:, mine] -= bones.sum(axis=1)
        skin = np.concatenate([skin, np.zeros((len(skin), 1), np.float32), bones], axis=1)
    joints, weights = influences(skin)
    positions = np.concatenate([m.positions for m, _ in made])
    normals = np.concatenate([m.normals for m, _ in made])
    faces = np.concatenate([m.faces + at for (m, _), at in zip(made, first, strict=False)]).astype(np.int32)
    if face is not None:
        lids = [np.zeros(len(m.positions), np.float32) if m.lid is None else m.lid for m, _ in made]
        normals = lid_normals(positions, normals, faces, np.concatenate(lids), face)
    return Mesh(
        positions,
        faces,
        normals,
        np.concatenate([u.uvs for _, u in made]),
        np.concatenate([u.uv_faces + at for (_, u), at in zip(made, first_uv, strict=False)]).astype(np.int32),
        joints,
        weights,
    )


def influences(skin: F32) -> tuple[NDArray[np.uint16], F32]:
    """The largest shares of each row (V, J) as joints and weights (V, 4)."""
    order = np.argsort(-skin, axis=1, kind="stable")[:, :INFLUENCES]
    weights = np.maximum(np.take_along_axis(skin, order, axis=1), 0.0)
    weights[weights < 1e-3] = 0.0
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return np.where(weights > 0, order, 0).astype(np.uint16), weights.astype(np.float32)


def assemble(
    avatar: Avatar,
    meshes: Sequence[tuple[str, Mesh]],
    materials: Sequence[Material],
    places: F64,
    face: FaceBones | None,
    head_apart: bool,
    template: Template | None,
) -> Avatar:
    """The avatar of these parts, moved so that the hips lie at the origin, and scaled to Roblox's limits."""
    origin = places[0]
    points = {name: mesh.positions.astype(np.float64) for name, mesh in meshes}
    joints = {p.name: places[k] for k, p in enumerate(PIECES)}
    fit = choose(sizes(points, joints))
    factor = fit.factor
    skeleton = r15_skeleton((places - origin) * factor, None)
    clips: tuple[Clip, ...] = ()
    if face is not None:
        moved = replace(
            face,
            places=(face.places - origin) * factor,
            moves=factor * (face.moves + np.einsum("cbij,j->cbi", face.turns, origin) - origin),
        )
        skeleton = r15_skeleton((places - origin) * factor, moved)
        clips = (facs_clip(skeleton, moved),)
    properties: dict[str, str] = {}
    if face is not None:
        properties = {"RootFaceJoint": FACE_ROOT}
        properties |= {f"Frame{k}": name for k, name in enumerate(("Neutral", *face.controls))}
    parts = []
    for name, mesh in meshes:
        placed = replace(mesh, positions=((mesh.positions - origin) * factor).astype(np.float32))
        material = materials[-1].name if name == "Head" and head_apart else materials[0].name
        parts.append(Part(geo(name), "body", (placed,), material, properties=properties if name == "Head" else {}))
    bodies = {p.name.removesuffix("_Geo"): p.mesh for p in parts}
    if template:
        parts += [*fit_cages(template, bodies), *attachments(bodies)]
        materials = [*materials, PLAIN]
    about: dict[str, Any] = {
        "scale_type": fit.type,
        "scale": round(factor, 4),
        "beyond": list(fit.beyond),
        "face": None
        if face is None
        else {
            c: {"mean_mm": round(a, 3), "max_mm": round(b, 3), "missed": round(m, 3)}
            for c, (a, b, m) in face.errors.items()
        },
    }
    return replace(
        avatar,
        parts=tuple(parts),
        materials=tuple(materials),
        skeleton=skeleton,
        clips=clips,
        springs=(),
        colliders=(),
        base=None,
        extras={**avatar.extras, "roblox": about},
    )
