"""Rules for morph targets."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ..avatar import Avatar
from ..face.names import ARKIT, VISEMES
from .registry import Finding, Target, rule
from .walk import full, meshes

VISIBLE = 1e-5  # metres; Unity removes shapes whose largest move is smaller
FAR = 0.25  # metres; no expression moves a face further, a unit mistake does


@rule("morph/empty", severity="warning")
def empty(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every shape moves something.

    Unity removes empty shapes on import, and the numbers of all later ones shift."""
    for where, _, mesh in full(avatar):
        for m in mesh.morphs:
            if not len(m.index) or max(float(m.delta.max()), -float(m.delta.min())) < VISIBLE:
                yield Finding("empty", f"the shape {m.name} moves nothing", f"{where}/morphs/{m.name}")


@rule("morph/unique-name", severity="error")
def unique_name(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No mesh has two shapes of one name.

    Engines address shapes by name; the second is out of reach."""
    for where, _, mesh in meshes(avatar):
        for name, count in sorted(Counter(m.name for m in mesh.morphs).items()):
            if count > 1:
                yield Finding("repeated", f"{count} shapes are called {name}", f"{where}/morphs/{name}")


@rule("morph/index", severity="error")
def index(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Shapes name existing vertices, in rising order, each with a finite move.

    glTF's sparse accessors demand the order; loaders refuse the file otherwise."""
    for where, _, mesh in meshes(avatar):
        if not mesh.morphs:
            continue
        lengths = np.array([len(m.index) for m in mesh.morphs])
        every = np.concatenate([m.index for m in mesh.morphs])
        step = np.diff(every)
        borders = np.cumsum(lengths)[:-1] - 1
        step[borders[(borders >= 0) & (borders < len(step))]] = 1  # from one shape to the next
        rising = bool((step > 0).all())
        inside = not len(every) or (every.min() >= 0 and every.max() < len(mesh.positions))
        if not rising or not inside:
            yield Finding("index", "a shape's vertices are out of order or do not exist", where)
        if not all(np.isfinite(m.delta).all() for m in mesh.morphs):
            yield Finding("not-finite", "a shape moves a vertex to nowhere", where)


@rule("morph/reach", severity="warning")
def reach(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No shape moves a vertex further than 25 cm.

    Faces do not; shapes stored in another unit do."""
    for where, _, mesh in full(avatar):
        for m in mesh.morphs:
            if len(m.delta) and max(float(m.delta.max()), -float(m.delta.min())) > FAR:
                yield Finding("far", f"the shape {m.name} moves a vertex too far", f"{where}/morphs/{m.name}")


@rule("morph/complete-set", severity="warning")
def complete_set(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Face tracking's 52 shapes and the 15 visemes come complete or not at all.

    Drivers switch a set on when they find one of its names, and then miss the rest."""
    have = {m.name for _, _, mesh in full(avatar) for m in mesh.morphs}
    for title, wanted in (("ARKit", ARKIT), ("viseme", VISEMES)):
        missing = [name for name in wanted if name not in have]
        if missing and len(missing) < len(wanted):
            yield Finding(
                "incomplete", f"{len(missing)} {title} shapes are missing: {', '.join(missing[:4])}", "morphs"
            )
