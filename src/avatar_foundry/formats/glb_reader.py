"""Read GLB 2.0 into an Avatar: model space, +Y up, rest pose as the file shows it, one skeleton.

Vertices stay split as the file has them (`uv_faces` equals `faces`); welding is a stage of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Clip, Mesh, Morph, Part, Skeleton
from ..errors import SourceError
from .bind_pose import bind_places
from .glb_container import Json
from .glb_draco import unpack_primitive
from .glb_read_animation import read_clips
from .glb_read_material import read_materials
from .glb_source import Source, integer
from .transforms import matrices

MAX_NODES, MAX_JOINTS, MAX_SHAPES = 65_536, 4096, 2048
MAX_PARTS = 4096
LARGEST = 1e15  # of a coordinate: squares of lengths stay within float32
MAX_DRAWN = 60_000_000  # triangles or vertices and moved vertices, of all instances together
F64 = NDArray[np.float64]


def read_glb(data: bytes) -> Avatar:
    """The avatar in a GLB file. Raises SourceError, with a hint where there is one, for every fault of the file."""
    try:
        return assemble(Source(data))
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as error:
        # JSON of the wrong shape somewhere: the checks name the likely faults, this catches the rest
        raise SourceError("The file is damaged: its structure is not glTF", hint="Export the model again.") from error


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


def assemble(source: Source, manner: Manner | None = None) -> Avatar:
    """The avatar of a parsed file."""
    scene = Scene(source, manner or Manner())
    if scene.manner.bind:
        scene.manner.reposed = show_bind_pose(source, scene)
    materials = read_materials(source)
    skeleton, number = read_skeleton(source, scene)
    parts = tuple(read_parts(source, scene, number, tuple(m.name for m in materials)))
    if not parts:
        raise SourceError("The file holds no triangles", hint="Export the mesh along with the armature.")
    clips: tuple[Clip, ...] = ()
    if skeleton is not None:
        clips = read_clips(source, skeleton, number, between(scene, number))
    extras = source.document["asset"].get("extras")
    scenes = source.items("scenes")
    return Avatar(
        name=str(scenes[0].get("name") or "avatar") if scenes else "avatar",
        parts=parts,
        skeleton=skeleton,
        materials=materials,
        clips=clips,
        extras=extras if isinstance(extras, dict) else {},
    )


def between(scene: "Scene", number: dict[int, int]) -> dict[int, F64]:
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


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Repeated names get _2, _3 .."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        title, k = name, seen.get(name, 0)
        while title in seen:
            k += 1
            title = f"{name}_{k}"
        seen[title] = 1
        seen[name] = max(k, 1)
        out.append(title)
    return tuple(out)


def read_parts(source: Source, scene: Scene, number: dict[int, int], materials: tuple[str, ...]) -> Iterator[Part]:
    """One part per primitive of each shown mesh node; MSFT_lod's coarser nodes become its lods."""
    names: dict[str, int] = {}
    drawn = count = 0
    for i in scene.order:
        if i not in scene.shown or scene.nodes[i].get("mesh") is None:
            continue
        levels = [i, *lower_levels(scene.nodes[i], len(scene.nodes))]
        shown = source.item("meshes", scene.nodes[i]["mesh"])
        title = str(scene.nodes[i].get("name") or shown.get("name") or f"part_{i}")
        if len(levels) > 1:
            title = re.sub(r"_LOD0$", "", title)
        primitives = shown.get("primitives") or []
        for k, primitive in enumerate(primitives):
            lods: list[Mesh] = []
            off = scene.off
            for level in levels:
                mesh = source.item("meshes", scene.nodes[level].get("mesh"))
                same = mesh.get("primitives") or []
                if k < len(same) and (read := read_mesh(source, scene, level, mesh, same[k], number)) is not None:
                    off = off if lods else scene.off
                    lods.append(read)
                    drawn += max(len(read.faces), len(read.positions)) + sum(len(m.index) for m in read.morphs)
                    count += 1
                    if drawn > MAX_DRAWN or count > MAX_PARTS:
                        raise SourceError("The file shows too much, instances counted", hint="Reduce the model.")
            if not lods:
                scene.manner.skipped += 1
                continue
            name = title if len(primitives) == 1 else f"{title}_{k}"
            names[name] = names.get(name, 0) + 1
            if names[name] > 1:
                name = f"{name}_{names[name]}"
            if off[0]:
                scene.manner.unnormalised[name] = off[0]
            if len(off[1]):
                scene.manner.unbound[name] = off[1]
            at = primitive.get("material")
            material = materials[integer(at, "a material", len(materials) - 1)] if at is not None else ""
            yield Part(name, "body" if name.lower() == "body" else "garment", tuple(lods), material)


def lower_levels(node: Json, count: int) -> list[int]:
    """Nodes of the coarser levels of detail."""
    extension = (node.get("extensions") or {}).get("MSFT_lod") or {}
    return [integer(i, "a level of detail", count - 1) for i in extension.get("ids") or ()]


def read_mesh(
    source: Source, scene: Scene, node: int, mesh: Json, primitive: Json, number: dict[int, int]
) -> Mesh | None:
    """One primitive in model space; None when it holds no triangles."""
    attributes = primitive.get("attributes")
    if not isinstance(attributes, dict) or "POSITION" not in attributes:
        raise SourceError("The file is damaged: a mesh has no positions")
    unpack_primitive(source, primitive)
    positions = source.accessor(attributes["POSITION"], "VEC3").astype(np.float32)
    if not np.isfinite(positions).all():
        raise SourceError("The file is damaged: a vertex position is not finite")
    faces = read_faces(source, primitive, len(positions))
    if not len(faces):
        return None

    def attribute(name: str, *types: str) -> NDArray[Any] | None:
        if name not in attributes:
            return None
        values = source.accessor(attributes[name], *types)
        if len(values) != len(positions):
            raise SourceError(f"The file is damaged: {name} does not fit the positions")
        return values

    normals, uvs = attribute("NORMAL", "VEC3"), read_uvs(source, primitive, attribute)
    scene.off = (0, np.zeros(0, np.int32))
    joints, weights, own = read_skin(source, scene, node, attribute, number, len(positions))
    shapes = read_shapes(source, mesh, primitive, len(positions))
    matrix = skin_matrix(source, scene, node, own, weights) if own is not None else scene.world[node]
    positions, normals, shapes = transform(matrix, positions, normals, shapes)
    for values in (positions, *(m.delta for m in shapes)):
        if not np.abs(values).max(initial=0.0) < LARGEST:  # neither is NaN
            raise SourceError("The file is damaged: the model is larger than anything")
    if matrix.ndim == 2 and np.linalg.det(matrix[:3, :3]) < 0:
        faces = np.ascontiguousarray(faces[:, ::-1])
    return Mesh(
        positions=positions,
        faces=faces,
        normals=normals,
        uvs=uvs,
        uv_faces=faces if uvs is not None else None,
        joints=joints,
        weights=weights,
        morphs=shapes,
        colors=read_colors(attribute("COLOR_0", "VEC3", "VEC4")),
    )


def read_uvs(source: Source, primitive: Json, attribute: Any) -> NDArray[np.float32] | None:
    """The uvs that the material's base texture uses, moved as it says (KHR_texture_transform)."""
    number = 0
    place: Json = {}
    if primitive.get("material") is not None:
        material = source.item("materials", primitive["material"])
        pbr = material.get("pbrMetallicRoughness") or {}
        gloss = (material.get("extensions") or {}).get("KHR_materials_pbrSpecularGlossiness") or {}
        slot = pbr.get("baseColorTexture") or gloss.get("diffuseTexture") or material.get("normalTexture") or {}
        place = (slot.get("extensions") or {}).get("KHR_texture_transform") or {}
        number = integer(place.get("texCoord", slot.get("texCoord", 0)), "a set of uvs", 15)
    uvs = attribute(f"TEXCOORD_{number}", "VEC2")
    uvs = attribute("TEXCOORD_0", "VEC2") if uvs is None else uvs
    if uvs is None:
        return None
    out = np.ascontiguousarray(uvs, np.float32)
    if not np.isfinite(out).all():
        raise SourceError("The file is damaged: a uv is not finite")
    if place:
        scale, offset = numbers(place.get("scale"), 2, (1.0, 1.0)), numbers(place.get("offset"), 2, (0.0, 0.0))
        (angle,) = numbers([place.get("rotation", 0.0)], 1, ())
        c, s = np.cos(angle), np.sin(angle)
        out = ((out * scale) @ np.array([[c, -s], [s, c]]) + offset).astype(np.float32)
    return out


def read_colors(values: NDArray[Any] | None) -> NDArray[np.float32] | None:
    """Vertex colours (V, 4), opaque where the file has no alpha."""
    if values is None:
        return None
    out = np.ones((len(values), 4), np.float32)
    out[:, : values.shape[1]] = np.nan_to_num(values)
    return np.clip(out, 0.0, 1.0, out=out)


def read_faces(source: Source, primitive: Json, count: int) -> NDArray[np.int32]:
    """Triangles (F, 3) of lists, strips and fans; points and lines give none."""
    mode = primitive.get("mode", 4)
    if mode not in (4, 5, 6):
        return np.zeros((0, 3), np.int32)
    if primitive.get("indices") is not None:
        flat = source.accessor(primitive["indices"], "SCALAR").astype(np.int64)
    else:
        flat = np.arange(count, dtype=np.int64)
    if len(flat) and (flat.min() < 0 or flat.max() >= count):
        raise SourceError("The file is damaged: a face names a vertex that does not exist")
    if mode == 4:
        return flat[: len(flat) // 3 * 3].reshape(-1, 3).astype(np.int32)
    if len(flat) < 3:
        return np.zeros((0, 3), np.int32)
    i = np.arange(len(flat) - 2)
    if mode == 5:
        odd = i % 2
        corners = np.stack([flat[i], flat[i + 1 + odd], flat[i + 2 - odd]], axis=1)
    else:
        corners = np.stack([np.full(len(i), flat[0]), flat[i + 1], flat[i + 2]], axis=1)
    return corners.astype(np.int32)


def read_skin(
    source: Source, scene: Scene, node: int, attribute: Any, number: dict[int, int], count: int
) -> tuple[NDArray[np.uint16] | None, NDArray[np.float32] | None, NDArray[np.int64] | None]:
    """(joints (V, 4) into the skeleton, weights (V, 4), the same joints by their place in the node's skin)."""
    skin = scene.nodes[node].get("skin")
    if skin is None or attribute("JOINTS_0") is None:
        up = scene.parent[node]
        while up >= 0 and up not in number:
            up = scene.parent[up]
        if up < 0:
            return None, None, None
        joints = np.zeros((count, 4), np.uint16)
        joints[:, 0] = number[up]
        rigid = np.zeros((count, 4), np.float32)
        rigid[:, 0] = 1.0
        return joints, rigid, None
    listed = [number[integer(j, "a skin's joint", len(scene.nodes) - 1)] for j in source.item("skins", skin)["joints"]]
    own: list[NDArray[Any]] = []
    weights: list[NDArray[Any]] = []
    for k in range(8):
        j, w = attribute(f"JOINTS_{k}", "VEC4"), attribute(f"WEIGHTS_{k}", "VEC4")
        if j is None or w is None:
            break
        own.append(j.astype(np.int64))
        weights.append(w.astype(np.float32))
    if not own:
        raise SourceError("The file is damaged: a skinned mesh has joints without weights")
    place, w = np.concatenate(own, axis=1), np.nan_to_num(np.concatenate(weights, axis=1), posinf=0.0, neginf=0.0)
    w = np.maximum(w, 0.0)
    manner = scene.manner
    manner.most = max(manner.most, int((w > 0).sum(axis=1).max(initial=0)))
    sums = w.sum(axis=1)
    scene.off = int((np.abs(sums - 1.0)[sums > 0] > 0.01).sum()), np.flatnonzero(sums <= 0).astype(np.int32)
    order = np.argsort(-w, axis=1, kind="stable")[:, : max(4, min(manner.influences, manner.most))]
    place, w = np.take_along_axis(place, order, axis=1), np.take_along_axis(w, order, axis=1)
    place[w <= 0] = 0
    if len(place) and int(place.max()) >= len(listed):
        raise SourceError("The file is damaged: skin weights name a joint that does not exist")
    total = w.sum(axis=1, keepdims=True)
    w[total[:, 0] <= 0, 0] = 1.0
    w = (w / np.where(total > 0, total, 1.0)).astype(np.float32)
    return np.array(listed, np.uint16)[place], w, place


def skin_matrix(
    source: Source, scene: Scene, node: int, own: NDArray[np.int64], weights: NDArray[np.float32] | None
) -> F64:
    """What the skin does to vertices in the file's own pose: one (4, 4) for all, or (V, 4, 4) blended."""
    skin = source.item("skins", scene.nodes[node]["skin"])
    if (inverse := bind_matrices(source, skin)) is None:
        return np.eye(4)
    each = scene.world[skin["joints"]] @ inverse
    if np.abs(each - each[0]).max() < 1e-5 * max(1.0, float(np.abs(each[0]).max())):
        mean: F64 = each.mean(axis=0)
        return np.eye(4) if np.abs(mean - np.eye(4)).max() < 1e-5 else mean
    assert weights is not None
    blended: F64 = np.einsum("vk,vkij->vij", weights, each[own])
    return blended


def transform(
    matrix: F64, positions: NDArray[np.float32], normals: NDArray[Any] | None, shapes: tuple[Morph, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None, tuple[Morph, ...]]:
    """Positions, normals and shapes under one matrix or one per vertex; unchanged under the identity."""
    if matrix.ndim == 2 and np.array_equal(matrix, np.eye(4)):
        return positions, np.ascontiguousarray(normals, np.float32) if normals is not None else None, shapes
    linear = matrix[..., :3, :3]
    turn = np.linalg.det(linear)[..., None, None] * np.linalg.pinv(linear).swapaxes(-1, -2)  # normals: cofactors
    spot = "ij,vj->vi" if matrix.ndim == 2 else "vij,vj->vi"
    moved = np.einsum(spot, linear, positions) + matrix[..., :3, 3]

    def turned(vectors: NDArray[Any], by: F64) -> NDArray[np.float32]:
        return np.asarray(np.einsum(spot, by, vectors), np.float32)

    out = None
    if normals is not None:
        raw = turned(normals, turn)
        length = np.linalg.norm(raw, axis=1, keepdims=True)
        out = (raw / np.where(length > 1e-12, length, 1.0)).astype(np.float32)
    carried = []
    for m in shapes:
        local = linear if matrix.ndim == 2 else linear[m.index]
        carried.append(Morph(m.name, m.index, turned(m.delta, local), None))
    return moved.astype(np.float32), out, tuple(carried)


def read_shapes(source: Source, mesh: Json, primitive: Json, count: int) -> tuple[Morph, ...]:
    """Morph targets, sparse; shapes that move nothing are kept out."""
    targets = primitive.get("targets") or []
    if not isinstance(targets, list) or len(targets) > MAX_SHAPES:
        raise SourceError("The file has too many morph targets")
    for holder in (mesh, primitive):
        titles = (holder.get("extras") or {}).get("targetNames") if isinstance(holder.get("extras"), dict) else None
        if isinstance(titles, list) and len(titles) == len(targets):
            break
    else:
        titles = [f"morph_{i}" for i in range(len(targets))]
    shapes = []
    for title, target in zip(unique_names([str(t) for t in titles]), targets, strict=True):
        if not isinstance(target, dict) or target.get("POSITION") is None:
            continue
        if (short := sparse_shape(source, target, title, count)) is not None:
            if len(short.index):
                shapes.append(short)
            continue
        delta = source.accessor(target["POSITION"], "VEC3").astype(np.float32)
        bend = source.accessor(target["NORMAL"], "VEC3").astype(np.float32) if "NORMAL" in target else None
        if len(delta) != count or (bend is not None and len(bend) != count) or not np.isfinite(delta).all():
            raise SourceError(f"The file is damaged: the shape {title} does not fit its mesh")
        moved = delta.any(axis=1) if bend is None else delta.any(axis=1) | bend.any(axis=1)
        index = np.flatnonzero(moved).astype(np.int32)
        if len(index) and delta.any():
            shapes.append(Morph(title, index, delta[index], bend[index] if bend is not None else None))
    return tuple(shapes)


def sparse_shape(source: Source, target: Json, title: str, count: int) -> Morph | None:
    """A shape whose accessors are sparse over zeros and list the same vertices, without unpacking it; else None."""
    position = source.sparse(target["POSITION"])
    bend = source.sparse(target["NORMAL"]) if target.get("NORMAL") is not None else None
    if position is None or position[2] != count or (target.get("NORMAL") is not None and bend is None):
        return None
    index, delta, _ = position
    if (len(index) > 1 and (np.diff(index) <= 0).any()) or not np.isfinite(delta).all():
        raise SourceError(f"The file is damaged: the shape {title} does not fit its mesh")
    if bend is not None and (bend[2] != count or not np.array_equal(bend[0], index)):
        return None
    if not delta.any():
        return Morph(title, index[:0].copy(), delta[:0].copy(), None)
    return Morph(title, index, delta, bend[1] if bend is not None else None)
