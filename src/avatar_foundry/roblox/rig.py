"""The R15 skeleton: joints without rotation, the hips at the origin, face bones below the head."""

import numpy as np
from numpy.typing import NDArray

from ..avatar import I32, Clip, Skeleton
from ..geometry.rotations import quaternions
from .face_bones import FaceBones
from .names import FACE_ROOT, PIECES

F64 = NDArray[np.float64]

ROOTS = ("Root", "HumanoidRootNode")
FRAMES = 30.0  # per second
FACS_CLIP = "FACS"


def owners(skeleton: Skeleton) -> I32:
    """(J,) the number of the piece that each joint belongs to; joints that R15 lacks go with the joint above."""
    own = {source: k for k, piece in enumerate(PIECES) for source in piece.sources}
    out = np.zeros(len(skeleton.names), np.int32)
    for j, name in enumerate(skeleton.names):  # parents come first
        up = int(skeleton.parents[j])
        out[j] = own.get(name, int(out[up]) if up >= 0 else 0)
    return out


def joint_places(skeleton: Skeleton) -> F64:
    """(P, 3) where the joint of each piece lies, metres; where a source is missing, its parent piece's place."""
    index = {n: j for j, n in enumerate(skeleton.names)}
    number = {p.name: k for k, p in enumerate(PIECES)}
    out = np.zeros((len(PIECES), 3))
    for k, piece in enumerate(PIECES):
        there = [index[s] for s in piece.sources if s in index]
        out[k] = skeleton.rest[there[0], :3, 3] if there else out[number.get(piece.parent, 0)]
    return out


def r15_skeleton(places: F64, face: FaceBones | None) -> Skeleton:
    """Root, HumanoidRootNode, the 15 joints at `places` (P, 3), and the face's bones."""
    names = [*ROOTS, *(p.name for p in PIECES)]
    number = {n: k for k, n in enumerate(names)}
    parents = [-1, 0, *(number[p.parent] for p in PIECES)]
    at = [np.zeros(3), np.zeros(3), *places]
    if face is not None:
        head = number["Head"]
        names += [FACE_ROOT, *face.names]
        parents += [head, *[len(at)] * len(face.names)]
        at += [places[head - len(ROOTS)], *face.places]
    rest = np.tile(np.eye(4), (len(names), 1, 1))
    rest[:, :3, 3] = np.array(at)
    return Skeleton(tuple(names), np.array(parents, np.int16), rest.astype(np.float32))


def facs_clip(skeleton: Skeleton, face: FaceBones) -> Clip:
    """Frame 0 at rest, then one frame per control."""
    count, joints = len(face.controls) + 1, len(skeleton.names)
    rotations = np.zeros((count, joints, 4))
    rotations[..., 3] = 1.0
    first = skeleton.names.index(FACE_ROOT)
    head = skeleton.rest[first, :3, 3].astype(np.float64)
    moves = {}
    for b, name in enumerate(face.names):
        j = first + 1 + b
        rotations[1:, j] = quaternions(face.turns[:, b])
        place = np.concatenate([face.places[b][None], face.turns[:, b] @ face.places[b] + face.moves[:, b]])
        moves[name] = (place - head).astype(np.float32)
    times = np.arange(count, dtype=np.float32) / np.float32(FRAMES)
    return Clip(FACS_CLIP, times, rotations.astype(np.float32), moves=moves)
