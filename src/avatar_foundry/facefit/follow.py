"""What is not skin: eyeballs turn, teeth and tongue go with the jaw, and what lies on the face goes with it."""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from ..avatar import F32
from ..face.correct import GAZE
from ..face.names import RECIPES, SHAPES
from ..face.shapes import field
from .eyes import Eye
from .features import Features
from .frontal import F64, I32, I64
from .template import LOWER_TEETH, SIDES, TONGUE

SQUASH = 0.06  # of its height that an eye without lids keeps when it closes
ON = 0.12  # distances between the eyes: what lies nearer to the skin all over is on the face


class Kinds(NamedTuple):
    """Components by what they are."""

    eyes: tuple[frozenset[int], ...]
    upper_teeth: frozenset[int]
    lower_teeth: frozenset[int]
    tongue: frozenset[int]
    decals: frozenset[int]


def turn_eye(points: F64, centre: F64, side: str, lids: bool, squash: float) -> F32:
    """(N, S, 3) what an eyeball or drawn eye does: it turns about `centre`; without lids it flattens in a blink."""
    out = np.zeros((len(points), len(SHAPES), 3), np.float32)
    p = points - centre
    for look in ("Up", "Down", "In", "Out"):
        angle = np.radians(GAZE[look])
        c, s = np.cos(angle), np.sin(angle)
        if look in ("Up", "Down"):
            s = s if look == "Up" else -s
            turn = np.array(((1, 0, 0), (0, c, s), (0, -s, c)))
        else:
            s = s if (look == "Out") == (side == "Left") else -s
            turn = np.array(((c, 0, s), (0, 1, 0), (-s, 0, c)))
        out[:, SHAPES.index(f"eyeLook{look}{side}")] = p @ turn.T - p
    if not lids:
        flat = np.zeros_like(p)
        flat[:, 1] = -(1.0 - squash) * p[:, 1]
        out[:, SHAPES.index(f"eyeBlink{side}")] = flat
        out[:, SHAPES.index(f"eyeSquint{side}")] = 0.35 * flat
        out[:, SHAPES.index(f"eyeWide{side}")] = -0.12 * flat
    blend(out, ("eyesClosed", "eyesLookUp", "eyesLookDown"))
    return out


def blend(out: F32, names: tuple[str, ...]) -> None:
    """Make the shapes `names` of `out` (N, S, 3) from others by their recipes, in place."""
    for name in names:
        s = SHAPES.index(name)
        out[:, s] = 0.0
        for source, weight in RECIPES[name].weights.items():
            out[:, s] += np.float32(weight) * out[:, SHAPES.index(source)]


def jaw_motion(points: F64, base: F32, deltas: F32) -> F32:
    """(N, S, 3) what hangs firmly on the jaw does: the rigid motion of our lower teeth."""
    teeth = base[LOWER_TEETH].astype(np.float64)
    moved = deltas[field().row[LOWER_TEETH]].astype(np.float64)
    centre = teeth.mean(axis=0)
    out = np.zeros((len(points), len(SHAPES), 3), np.float32)
    for s in np.flatnonzero(np.abs(moved).max(axis=(0, 2)) > 1e-6):
        to = teeth + moved[:, s]
        u, _, v = np.linalg.svd((teeth - centre).T @ (to - to.mean(axis=0)))
        fix = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
        out[:, s] = (points - centre) @ (u @ fix @ v) + to.mean(axis=0) - points
    return out


def tongue_motion(points: F64, base: F32, deltas: F32) -> F32:
    """(N, S, 3) what a tongue does: as ours, point by point."""
    own = base[TONGUE].astype(np.float64)
    low, size = own.min(axis=0), np.maximum(np.ptp(own, axis=0), 1e-9)
    theirs = (points - points.min(axis=0)) / np.maximum(np.ptp(points, axis=0), 1e-9)
    far, near = cKDTree((own - low) / size).query(theirs, k=4)
    share = 1.0 / (np.asarray(far) + 1e-3)
    share /= share.sum(axis=1, keepdims=True)
    moved = deltas[field().row[TONGUE]]
    return np.asarray(np.einsum("nk,nksi->nsi", share.astype(np.float32), moved[np.asarray(near)]), np.float32)


def sort_pieces(positions: F64, piece: I64, words: list[str], f: Features, spacing: float) -> Kinds:
    """What the components are. words: per component the lower-case names of its part and material."""
    count = int(piece.max()) + 1
    eyes = tuple(e.pieces for e in f.eyes)
    taken = frozenset().union(*eyes) | {f.piece}
    skin = cKDTree(positions[piece == f.piece])
    far = np.asarray(skin.query(positions, distance_upper_bound=2.0 * ON * spacing)[0])
    farthest = np.zeros(count)
    np.maximum.at(farthest, piece, np.minimum(far, 10.0 * spacing))
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, piece, positions)
    np.maximum.at(high, piece, positions)
    centre = 0.5 * (low + high)
    level = float(np.mean([e.middle[1] for e in f.eyes]))
    upper, lower, tongue, decals = set(), set(), set(), set()
    for k in range(count):
        if k in taken:
            continue
        if f.mouth is not None:
            line = f.mouth[len(f.mouth) // 2]
            within = abs(centre[k, 0] - f.middle) < 0.7 * spacing and abs(centre[k, 1] - line[1]) < 0.5 * spacing
            behind = high[k, 2] < line[2] - 0.01 * spacing and high[k, 2] > line[2] - 1.3 * spacing
            named = any(w in words[k] for w in ("teeth", "tooth", "tongue", "gum"))
            if within and (behind or named) and f.parted:
                wide, tall, deep = high[k] - low[k]
                flat = tall < 0.45 * deep and wide < 0.8 * deep and abs(centre[k, 0] - f.middle) < 0.05 * spacing
                if "tongue" in words[k] or (
                    "t" in words[k] and flat and not ("teeth" in words[k] or "tooth" in words[k])
                ):
                    tongue.add(k)
                elif centre[k, 1] > line[1]:
                    upper.add(k)
                else:
                    lower.add(k)
                continue
        if (
            farthest[k] < ON * spacing
            and high[k, 1] < level + 0.75 * spacing
            and centre[k, 2] > f.eyes[0].middle[2] - spacing
        ):
            decals.add(k)
    return Kinds(eyes, frozenset(upper), frozenset(lower), frozenset(tongue), frozenset(decals))


def on_skin(points: F64, skin: F64, motion: F32) -> F32:
    """(N, S, 3) what lies on the face does: as the three vertices of skin nearest to it."""
    far, near = cKDTree(skin).query(points, k=3)
    share = 1.0 / (np.asarray(far) + 1e-4)
    share /= share.sum(axis=1, keepdims=True)
    out = np.zeros((len(points), *motion.shape[1:]), np.float32)
    for k in range(3):
        out += share[:, k, None, None].astype(np.float32) * motion[np.asarray(near)[:, k]]
    return out


__all__ = ["I32", "SIDES", "Eye"]
