"""A speaking face for an uploaded head: found, covered with ours, and given what ours can do."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..avatar import F32, Avatar, Mesh, Morph
from ..face.names import ARKIT, RECIPES, SHAPES, VISEMES
from .aliases import known_shapes
from .features import Features, find_features
from .frontal import I64
from .head import head_of
from .motions import ADULT, motions
from .register import register
from .report import Report

DROP = 1e-5  # metres at the size of an adult's head: no screen shows less


def express(avatar: Avatar, base: F32 | None = None, *, skip_existing: bool = True) -> tuple[Avatar, Report]:
    """`avatar` with the shapes of SHAPES that its face can make, and what came of it.

    avatar: canonical space (metres, +Y up, facing +Z), with a skeleton that has a joint "head" and skin weights.
    base: (B, 3) the body fitted to it, or None; not needed where the face's own features are found.
    skip_existing: shapes that the file brings, under whatever name, stay as they are and are not made; under our names
    they are there once more, with the same deltas.
    Only the face moves. Each mesh has its own shapes first, then ours in the order of SHAPES. Without a face: the
    avatar as it is, and the reason.
    """
    names = list(dict.fromkeys(m.name for p in avatar.parts for m in p.mesh.morphs))
    kept = known_shapes(names) if skip_existing else {}
    if all(s in kept for s in (*ARKIT, *VISEMES)):
        return _give(avatar, (), None, kept, 0.0, Report("kept", "the file brings all shapes", confidence=1.0))
    head = head_of(avatar)
    if head is None:
        return _give(avatar, (), None, kept, 0.0, Report("none", "nothing hangs on a head"))
    seen = find_features(head.positions, head.faces, head.piece, head.joint)
    if (why := no_face(seen)) is not None:
        return _give(avatar, (), None, kept, 0.0, Report("none", why))
    r = register(seen)
    motion, facts = motions(avatar, head, seen, r)
    return _give(avatar, head.rows, motion, kept, DROP * r.spacing / ADULT, facts)


def no_face(f: Features) -> str | None:
    """Why this is no face that can speak, or None when it is one."""
    if not f.eyes:
        return "no pair of eyes was found on the front of the head"
    if f.nose is None and f.mouth is None:
        return "there are eyes, but neither a nose nor a mouth"
    if f.chin is None or f.mouth is None:
        return "there are eyes and a nose, but no mouth was found"
    return None


def _give(
    avatar: Avatar, rows: tuple[I64, ...], motion: F32 | None, kept: Mapping[str, str], drop: float, facts: Report
) -> tuple[Avatar, Report]:
    """The avatar with its own shapes, those by our names, and what `motion` (V, S, 3) adds; rows: as in `Head`."""
    own = set(kept)
    from_own = {v for v in VISEMES[1:] if v not in own and RECIPES[v].weights and RECIPES[v].weights.keys() <= own}
    made = [] if motion is None else [s for s in SHAPES if s not in own and s not in facts.missing]
    counts: dict[str, int] = {}
    there: set[str] = set()
    parts = []
    for number, part in enumerate(avatar.parts):
        mesh = part.mesh
        by_name = {m.name: m for m in mesh.morphs}
        fresh = [] if motion is None else _morphs(rows[number], motion, drop)
        ours: dict[str, Morph] = {m.name: m for m in fresh if m.name in made}
        for name in from_own:
            ours.pop(name, None)
            mixed = _mix(mesh, {kept[s]: w for s, w in RECIPES[name].weights.items()}, name)
            if mixed is not None:
                ours[name] = mixed
        there |= ours.keys()
        for name, source in kept.items():
            if source in by_name and source != name:
                ours[name] = replace(by_name[source], name=name)
        if not ours:
            parts.append(part)
            continue
        old = tuple(m for m in mesh.morphs if m.name not in ours)
        new = tuple(ours[name] for name in SHAPES if name in ours)
        counts[part.name] = len(new)
        parts.append(replace(part, lods=(replace(mesh, morphs=(*old, *new)), *part.lods[1:])))
    missing = {**{s: "nothing of this face moves in it" for s in made if s not in there}, **facts.missing}
    listed = tuple(s for s in SHAPES if s in there)
    limited = {s: why for s, why in facts.limited.items() if s in there}
    facts = replace(facts, made=listed, kept=dict(kept), missing=missing, limited=limited, parts=counts)
    return (replace(avatar, parts=tuple(parts)) if counts else avatar), facts


def _morphs(row: I64, motion: F32, drop: float) -> list[Morph]:
    """The shapes that move a mesh whose vertices are `row` (P,) of the head, -1 for those that are not."""
    index = np.flatnonzero(row >= 0)
    moved = motion[row[index]]
    size = np.abs(moved).max(axis=2) if len(index) else np.zeros((0, len(SHAPES)), np.float32)
    out = []
    for s, name in enumerate(SHAPES):
        hit = np.flatnonzero(size[:, s] > drop)
        if len(hit) and size[hit, s].max() > 2.0 * drop:
            out.append(Morph(name, index[hit].astype(np.int32), np.ascontiguousarray(moved[hit, s])))
    return out


def _mix(mesh: Mesh, weights: Mapping[str, float], name: str) -> Morph | None:
    """The weighted sum of the mesh's own shapes, or None when none of them moves it."""
    whole = np.zeros_like(mesh.positions)
    for morph in mesh.morphs:
        whole[morph.index] += np.float32(weights.get(morph.name, 0.0)) * morph.delta
    hit = np.flatnonzero(np.abs(whole).max(axis=1) > 0.0)
    return Morph(name, hit.astype(np.int32), np.ascontiguousarray(whole[hit])) if len(hit) else None
