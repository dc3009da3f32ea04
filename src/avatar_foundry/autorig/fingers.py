"""Fingers: the branches of a hand, looked at closely; none when the hand is a mitten or too coarse."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .tree import Branch, branches, grow
from .volume import F64, carve, fill, join_pieces, sample_surface

CELLS = 78.0  # voxels along a hand
LEAST = 0.15  # of the hand's length: shorter branches are no fingers
ROOT = 0.38  # of a finger's free length: the knuckle lies that far inside the palm
BENDS = (0.0, 0.46, 0.73)  # knuckle and the two further joints, in shares of knuckle..tip
NAMES = {4: ("Index", "Middle", "Ring", "Little"), 3: ("Index", "Middle", "Ring"), 2: ("Index", "Middle")}
MIRROR = np.array([-1.0, 1.0, 1.0])
UNLIKE = 0.35  # of a hand: hands that point more differently are no mirror images
SEGMENTS = ("Proximal", "Intermediate", "Distal")
THUMB = ("Metacarpal", "Proximal", "Distal")


def find_fingers(
    positions: F64, faces: NDArray[np.int32], wrist: F64, tip: F64, side: str
) -> tuple[dict[str, F64], Mapping[str, F64]]:
    """Joints of the fingers of one hand by canonical name, and their tips by finger; empty when there are none.

    positions (V, 3), faces (F, 3): the whole mesh. wrist, tip (3,): ends of the hand. Two to four fingers beside a
    thumb count as fingers; the thumb is the branch that leaves the palm first and aside.
    """
    length = float(np.linalg.norm(tip - wrist))
    forward = (tip - wrist) / max(length, 1e-9)
    corners = positions[faces]
    middle = corners.mean(axis=1)
    ahead = (middle - wrist) @ forward
    near = (ahead > -0.25 * length) & (np.linalg.norm(middle - 0.5 * (wrist + tip), axis=1) < 1.1 * length)
    if near.sum() < 40:
        return {}, {}
    cell = length / CELLS
    samples, normals, _ = sample_surface(positions, faces[near], 0.55 * cell)
    kept = (samples - wrist) @ forward > -0.2 * length
    samples, normals = samples[kept], normals[kept]
    volume = carve(fill(samples, cell, 45_000), samples, normals)
    graph = join_pieces(volume, 2.5 * cell)
    root = int(((volume.points - wrist) ** 2).sum(axis=1).argmin())
    tree = grow(volume, graph, root, 2.5 * volume.cell)
    found = [
        b
        for b in branches(tree, volume, LEAST * length)
        if (b.tip - wrist) @ forward > 0.2 * length and len(b.rings) > 3
    ]
    if not 3 <= len(found) <= 5:
        return {}, {}
    ends = [b.tip for b in found]
    starts = [tree.centre[_own(b, found)] for b in found]
    if any(np.linalg.norm(a - b) < 0.65 * LEAST * length for a, b in zip(starts, ends, strict=True)):
        return {}, {}
    base = np.array([(s - wrist) @ forward for s in starts])
    reach = np.array([(e - wrist) @ forward for e in ends])
    aside = np.array(
        [1.0 - abs(float(((e - s) / np.linalg.norm(e - s)) @ forward)) for s, e in zip(starts, ends, strict=True)]
    )
    thumb = int(np.argmin(base / length + 0.7 * reach / length - 0.5 * aside))
    others = [i for i in range(len(found)) if i != thumb]
    if reach[thumb] > 0.78 * reach[others].max() or len(others) not in NAMES:
        return {}, {}
    centre = np.mean([ends[i] for i in others], axis=0)
    across = starts[thumb] + ends[thumb] - 2.0 * centre
    across = across - (across @ forward) * forward
    others.sort(key=lambda i: -float((0.5 * (starts[i] + ends[i]) - centre) @ across))
    out: dict[str, F64] = {}
    tips: dict[str, F64] = {side + "Thumb": ends[thumb]}
    for name, i in zip(NAMES[len(others)], others, strict=True):
        way = ends[i] - starts[i]
        knuckle = starts[i] - ROOT * way
        for segment, share in zip(SEGMENTS, BENDS, strict=True):
            out[f"{side}{name}{segment}"] = knuckle + share * (ends[i] - knuckle)
        tips[side + name] = ends[i]
    way = ends[thumb] - starts[thumb]
    out[f"{side}Thumb{THUMB[0]}"] = 0.55 * starts[thumb] + 0.45 * wrist + 0.1 * (starts[thumb] - wrist)
    out[f"{side}Thumb{THUMB[1]}"] = starts[thumb]
    out[f"{side}Thumb{THUMB[2]}"] = starts[thumb] + 0.5 * way
    return out, tips


def both_hands(
    positions: F64, faces: NDArray[np.int32], joints: Mapping[str, F64], tips: Mapping[str, F64]
) -> dict[str, F64]:
    """Joints of the fingers of both hands; a hand whose fingers stick together takes the other's, mirrored.

    joints: "leftHand" and so on; tips: "leftHandEnd" and so on.
    """
    found = {
        side: find_fingers(positions, faces, joints[side + "Hand"], tips[side + "HandEnd"], side)[0]
        for side in ("left", "right")
    }
    for side, other in (("left", "right"), ("right", "left")):
        if len(found[side]) >= len(found[other]):
            continue
        mine, yours = (tips[s + "HandEnd"] - joints[s + "Hand"] for s in (side, other))
        if np.linalg.norm(mine - yours * MIRROR) < UNLIKE * np.linalg.norm(yours):
            found[side] = {
                side + n.removeprefix(other): joints[side + "Hand"] + (p - joints[other + "Hand"]) * MIRROR
                for n, p in found[other].items()
            }
        else:
            return {}
    return {**found["left"], **found["right"]}


def _own(branch: Branch, found: list[Branch]) -> int:
    """The first ring of `branch` beyond which no other of `found` leaves it."""
    stems = {b.stem for b in found if b is not branch}
    last = branch.rings[0]
    for a, b in zip(branch.rings, branch.rings[1:], strict=False):
        if a in stems:
            last = b
    return last
