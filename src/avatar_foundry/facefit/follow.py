"""What is not skin: eyeballs turn, teeth and tongue go with the jaw, and what lies on the face goes with it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..avatar import F32
from ..face.correct import GAZE
from ..face.names import RECIPES, SHAPES
from ..face.shapes import field
from .eyes import Eye, measure_pieces
from .features import Features
from .frontal import F64, I64
from .lids import Rim
from .template import LOWER_TEETH, TONGUE, UPPER_TEETH

SQUASH = 0.06  # of its height that an eye without lids keeps when it closes
ON = 0.12  # distances between the eyes: what lies nearer to the skin all over is on the face


class Kinds(NamedTuple):
    """Components by what they are."""

    eyes: tuple[frozenset[int], ...]
    teeth: frozenset[int]
    tongue: frozenset[int]
    decals: frozenset[int]

    @property
    def taken(self) -> frozenset[int]:
        """What is no lash."""
        return frozenset().union(*self.eyes) | self.teeth | self.tongue


def turn_eye(points: F64, centre: F64, side: str, lids: bool) -> F32:
    """(N, S, 3) what an eyeball does: it turns about `centre`; without lids it flattens in a blink."""
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
        flat[:, 1] = -(1.0 - SQUASH) * p[:, 1]
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


def on_jaw(points: F64, piece: I64, base: F32) -> NDArray[np.bool_]:
    """(N,) which points of teeth and gums belong to the jaw: by our own teeth, and one tooth as one."""
    teeth = np.concatenate([base[UPPER_TEETH], base[LOWER_TEETH]]).astype(np.float64)
    middle = teeth.mean(axis=0)
    label = np.r_[np.ones(UPPER_TEETH.stop - UPPER_TEETH.start), -np.ones(LOWER_TEETH.stop - LOWER_TEETH.start)]
    bite = np.linalg.lstsq((teeth - middle)[:, 1:], label, rcond=None)[0]  # the plane on which they bite
    height = (points - middle)[:, 1:] @ bite
    _, own = np.unique(piece, return_inverse=True)
    count = np.bincount(own)
    level = np.sort(np.bincount(own, height) / count)
    between = np.flatnonzero((level[1:] > -0.8) & (level[:-1] < 0.8))
    if len(level) > 3 and len(between):  # the widest gap between rows of single teeth
        k = between[np.diff(level)[between].argmax()]
        height = height - 0.5 * (level[k] + level[k + 1])
    below = height < 0.0
    most = np.bincount(own, below) / count
    low, high = np.full((len(count), 3), np.inf), np.full((len(count), 3), -np.inf)
    np.minimum.at(low, own, points)
    np.maximum.at(high, own, points)
    tall = float(np.ptp(base[UPPER_TEETH, 1]) + np.ptp(base[LOWER_TEETH, 1]))
    both = (np.abs(most - 0.5) < 0.4) & ((high - low)[:, 1] > 0.6 * tall)  # gums in one piece
    return np.asarray(np.where(both[own], below, most[own] > 0.5))


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
    teeth: set[int] = set()
    tongue: set[int] = set()
    decals: set[int] = set()
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
                else:
                    teeth.add(k)
                continue
        if (
            farthest[k] < ON * spacing
            and high[k, 1] < level + 0.75 * spacing
            and centre[k, 2] > f.eyes[0].middle[2] - spacing
        ):
            decals.add(k)
    return Kinds(eyes, frozenset(teeth), frozenset(tongue), frozenset(decals))


def lashes_of(
    positions: F64, piece: I64, taken: frozenset[int], eye: Eye, spacing: float, rim: Rim
) -> list[tuple[int, I64]]:
    """The components that grow on the lids of `eye`, each with the edge that it grows on."""
    boxes = measure_pieces(positions, piece)
    middle = 0.5 * (boxes.low + boxes.high)
    wide = float(np.ptp(eye.upper[:, 0]))
    near = (np.abs(middle[:, 0] - eye.middle[0]) < 0.7 * wide) & (boxes.high[:, 1] - boxes.low[:, 1] < 0.35 * spacing)
    near &= (np.abs(middle[:, 1] - eye.middle[1]) < 0.5 * spacing) & (boxes.high[:, 0] - boxes.low[:, 0] < 1.5 * wide)
    near &= np.abs(middle[:, 2] - eye.middle[2]) < 0.3 * spacing
    out = []
    for k in np.flatnonzero(near):
        if int(k) in taken:
            continue
        points = positions[piece == k]
        gaps = []
        for edge in (eye.upper, eye.lower):
            off = points - np.stack(
                [points[:, 0], *(np.interp(points[:, 0], edge[:, 0], edge[:, c]) for c in (1, 2))], 1
            )
            gaps.append(float(np.quantile(np.sqrt((off**2).sum(axis=1)), 0.05)))
        if min(gaps) < 0.03 * spacing:
            own = rim.upper if gaps[0] <= gaps[1] else rim.lower
            if len(own) > 1:
                out.append((int(k), own))
    return out


def on_skin(points: F64, skin: F64, motion: F32) -> F32:
    """(N, S, 3) what lies on the face does: as the three vertices of skin nearest to it."""
    far, near = cKDTree(skin).query(points, k=3)
    share = 1.0 / (np.asarray(far) + 1e-4)
    share /= share.sum(axis=1, keepdims=True)
    out = np.zeros((len(points), *motion.shape[1:]), np.float32)
    for k in range(3):
        out += share[:, k, None, None].astype(np.float32) * motion[np.asarray(near)[:, k]]
    return out
