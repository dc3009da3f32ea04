"""What of the body each bone stands for, as line segments: the ground from which distances inside the solid start.

Bones alone are poor seeds: a hips bone is a short line in the middle of a wide pelvis, and half of the pelvis lies
nearer to a thigh. So each bone gets the lines that an anatomist would give it: the pelvis a bar across, the rib cage
its sides, the head its face, the foot its heel. Segments of neighbours start a little off their shared joint, so that
the cut between them is the plane that halves their angle.
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Segments = dict[str, list[tuple[F64, F64]]]
OFF = 0.06  # of a bone's length: how far from its joints its segment starts and ends
SPINE = ("hips", "spine", "chest", "upperChest")
_ARM = (("Shoulder", "UpperArm"), ("UpperArm", "LowerArm"), ("LowerArm", "Hand"))
CHAINS = (*_ARM, ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))


def _between(a: F64, b: F64, low: float = OFF, high: float = 1.0 - OFF) -> tuple[F64, F64]:
    return a + low * (b - a), a + high * (b - a)


def bone_segments(at: Mapping[str, F64], crown: float, floor: float) -> Segments:
    """Canonical bone -> segments [(start (3,), end (3,))], metres, +Y up, facing +Z.

    at: joints by canonical name; hips, head, both upper and lower arms and legs, hands and feet must be there.
    crown, floor: top and bottom of the mesh.
    """
    out: Segments = {}
    chain = [n for n in (*SPINE, "neck", "head") if n in at]
    for name, after in pairwise(chain):
        out[name] = [_between(at[name], at[after])]
    _trunk(at, chain, out)
    _head(at, crown, out)
    for side in ("left", "right"):
        for bone, end in CHAINS:
            if side + bone in at and side + end in at:
                out[side + bone] = [_between(at[side + bone], at[side + end])]
        _hand(at, side, out)
        _foot(at, side, floor, out)
    return out


def _trunk(at: Mapping[str, F64], chain: list[str], out: Segments) -> None:
    """The pelvis as a bar between the hip joints, and two lines up the flanks, each piece with the spine beside it."""
    spine = [n for n in chain if n in SPINE]
    line = np.array([at[n] for n in chain])
    hip = [at[f"{side}UpperLeg"] for side in ("left", "right")]
    half = 0.5 * float(np.linalg.norm(hip[0] - hip[1]))
    raise_by = np.array([0.0, 0.35 * half, 0.0])
    out["hips"].append((hip[0] + raise_by, hip[1] + raise_by))
    shoulder = [at[f"{side}UpperArm"] for side in ("left", "right")]
    wide = 0.5 * float(np.linalg.norm(shoulder[0] - shoulder[1]))
    low = 0.5 * (hip[0][1] + hip[1][1]) + 0.35 * half
    high = 0.5 * (shoulder[0][1] + shoulder[1][1])
    high -= 0.32 * (high - low)
    steps = np.linspace(0.0, 1.0, 9)
    for sign in (1.0, -1.0):
        previous: F64 | None = None
        for s in steps:
            y = low + s * (high - low)
            centre = np.array([np.interp(y, line[:, 1], line[:, k]) for k in range(3)])
            centre[1] = y
            point = centre + np.array([sign * ((1.0 - s) * half + s * 0.62 * wide), 0.0, 0.0])
            if previous is not None:
                middle = 0.5 * (previous[1] + y)
                owner = [n for n in spine if at[n][1] <= middle] or spine[:1]
                out[owner[-1]].append((previous, point))
            previous = point


def _head(at: Mapping[str, F64], crown: float, out: Segments) -> None:
    head = at["head"]
    tall = max(crown - head[1], 0.02)
    up, front = np.array([0.0, tall, 0.0]), np.array([0.0, 0.0, tall])
    right = np.array([tall, 0.0, 0.0])
    out["head"] = [(head + OFF * up, head + 0.8 * up), (head + 0.15 * up, head + 0.3 * front - 0.05 * up)]
    for level, half in ((0.12, 0.2), (0.35, 0.32)):
        middle = head + level * up
        out["head"] += [(middle - half * right, middle + half * right), (middle - half * front, middle + half * front)]


def _hand(at: Mapping[str, F64], side: str, out: Segments) -> None:
    hand, elbow = at[f"{side}Hand"], at[f"{side}LowerArm"]
    roots = [n for n in at if n.startswith(side) and n.endswith(("Proximal", "ThumbMetacarpal"))]
    fingers = [n for n in at if n.startswith(side) and n.endswith(("Metacarpal", "Proximal", "Intermediate", "Distal"))]
    reach = 0.6 * (hand - elbow)
    out[f"{side}Hand"] = [_between(hand, hand + reach)]
    out[f"{side}Hand"] += [_between(hand, at[n], 0.15, 1.0) for n in roots]
    out[f"{side}Hand"] += [(at[n], at[n] + 1e-4) for n in fingers]


def _foot(at: Mapping[str, F64], side: str, floor: float, out: Segments) -> None:
    foot, knee = at[f"{side}Foot"], at[f"{side}LowerLeg"]
    long = float(np.linalg.norm(knee - foot))
    toes = at.get(f"{side}Toes", np.array([foot[0], floor + 0.3 * (foot[1] - floor), foot[2] + 0.35 * long]))
    sole = np.array([foot[0], floor + 0.3 * max(foot[1] - floor, 0.0), foot[2]])
    out[f"{side}Foot"] = [_between(foot, toes), _between(foot, sole, 0.3, 1.0)]
    if f"{side}Toes" in at:
        end = at.get(f"{side}ToesEnd", toes + 0.6 * (toes - foot) * np.array([1.0, 0.0, 1.0]))
        out[f"{side}Toes"] = [_between(toes, end)]
