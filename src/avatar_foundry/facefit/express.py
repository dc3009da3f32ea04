"""A speaking face for an uploaded head: found, covered with ours, and given what ours can do."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Avatar, Mesh, Morph
from ..face.names import ARKIT, EXTRAS, RECIPES, SHAPES, VISEMES
from .aliases import known_shapes
from .carry import gather, match, smooth
from .eyes import ball_of
from .features import Features, find_features
from .field import carried_field, seat_eyes
from .follow import SQUASH, blend, jaw_motion, lashes_of, on_jaw, on_skin, sort_pieces, tongue_motion, turn_eye
from .frontal import F64, I64
from .head import Head, head_of
from .lids import close_lids, on_rim, rim_of
from .lips import lip_sides
from .register import Registered, register
from .report import Report
from .template import SIDES

DROP = 1e-5  # metres at the size of an adult's head
SEALED = 0.45  # of what lips would part, where they cannot
PARTING = ("jawOpen", "mouthClose", "mouthLowerDown", "mouthUpperUp", "mouthFunnel", "mouthShrugUpper")
ADULT = 0.066  # metres between an adult's eyes


def express(avatar: Avatar, base: F32 | None = None, *, skip_existing: bool = True) -> tuple[Avatar, Report]:
    """`avatar` with the shapes of SHAPES that its face can make, and what came of it.

    avatar: canonical space (metres, +Y up, facing +Z), with a skeleton that has a joint "head" and skin weights.
    base: (B, 3) the body fitted to it, or None; not needed where the face's own features are found.
    skip_existing: shapes that the file brings, under whatever name, stay as they are and are not made.
    Only the face moves. No face: the avatar itself, and the reason.
    """
    names = list(dict.fromkeys(m.name for p in avatar.parts for m in p.mesh.morphs))
    kept = known_shapes(names) if skip_existing else {}
    if all(s in kept for s in (*ARKIT, *VISEMES)):
        return avatar, Report("kept", "the file brings all shapes", kept=kept, confidence=1.0)
    head = head_of(avatar)
    if head is None:
        return avatar, Report("none", "nothing hangs on a head", kept=kept)
    seen = find_features(head.positions, head.faces, head.piece, head.joint)
    if (why := no_face(seen)) is not None:
        return avatar, Report("none", why, kept=kept)
    r = register(seen)
    motion, facts = _motions(avatar, head, seen, r)
    made = [s for s in SHAPES if s not in facts.missing and s not in kept]
    return _give(avatar, head, motion, made, kept, replace(facts, kept=kept), seen, r)


def no_face(f: Features) -> str | None:
    """Why this is no face, or None when it is one."""
    if not f.eyes:
        return "no pair of eyes was found on the front of the head"
    if f.nose is None and f.mouth is None:
        return "there are eyes, but neither a nose nor a mouth"
    if f.chin is None or f.mouth is None:
        return "there are eyes and a nose, but no mouth was found"
    return None


def _motions(avatar: Avatar, head: Head, f: Features, r: Registered) -> tuple[F32, Report]:
    """(V, S, 3) what each vertex of the head does, and what is to be said about it."""
    assert f.mouth is not None
    spacing = r.spacing
    balls = tuple(
        ball_of(head.positions[np.isin(head.piece, list(e.pieces))]) if e.ball and e.pieces else None for e in f.eyes
    )
    base = seat_eyes(r, f.eyes, balls)
    deltas = carried_field(r, base)
    motion = np.zeros((len(head.positions), len(SHAPES), 3), np.float32)
    kinds = sort_pieces(head.positions, head.piece, _words(avatar, head), f, spacing)
    mine = np.flatnonzero(head.piece == f.piece)
    at = head.positions[mine]
    near = np.abs(at - r.base[13380:13606].mean(axis=0)).max(axis=1) < 4.0 * spacing
    skin, at = mine[near], at[near]
    side = np.zeros(len(skin))
    if f.seam is not None:
        number = np.flatnonzero(head.piece[head.faces[:, 0]] == f.piece)
        side = lip_sides(head.positions, head.faces, f.skin, number, f.seam, spacing)[skin]
    m = match(at, head.normals[skin], side, base, r)
    moved = gather(m, deltas)
    rows = np.full(len(head.positions), -1, np.int64)
    rows[skin] = np.arange(len(skin))
    own = rows[_skin_faces(head, f)]
    away = np.sqrt(((at - f.mouth.mean(axis=0)) ** 2).sum(axis=1)) / spacing
    moved = smooth(moved, at, own[(own >= 0).all(axis=1)], np.clip(2.2 - 2.0 * away, 0.0, 1.0), spacing)
    limited: dict[str, str] = {}
    missing: dict[str, str] = {}
    if not f.parted:
        for s, name in enumerate(SHAPES):
            if name.startswith(PARTING):
                moved[:, s] *= SEALED
                limited[name] = "the lips are one surface: they stretch and do not part"
        for name in VISEMES:
            if any(source.startswith(PARTING) for source in RECIPES[name].weights):
                limited[name] = "the lips are one surface: they stretch and do not part"
    if not kinds.tongue:
        missing["tongueOut"] = "there is no tongue"
    lids = [e.lids for e in f.eyes]
    gap, rims = 0.0, []
    for i, eye in enumerate(f.eyes):
        for what in ("Blink", "Squint", "Wide"):
            if not eye.lids:
                limited[f"eye{what}{SIDES[i]}"] = "there are no lids: the eye itself flattens"
        if eye.lids:
            rim = rim_of(eye, f, head.positions, _skin_faces(head, f))
            rims.append(rim)
            own = _skin_faces(head, f)
            gap = max(gap, close_lids(moved, m, skin, head.positions, own, f, rim, i, balls[i], spacing))
        else:
            moved[:, SHAPES.index(f"eyeBlink{SIDES[i]}")] = 0.0
    moved *= head.weight[skin, None, None].astype(np.float32)
    blend(moved, (*VISEMES[1:], *EXTRAS))
    silent = int(np.argmin(((at - f.mouth[len(f.mouth) // 2] + (0.0, 0.0, 0.3 * spacing)) ** 2).sum(axis=1)))
    moved[silent, SHAPES.index("viseme_sil"), 2] = -1e-4 * spacing / ADULT  # Unity drops shapes without any delta
    motion[skin] = moved
    for i, (eye, pieces) in enumerate(zip(f.eyes, kinds.eyes, strict=True)):
        rows = np.flatnonzero(np.isin(head.piece, list(pieces)))
        ball = balls[i]
        if len(rows):
            centre = ball[:3] if ball is not None else eye.middle
            motion[rows] = turn_eye(head.positions[rows], centre, SIDES[i], eye.lids, SQUASH)
    rows = np.flatnonzero(np.isin(head.piece, list(kinds.teeth)))
    if len(rows):
        own = on_jaw(head.positions[rows], head.piece[rows], base)
        motion[rows[own]] = jaw_motion(head.positions[rows[own]], base, deltas)
    rows = np.flatnonzero(np.isin(head.piece, list(kinds.tongue)))
    if len(rows):
        motion[rows] = tongue_motion(head.positions[rows], base, deltas)
    rows = np.flatnonzero(np.isin(head.piece, list(kinds.decals)))
    if len(rows):
        motion[rows] = on_skin(head.positions[rows], at, moved)
        for name in ("eyeBlinkLeft", "eyeBlinkRight", "eyesClosed"):
            motion[rows, SHAPES.index(name)] = 0.0  # brows stay when lids close
    for eye, rim in zip(f.eyes, rims, strict=False):
        for lash, edge in lashes_of(head.positions, head.piece, kinds.taken | {f.piece}, eye, spacing, rim):
            rows = np.flatnonzero(head.piece == lash)
            motion[rows] = on_rim(head.positions[rows], edge, skin, head.positions, moved)
    return motion, Report(
        "partly" if limited or missing else "made",
        "",
        limited=limited,
        missing=missing,
        mouth="parted" if f.parted else "sealed",
        eyes="lids" if all(lids) else "bare",
        miss=r.miss,
        blink_gap=gap if all(lids) else None,
        confidence=float(np.exp(-((r.miss / 0.06) ** 2))) * (1.0 if f.parted else 0.8),
    )


def _skin_faces(head: Head, f: Features) -> NDArray[np.int32]:
    """The faces that `f.skin` numbers."""
    return head.faces[head.piece[head.faces[:, 0]] == f.piece]


def _words(avatar: Avatar, head: Head) -> list[str]:
    """Per component: what its part is called."""
    words = [f"{p.name} {p.role} {p.material}".lower() for p in avatar.parts]
    part = np.zeros(int(head.piece.max()) + 1, np.int64)
    part[head.piece[head.faces[:, 0]]] = head.part
    return [words[k] for k in part]


def _give(
    avatar: Avatar,
    head: Head,
    motion: F32,
    made: list[str],
    kept: dict[str, str],
    facts: Report,
    f: Features,
    r: Registered,
) -> tuple[Avatar, Report]:
    drop = DROP * r.spacing / ADULT
    counts: dict[str, int] = {}
    there: set[str] = set()
    rows = iter(head.rows)

    def give(mesh: Mesh, row: I64) -> Mesh:
        own = list(mesh.morphs)
        index = np.flatnonzero(row >= 0)
        moved = motion[row[index]]
        size = np.abs(moved).max(axis=2)
        for name in SHAPES:
            if name in kept:
                own += [replace(m, name=name) for m in mesh.morphs if m.name == kept[name] != name]
                continue
            if name not in made:
                continue
            s = SHAPES.index(name)
            hit = np.flatnonzero(size[:, s] > drop)
            if len(hit) and size[hit, s].max() > 2.0 * drop:
                own = [m for m in own if m.name != name]
                own.append(Morph(name, index[hit].astype(np.int32), np.ascontiguousarray(moved[hit, s])))
                there.add(name)
        return replace(mesh, morphs=tuple(own)) if len(own) != len(mesh.morphs) or there else mesh

    parts = []
    for part in avatar.parts:
        mesh = give(part.mesh, next(rows))
        gained = len(mesh.morphs) - len(part.mesh.morphs)
        if gained:
            counts[part.name] = gained
            part = replace(part, lods=(mesh, *part.lods[1:]))
        parts.append(part)
    missing = {**{s: "nothing of this face moves in it" for s in made if s not in there}, **facts.missing}
    return (
        replace(avatar, parts=tuple(parts)),
        replace(facts, made=tuple(s for s in made if s in there), missing=missing, parts=counts),
    )
