"""A whole AXIS-65 around the joints that a rig has: places for those it lacks, and rest frames for all."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..avatar import Skeleton
from ..humanoid import AXIS65, INDEX, MAIN_CHILD, NAMES, REQUIRED
from ..rig.frames import rest_frames, turn_between

F64 = NDArray[np.float64]
STRAIGHT = 0.87  # cosine of 30 degrees: a figure that leans less stands along the nearest axes
_FINGERS = ("Thumb", "Index", "Middle", "Ring", "Little")
# Where finger joints lie in a hand of length 1 (wrist to the middle knuckle), in the T-pose of the left hand.
_KNUCKLES = {"Index": 0.27, "Middle": 0.05, "Ring": -0.15, "Little": -0.33}
_SEGMENTS = {
    "Index": (0.95, 1.4, 1.65),
    "Middle": (1.0, 1.5, 1.8),
    "Ring": (0.95, 1.4, 1.68),
    "Little": (0.86, 1.2, 1.4),
}


def upright(at: Mapping[str, F64]) -> F64:
    """(3, 3) the turn to +Y up, facing +Z, left +X, from canonical joints: by quarter turns unless the figure leans."""
    up = at["head"] - at["hips"]
    up = up / max(float(np.linalg.norm(up)), 1e-12)
    left = at["leftUpperLeg"] - at["rightUpperLeg"] + at["leftUpperArm"] - at["rightUpperArm"]
    left = left - (left @ up) * up
    if float(np.linalg.norm(left)) < 1e-9:
        left = np.array([1.0, 0.0, 0.0]) - up[0] * up
    left = left / max(float(np.linalg.norm(left)), 1e-12)
    exact = np.stack([left, up, np.cross(left, up)])
    rows = np.abs(exact).argmax(axis=1)
    if len(set(rows.tolist())) == 3 and (np.abs(exact).max(axis=1) > STRAIGHT).all():
        near = np.zeros((3, 3))
        near[np.arange(3), rows] = np.sign(exact[np.arange(3), rows])
        return near
    return exact


def complete(at: Mapping[str, F64]) -> dict[str, F64]:
    """A place for every bone of AXIS-65, those given unchanged.

    at: canonical name -> (3,), +Y up, facing +Z; hips, head, both upper arms and both upper legs must be there.
    """
    p = {name: np.asarray(v, np.float64) for name, v in at.items() if name in INDEX}
    _limbs(p)
    hips, head = p["hips"], p["head"]
    arms = 0.5 * (p["leftUpperArm"] + p["rightUpperArm"])
    throat = hips + (head - hips) * 0.85
    throat[1] = min(max(arms[1] + 0.1 * (head[1] - arms[1]), arms[1]), head[1] - 0.1 * (head[1] - hips[1]))
    p.setdefault("neck", throat)
    chain = ["hips", "spine", "chest", "upperChest", "neck"]
    known = [n for n in chain if n in p]
    for name in chain:
        if name not in p:
            k = chain.index(name)
            before = max((n for n in known if chain.index(n) < k), key=chain.index)
            after = min((n for n in known if chain.index(n) > k), key=chain.index)
            share = (k - chain.index(before)) / (chain.index(after) - chain.index(before))
            p[name] = p[before] + share * (p[after] - p[before])
    tall = max(float(np.linalg.norm(head - p["neck"])), 0.15 * float(np.linalg.norm(p["neck"] - hips)), 1e-6)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        p.setdefault(f"{side}Eye", head + tall * np.array([0.3 * sign, 0.7, 0.8]))
        arm = p[f"{side}UpperArm"]
        p.setdefault(f"{side}Shoulder", np.array([0.75, 0.9, 0.6]) * p["neck"] + np.array([0.25, 0.1, 0.4]) * arm)
        _fingers(p, side)
        foot, knee = p[f"{side}Foot"], p[f"{side}LowerLeg"]
        shin = max(float(np.linalg.norm(knee - foot)), 1e-6)
        p.setdefault(f"{side}Toes", foot + shin * np.array([0.0, -0.18, 0.33]))
        toes = p[f"{side}Toes"]
        ahead = (toes - foot) * np.array([1.0, 0.0, 1.0])
        if float(np.linalg.norm(ahead)) < 1e-6:
            ahead = np.array([0.0, 0.0, 0.3 * shin])
        p.setdefault(f"{side}ToesEnd", toes + 0.55 * ahead)
        for bone in ("UpperArm", "LowerArm", "UpperLeg", "LowerLeg"):
            name = side + bone
            p.setdefault(f"{name}Twist", 0.5 * (p[name] + p[MAIN_CHILD[name]]))
    p.setdefault("jaw", head + tall * np.array([0.0, 0.2, 0.4]))
    return p


def _limbs(p: dict[str, F64]) -> None:
    """Elbows, hands, knees and feet that a rig lacks, in place: halfway, or straight on."""
    tall = max(float(np.linalg.norm(p["head"] - p["hips"])), 1e-6)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for root, middle, end, way in (
            ("UpperArm", "LowerArm", "Hand", np.array([0.45 * sign, 0.0, 0.0])),
            ("UpperLeg", "LowerLeg", "Foot", np.array([0.0, -0.7, 0.0])),
        ):
            a, b, c = (f"{side}{n}" for n in (root, middle, end))
            if b not in p:
                p[b] = 0.5 * (p[a] + p[c]) if c in p else p[a] + tall * way
            if c not in p:
                p[c] = p[b] + 0.92 * (p[b] - p[a])


def _fingers(p: dict[str, F64], side: str) -> None:
    hand, elbow = p[f"{side}Hand"], p[f"{side}LowerArm"]
    flip = np.array([1.0, 1.0, 1.0] if side == "left" else [-1.0, 1.0, 1.0])
    turn = turn_between(np.array([1.0, 0.0, 0.0]) * flip, hand - elbow)
    long = 0.38 * max(float(np.linalg.norm(hand - elbow)), 1e-6)
    for finger in _FINGERS:
        parts = ("Metacarpal", "Proximal", "Distal") if finger == "Thumb" else ("Proximal", "Intermediate", "Distal")
        names = [f"{side}{finger}{part}" for part in parts]
        have = [n for n in names if n in p]
        for k, name in enumerate(names):
            if name in p:
                continue
            if k and have:  # a finger with fewer bones goes on as it began
                before = p[names[k - 1]]
                back = p[names[k - 2]] if k > 1 else hand
                p[name] = before + 0.7 * (before - back) * (1.0 if k > 1 else 0.5)
                continue
            if finger == "Thumb":
                offset = np.array([(0.25, -0.1, 0.25), (0.55, -0.12, 0.5), (0.8, -0.12, 0.7)][k])
            else:
                offset = np.array([_SEGMENTS[finger][k], 0.0, _KNUCKLES[finger]])
            p[name] = hand + turn @ (long * offset * flip)


def frames_of(places: Mapping[str, F64]) -> F64:
    """(65, 3, 3) rest rotations of a whole AXIS-65, from `complete` places, +Y up, facing +Z."""
    positions = np.array([places[n] for n in NAMES])
    tall = np.linalg.norm(places["head"] - places["neck"]) + 1e-6
    tips = {"head": places["head"] + np.array([0.0, tall, 0.0]), "jaw": places["jaw"] + np.array([0.0, 0.0, tall])}
    for side in ("left", "right"):
        for finger in _FINGERS:
            before = "Proximal" if finger == "Thumb" else "Intermediate"
            end, back = places[f"{side}{finger}Distal"], places[f"{side}{finger}{before}"]
            tips[f"{side}{finger}Distal"] = end + (end - back) + np.array([1e-9, 0.0, 0.0])
    return rest_frames(positions, tips)


def skeleton_from(joints: Mapping[str, F64]) -> Skeleton:
    """A skeleton of the joints that were found, with our axes, and twist bones where their limbs are.

    joints: canonical name -> (3,) metres, +Y up, facing +Z; hips, head, upper arms and upper legs must be there. Bones
    that the mesh does not show (fingers, eyes) stay out; what VRM requires, chest, neck and shoulders never do.
    """
    wanted = {*(n for n in joints if n in INDEX), *REQUIRED, *("chest", "neck", "leftShoulder", "rightShoulder")}
    wanted |= {n for n in NAMES if n.endswith("Twist")}
    places = complete(joints)
    frames = frames_of(places)
    names = tuple(n for n in NAMES if n in wanted)
    rest = np.tile(np.eye(4), (len(names), 1, 1))
    rest[:, :3, 3] = [places[n] for n in names]
    rest[:, :3, :3] = frames[[INDEX[n] for n in names]]
    return Skeleton(names, canonical_parents(names), rest.astype(np.float32))


def canonical_parents(names: tuple[str, ...]) -> NDArray[np.int16]:
    """(J,) the nearest canonical ancestor of each bone that is among `names`."""
    place = {n: i for i, n in enumerate(names)}
    out = []
    for name in names:
        up = AXIS65[INDEX[name]].parent
        while up and up not in place:
            up = AXIS65[INDEX[up]].parent
        out.append(place[up] if up else -1)
    return np.array(out, np.int16)
