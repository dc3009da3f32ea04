"""What every vertex of a head does in every shape: skin by what lies on it, and all else by what it is."""

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Avatar
from ..face.names import EXTRAS, RECIPES, SHAPES, VISEMES
from .carry import Match, gather, match, smooth
from .drawn import along_skin, move_drawn_eye, move_drawn_mouth
from .eyes import ball_of
from .features import Features
from .field import carried_field, seat_eyes
from .follow import Kinds, blend, jaw_motion, lashes_of, on_jaw, on_skin, sort_pieces, tongue_motion, turn_eye
from .frontal import F64, I32, I64
from .head import Head
from .lids import Rim, close_lids, on_rim, rim_of
from .lips import lip_sides
from .mirror import symmetrise
from .register import Registered
from .report import Report
from .template import SIDES, TONGUE

ADULT = 0.066  # metres between an adult's eyes
SEALED = 0.45  # of what lips would part, where they cannot
PARTING = ("jawOpen", "mouthClose", "mouthLowerDown", "mouthUpperUp", "mouthFunnel", "mouthShrugUpper")
STRETCHES = "the lips are one surface: they stretch and do not part"
DRAWN = "the mouth is drawn on: it opens as a shape, without teeth, and the skin goes half the way"
OPENED = "the mouth stands open: the jaw has less way to go"
BARE = "there are no lids: the eye itself flattens"
WIDE = 0.45  # distances between the eyes that an open jaw parts the lips
REACH = 4.0  # distances between the eyes: skin farther from the mouth is not looked at


def motions(avatar: Avatar, head: Head, f: Features, r: Registered) -> tuple[F32, Report]:
    """(V, S, 3) metres, rows as in `head`; and what is to be said about it."""
    assert f.mouth is not None
    balls = tuple(
        ball_of(head.positions[np.isin(head.piece, list(e.pieces))]) if e.ball and e.pieces else None for e in f.eyes
    )
    base = seat_eyes(r, f.eyes, balls)
    deltas = carried_field(r, base)
    already = _spare_jaw(f, r, deltas)
    kinds = sort_pieces(head.positions, head.piece, _words(avatar, head), f, r.spacing)
    skin, moved, m = _skin(head, f, r, base, deltas)
    limited, missing = _limits(f, kinds)
    if not f.parted:
        for s, name in enumerate(SHAPES):
            if name.startswith(PARTING):
                moved[:, s] *= SEALED
    if already:
        limited |= dict.fromkeys(("jawOpen", *(v for v in VISEMES if "jawOpen" in RECIPES[v].weights)), OPENED)
    gap, rims = _close(head, f, r, skin, moved, m, balls, base)
    moved *= head.weight[skin, None, None].astype(np.float32)
    blend(moved, (*VISEMES[1:], *EXTRAS))
    at = head.positions[skin]
    silent = int(np.argmin(((at - f.mouth[len(f.mouth) // 2] + (0.0, 0.0, 0.3 * r.spacing)) ** 2).sum(axis=1)))
    moved[silent, SHAPES.index("viseme_sil"), 2] = -1e-4 * r.spacing / ADULT  # Unity drops shapes without any delta
    motion = np.zeros((len(head.positions), len(SHAPES), 3), np.float32)
    motion[skin] = moved
    _eyes(motion, head, f, kinds, balls)
    _others(motion, head, f, r, kinds, base, deltas, skin, rims)
    middle = 0.5 * float(f.eyes[0].middle[0] + f.eyes[1].middle[0])
    symmetrise(motion, head.positions, middle, r.spacing)
    return motion, Report(
        "partly" if limited or missing else "made",
        "",
        limited=limited,
        missing=missing,
        mouth="parted" if f.parted else "drawn" if f.drawn >= 0 else "sealed",
        eyes="lids" if len(rims) == 2 else "bare",
        miss=r.miss,
        blink_gap=gap if len(rims) == 2 else None,
        confidence=float(np.exp(-((r.miss / 0.06) ** 2))) * (1.0 if f.parted else 0.8),
    )


def _spare_jaw(f: Features, r: Registered, deltas: F32) -> bool:
    """Take off from the opening of the jaw what the mouth stands open already, in place; whether there was any."""
    if f.lips is None:
        return False
    apart = float((f.lips[0] - f.lips[1])[2:-2, 1].max()) / r.spacing
    less = np.float32(min(apart / WIDE, 0.65))
    jaw = deltas[:, SHAPES.index("jawOpen")] * less
    for name, recipe in {"jawOpen": {"jawOpen": 1.0}, **{v: RECIPES[v].weights for v in (*VISEMES, *EXTRAS)}}.items():
        deltas[:, SHAPES.index(name)] -= np.float32(recipe.get("jawOpen", 0.0)) * jaw
    return True


def _skin(head: Head, f: Features, r: Registered, base: F32, deltas: F32) -> tuple[I64, F32, Match]:
    """The face's skin (N,), what it does (N, S, 3), and where it lies on ours."""
    assert f.mouth is not None
    mine = np.flatnonzero(head.piece == f.piece)
    near = np.abs(head.positions[mine] - r.base[TONGUE].mean(axis=0)).max(axis=1) < REACH * r.spacing
    skin = mine[near]
    at = head.positions[skin]
    side = np.zeros(len(skin))
    if f.seam is not None:
        number = np.flatnonzero(head.piece[head.faces[:, 0]] == f.piece)
        side = lip_sides(head.positions, head.faces, f.skin, number, f.seam, r.spacing)[skin]
    m = match(at, head.normals[skin], side, base, r)
    rows = np.full(len(head.positions), -1, np.int64)
    rows[skin] = np.arange(len(skin))
    faces = rows[_own_faces(head, f)]
    away = np.sqrt(((at - f.mouth.mean(axis=0)) ** 2).sum(axis=1)) / r.spacing
    near_mouth = np.clip(2.2 - 2.0 * away, 0.0, 1.0)
    return skin, smooth(gather(m, deltas), at, faces[(faces >= 0).all(axis=1)], near_mouth, r.spacing), m


def _limits(f: Features, kinds: Kinds) -> tuple[dict[str, str], dict[str, str]]:
    """Shapes that this face makes less of, and those that it cannot make, with the reasons."""
    limited: dict[str, str] = {}
    if not f.parted:
        why = DRAWN if f.drawn >= 0 else STRETCHES
        limited |= {name: why for name in SHAPES if name.startswith(PARTING)}
        parting = {v for v in VISEMES if any(source.startswith(PARTING) for source in RECIPES[v].weights)}
        limited |= {name: why for name in VISEMES if name in parting}
    for side, eye in zip(SIDES, f.eyes, strict=True):
        if not eye.lids:
            limited |= {f"eye{what}{side}": BARE for what in ("Blink", "Squint", "Wide")}
    return limited, {} if kinds.tongue else {"tongueOut": "there is no tongue"}


def _close(
    head: Head,
    f: Features,
    r: Registered,
    skin: I64,
    moved: F32,
    m: Match,
    balls: tuple[F64 | None, ...],
    base: F32,
) -> tuple[float, list[Rim]]:
    """Blinks, in place: lids close, and where there are none, skin stays. The gap left, and the edges of lids."""
    gap, rims = 0.0, []
    faces = _own_faces(head, f)
    for i, eye in enumerate(f.eyes):
        if eye.lids:
            rims.append(rim_of(f, i, head.positions, faces, base, r.spacing))
            left = close_lids(moved, m, skin, head.positions, faces, f, rims[-1], i, balls[i], r.spacing)
            gap = max(gap, left)
        else:
            moved[:, SHAPES.index(f"eyeBlink{SIDES[i]}")] = 0.0
    return gap, rims


def _eyes(motion: F32, head: Head, f: Features, kinds: Kinds, balls: tuple[F64 | None, ...]) -> None:
    """Eyeballs turn, drawn eyes slide; in place."""
    for side, eye, pieces, ball in zip(SIDES, f.eyes, kinds.eyes, balls, strict=True):
        rows = np.flatnonzero(np.isin(head.piece, list(pieces)))
        if len(rows) and ball is not None:
            motion[rows] = turn_eye(head.positions[rows], ball[:3], side, eye.lids)
        elif len(rows):
            motion[rows] = move_drawn_eye(head.positions[rows], side)
            motion[rows, :, 2] += along_skin(f.skin, head.positions[rows], motion[rows])


def _others(
    motion: F32,
    head: Head,
    f: Features,
    r: Registered,
    kinds: Kinds,
    base: F32,
    deltas: F32,
    skin: I64,
    rims: list[Rim],
) -> None:
    """Teeth, tongue, brows, drawn mouths and lashes, in place."""
    assert f.mouth is not None
    at, moved = head.positions[skin], motion[skin]
    rows = np.flatnonzero(np.isin(head.piece, list(kinds.teeth)))
    if len(rows):
        lower = rows[on_jaw(head.positions[rows], head.piece[rows], base)]
        motion[lower] = jaw_motion(head.positions[lower], base, deltas)
    rows = np.flatnonzero(np.isin(head.piece, list(kinds.tongue)))
    if len(rows):
        motion[rows] = tongue_motion(head.positions[rows], base, deltas)
    rows = np.flatnonzero(np.isin(head.piece, list(kinds.decals)))
    if len(rows):
        motion[rows] = on_skin(head.positions[rows], at, moved)
        for name in ("eyeBlinkLeft", "eyeBlinkRight", "eyesClosed"):
            motion[rows, SHAPES.index(name)] = 0.0  # brows stay when lids close
    rows = np.flatnonzero(head.piece == f.drawn)
    if len(rows):
        points = head.positions[rows]
        motion[rows] = move_drawn_mouth(points, f.mouth, base, deltas)
        motion[rows, :, 2] = along_skin(f.skin, points, motion[rows]) + on_skin(points, at, moved)[..., 2]
    for eye, rim in zip(f.eyes, rims, strict=False):
        for lash, edge in lashes_of(head.positions, head.piece, kinds.taken | {f.piece}, eye, r.spacing, rim):
            rows = np.flatnonzero(head.piece == lash)
            motion[rows] = on_rim(head.positions[rows], edge, skin, head.positions, moved)


def _own_faces(head: Head, f: Features) -> I32:
    """The faces of the face's own component, as `f.skin` numbers them."""
    return np.asarray(head.faces[head.piece[head.faces[:, 0]] == f.piece], np.int32)


def _words(avatar: Avatar, head: Head) -> list[str]:
    """Per component: what its part is called."""
    words = [f"{p.name} {p.role} {p.material}".lower() for p in avatar.parts]
    part: NDArray[np.int64] = np.zeros(int(head.piece.max()) + 1, np.int64)
    part[head.piece[head.faces[:, 0]]] = head.part
    return [words[k] for k in part]
