"""Turn the canonical skeleton into the one an engine expects: names, hierarchy, extra joints, axes.

Skin and clips go along. The surface does not move: neither in the rest pose nor in poses of the joints that both have.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Clip, Mesh, Skeleton
from ..geometry.rotations import quaternions, rotation_matrices
from ..humanoid import INDEX
from ..pipeline import stage

F64 = NDArray[np.float64]
UNSAFE = re.compile(r"[^A-Za-z0-9_]+")


class Joint(NamedTuple):
    """One joint of a platform's skeleton.

    name, parent: theirs; parent "" for the root.
    source:       the canonical joint it stands for or goes along with; "" stays at the origin.
    towards, at:  lies at this share of the way from source to that canonical joint.
    tip:          lies beyond source along its +Y: this many times the length from source's parent; -1: at the crown.
    weighted:     takes over source's weights. Exactly one joint per source does.
    follows:      turns with source in clips; otherwise it rests.
    """

    name: str
    parent: str
    source: str = ""
    towards: str = ""
    at: float = 0.0
    tip: float = 0.0
    weighted: bool = False
    follows: bool = True


def bone(name: str, parent: str, source: str) -> Joint:
    """A canonical joint under another name."""
    return Joint(name, parent, source, weighted=True)


@dataclass(frozen=True)
class Scheme:
    """A platform's skeleton: joints (parents first) and a turn of local axes per canonical joint.

    turns: canonical name -> (3, 3) rotation T; the joint's axes become rest @ T. Absent: unchanged.
    """

    joints: tuple[Joint, ...]
    turns: Mapping[str, F64] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """Canonical name -> theirs."""
        return {j.source: j.name for j in self.joints if j.weighted}


def renamed(skeleton_names: tuple[str, ...], parents: tuple[int, ...], rename: Callable[[str], str]) -> Scheme:
    """The scheme that only renames; names that map to "" are folded into their parents."""
    joints = []
    for i, name in enumerate(skeleton_names):
        if not rename(name):
            continue
        up = parents[i]
        while up >= 0 and not rename(skeleton_names[up]):
            up = parents[up]
        joints.append(bone(rename(name), rename(skeleton_names[up]) if up >= 0 else "", name))
    return Scheme(tuple(joints))


@stage("exporting", cost=12)
def adapt_skeleton(avatar: Avatar, scheme: Scheme) -> Avatar:
    """Adapt the skeleton to the platform."""
    skeleton = avatar.skeleton
    if skeleton is None:
        return avatar
    joints = present(scheme, skeleton)
    if tuple(j.name for j in joints) == skeleton.names and all(j.name == j.source for j in joints):
        return avatar
    crown = max((float(p.mesh.positions[:, 1].max()) for p in avatar.parts if p.role == "body"), default=0.0)
    adapted = place(joints, scheme, skeleton, crown)
    remap = fold(joints, skeleton)
    moved = avatar.map_meshes(lambda mesh: rehang(mesh, remap))
    clips = tuple(convert_clip(clip, joints, skeleton, adapted) for clip in avatar.clips)
    return replace(moved, skeleton=adapted, clips=clips)


def present(scheme: Scheme, skeleton: Skeleton) -> tuple[Joint, ...]:
    """The scheme's joints whose sources this skeleton has; orphans move up to the next joint that is there."""
    have = {"", *skeleton.names}
    kept: dict[str, Joint] = {}
    up = {j.name: j.parent for j in scheme.joints}
    for j in scheme.joints:
        if j.source in have and j.towards in have:
            parent = j.parent
            while parent and parent not in kept:
                parent = up[parent]
            kept[j.name] = j._replace(parent=parent)
    return (*kept.values(), *extras(scheme, skeleton, frozenset(kept)))


def extras(scheme: Scheme, skeleton: Skeleton, taken: frozenset[str]) -> Iterator[Joint]:
    """Joints that no scheme knows (hair, skirts, tails of uploads): they stay, under their bones, with their names
    as far as every engine takes them."""
    names, used = dict(scheme.names), {n.lower() for n in taken}
    up: dict[str, str] = {}
    for i, name in enumerate(skeleton.names):
        parent = int(skeleton.parents[i])
        above = up[skeleton.names[parent]] if parent >= 0 else ""
        if name in INDEX:
            up[name] = names[name] if names.get(name) in taken else above
            continue
        plain = UNSAFE.sub("_", name).strip("_") or f"joint_{i}"
        title, number = plain, 1
        while title.lower() in used:
            number += 1
            title = f"{plain}_{number}"
        used.add(title.lower())
        up[name] = title
        yield Joint(title, above, name, weighted=True)


def place(joints: tuple[Joint, ...], scheme: Scheme, skeleton: Skeleton, crown: float) -> Skeleton:
    """The new skeleton's rest transforms. crown: height of the top of the head, metres."""
    index = {name: i for i, name in enumerate(skeleton.names)}
    rest = skeleton.rest.astype(np.float64)
    out = np.tile(np.eye(4), (len(joints), 1, 1))
    for k, j in enumerate(joints):
        if not j.source:
            continue
        i = index[j.source]
        out[k] = rest[i]
        if j.towards:
            out[k, :3, 3] += j.at * (rest[index[j.towards], :3, 3] - rest[i, :3, 3])
        if j.tip:
            along = rest[i, :3, 1]
            up = int(skeleton.parents[i])
            length = float(np.linalg.norm(rest[i, :3, 3] - rest[up, :3, 3])) * j.tip if up >= 0 else 0.0
            if j.tip < 0:
                length = (crown - rest[i, 1, 3]) / max(along[1], 0.5)
            out[k, :3, 3] += along * max(length, 1e-3)
        if j.source in scheme.turns:
            out[k, :3, :3] = out[k, :3, :3] @ scheme.turns[j.source]
    number = {j.name: k for k, j in enumerate(joints)}
    parents = np.array([number.get(j.parent, -1) for j in joints], np.int16)
    return Skeleton(tuple(number), parents, out.astype(np.float32))


def fold(joints: tuple[Joint, ...], skeleton: Skeleton) -> NDArray[np.uint16]:
    """Canonical joint number -> new joint number (J,); joints without a successor go to their nearest ancestor's."""
    owner = {j.source: k for k, j in enumerate(joints) if j.weighted}
    first = next((k for k, j in enumerate(joints) if j.weighted), 0)
    remap = np.zeros(len(skeleton.names), np.uint16)
    for i, name in enumerate(skeleton.names):  # parents come first, so their successor is known
        up = int(skeleton.parents[i])
        remap[i] = owner.get(name, int(remap[up]) if up >= 0 else first)
    return remap


def rehang(mesh: Mesh, remap: NDArray[np.uint16]) -> Mesh:
    """Send skin joints through `remap` (J,), adding up the weights of joints that became one. Sums do not change."""
    if mesh.joints is None or mesh.weights is None:
        return mesh
    joints = remap[mesh.joints]
    if len(np.unique(remap)) == len(remap):
        return replace(mesh, joints=joints)
    weights = mesh.weights.copy()
    for a in range(joints.shape[1] - 1):
        for b in range(a + 1, joints.shape[1]):
            same = np.flatnonzero((joints[:, a] == joints[:, b]) & (weights[:, b] > 0))
            if len(same):
                weights[same, a] += weights[same, b]
                weights[same, b] = 0.0
                joints[same, b] = 0
    order = np.argsort(-weights, axis=1, kind="stable")
    weights = np.take_along_axis(weights, order, axis=1)
    joints = np.take_along_axis(joints, order, axis=1)
    return replace(mesh, joints=joints, weights=weights)


def convert_clip(clip: Clip, joints: tuple[Joint, ...], skeleton: Skeleton, adapted: Skeleton) -> Clip:
    """The clip on the new skeleton: each joint keeps the model-space turn of its source."""
    local = rotation_matrices(clip.rotations)
    world = np.empty_like(local)
    for i, up in enumerate(skeleton.parents.tolist()):
        world[:, i] = world[:, up] @ local[:, i] if up >= 0 else local[:, i]
    index = {name: i for i, name in enumerate(skeleton.names)}
    old, new = skeleton.rest[:, :3, :3].astype(np.float64), adapted.rest[:, :3, :3].astype(np.float64)
    turned = np.empty((len(world), len(joints), 3, 3))
    out = np.empty_like(turned)
    for k, j in enumerate(joints):
        up = int(adapted.parents[k])
        over = turned[:, up] if up >= 0 else np.eye(3)
        if j.source and j.follows:
            i = index[j.source]
            turned[:, k] = world[:, i] @ old[i].T @ new[k]
        else:
            turned[:, k] = over @ (new[up].T @ new[k] if up >= 0 else new[k])
        out[:, k] = np.swapaxes(over, -1, -2) @ turned[:, k]
    return replace(clip, rotations=quaternions(out.reshape(-1, 3, 3)).reshape(len(world), -1, 4).astype(np.float32))
