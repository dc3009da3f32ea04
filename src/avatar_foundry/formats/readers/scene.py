"""From a tree of nodes with meshes, skins and clips - what FBX, DAE and USD have - to an Avatar."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...avatar import Avatar, Clip, Material, Part, Skeleton
from ...errors import SourceError
from ...geometry.rotations import quaternions
from ..bind_pose import bind_places
from ..glb_scene import MAX_JOINTS, MAX_NODES
from ..names import unique_names
from .pieces import Piece, moved, parts_of
from .upload import Log, Node

F64 = NDArray[np.float64]
INFLUENCES = 8
MAX_FACES = 12_000_000  # and vertices, of all instances together
MAX_MESHES = 4096
STILL = 1e-4  # of its distance from its parent: a joint that stays so near its place does not leave it


@dataclass(eq=False, slots=True)
class Skin:
    """joints: nodes.  inverse: (J, 4, 4), mesh to joint in the bind pose.  vertex, joint, weight: (N,) triplets.

    joint counts within `joints`.
    """

    joints: list[int]
    inverse: F64
    vertex: NDArray[np.int64]
    joint: NDArray[np.int64]
    weight: NDArray[np.float64]


@dataclass(eq=False, slots=True)
class Placed:
    """A mesh at a node. offset: (4, 4) of the mesh alone, which the node's children do not get."""

    node: int
    piece: Piece
    skin: Skin | None = None
    offset: F64 = field(default_factory=lambda: np.eye(4))


def draw(piece: Piece, log: Log) -> None:
    """Count what is shown, instances too, before anything is done for it."""
    log.counts["meshes"] += 1
    log.drawn += max(len(piece.faces), len(piece.positions))
    if log.drawn > MAX_FACES or log.counts["meshes"] > MAX_MESHES:
        raise SourceError("The file shows too much, instances counted", hint="Reduce the model.")


@dataclass(eq=False, slots=True)
class Tree:
    """Nodes with parents before children; local matrices (N, 4, 4); which of them are bones."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    local: list[F64] = field(default_factory=list)
    bones: set[int] = field(default_factory=set)

    def add(self, name: str, parent: int, local: F64, bone: bool = False) -> int:
        """Append a node; its number."""
        if len(self.names) >= MAX_NODES:
            raise SourceError(f"The file has more than {MAX_NODES} nodes")
        if not np.isfinite(local).all():
            raise SourceError(f"The file is damaged: the transform of {name[:60]} is not finite")
        self.names.append(name)
        self.parents.append(parent)
        self.local.append(local)
        if bone:
            self.bones.add(len(self.names) - 1)
        return len(self.names) - 1

    def world(self, turn: F64, known: dict[int, F64] | None = None) -> F64:
        """World matrices (N, 4, 4) under a turn of everything; `known` nodes are where they are told to be."""
        out = np.zeros((len(self.names), 4, 4))
        for i, up in enumerate(self.parents):
            if known and i in known:
                out[i] = known[i]
            else:
                out[i] = (out[up] if up >= 0 else turn) @ self.local[i]
        if not np.isfinite(out).all():
            raise SourceError("The file is damaged: its transforms are not finite")
        return out


@dataclass(eq=False, slots=True)
class Motion:
    """A clip as read: local matrices over time for the nodes that move. locals: node -> (T, 4, 4)."""

    name: str
    times: NDArray[np.float64]
    locals: dict[int, F64]


def assemble(
    name: str,
    tree: Tree,
    placed: Sequence[Placed],
    materials: tuple[Material, ...],
    log: Log,
    *,
    turn: F64 | None = None,
    motions: Sequence[Motion] = (),
) -> tuple[Avatar, tuple[Node, ...]]:
    """(the avatar, its node tree). turn: (4, 4), what takes the file's axes to +Y up."""
    turn = np.eye(4) if turn is None else turn
    world = tree.world(turn)
    known = bind_pose(tree, placed, world, log)
    if known:
        world = tree.world(turn, known)
    joints = joints_of(tree, placed)
    number = {node: j for j, node in enumerate(joints)}
    skeleton = skeleton_of(tree, joints, number, world) if joints else None
    names, taken = [m.name for m in materials], set[str]()
    parts: list[Part] = []
    for p in placed:
        piece, matrix = p.piece, world[p.node] @ p.offset
        if p.skin is not None:
            piece, matrix = skinned(piece, p.skin, number, world, matrix, log)
        elif skeleton is not None and (holder := holding(tree, p.node, number)) >= 0:
            count = len(piece.positions)
            piece = replace(
                piece,
                joints=np.repeat(np.array([[holder, 0, 0, 0]], np.uint16), count, axis=0),
                weights=np.repeat(np.array([[1, 0, 0, 0]], np.float32), count, axis=0),
            )
        parts.extend(parts_of(moved(piece, matrix), names, log, taken))
    titles = skeleton.names if skeleton is not None else ()
    clips = tuple(clip_of(tree, m, joints, number, turn, titles) for m in motions) if titles else ()
    log.counts["nodes"] = len(tree.names)
    nodes = tuple(
        Node(tree.names[i][:200], tree.parents[i], "joint" if i in number else "mesh" if at else "")
        for i, at in enumerate(np.isin(np.arange(len(tree.names)), [p.node for p in placed]).tolist())
    )
    return Avatar(name=name, parts=tuple(parts), skeleton=skeleton, materials=materials, clips=clips), nodes


def bind_pose(tree: Tree, placed: Sequence[Placed], world: F64, log: Log) -> dict[int, F64]:
    """Where joints go whose nodes stand in another pose than their skin was bound in."""
    known: dict[int, F64] = {}
    for p in placed:
        if p.skin is None or not p.skin.joints:
            continue
        joints = p.skin.joints
        places = bind_places(world[joints], p.skin.inverse, [tree.names[j] for j in joints], joints)
        if places is not None:
            for joint, place in zip(joints, places, strict=True):
                known.setdefault(joint, place)
    if known:
        log.note(f"The file stands in another pose than its skin was bound in; {len(known)} joints were put back.")
        log.counts["joints_reposed"] = len(known)
    return known


def joints_of(tree: Tree, placed: Sequence[Placed]) -> list[int]:
    """Nodes of the skeleton: what skins name, and the bones in the same trees."""
    wanted = {j for p in placed if p.skin is not None for j in p.skin.joints}
    top = list(range(len(tree.names)))
    for i, up in enumerate(tree.parents):
        if up >= 0:
            top[i] = top[up]
    roots = {top[j] for j in wanted} or {top[b] for b in tree.bones}
    found = sorted(wanted | {b for b in tree.bones if top[b] in roots})
    if len(found) > MAX_JOINTS:
        raise SourceError(f"The skeleton has {len(found)} joints, more than {MAX_JOINTS}")
    return found


def holding(tree: Tree, node: int, number: dict[int, int]) -> int:
    """The joint at or above a node, -1 for none."""
    while node >= 0 and node not in number:
        node = tree.parents[node]
    return number.get(node, -1)


def skeleton_of(tree: Tree, joints: list[int], number: dict[int, int], world: F64) -> Skeleton:
    """The skeleton; rest scale is dropped."""
    rest = world[joints].copy()
    length = np.linalg.norm(rest[:, :3, :3], axis=1)
    rest[:, :3, :3] /= np.where(length > 1e-12, length, 1.0)[:, None, :]
    parents = [holding(tree, tree.parents[j], number) if tree.parents[j] >= 0 else -1 for j in joints]
    names = unique_names([tree.names[j] or f"joint_{j}" for j in joints])
    return Skeleton(names, np.array(parents, np.int16), rest.astype(np.float32))


def skinned(piece: Piece, skin: Skin, number: dict[int, int], world: F64, matrix: F64, log: Log) -> tuple[Piece, F64]:
    """(piece with weights, what takes its positions into the model): the bind pose of its skin."""
    count = len(piece.positions)
    joint = np.array([number[j] for j in skin.joints], np.int64)
    keep = np.isfinite(skin.weight) & (skin.weight > 0)
    vertex, owner, weight = skin.vertex[keep], joint[skin.joint[keep]], skin.weight[keep]
    joints, weights, most = gather(count, vertex, owner, weight)
    log.counts["influences"] = max(log.counts["influences"], most)
    if most > INFLUENCES:
        log.note(f"Vertices have up to {most} weights; the {INFLUENCES} largest were read.")
    piece = replace(piece, joints=joints, weights=weights)
    if not skin.joints:
        return piece, matrix
    each = world[skin.joints] @ skin.inverse
    return piece, np.median(each, axis=0)


def gather(
    count: int, vertex: NDArray[np.int64], joint: NDArray[np.int64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.uint16], NDArray[np.float32], int]:
    """Triplets -> (joints (V, K), weights (V, K) descending, largest number per vertex); 4 <= K <= 8."""
    order = np.lexsort((joint, -weight, vertex))
    vertex, joint, weight = vertex[order], joint[order], weight[order]
    per = np.bincount(vertex, minlength=count)
    most = int(per.max(initial=0))
    width = max(4, min(most, INFLUENCES))
    place = np.arange(len(vertex)) - np.repeat(np.cumsum(per) - per, per)
    fits = place < width
    joints, weights = np.zeros((count, width), np.uint16), np.zeros((count, width), np.float32)
    joints[vertex[fits], place[fits]] = joint[fits]
    weights[vertex[fits], place[fits]] = weight[fits]
    return joints, weights, most


def clip_of(
    tree: Tree, motion: Motion, joints: list[int], number: dict[int, int], turn: F64, names: tuple[str, ...]
) -> Clip:
    """A clip: rotations of joints in their parent joint, and the places of those that leave theirs.

    The first root's place is in Clip.translations, others' are in Clip.moves.
    turn: (4, 4) that everything without a joint above stands under.
    """
    steps = len(motion.times)
    rotations = np.zeros((steps, len(joints), 4), np.float32)
    places: dict[int, NDArray[np.float32]] = {}
    for j, node in enumerate(joints):
        chain = [node]  # up to, not including, the joint above
        while (up := tree.parents[chain[-1]]) >= 0 and up not in number:
            chain.append(up)
        matrix = (np.eye(4) if up >= 0 else turn)[None]
        rest = matrix[0]
        for i in reversed(chain):
            matrix = matrix @ motion.locals.get(i, tree.local[i][None])
            rest = rest @ tree.local[i]
        linear = matrix[:, :3, :3]
        length = np.linalg.norm(linear, axis=1, keepdims=True)
        rotations[:, j] = quaternions(linear / np.where(length > 1e-12, length, 1.0))
        away = float(np.abs(matrix[:, :3, 3] - rest[:3, 3]).max())
        if away > STILL * max(float(np.abs(rest[:3, 3]).max()), 1e-6) or (j == 0 and node in motion.locals):
            places[j] = np.broadcast_to(matrix[:, :3, 3], (steps, 3)).astype(np.float32)
    moves = {names[j]: at for j, at in places.items() if j}
    return Clip(motion.name, motion.times.astype(np.float32), rotations, places.get(0), moves=moves)
