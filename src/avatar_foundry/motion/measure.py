"""How good a clip is on a body: sliding feet, sunk vertices, open loops, hands inside, locked joints, jolts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..avatar import Avatar, Clip, Skeleton
from ..geometry import vertex_normals
from ..geometry.rotations import rotation_matrices
from ..humanoid import INDEX
from ..rig.skinning import skin_positions
from .reach import Reach, own_bones

F64 = NDArray[np.float64]
#: A point this near to the floor in two frames stands on it, metres.
TOUCHING = 0.002
#: Farther than this from the surface a hand is not looked at, metres.
NEAR = 0.06
_FINGERS = ("Hand", "Index", "Middle", "Ring", "Little")
_HANDS = [i for n, i in INDEX.items() if n.removeprefix("left").removeprefix("right").startswith(_FINGERS)]
_ARMS = sorted({i for n, i in INDEX.items() if "Arm" in n or "Thumb" in n or "Shoulder" in n} | set(_HANDS))


class ClipFigures(NamedTuple):
    """slide: farthest that a standing point of a sole moves, mm.  sunk: deepest vertex below the floor, mm.

    gap: farthest joint between the ends of a loop, mm, and its turn in degrees; 0 without a loop.
    inside: deepest vertex of a hand inside trunk, legs or clothes, mm.
    knee, elbow: least bend, degrees.  jolt: greatest change of a joint's turning between frames, degrees per second.
    """

    slide: float
    sunk: float
    gap: float
    gap_turn: float
    inside: float
    knee: float
    elbow: float
    jolt: float


def world_matrices(clip: Clip, skeleton: Skeleton) -> F64:
    """(T, J, 4, 4) model-space matrices of all joints, with the clip's way over the floor."""
    count, joints = clip.rotations.shape[:2]
    rest = skeleton.rest.astype(np.float64)
    out = np.zeros((count, joints, 4, 4))
    local = rotation_matrices(clip.rotations)
    hips = skeleton.names.index("hips")
    for j, parent in enumerate(skeleton.parents.tolist()):
        here = np.zeros((count, 4, 4))
        here[:, :3, :3], here[:, 3, 3] = local[:, j], 1.0
        here[:, :3, 3] = (np.linalg.inv(rest[parent]) @ rest[j])[:3, 3] if parent >= 0 else rest[j][:3, 3]
        if j == hips and clip.translations is not None:
            here[:, :3, 3] = clip.translations
        out[:, j] = out[:, parent] @ here if parent >= 0 else here
    turn = np.zeros(count) if clip.turn is None else clip.turn.astype(np.float64)
    way = np.zeros((count, 3)) if clip.travel is None else clip.travel.astype(np.float64)
    root = np.tile(np.eye(4), (count, 1, 1))
    c, s = np.cos(turn), np.sin(turn)
    root[:, 0, 0] = root[:, 2, 2] = c
    root[:, 0, 2], root[:, 2, 0] = s, -s
    pivot = rest[hips][:3, 3] * [1.0, 0.0, 1.0]
    root[:, :3, 3] = way + pivot - root[:, :3, :3] @ pivot
    return np.asarray(root[:, None] @ out)


def measure_clip(clip: Clip, avatar: Avatar, reach: Reach, *, every: int = 3) -> ClipFigures:
    """The figures of one clip. every: vertices are looked at in every such frame, bones in each."""
    skeleton = avatar.skeleton
    assert skeleton is not None
    world = world_matrices(clip, skeleton)
    skin = (world @ np.linalg.inv(skeleton.rest.astype(np.float64))).astype(np.float32)
    shown = range(0, len(skin), every)
    sunk, inside = 0.0, 0.0
    for k in shown:
        low, deep = _vertices(avatar, skeleton, skin[k], reach.floor)
        sunk, inside = max(sunk, low), max(inside, deep)
    gap, gap_turn = 0.0, 0.0
    if clip.loop:
        ends = world[[0, -1]]
        if clip.travel is not None:
            ends[:, :, :3, 3] -= clip.travel[[0, -1]][:, None]
        gap = float(np.linalg.norm(ends[1, :, :3, 3] - ends[0, :, :3, 3], axis=-1).max())
        gap_turn = float(_angles(ends[0, :, :3, :3], ends[1, :, :3, :3]).max())
    return ClipFigures(
        1e3 * _slide(skeleton, world, reach), 1e3 * sunk, 1e3 * gap, gap_turn, 1e3 * inside,
        _least_bend(skeleton, world, "Leg"), _least_bend(skeleton, world, "Arm"), jolt(clip),
    )  # fmt: skip


def _angles(a: F64, b: F64) -> F64:
    """(...,) degrees between rotations; exact for small ones."""
    size = np.linalg.norm((a - b).reshape(*a.shape[:-2], 9), axis=-1)
    return np.asarray(np.degrees(2.0 * np.arcsin(np.clip(size / (2.0 * np.sqrt(2.0)), 0.0, 1.0))))


def _slide(skeleton: Skeleton, world: F64, reach: Reach) -> float:
    """Metres, the longest way over the floor of a point of a sole while it stands there."""
    worst = 0.0
    for bone in ("leftFoot", "rightFoot", "leftToes", "rightToes"):
        if bone not in skeleton.names:
            continue
        j = skeleton.names.index(bone)
        own = reach.points[reach.owners == INDEX[bone]]
        own = own[own[:, 1] < reach.floor + 0.03]
        if not len(own):
            continue
        inverse = np.linalg.inv(skeleton.rest[j].astype(np.float64))
        local = own @ inverse[:3, :3].T + inverse[:3, 3]
        at = np.einsum("tab,pb->tpa", world[:, j, :3, :3], local) + world[:, j, None, :3, 3]
        down = at[:, :, 1] < reach.floor + TOUCHING
        start = at[0]  # where each point came down
        for t in range(1, len(at)):
            start = np.where((down[t] & down[t - 1])[:, None], start, at[t])
            worst = max(worst, float(np.hypot(*(at[t] - start)[:, [0, 2]].T).max()))
    return worst


def _vertices(avatar: Avatar, skeleton: Skeleton, skin: NDArray[np.float32], floor: float) -> tuple[float, float]:
    """Metres below the floor, and of hands inside the body, of the deepest vertex in one frame."""
    owner = own_bones(skeleton)
    low = 0.0
    hands, body, normals = [], [], []
    for part in avatar.parts:
        mesh = part.mesh
        if mesh.joints is None or mesh.weights is None or part.role in ("eyes", "teeth", "tongue", "hair", "lashes"):
            continue
        at = skin_positions(mesh, skin)
        seen = np.zeros(len(at), bool)
        seen[mesh.faces[part.drawn]] = True
        low = max(low, floor - float(at[seen, 1].min()))
        strongest = np.asarray(mesh.weights.argmax(axis=1))
        main = owner[mesh.joints[np.arange(len(at)), strongest]]
        is_hand = np.isin(main, _HANDS) & seen
        hands.append(at[is_hand])
        mine = ~np.isin(main, _ARMS) & seen
        body.append(at[mine])
        normals.append(vertex_normals(at, mesh.faces)[mine])
    points = np.concatenate(hands)
    surface, way = np.concatenate(body), np.concatenate(normals)
    distance, row = (np.asarray(a) for a in cKDTree(surface).query(points, distance_upper_bound=NEAR))
    close = np.isfinite(distance)
    nearest = row[close]
    depth = -((points[close] - surface[nearest]) * way[nearest]).sum(-1)
    return low, float(max(0.0, depth.max(initial=0.0)))


def _least_bend(skeleton: Skeleton, world: F64, kind: str) -> float:
    """Degrees, least over time and sides, of elbow or knee; below 0 it bends the wrong way."""
    end = "Hand" if kind == "Arm" else "Foot"
    least = 180.0
    for side in ("left", "right"):
        a, b, c = (skeleton.names.index(f"{side}{n}") for n in (f"Upper{kind}", f"Lower{kind}", end))
        upper = world[:, b, :3, 3] - world[:, a, :3, 3]
        lower = world[:, c, :3, 3] - world[:, b, :3, 3]
        turn = np.cross(upper, lower)
        sine = np.linalg.norm(turn, axis=1)
        sign = np.where((turn * world[:, b, :3, 0]).sum(-1) < 0.0, -1.0, 1.0)
        least = min(least, float(np.degrees(sign * np.arctan2(sine, (upper * lower).sum(-1))).min()))
    return least


def jolt(clip: Clip) -> float:
    """Degrees per second by which a joint's turning changes at most from one frame to the next."""
    q = clip.rotations.astype(np.float64)
    if len(q) < 3:
        return 0.0
    r = rotation_matrices(q)
    step = np.swapaxes(r[:-1], -1, -2) @ r[1:]
    way = np.stack([step[..., 2, 1] - step[..., 1, 2], step[..., 0, 2] - step[..., 2, 0],
                    step[..., 1, 0] - step[..., 0, 1]], axis=-1) / 2.0  # fmt: skip
    seconds = float(clip.times[1] - clip.times[0])
    return float(np.degrees(np.linalg.norm(np.diff(way, axis=0), axis=-1).max()) / seconds)
