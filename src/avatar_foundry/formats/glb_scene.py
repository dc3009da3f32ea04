"""The node tree of a GLB: transforms, the pose that skins were bound in, the skeleton."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import Skeleton
from ..errors import SourceError
from .bind_pose import bind_places
from .glb_container import Json
from .glb_source import Source, integer
from .names import unique_names
from .transforms import matrices

MAX_NODES, MAX_JOINTS = 65_536, 4096
F64 = NDArray[np.float64]


@dataclass(slots=True)
class Manner:
    """How to read, and what was seen on the way.

    influences: how many weights per vertex to keep.  bind: show the pose that skins were bound in, where the nodes
    stand in another.  unbound: part -> vertices without weights.  unnormalised: part -> how many vertices.
    """

    influences: int = 4
    bind: bool = False
    most: int = 0
    reposed: int = 0
    skipped: int = 0
    unbound: dict[str, NDArray[np.int32]] = field(default_factory=dict)
    unnormalised: dict[str, int] = field(default_factory=dict)


class Scene:
    """The node tree: parents, world matrices, and the nodes in an order where parents come first."""

    def __init__(self, source: Source, manner: Manner) -> None:
        self.manner = manner
        self.off: tuple[int, NDArray[np.int32]] = (0, np.zeros(0, np.int32))  # of the skin read last
        nodes = source.items("nodes")
        if len(nodes) > MAX_NODES:
            raise SourceError(f"The file has {len(nodes)} nodes, more than {MAX_NODES}")
        self.nodes = nodes
        self.parent = [-1] * len(nodes)
        for i, node in enumerate(nodes):
            for child in node.get("children") or ():
                child = integer(child, "a child node", len(nodes) - 1)
                if self.parent[child] >= 0:
                    raise SourceError("The file is damaged: a node has two parents")
                self.parent[child] = i
        self.order: list[int] = []
        pending = [i for i in reversed(range(len(nodes))) if self.parent[i] < 0]
        while pending:
            i = pending.pop()
            self.order.append(i)
            pending.extend(reversed(nodes[i].get("children") or ()))
        if len(self.order) != len(nodes):
            raise SourceError("The file is damaged: its nodes form a ring")
        self.local = local_matrices(nodes)
        self.world: F64 = np.tile(np.eye(4), (len(nodes), 1, 1))
        self.place({})
        self.shown = self._shown(source)

    def place(self, known: dict[int, F64]) -> None:
        """World matrices: those that are known, and what follows from them."""
        for i in self.order:
            if i in known:
                self.world[i] = known[i]
            else:
                self.world[i] = self.world[self.parent[i]] @ self.local[i] if self.parent[i] >= 0 else self.local[i]

    def _shown(self, source: Source) -> set[int]:
        scenes = source.items("scenes")
        if not scenes:
            return set(range(len(self.nodes)))
        scene = source.item("scenes", source.document.get("scene", 0))
        shown: set[int] = set()
        pending = [integer(n, "a scene's node", len(self.nodes) - 1) for n in scene.get("nodes") or ()]
        while pending:
            i = pending.pop()
            if i not in shown:
                shown.add(i)
                pending.extend(self.nodes[i].get("children") or ())
        return shown


def between(scene: Scene, number: dict[int, int]) -> dict[int, F64]:
    """Joint -> (4, 4) of the nodes that are no joints between it and the joint above, where that is not nothing."""
    out: dict[int, F64] = {}
    for node, joint in number.items():
        matrix = np.eye(4)
        up = scene.parent[node]
        while up >= 0 and up not in number:
            matrix, up = scene.local[up] @ matrix, scene.parent[up]
        if np.abs(matrix - np.eye(4)).max() > 1e-9:
            out[joint] = matrix
    return out


def numbers(value: Any, count: int, default: tuple[float, ...]) -> NDArray[np.float64]:
    """`count` finite floats from JSON."""
    if value is None:
        return np.array(default)
    if not isinstance(value, list) or len(value) != count or not all(isinstance(v, int | float) for v in value):
        raise SourceError("The file is damaged: a transform cannot be read")
    out = np.array(value, np.float64)
    if not np.isfinite(out).all():
        raise SourceError("The file is damaged: a transform is not finite")
    return out


def local_matrices(nodes: list[Json]) -> F64:
    """The nodes' transforms (N, 4, 4)."""
    moves, turns, sizes = np.zeros((len(nodes), 3)), np.zeros((len(nodes), 4)), np.ones((len(nodes), 3))
    turns[:, 3] = 1.0
    whole: dict[int, NDArray[np.float64]] = {}
    for i, node in enumerate(nodes):
        if node.get("matrix") is not None:
            whole[i] = numbers(node["matrix"], 16, ()).reshape(4, 4).T
            continue
        if node.get("translation") is not None:
            moves[i] = numbers(node["translation"], 3, ())
        if node.get("rotation") is not None:
            turns[i] = numbers(node["rotation"], 4, ())
        if node.get("scale") is not None:
            sizes[i] = numbers(node["scale"], 3, ())
    out = matrices(moves, turns, sizes)
    for i, matrix in whole.items():
        out[i] = matrix
    return out


def bind_matrices(source: Source, skin: Json) -> F64 | None:
    """Inverse bind matrices (J, 4, 4) of a skin, or None when it has none."""
    if skin.get("inverseBindMatrices") is None:
        return None
    inverse = source.accessor(skin["inverseBindMatrices"], "MAT4").astype(np.float64)
    if len(inverse) < len(skin["joints"]):
        raise SourceError("The file is damaged: a skin has too few bind matrices")
    out: F64 = inverse[: len(skin["joints"])].reshape(-1, 4, 4).transpose(0, 2, 1)
    if not np.isfinite(out).all():
        raise SourceError("The file is damaged: a bind matrix is not finite")
    return out


def show_bind_pose(source: Source, scene: Scene) -> int:
    """Move joints to where their skins were bound, where the nodes stand elsewhere; how many moved."""
    known: dict[int, F64] = {}
    rank = {node: k for k, node in enumerate(scene.order)}
    for skin in source.items("skins"):
        joints = [integer(j, "a skin's joint", len(scene.nodes) - 1) for j in skin.get("joints") or ()]
        if not joints or (inverse := bind_matrices(source, skin)) is None:
            continue
        names = [str(scene.nodes[j].get("name") or "") for j in joints]
        places = bind_places(scene.world[joints], inverse, names, [rank[j] for j in joints])
        if places is not None:
            for joint, place in zip(joints, places, strict=True):
                known.setdefault(joint, place)
    if known:
        scene.place(known)
    return len(known)


def read_skeleton(source: Source, scene: Scene) -> tuple[Skeleton | None, dict[int, int]]:
    """The union of all skins as one skeleton, and node number -> joint number. Rest scale is dropped."""
    wanted: set[int] = set()
    for skin in source.items("skins"):
        for joint in skin.get("joints") or ():
            wanted.add(integer(joint, "a skin's joint", len(scene.nodes) - 1))
    if not wanted:
        return None, {}
    if len(wanted) > MAX_JOINTS:
        raise SourceError(f"The skeleton has {len(wanted)} joints, more than {MAX_JOINTS}")
    order = [i for i in scene.order if i in wanted]
    number = {node: j for j, node in enumerate(order)}
    source.joint_order = order
    parents = []
    for node in order:
        up = scene.parent[node]
        while up >= 0 and up not in number:
            up = scene.parent[up]
        parents.append(number.get(up, -1))
    rest = scene.world[order].copy()
    length = np.linalg.norm(rest[:, :3, :3], axis=1)
    rest[:, :3, :3] /= np.where(length > 1e-12, length, 1.0)[:, None, :]
    names = unique_names([str(scene.nodes[n].get("name") or f"joint_{n}") for n in order])
    return Skeleton(names, np.array(parents, np.int16), rest.astype(np.float32)), number
