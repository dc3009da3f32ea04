"""Rules for morph targets."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from ..avatar import Avatar
from ..face.names import ARKIT, EXTRAS, VISEMES
from .registry import Cure, Finding, Target, rule
from .walk import full, meshes, shape_names, shapes

VISIBLE = 1e-5  # metres; Unity removes shapes whose largest move is smaller
FAR = 0.25  # metres; no expression moves a face further, a unit mistake does
FACE = Cure("Let the Foundry Make the Face", "Process with `morph_targets` on: all 72 shapes are made", 0.8)
RENAME = Cure("Rename the Shapes", "Give each shape its exact name, and a name of its own", 0.9)
AGAIN = Cure("Export the Shapes Again", "Apply all transforms, then export the shapes again", 0.6)


@rule("morph/empty", severity="warning", cure=Cure("Remove the Shape", "Leave out shapes that move nothing", 0.8))
def empty(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every shape moves something.

    Unity removes empty shapes on import, and the numbers of all later ones shift."""
    for where, _, mesh in full(avatar):
        if mesh.morphs:
            every = shapes(mesh)
            for k in np.flatnonzero(every.reach < VISIBLE).tolist():
                numbers = {"reach_m": float(every.reach[k]), "limit_m": VISIBLE}
                message = f"the shape {every.names[k]} moves nothing"
                yield Finding("empty", message, f"{where}/morphs/{every.names[k]}", numbers)


@rule("morph/unique-name", severity="error", cure=RENAME)
def unique_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No mesh has two shapes of one name.

    Engines address shapes by name; the second is out of reach."""
    for where, _, mesh in meshes(avatar):
        for name, count in sorted(Counter(m.name for m in mesh.morphs).items()):
            if count > 1:
                message = f"{count} shapes are called {name}"
                yield Finding("repeated", message, f"{where}/morphs/{name}", {"count": count})


@rule("morph/name", severity="warning", cure=RENAME)
def name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Shape names use only characters that engines keep: no colon, slash, bracket or control character, no blank end.

    Godot and three.js replace the others; Maya takes what stands before a colon for a name space."""
    for shape in shape_names(avatar):
        if not re.fullmatch(r"[^\x00-\x20:/\\\[\]\x7f]([^\x00-\x1f:/\\\[\]\x7f]*[^\x00-\x20:/\\\[\]\x7f])?", shape):
            yield Finding("character", f"the shape name {shape!r} will be changed on import", f"morphs/{shape}")


@rule("morph/index", severity="error", cure=AGAIN)
def index(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Shapes name existing vertices, in rising order, each with a finite move.

    glTF's sparse accessors demand the order; loaders refuse the file otherwise."""
    for where, _, mesh in meshes(avatar):
        if not mesh.morphs:
            continue
        every = shapes(mesh)
        step = np.diff(every.vertices)
        borders = np.cumsum(every.lengths)[:-1] - 1
        step[borders[(borders >= 0) & (borders < len(step))]] = 1  # from one shape to the next
        inside = (every.vertices >= 0) & (every.vertices < len(mesh.positions))
        off = ~inside
        off[1:] |= step <= 0
        if off.any():
            k = int(off.argmax())
            elements = {"vertices": [int(every.vertices[k])]}
            message = f"vertices of the shape {every.owner(k)} are out of order or do not exist"
            yield Finding("index", message, f"{where}/morphs/{every.owner(k)}", {"entries": int(off.sum())}, elements)
        if not np.isfinite(every.reach).all():
            shape = every.names[int((~np.isfinite(every.reach)).argmax())]
            yield Finding("not-finite", f"the shape {shape} moves a vertex to nowhere", f"{where}/morphs/{shape}")


@rule("morph/reach", severity="warning", cure=AGAIN)
def reach(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No shape moves a vertex further than 25 cm.

    Faces do not; shapes stored in another unit do."""
    for where, _, mesh in full(avatar):
        if mesh.morphs:
            every = shapes(mesh)
            for k in np.flatnonzero(every.reach > FAR).tolist():
                numbers = {"reach_m": round(float(every.reach[k]), 4), "limit_m": FAR}
                message = f"the shape {every.names[k]} moves a vertex {every.reach[k]:.2f} m"
                yield Finding("far", message, f"{where}/morphs/{every.names[k]}", numbers)


@rule("morph/normal", severity="error", cure=AGAIN)
def normal(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Shapes bend normals by numbers, one for each vertex that they move.

    NaN there turns a face black as soon as the shape is used, and at no other time."""
    for where, _, mesh in meshes(avatar):
        for m in mesh.morphs:
            if m.normal is None:
                continue
            if m.normal.shape != m.delta.shape:
                message = f"the shape {m.name} bends {len(m.normal)} normals and moves {len(m.delta)} vertices"
                yield Finding("count", message, f"{where}/morphs/{m.name}")
            elif not np.isfinite(m.normal).all():
                yield Finding("not-finite", f"the shape {m.name} bends a normal to nowhere", f"{where}/morphs/{m.name}")


@rule(
    "morph/levels",
    severity="error",
    cure=Cure("Build the Levels Anew", "Ask for levels of detail from the foundry: shapes go along", 0.8),
)
def levels(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Coarser levels have no shape that the full detail lacks, and the same order.

    Engines keep one list of weights for all levels: another order there smiles when it should blink."""
    for part in avatar.parts:
        order = {m.name: k for k, m in enumerate(part.mesh.morphs)}
        for level, mesh in enumerate(part.lods[1:], 1):
            places = [order.get(m.name, -1) for m in mesh.morphs]
            where = f"parts/{part.name}/lods/{level}"
            if -1 in places:
                shape = mesh.morphs[places.index(-1)].name
                yield Finding("unknown", f"level {level} has the shape {shape}, the full detail not", where)
            elif places != sorted(places):
                yield Finding("order", f"level {level} has its shapes in another order", where)


def theirs(platform: Target, names: tuple[str, ...]) -> list[str]:
    """Canonical shape names as the platform spells them."""
    return [platform.shapes.get(n, n) for n in names]


@rule("morph/complete-set", severity="warning", cure=FACE)
def complete_set(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Face tracking's 52 shapes and the 15 visemes come complete or not at all.

    Drivers switch a set on when they find one of its names, and then miss the rest."""
    have = set(shape_names(avatar))
    for title, canonical in (("ARKit", ARKIT), ("viseme", VISEMES)):
        wanted = theirs(platform, canonical)
        missing = [n for n in wanted if n not in have]
        if missing and len(missing) < len(wanted):
            message = f"{len(missing)} {title} shapes are missing: {', '.join(missing[:4])}"
            yield Finding("incomplete", message, "morphs", {"missing": len(missing), "wanted": len(wanted)})


@rule("morph/spelling", severity="warning", cure=RENAME)
def spelling(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Shapes of face tracking are spelt exactly: `jawOpen`, not `JawOpen`, `jaw_open` or `Head.jawOpen`.

    Drivers compare names letter by letter: a shape of another spelling never moves."""
    wanted = theirs(platform, (*ARKIT, *VISEMES, *EXTRAS))
    plain: Mapping[str, str] = {_bare(n): n for n in wanted}
    exact = {*wanted, *ARKIT, *VISEMES, *EXTRAS}
    have = shape_names(avatar)
    there = set(have)
    for shape in have:
        meant = plain.get(_bare(shape.rpartition(".")[2] if shape not in exact else shape), "")
        if shape not in exact and meant and meant not in there:
            yield Finding("near", f"the shape {shape} is not called {meant}", f"morphs/{shape}")


def _bare(text: str) -> str:
    """Lower case letters and digits; a trailing l or r after _ means a side."""
    text = re.sub(r"[_\W][lL]$", "Left", re.sub(r"[_\W][rR]$", "Right", text))
    return re.sub(r"[\W_]", "", text).lower()


@rule("morph/viseme-order", severity="hint", cure=Cure("Sort the Shapes", "List the visemes from sil to U", 0.8))
def viseme_order(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The visemes stand in Oculus' order, from sil to U.

    VRChat's Viseme parameter and OVRLipSync count them 0 to 14; by number, a wrong order speaks nonsense."""
    number = {n: k for k, n in enumerate(theirs(platform, VISEMES))}
    places = [number[n] for n in shape_names(avatar) if n in number]
    if places != sorted(places):
        yield Finding("order", "the visemes stand in another order", "morphs")
