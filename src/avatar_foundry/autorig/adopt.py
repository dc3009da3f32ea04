"""Take over the rig that a file came with: under our names and axes, with its own weights, and all that it has more."""

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Mesh, Skeleton
from ..humanoid import INDEX, MAIN_CHILD, NAMES, REQUIRED
from .adopt_clips import carry_clip
from .adopt_places import canonical_parents, complete, frames_of, skeleton_from, upright
from .adopt_pose import PoseFacts, measure_pose, pose_matrices_of, rest_pose
from .adopt_weights import rehang, share_twists
from .recognise import RigMap, weighted_joints
from .recognise_words import is_below

__all__ = [
    "PoseFacts",
    "adopt",
    "measure_pose",
    "pose_matrices_of",
    "pose_of",
    "rest_pose",
    "skeleton_from",
]
F64 = NDArray[np.float64]
_ALWAYS = frozenset({*REQUIRED, "chest", "neck", "leftShoulder", "rightShoulder"})
_ROOTS = ("hips", "head", "leftUpperArm", "rightUpperArm", "leftUpperLeg", "rightUpperLeg")
_HELPER = re.compile(r"twist|roll|share|correct|捩", re.IGNORECASE)


def adopt(avatar: Avatar, rig: RigMap) -> Avatar:
    """The avatar on AXIS-65: its joints under our names, axes re-derived, weights kept, what is missing added.

    Joints that lie between two bones, and helpers for twisting, are merged into the bone above them. Every other joint
    that moves something (hair, skirt, tail, face) stays as an extra joint below its bone, after the canonical ones.
    Joints that neither move anything nor swing go. Twists are split off where the rig had none; what VRM requires,
    chest, neck and shoulders are added without weight. The surface does not move. An avatar that is on AXIS-65 already
    comes back as it is. Raises ValueError when the rig lacks hips, head, upper arms or upper legs.
    """
    old = avatar.skeleton
    if old is None or any(name not in rig.joints for name in _ROOTS):
        raise ValueError("the skeleton does not have the bones of a figure")
    if old.names == NAMES and all(NAMES[j] == n for n, j in rig.joints.items()):
        return avatar
    rig = replace(rig, joints=without_odd_twists(avatar, rig.joints))
    at = {n: old.rest[j, :3, 3].astype(np.float64) for n, j in rig.joints.items()}
    turn = upright(at)
    places = complete({n: turn @ p for n, p in at.items()})
    frames = frames_of(places)
    kept, target = sort_joints(avatar, rig)
    twists = [n for n in NAMES if n.endswith("Twist")]
    names = tuple(n for n in NAMES if n in rig.joints or n in _ALWAYS or n in twists)
    new, source = _new_skeleton(old, rig, names, kept, target, places, frames, turn)
    number = {n: i for i, n in enumerate(new.names)}
    remap = np.zeros(len(old.names), np.int64)
    of_old = {int(s): k for k, s in enumerate(source) if s >= 0}
    for i in range(len(old.names)):
        remap[i] = of_old[target[i]]
    limbs = {}
    for name in twists:
        limb = name.removesuffix("Twist")
        if name not in rig.joints and limb in rig.joints and MAIN_CHILD[limb] in rig.joints:
            bone = limb.removeprefix("left").removeprefix("right")
            limbs[number[limb]] = (number[name], at[limb], at[MAIN_CHILD[limb]], bone)

    def each(mesh: Mesh) -> Mesh:
        if mesh.joints is None or mesh.weights is None:
            return mesh
        joints, weights = rehang(mesh.joints, mesh.weights, remap)
        joints, weights = share_twists(mesh.positions, joints, weights, limbs)
        return replace(mesh, joints=joints, weights=weights)

    clips = tuple(carry_clip(clip, old, new, source) for clip in avatar.clips)
    title = {name: new.names[remap[i]] for i, name in enumerate(old.names)}
    springs = tuple(
        replace(s, joints=tuple(dict.fromkeys(title[n] for n in s.joints if n in title))) for s in avatar.springs
    )
    return replace(avatar.map_meshes(each), skeleton=new, clips=clips, springs=springs)


def pose_of(skeleton: Skeleton, rig: RigMap) -> PoseFacts:
    """The pose that a recognised rig rests in, however it is named, turned and scaled. Raises ValueError as `adopt`."""
    if any(name not in rig.joints for name in _ROOTS):
        raise ValueError("the skeleton does not have the bones of a figure")
    at = {n: skeleton.rest[j, :3, 3].astype(np.float64) for n, j in rig.joints.items()}
    turn = upright(at)
    return measure_pose(skeleton_from({n: turn @ p for n, p in at.items()}))


def without_odd_twists(avatar: Avatar, joints: Mapping[str, int]) -> dict[str, int]:
    """The mapping without twist bones that do not work as ours do.

    Ours hang beside the limb's next bone, and hold the trunk's end of an upper limb, the far end of a lower one. Twist
    bones that carry the next bone (Daz, MakeHuman, Rigify) or hold the other end go: their weight is the limb's again,
    and is shared anew.
    """
    skeleton = avatar.skeleton
    assert skeleton is not None
    out = dict(joints)
    for name in [n for n in joints if n.endswith("Twist")]:
        limb = name.removesuffix("Twist")
        end = MAIN_CHILD[limb]
        if limb not in joints or end not in joints:
            del out[name]
            continue
        if is_below(tuple(skeleton.parents.tolist()), joints[end], joints[name]):
            del out[name]
            continue
        start = skeleton.rest[joints[limb], :3, 3].astype(np.float64)
        axis = skeleton.rest[joints[end], :3, 3] - start
        places = [_mean_place(avatar, joints[n], start, axis) for n in (name, limb)]
        if places[0] is not None and places[1] is not None:
            ours = places[0] < places[1] if "Upper" in name else places[0] > places[1]
            if not ours:
                del out[name]
    return out


def _mean_place(avatar: Avatar, joint: int, start: F64, axis: F64) -> float | None:
    """Where along a limb a joint's weight lies on average, in lengths of the limb; None without weight."""
    total = moment = 0.0
    for part in avatar.parts:
        mesh = part.mesh
        if mesh.joints is None or mesh.weights is None:
            continue
        row, lane = np.nonzero((mesh.joints == joint) & (mesh.weights > 0))
        t = (mesh.positions[row] - start) @ axis / max(float(axis @ axis), 1e-12)
        weight = mesh.weights[row, lane].astype(np.float64)
        total += float(weight.sum())
        moment += float((weight * t).sum())
    return moment / total if total > 1e-6 else None


def sort_joints(avatar: Avatar, rig: RigMap) -> tuple[list[int], NDArray[np.int64]]:
    """(extra joints that stay, (J,) the joint whose place each old joint takes: itself, or what it is merged into)."""
    old = avatar.skeleton
    assert old is not None
    parents = old.parents.tolist()
    used = weighted_joints(avatar) | np.isin(old.names, [n for s in avatar.springs for n in s.joints])
    bone_of = {j: n for n, j in rig.joints.items()}
    count = len(parents)
    carries_bone, carries_weight = np.zeros(count, bool), used.copy()
    for i in range(count - 1, -1, -1):
        if (up := parents[i]) >= 0:
            carries_weight[up] |= carries_weight[i]
            carries_bone[up] |= carries_bone[i] or i in bone_of
    target = np.full(count, rig.joints["hips"], np.int64)
    kept = []
    for i in range(count):
        up = parents[i]
        above = int(target[up]) if up >= 0 else rig.joints["hips"]
        if i in bone_of:
            target[i] = i
        elif carries_bone[i] or not carries_weight[i] or (_HELPER.search(old.names[i]) and above in bone_of):
            target[i] = above
        else:
            target[i] = i
            kept.append(i)
    return kept, target


def _new_skeleton(
    old: Skeleton,
    rig: RigMap,
    names: tuple[str, ...],
    kept: list[int],
    target: NDArray[np.int64],
    places: dict[str, F64],
    frames: F64,
    turn: F64,
) -> tuple[Skeleton, NDArray[np.int64]]:
    """The new skeleton, and for each of its joints the old one that it stands for, -1 for what was added."""
    parents = canonical_parents(names).tolist()
    source = [rig.joints.get(n, -1) for n in names]
    rest = [np.eye(4) for _ in names]
    for k, name in enumerate(names):
        rest[k][:3, :3] = turn.T @ frames[INDEX[name]]
        rest[k][:3, 3] = old.rest[source[k], :3, 3] if source[k] >= 0 else turn.T @ places[name]
    number = {s: k for k, s in enumerate(source) if s >= 0}
    taken = {n.lower() for n in (*names, *NAMES)}
    titles = list(names)
    for i in kept:
        up = int(old.parents[i])
        above = int(target[up]) if up >= 0 else rig.joints["hips"]
        number[i] = len(titles)
        parents.append(number[above])
        source.append(i)
        rest.append(old.rest[i].astype(np.float64))
        title, tries = old.names[i], 1
        while title.lower() in taken:
            tries += 1
            title = f"{old.names[i]}_{tries}"
        taken.add(title.lower())
        titles.append(title)
    return (
        Skeleton(tuple(titles), np.array(parents, np.int16), np.array(rest, np.float32)),
        np.array(source, np.int64),
    )
