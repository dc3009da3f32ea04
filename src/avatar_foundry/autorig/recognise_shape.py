"""Bones by the shape of the tree alone: two mirrored chains down are legs, two mirrored chains out are arms.

For rigs whose names say nothing. Needs joints in a standing pose, +Y up; where the figure faces is found from its toes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
MOST = 16  # children of one joint, of those with the longest reach, that are compared with each other


@dataclass(frozen=True, eq=False, slots=True)
class Tree:
    """parents: joint -> parent, -1 for a root. at: (J, 3) f64. children and reach (longest way down, metres) follow."""

    parents: tuple[int, ...]
    at: F64
    children: tuple[tuple[int, ...], ...]
    reach: tuple[float, ...]
    count: tuple[int, ...]


def tree_of(parents: tuple[int, ...], at: F64) -> Tree:
    """The tree with what is asked of it again and again. Parents precede their children."""
    children: list[list[int]] = [[] for _ in parents]
    for i, p in enumerate(parents):
        if p >= 0:
            children[p].append(i)
    reach, count = [0.0] * len(parents), [1] * len(parents)
    for i in range(len(parents) - 1, -1, -1):
        for c in children[i]:
            reach[i] = max(reach[i], reach[c] + float(np.linalg.norm(at[c] - at[i])))
            count[i] += count[c]
    return Tree(parents, at, tuple(map(tuple, children)), tuple(reach), tuple(count))


def below(tree: Tree, joint: int) -> list[int]:
    """The joint and all under it."""
    out = [joint]
    for j in out:
        out.extend(tree.children[j])
    return out


def ancestors(tree: Tree, joint: int) -> list[int]:
    """The joint and all above it, upwards."""
    out = []
    while joint >= 0:
        out.append(joint)
        joint = tree.parents[joint]
    return out


def main_line(tree: Tree, joint: int) -> list[int]:
    """From a joint down its longest way to a leaf."""
    out = [joint]
    while tree.children[out[-1]]:
        here = out[-1]
        out.append(
            max(tree.children[here], key=lambda c: tree.reach[c] + float(np.linalg.norm(tree.at[c] - tree.at[here])))
        )
    return out


def _pairs(tree: Tree, size: float) -> list[tuple[int, int, int]]:
    """(node, a, b): children whose subtrees mirror each other in reach and place."""
    out = []
    for node, children in enumerate(tree.children):
        kids = children if len(children) <= MOST else sorted(children, key=lambda c: (-tree.reach[c], c))[:MOST]
        for i, a in enumerate(kids):
            for b in kids[i + 1 :]:
                ra, rb = tree.reach[a], tree.reach[b]
                if min(ra, rb) < 0.08 * size or abs(ra - rb) > 0.15 * max(ra, rb):
                    continue
                ends = tree.at[main_line(tree, a)[-1]], tree.at[main_line(tree, b)[-1]]
                if abs(ends[0][1] - ends[1][1]) > 0.12 * size or np.linalg.norm(ends[0] - ends[1]) < 0.03 * size:
                    continue
                out.append((node, a, b))
    return sorted(out, key=lambda p: (-tree.reach[p[1]] - tree.reach[p[2]], p))[: MOST * MOST]


def by_shape(parents: tuple[int, ...], at: F64) -> dict[str, int]:
    """Canonical bone -> joint, as far as the tree shows them: hips, spine, neck, head, arms, legs. Empty if no figure.

    parents: (J,), parents first; at: (J, 3) rest positions, +Y up.
    """
    if len(parents) < 9 or not np.isfinite(at).all() or (size := float(np.ptp(at, axis=0).max())) <= 0:
        return {}
    tree = tree_of(parents, at)
    pairs = _pairs(tree, size)
    floor = float(at[:, 1].min())
    tall = max(float(np.ptp(at[:, 1])), 1e-9)

    def lowest(joint: int) -> float:
        return min(float(at[j, 1]) for j in below(tree, joint))

    legs = [p for p in pairs if lowest(p[1]) < floor + 0.2 * tall and lowest(p[2]) < floor + 0.2 * tall]
    legs = [p for p in legs if min(tree.reach[p[1]], tree.reach[p[2]]) > 0.2 * tall]
    if not legs:
        return {}
    hips, leg_a, leg_b = max(legs, key=lambda p: (round(tree.reach[p[1]] + tree.reach[p[2]], 6), -p[0]))
    taken = {*below(tree, leg_a), *below(tree, leg_b)}
    arms = [p for p in pairs if p[1] not in taken and p[2] not in taken and at[p[0], 1] > at[leg_a, 1]]
    arms = [p for p in arms if abs(tree.reach[p[1]]) > 0.15 * tall]
    if not arms:
        return {}
    chest, arm_a, arm_b = max(arms, key=lambda p: (round(tree.reach[p[1]] + tree.reach[p[2]], 6), -p[0]))
    pelvis = next((j for j in ancestors(tree, chest) if j in ancestors(tree, hips)), hips)
    chest, neck = _chest(tree, chest, arm_a, arm_b, pelvis)
    spine = [j for j in reversed(ancestors(tree, chest)) if pelvis in ancestors(tree, j) and j != pelvis]
    over = tree.parents[pelvis]
    if over >= 0 and np.linalg.norm(at[over] - at[pelvis]) < 0.03 * tall and len(spine) > 1:
        spine, pelvis = [pelvis, *spine], over  # the root of the trunk, in the same place
    out = {"hips": pelvis}
    # the head: the highest way up from the chest or from below it that is not an arm
    arm_joints = {*below(tree, arm_a), *below(tree, arm_b)}
    foot = chest if neck is None else neck
    up = [j for j in below(tree, foot) if j != foot and j not in arm_joints and at[j, 1] > at[foot, 1]]
    neck_line = ([neck] if neck is not None else []) + _head_line(tree, chest if neck is None else neck, up)
    if neck is not None:
        neck_line = [neck, neck_line[-1]] if len(neck_line) > 1 else neck_line
    out |= dict(zip(("neck", "head") if len(neck_line) > 1 else ("head",), neck_line, strict=False))
    out |= spine_bones(spine)
    left, right = _left_first(tree, leg_a, leg_b)
    for side, leg in (("left", left), ("right", right)):
        out |= {side + bone: joint for bone, joint in _leg(tree, leg, tall, floor).items()}
    across = at[left] - at[right]
    if np.dot(at[main_line(tree, arm_a)[-1]] - at[main_line(tree, arm_b)[-1]], across) < 0:
        arm_a, arm_b = arm_b, arm_a
    for side, arm in (("left", arm_a), ("right", arm_b)):
        found = _arm(tree, arm)
        out |= {side + bone: joint for bone, joint in found.items()}
        if "Hand" in found:
            out |= {side + bone: joint for bone, joint in _fingers(tree, found["Hand"], found["LowerArm"]).items()}
    return out


def spine_bones(line: list[int]) -> dict[str, int]:
    """spine, chest, upperChest from the joints between hips and neck, upwards."""
    names = ("spine", "chest", "upperChest")
    if len(line) <= 3:
        return dict(zip(names, line, strict=False))
    return {"spine": line[0], "chest": line[len(line) // 2], "upperChest": line[-1]}


def _chest(tree: Tree, node: int, arm_a: int, arm_b: int, pelvis: int) -> tuple[int, int | None]:
    """The topmost joint of the spine, and the neck when the arms hang on it (as in Biped rigs)."""
    above = tree.at[node, 1] - 0.5 * (tree.at[arm_a, 1] + tree.at[arm_b, 1])
    up = tree.parents[node]
    if node != pelvis and up >= 0 and up != pelvis and above > 0.2 * abs(tree.at[node, 1] - tree.at[up, 1]):
        return up, node
    return node, None


def _head_line(tree: Tree, chest: int, up: list[int]) -> list[int]:
    if not up:
        return []
    top = max(up, key=lambda j: (round(float(tree.at[j, 1]), 6), -j))
    line = [j for j in reversed(ancestors(tree, top)) if j in up]
    # what branches or ends is in the head: eyes, jaw, hair, the crown's end
    for k, joint in enumerate(line):
        if len(tree.children[joint]) > 1 or k == 2:
            return [line[0], joint] if k else [joint]
    return line[-2:] if len(line) > 1 else line


def _left_first(tree: Tree, a: int, b: int) -> tuple[int, int]:
    """The two legs, left first: left is +X when the toes point to +Z."""
    front = np.zeros(3)
    for leg in (a, b):
        joints = below(tree, leg)
        low = tree.at[joints, 1].min()
        feet = [j for j in joints if tree.at[j, 1] < low + 0.12 * tree.reach[leg]]
        ankle = main_line(tree, leg)
        ankle = [j for j in ankle if tree.at[j, 1] < tree.at[leg, 1] - 0.7 * tree.reach[leg]] or ankle[-1:]
        far = max(feet, key=lambda j: (round(float(np.linalg.norm((tree.at[j] - tree.at[ankle[0]])[[0, 2]])), 9), -j))
        front += tree.at[far] - tree.at[ankle[0]]
    front[1] = 0.0
    if np.linalg.norm(front) < 1e-6:
        front = np.array([0.0, 0.0, 1.0])
    left = np.cross([0.0, 1.0, 0.0], front)
    return (a, b) if float(np.dot(tree.at[a] - tree.at[b], left)) > 0 else (b, a)


def _places(tree: Tree, line: list[int]) -> F64:
    steps = np.linalg.norm(np.diff(tree.at[line], axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _leg(tree: Tree, root: int, tall: float, floor: float) -> dict[str, int]:
    line = main_line(tree, root)
    along = _places(tree, line)
    foot = next((k for k in range(1, len(line)) if tree.at[line[k], 1] < floor + 0.14 * tall), len(line) - 1)
    first = 0
    while foot - first > 2 and along[first + 1] - along[first] < 0.2 * along[foot]:
        first += 1  # a bone from the pelvis to the hip joint
    inner = range(first + 1, foot)
    if not inner:
        return {}
    half = 0.5 * (along[first] + along[foot])
    knee = min(inner, key=lambda k: abs(along[k] - half))
    out = {"UpperLeg": line[first], "LowerLeg": line[knee], "Foot": line[foot]}
    if foot + 1 < len(line):
        out["Toes"] = line[foot + 1]
    return out


def _arm(tree: Tree, root: int) -> dict[str, int]:
    line = main_line(tree, root)
    along = _places(tree, line)
    fork = next((k for k in range(1, len(line)) if len(tree.children[line[k]]) >= 3 and k >= 2), None)
    if fork is None:
        fork = next((k for k in range(2, len(line)) if len(tree.children[line[k]]) == 2 and k >= 3), None)
    if fork is None:  # no fingers: the last joint, or the one before a short end
        fork = len(line) - 1
        if fork > 3 and along[-1] - along[-2] < 0.6 * (along[-2] - along[-3]):
            fork -= 1
    if fork < 2:
        return {}
    first = 0
    if fork >= 3 and along[1] < 0.7 * (along[fork] - along[1]) / 2:
        first = 1
    half = 0.5 * (along[first] + along[fork])
    elbow = min(range(first + 1, fork), key=lambda k: abs(along[k] - half))
    out = {"UpperArm": line[first], "LowerArm": line[elbow], "Hand": line[fork]}
    if first:
        out["Shoulder"] = line[0]
    return out


def _fingers(tree: Tree, hand: int, elbow: int) -> dict[str, int]:
    """Fingers by their place: the thumb starts nearest to the wrist, the others follow it across the hand."""
    lines = []
    for root in tree.children[hand]:
        line = main_line(tree, root)
        if len(line) == 1 and len(tree.children[root]) == 0 and len(tree.children[hand]) < 3:
            continue
        if len(line) > 3 and tree.reach[root] > 0 and _is_palm(tree, hand, line):
            line = line[1:]  # a metacarpal
        lines.append(line[:3])
    if not 1 <= len(lines) <= 5:
        return {}
    wrist = tree.at[hand]
    along = wrist - tree.at[elbow]
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    ahead = [float((tree.at[line[0]] - wrist) @ along) for line in lines]
    order = sorted(range(len(lines)), key=lambda k: (round(ahead[k], 9), k))
    out: dict[str, int] = {}
    rest = order
    if len(lines) > 1 and ahead[order[0]] < 0.8 * float(np.median([ahead[k] for k in order[1:]])):
        thumb, rest = order[0], order[1:]
        across = tree.at[lines[thumb][-1]] - wrist
        across = across - (across @ along) * along
        rest = sorted(rest, key=lambda k: (-round(float((tree.at[lines[k][0]] - wrist) @ across), 9), k))
        out |= dict(zip(("ThumbMetacarpal", "ThumbProximal", "ThumbDistal"), lines[thumb], strict=False))
    elif len(lines) > 1:
        return {}
    for finger, k in zip(("Index", "Middle", "Ring", "Little"), rest, strict=False):
        names = (f"{finger}Proximal", f"{finger}Intermediate", f"{finger}Distal")
        out |= dict(zip(names, lines[k], strict=False))
    return out


def _is_palm(tree: Tree, hand: int, line: list[int]) -> bool:
    """Whether a finger's first bone lies within the palm: shorter to the wrist than from there to the next joint."""
    first = float(np.linalg.norm(tree.at[line[0]] - tree.at[hand]))
    return first < 0.6 * float(np.linalg.norm(tree.at[line[1]] - tree.at[line[0]]))
