"""One primitive of a GLB as a mesh in model space: triangles, uvs, colours, skin, shapes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import Mesh, Morph
from ..errors import SourceError
from .glb_container import Json
from .glb_draco import unpack_primitive
from .glb_scene import Scene, bind_matrices, numbers
from .glb_source import Source, integer
from .names import unique_names

MAX_SHAPES = 2048
LARGEST = 1e15  # of a coordinate: squares of lengths stay within float32
F64 = NDArray[np.float64]


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
