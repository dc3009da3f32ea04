"""Rules for Roblox R15: what Studio's importer and the marketplace's validation refuse.

Limits: create.roblox.com, character bodies: specifications, and validation system.
"""

from collections.abc import Iterator

import numpy as np

from ..avatar import Avatar, Mesh
from ..geometry import boundary_edges, components, face_cross
from ..roblox.attachments import NAMES as ATTACHMENTS
from ..roblox.cages import FARTHEST, MOST_INSIDE, measured
from ..roblox.facs import REQUIRED
from ..roblox.names import (
    BUDGETS,
    FACE_ROOT,
    MOST_COMPONENTS,
    MOST_FACE_BONES,
    PIECE_NAMES,
    PIECES,
    TOTAL,
    cage,
    geo,
)
from ..roblox.rig import FACS_CLIP, ROOTS
from .registry import Cure, Finding, Target, rule

TURNED = 1.0  # degrees that a joint may be turned at rest
OFF_ORIGIN = 1e-4  # metres
THIN = 1e-12  # square metres, and share of the texture: faces without area
LOOSE = 0.4  # share of a face's motion that its bones miss, from which it is told


def _bodies(avatar: Avatar) -> dict[str, Mesh]:
    """The meshes of the 15 pieces that are there, by piece."""
    named = {p.name: p.mesh for p in avatar.parts}
    return {n: named[geo(n)] for n in PIECE_NAMES if geo(n) in named}


@rule(
    "roblox/parts",
    severity="error",
    cure=Cure("Give the Figure All Limbs", "Every one of the 15 parts needs some surface of its own", 0.5),
)
def parts(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The body is 15 meshes with Roblox's names.

    The importer builds an R15 character from exactly these; a missing one makes it a plain model."""
    there = _bodies(avatar)
    if not there:
        return
    for name in PIECE_NAMES:
        if name not in there:
            yield Finding("missing", f"{geo(name)} is missing: no surface hangs on that joint", f"parts/{geo(name)}")
    known = {geo(n) for n in PIECE_NAMES} | {cage(n) for n in PIECE_NAMES} | set(ATTACHMENTS)
    for part in avatar.parts:
        if part.name not in known:
            yield Finding("unknown", f"{part.name} is no part of an R15 body", f"parts/{part.name}")


@rule(
    "roblox/rig",
    cure=Cure("Export It Again", "The skeleton is made anew at each export: leave stages and bones as they come", 0.5),
    severity="error",
)
def rig(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The skeleton is R15's: its tree, no joint turned at rest, Root and LowerTorso at the origin, no skin on roots.

    Turned joints and skin on Root are refused on upload; another tree is not recognised as R15."""
    skeleton = avatar.skeleton
    if not _bodies(avatar):
        return
    if skeleton is None:
        yield Finding("none", "there is no skeleton", "skeleton")
        return
    number = {n: j for j, n in enumerate(skeleton.names)}
    tree = {ROOTS[0]: "", ROOTS[1]: ROOTS[0], **{p.name: p.parent for p in PIECES}}
    for name, parent in tree.items():
        if name not in number:
            yield Finding("missing", f"the joint {name} is missing", "skeleton")
            continue
        up = int(skeleton.parents[number[name]])
        if (skeleton.names[up] if up >= 0 else "") != parent:
            yield Finding("astray", f"{name} does not hang below {parent or 'nothing'}", f"skeleton/{name}")
    turn = skeleton.rest[:, :3, :3].astype(np.float64)
    angle = np.degrees(np.arccos(np.clip((np.trace(turn, axis1=1, axis2=2) - 1) / 2, -1, 1)))
    for j in np.flatnonzero(angle > TURNED).tolist():
        message = f"{skeleton.names[j]} is turned by {angle[j]:.1f} degrees at rest"
        yield Finding("turned", message, f"skeleton/{skeleton.names[j]}", elements={"joints": [j]})
    for name in (ROOTS[0], "LowerTorso"):
        if name in number and np.abs(skeleton.rest[number[name], :3, 3]).max() > OFF_ORIGIN:
            yield Finding("off-origin", f"{name} does not lie at the origin", f"skeleton/{name}")
    roots = [number[n] for n in ROOTS if n in number]
    for name, mesh in _bodies(avatar).items():
        if mesh.joints is None or mesh.weights is None:
            yield Finding("no-skin", f"{geo(name)} has no skin", f"parts/{geo(name)}/lods/0")
        if (
            mesh.joints is not None
            and mesh.weights is not None
            and (np.isin(mesh.joints, roots) & (mesh.weights > 0)).any()
        ):
            yield Finding("root-skin", f"{geo(name)} has skin on a root", f"parts/{geo(name)}/lods/0")


@rule(
    "roblox/budgets",
    cure=Cure("Export It Again", "Parts are simplified to their budgets at export: leave the stages as they come", 0.5),
    severity="error",
)
def budgets(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Head, torso and limbs stay within their own triangles, and all together within 10,742.

    The marketplace refuses an asset above its limit."""
    there = _bodies(avatar)
    for asset, limit in BUDGETS.items():
        count = sum(len(there[p.name].faces) for p in PIECES if p.asset == asset and p.name in there)
        if count > limit:
            yield Finding("asset", f"{asset} has {count} triangles, the limit is {limit}", numbers={"triangles": count})
    total = sum(len(m.faces) for m in there.values())
    if total > TOTAL:
        yield Finding("total", f"the body has {total} triangles, the limit is {TOTAL}", numbers={"triangles": total})


@rule(
    "roblox/watertight",
    cure=Cure("Close the Surface", "Mend holes of the upload with its fixes, and export again", 0.5),
    severity="error",
)
def watertight(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every part is closed.

    Roblox caps its limbs so that nobody looks into a body that loses one, and refuses open parts."""
    for name, mesh in _bodies(avatar).items():
        if count := len(boundary_edges(mesh.faces)):
            message = f"{geo(name)} has {count} open edges"
            yield Finding("open", message, f"parts/{geo(name)}/lods/0", numbers={"edges": count})


@rule(
    "roblox/components",
    cure=Cure("Leave Out Loose Pieces", "Leave out ornaments that hang free, or join them to the body", 0.5),
    severity="error",
)
def pieces(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No part falls into more than ten pieces.

    Validation counts them to find bodies hidden within bodies."""
    for name, mesh in _bodies(avatar).items():
        count = len(np.unique(components(mesh.faces, len(mesh.positions))[mesh.faces[:, 0]]))
        if count > MOST_COMPONENTS:
            message = f"{geo(name)} falls into {count} pieces, at most {MOST_COMPONENTS} are taken"
            yield Finding("pieces", message, f"parts/{geo(name)}/lods/0", numbers={"pieces": count})


@rule(
    "roblox/triangles-without-area",
    cure=Cure("Mend the Mesh", "Mend the upload with its fixes, and export again", 0.5),
    severity="error",
)
def flat(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No triangle is without area, in space or on the texture, and all uvs lie in the unit square.

    Validation refuses each of the three."""
    for name, mesh in _bodies(avatar).items():
        where = f"parts/{geo(name)}/lods/0"
        area = np.linalg.norm(face_cross(mesh.positions.astype(np.float64), mesh.faces), axis=1)
        if rows := np.flatnonzero(area < THIN).tolist():
            message = f"{geo(name)} has {len(rows)} triangles without area"
            yield Finding("space", message, where, elements={"faces": rows[:64]})
        if mesh.uvs is None or mesh.uv_faces is None:
            yield Finding("no-uvs", f"{geo(name)} has no uvs", where)
            continue
        a, b, c = (mesh.uvs[mesh.uv_faces[:, k]].astype(np.float64) for k in range(3))
        u, v = b - a, c - a
        size = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
        if rows := np.flatnonzero(size < THIN).tolist():
            message = f"{geo(name)} has {len(rows)} triangles without area on the texture"
            yield Finding("texture", message, where, elements={"faces": rows[:64]})
        if mesh.uvs.min(initial=0.0) < 0 or mesh.uvs.max(initial=1.0) > 1:
            yield Finding("outside", f"{geo(name)} has uvs outside the unit square", where)


@rule(
    "roblox/opaque",
    cure=Cure("Make It Opaque", "Give the part a material without transparency", 0.8),
    severity="error",
)
def opaque(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every part has one opaque material.

    Validation asks for transparency 0; what shows through is for the skin colour alone."""
    modes = {m.name: m.alpha_mode for m in avatar.materials}
    for part in avatar.parts:
        if part.name.endswith("_Geo") and modes.get(part.material) != "OPAQUE":
            yield Finding("see-through", f"{part.name} is not opaque", f"parts/{part.name}")


@rule(
    "roblox/scale",
    severity="warning",
    cure=Cure("Change the Proportions", "Make the part that is named smaller or larger; leave out a tall hat", 0.5),
)
def scale(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Head, torso, limbs and the whole fit one of Roblox's body scales.

    Studio imports other sizes as well, but the marketplace refuses them."""
    about = avatar.extras.get("roblox", {})
    for message in about.get("beyond", ()):
        yield Finding("bounds", f"{message} ({about['scale_type']})")


@rule(
    "roblox/scaled",
    cure=Cure("Choose It in Studio", "Choose this scale type in the importer for all parts", 0.9),
    severity="info",
)
def scaled(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Which body scale the figure is, and how it was scaled to fit.

    The importer's choice of scale type has to be the same for all parts."""
    about = avatar.extras.get("roblox", {})
    if about.get("scale_type"):
        factor = float(about.get("scale", 1.0))
        how = "" if factor == 1.0 else f", scaled by {factor:g} to stay within its bounds"
        yield Finding("type", f"the body scale is {about['scale_type']}{how}", numbers={"scale": factor})


@rule(
    "roblox/face",
    cure=Cure("Bring the ARKit Shapes", "Leave `morph_targets` on, or give the upload the ARKit shapes", 0.6),
    severity="error",
)
def face(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """A face has its joint under Head, fewer than 50 bones, frames without gaps, and the 17 controls.

    Roblox takes a head without one of these for a static one, or refuses it."""
    head = next((p for p in avatar.parts if p.name == geo("Head")), None)
    if head is None or not head.properties or avatar.skeleton is None:
        return
    where = f"parts/{head.name}"
    names, parents = avatar.skeleton.names, avatar.skeleton.parents
    root = head.properties.get("RootFaceJoint", "")
    if root not in names or names[int(parents[names.index(root)])] != "Head":
        yield Finding("root", f"{root or 'RootFaceJoint'} is no joint under Head", where)
    bones = [n for n in names if n not in PIECE_NAMES and n not in ROOTS and n != FACE_ROOT]
    if len(bones) > MOST_FACE_BONES:
        yield Finding("bones", f"the face has {len(bones)} bones, fewer than 50 are taken", where)
    frames = [head.properties.get(f"Frame{k}") for k in range(len(head.properties) - 1)]
    if None in frames:
        yield Finding("gap", f"Frame{frames.index(None)} is missing", where)
    clip = next((c for c in avatar.clips if c.name == FACS_CLIP), None)
    if clip is None or len(clip.times) != len(frames):
        yield Finding("frames", "the frames of the face do not match their names", where)
    if missing := [n for n in REQUIRED if n not in frames]:
        yield Finding("controls", f"the face lacks {', '.join(missing)}", where)


@rule(
    "roblox/no-face",
    severity="info",
    cure=Cure("Keep the Shapes", "Leave `morph_targets` on; uploads need ARKit shapes or a face that is found", 0.6),
)
def no_face(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The head has a face that moves.

    Without shapes there is nothing to fit bones to: the head is static, as Roblox allows."""
    head = next((p for p in avatar.parts if p.name == geo("Head")), None)
    if head is not None and not head.properties:
        yield Finding("static", "the head has no face bones: there are no shapes to fit them to", f"parts/{head.name}")


@rule(
    "roblox/face-fit",
    cure=Cure("Bring Stronger Shapes", "Only shapes that rigid bones can follow are met well; nothing is wrong", 0.2),
    severity="info",
)
def face_fit(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """How near the face's bones come to the shapes that they stand for.

    Bones cannot do all that shapes can: per control, the mean error in millimetres over what it moves."""
    found = avatar.extras.get("roblox", {}).get("face")
    if not found:
        return
    mean = float(np.mean([e["mean_mm"] for e in found.values()]))
    numbers = {name: e["mean_mm"] for name, e in found.items()}
    message = f"face bones are off by {mean:.2f} mm on average over {len(found)} controls"
    yield Finding("errors", message, f"parts/{geo('Head')}", numbers=numbers)
    if loose := [n for n, e in found.items() if e["missed"] > LOOSE]:
        yield Finding("loose", f"bones miss much of {', '.join(loose)}", f"parts/{geo('Head')}")


@rule(
    "roblox/cages",
    severity="info",
    cure=Cure("Give a Template", "Set AVATAR_FOUNDRY_ROBLOX_CAGES to a file that holds Roblox's cage meshes", 0.9),
)
def cages(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The body has outer cages, so that layered clothing fits it.

    Cages must keep the vertices and uvs of Roblox's own template, which is not ours to give away."""
    if not _bodies(avatar):
        return
    there = {p.name for p in avatar.parts}
    missing = [cage(n) for n in PIECE_NAMES if cage(n) not in there]
    if len(missing) == len(PIECE_NAMES):
        yield Finding("none", "no cages: no template was given, so layered clothing does not fit this body")
    elif missing:
        yield Finding("some", f"the template lacks {', '.join(missing)}")


@rule(
    "roblox/cage-fit",
    cure=Cure("Use Roblox's Template", "Take the cages of Roblox's own template, undeformed", 0.7),
    severity="error",
)
def cage_fit(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Cages lie close outside: within 0.60 studs of their parts, at most 30 % of their vertices inside.

    Validation refuses others."""
    bodies, named = _bodies(avatar), {p.name: p.mesh for p in avatar.parts}
    for name, mesh in bodies.items():
        if cage(name) not in named:
            continue
        far, inside = measured(named[cage(name)].positions, mesh)
        if far > FARTHEST:
            message = f"{cage(name)} lies {far:.2f} studs from its part"
            yield Finding("far", message, f"parts/{cage(name)}", numbers={"studs": round(far, 3)})
        if inside > MOST_INSIDE:
            message = f"{100 * inside:.0f} % of {cage(name)} lie inside its part"
            yield Finding("inside", message, f"parts/{cage(name)}", numbers={"share": round(inside, 3)})


@rule(
    "roblox/attachments",
    cure=Cure("Give the Whole Template", "Attachments come with a template that has all 15 cages", 0.7),
    severity="error",
)
def attachments(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """A body with cages has the 19 attachments, Root_Att at the origin; one without has none.

    Accessories hang on them; without cages the importer takes their meshes for parts."""
    there = {p.name: p for p in avatar.parts if p.name.endswith("_Att")}
    caged = any(p.name.endswith("_OuterCage") for p in avatar.parts)
    if caged and (missing := [n for n in ATTACHMENTS if n not in there]):
        yield Finding("missing", f"{', '.join(missing)} are missing")
    if not caged and there:
        yield Finding("without-cages", "there are attachments, but no cages")
    root = there.get("Root_Att")
    if root is not None and (root.place is None or max(map(abs, root.place)) > OFF_ORIGIN):
        yield Finding("root", "Root_Att does not lie at the origin", "parts/Root_Att")


@rule(
    "roblox/facing",
    cure=Cure("Turn the Figure", "Say which way the upload faces with `hints`", 0.7),
    severity="error",
)
def facing(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The body stands upright and faces +Z: left at +X, feet below the head.

    Studio imports a body that faces elsewhere as one that walks sideways."""
    if avatar.skeleton is None:
        return
    at = dict(zip(avatar.skeleton.names, avatar.skeleton.rest[:, :3, 3].tolist(), strict=True))
    if {"LeftUpperLeg", "RightUpperLeg"} <= at.keys() and at["LeftUpperLeg"][0] <= at["RightUpperLeg"][0]:
        yield Finding("mirrored", "the left leg is not at +X", "skeleton/LeftUpperLeg")
    if {"Head", "LeftFoot"} <= at.keys() and at["Head"][1] <= at["LeftFoot"][1]:
        yield Finding("lying", "the head is not above the feet", "skeleton/Head")
