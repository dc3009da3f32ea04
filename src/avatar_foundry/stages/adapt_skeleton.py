"""Turn the canonical skeleton into the one an engine expects: names, hierarchy, extra joints, axes.

Skin and clips go along. The surface does not move: neither in the rest pose nor in poses of the joints that both have.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Clip, Mesh, Skeleton
from ..geometry.rotations import powered, quaternions, rotation_matrices
from ..humanoid import INDEX, T_AXES, Axis
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
    pinned:       goes where source goes in clips, though it does not hang on it.
    begin:        where `at` counts from, when that is not source.
    roll:         times source's own turn against its parent that this joint makes: for twists that share one.
    """

    name: str
    parent: str
    source: str = ""
    towards: str = ""
    at: float = 0.0
    tip: float = 0.0
    weighted: bool = False
    pinned: bool = False
    begin: str = ""
    roll: float = 1.0


def bone(name: str, parent: str, source: str) -> Joint:
    """A canonical joint under another name."""
    return Joint(name, parent, source, weighted=True)


@dataclass(frozen=True)
class Scheme:
    """A platform's skeleton: joints (parents first) and a turn of local axes per canonical joint.

    turns: canonical name -> (3, 3) rotation T; the joint's axes become rest @ T. Absent: unchanged.
    like:  canonical name -> the canonical joint whose turned axes it takes instead.
    stands: canonical name -> degrees by which its +Y leans forward, before it is turned, whatever the body's own bone
           does. Clips of others say how trunk bones stand, and at rest they are to stand as theirs do.
    share: name of a weighted joint -> a second one beyond it or before it: skin weights are shared out between the two
           by where a vertex lies.
    """

    joints: tuple[Joint, ...]
    turns: Mapping[str, F64] = field(default_factory=dict)
    like: Mapping[str, str] = field(default_factory=dict)
    share: Mapping[str, str] = field(default_factory=dict)
    stands: Mapping[str, float] = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """Canonical name -> theirs."""
        return {j.source: j.name for j in self.joints if j.weighted}


def turn_to(name: str, x: Axis, y: Axis) -> F64:
    """(3, 3) the turn that gives a canonical bone in the T-pose the axes +X and +Y, in model space."""
    ours, theirs = (np.stack([a, b, np.cross(a, b)], axis=1) for a, b in (T_AXES[name], (x, y)))
    return np.asarray(np.rint(ours.T @ theirs), np.float64)


def leaning(name: str, degrees: float) -> F64:
    """(3, 3) axes of a canonical bone in the T-pose, leant forward about the figure's left."""
    x, y = T_AXES[name]
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    lean = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
    return np.asarray(lean @ np.stack([x, y, np.cross(x, y)], axis=1), np.float64)


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
    pairs = [(adapted.names.index(a), adapted.names.index(b)) for a, b in scheme.share.items() if b in adapted.names]
    moved = avatar.map_meshes(lambda mesh: share_out(rehang(mesh, remap), pairs, adapted))
    clips = tuple(convert_clip(clip, joints, skeleton, adapted) for clip in avatar.clips)
    theirs = {j.source: j.name for j in joints if j.weighted}
    springs = tuple(
        replace(s, joints=tuple(theirs[n] for n in s.joints)) for s in avatar.springs if set(s.joints) <= theirs.keys()
    )
    return replace(moved, skeleton=adapted, clips=clips, springs=springs)


def present(scheme: Scheme, skeleton: Skeleton) -> tuple[Joint, ...]:
    """The scheme's joints whose sources this skeleton has; orphans move up to the next joint that is there."""
    have = {"", *skeleton.names}
    kept: dict[str, Joint] = {}
    up = {j.name: j.parent for j in scheme.joints}
    for j in scheme.joints:
        if {j.source, j.towards, j.begin} <= have:
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
            start = rest[index[j.begin or j.source], :3, 3]
            out[k, :3, 3] = start + j.at * (rest[index[j.towards], :3, 3] - start)
        if j.tip:
            along = rest[i, :3, 1]
            up = int(skeleton.parents[i])
            length = float(np.linalg.norm(rest[i, :3, 3] - rest[up, :3, 3])) * j.tip if up >= 0 else 0.0
            if j.tip < 0:
                length = (crown - rest[i, 1, 3]) / max(along[1], 0.5)
            out[k, :3, 3] += along * max(length, 1e-3)
        model = scheme.like.get(j.source, j.source)
        model = model if model in index else j.source
        own = leaning(model, scheme.stands[model]) if model in scheme.stands else rest[index[model], :3, :3]
        out[k, :3, :3] = own @ scheme.turns.get(model, np.eye(3))
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


def share_out(mesh: Mesh, pairs: Sequence[tuple[int, int]], skeleton: Skeleton) -> Mesh:
    """Move weight of each pair's first joint to its second, by how far along the line between them a vertex lies."""
    if mesh.joints is None or mesh.weights is None or not pairs:
        return mesh
    joints, weights = mesh.joints.copy(), mesh.weights.copy()
    for first, second in pairs:
        start = skeleton.rest[first, :3, 3].astype(np.float64)
        line = skeleton.rest[second, :3, 3] - start
        rows, column = np.nonzero((joints == first) & (weights > 0))
        along = (mesh.positions[rows] - start) @ line / max(float(line @ line), 1e-12)
        part = np.clip(along, 0.0, 1.0)
        free = weights[rows].argmin(axis=1)
        full = weights[rows, free] > 0  # no room for a fifth joint: the nearer of the two has it all
        part[full] = np.rint(part[full])
        held = weights[rows, column]
        given = (held * part).astype(np.float32)
        weights[rows, column] = held - given
        place = np.where(full, column, free)
        joints[rows, place] = np.where(given > 0, second, joints[rows, place])
        weights[rows, place] += given
    order = np.argsort(-weights, axis=1, kind="stable")
    weights = np.take_along_axis(weights, order, axis=1)
    joints = np.take_along_axis(joints, order, axis=1)
    return replace(mesh, joints=np.where(weights > 0, joints, 0).astype(np.uint16), weights=weights)


def convert_clip(clip: Clip, joints: tuple[Joint, ...], skeleton: Skeleton, adapted: Skeleton) -> Clip:
    """The clip on the new skeleton: each joint keeps the model-space turn of its source, the hips their place, and
    joints that are pinned to a source go where it goes."""
    local = rotation_matrices(clip.rotations)
    old, new = skeleton.rest.astype(np.float64), adapted.rest.astype(np.float64)
    index = {name: i for i, name in enumerate(skeleton.names)}
    world, at = posed(local, skeleton, clip)

    def rolled(i: int, times: float) -> F64:
        """(T, 3, 3) where joint i would be if it turned `times` as far against its parent."""
        up = int(skeleton.parents[i])
        rest = old[up, :3, :3].T @ old[i, :3, :3]
        return np.asarray(world[:, up] @ rest @ powered(rest.T @ local[:, i], times))

    turned = np.empty((len(world), len(joints), 3, 3))
    place = np.empty((len(world), len(joints), 3))
    out = np.empty_like(turned)
    moves: dict[str, NDArray[np.float32]] = {}
    translations = None
    for k, j in enumerate(joints):
        up = int(adapted.parents[k])
        over, above, before = (turned[:, up], place[:, up], new[up]) if up >= 0 else (np.eye(3), np.zeros(3), np.eye(4))
        i = index.get(j.source, -1)
        if i >= 0:
            now = world[:, i] if j.roll == 1.0 else rolled(i, j.roll)
            turned[:, k] = now @ old[i, :3, :3].T @ new[k, :3, :3]
        else:
            turned[:, k] = over @ before[:3, :3].T @ new[k, :3, :3]
        out[:, k] = np.swapaxes(over, -1, -2) @ turned[:, k]
        hips = j.weighted and j.source == "hips" and clip.translations is not None
        if hips or j.pinned or (j.weighted and j.source in clip.moves):
            place[:, k] = at[:, i]
            step = np.einsum("...ba,...b->...a", over, place[:, k] - above).astype(np.float32)
            if hips:
                translations = step
            else:
                moves[j.name] = step
        else:
            rest = before[:3, :3].T @ (new[k, :3, 3] - before[:3, 3])
            place[:, k] = above + over @ rest
    flat = quaternions(out.reshape(-1, 3, 3)).reshape(len(world), -1, 4).astype(np.float32)
    return replace(clip, rotations=flat, translations=translations, moves=moves)


def posed(local: F64, skeleton: Skeleton, clip: Clip) -> tuple[F64, F64]:
    """Model-space rotations (T, J, 3, 3) and places (T, J, 3) of canonical joints in a clip, without its travel."""
    rest = skeleton.rest.astype(np.float64)
    world, at = np.empty_like(local), np.empty((*local.shape[:2], 3))
    for i, (name, up) in enumerate(zip(skeleton.names, skeleton.parents.tolist(), strict=True)):
        over, above, before = (world[:, up], at[:, up], rest[up]) if up >= 0 else (np.eye(3), np.zeros(3), np.eye(4))
        moved = clip.translations if name == "hips" else clip.moves.get(name)
        step = before[:3, :3].T @ (rest[i, :3, 3] - before[:3, 3]) if moved is None else moved.astype(np.float64)
        world[:, i] = over @ local[:, i]
        at[:, i] = above + np.einsum("...ab,...b->...a", over, step)
    return world, at
