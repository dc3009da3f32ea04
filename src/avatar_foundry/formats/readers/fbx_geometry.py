"""Meshes of FBX files: polygons, layers, skins, blend shapes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...avatar import Morph
from ...errors import SourceError
from ..glb_read_mesh import MAX_SHAPES
from ..names import unique_names
from .fbx_objects import Graph, Object
from .fbx_tree import Arrays, Record
from .pieces import Piece, finite, within
from .polygons import triangles
from .scene import Skin
from .upload import Log


def read_geometry(geometry: Object, graph: Graph, arrays: Arrays, log: Log) -> Piece | None:
    """A mesh; None when it has no polygons."""
    record = geometry.record
    flat = arrays.of(record, "Vertices", "f8")
    ends = arrays.of(record, "PolygonVertexIndex", "i8")
    if flat is None or ends is None or not len(ends):
        log.counts["meshes_without_triangles"] += 1
        return None
    if len(flat) % 3:
        raise SourceError(f"The file is damaged: {len(flat)} numbers are no positions")
    positions = finite(flat.reshape(-1, 3), "vertex positions")
    last = np.flatnonzero(ends < 0)
    if not len(last) or last[-1] != len(ends) - 1:
        raise SourceError("The file is damaged: a polygon does not end")
    vertex = within(np.where(ends < 0, ~ends, ends), len(positions), "a polygon")
    sizes = np.diff(np.concatenate([[-1], last]))
    starts = last - sizes + 1
    fan, polygon = triangles(sizes, starts, positions[vertex] if (sizes > 3).any() else None)
    log.counts["polygons"] += int((sizes > 3).sum())
    piece = Piece(geometry.name or "mesh", positions, vertex[fan])
    of = Corners(vertex, np.repeat(np.arange(len(sizes)), sizes), fan, polygon, len(positions), len(sizes))
    piece.uvs, piece.uv_faces = of.layer(record.first("LayerElementUV"), arrays, "UV", "UVIndex", 2)
    if piece.uvs is not None:
        piece.uvs = np.stack([piece.uvs[:, 0], 1.0 - piece.uvs[:, 1]], axis=1)
    piece.normals, piece.normal_faces = of.layer(
        record.first("LayerElementNormal"), arrays, "Normals", "NormalsIndex", 3
    )
    piece.colors, piece.color_faces = of.layer(record.first("LayerElementColor"), arrays, "Colors", "ColorIndex", 4)
    if piece.colors is not None:
        piece.colors = np.clip(np.nan_to_num(piece.colors), 0.0, 1.0)
    if (more := sum(1 for _ in record.all("LayerElementUV"))) > 1:
        log.note("Only the first uv set is read.")
        log.counts["uv_sets"] = max(log.counts["uv_sets"], more)
    piece.material = of.materials(record.first("LayerElementMaterial"), arrays)
    piece.morphs = read_shapes(geometry, graph, arrays, len(positions))
    return piece


class Corners:
    """The corners of all polygons, and how layers are spread over them."""

    def __init__(
        self,
        vertex: NDArray[np.int32],
        owner: NDArray[np.int64],
        fan: NDArray[Any],
        polygon: NDArray[Any],
        vertices: int,
        polygons: int,
    ) -> None:
        self.vertex, self.owner, self.fan, self.polygon = vertex, owner, fan, polygon
        self.vertices, self.polygons = vertices, polygons

    def layer(
        self, record: Record | None, arrays: Arrays, values: str, index: str, width: int
    ) -> tuple[NDArray[np.float64] | None, NDArray[np.int32] | None]:
        """(values (N, width), (F, 3) into them) of a layer."""
        if record is None or (flat := arrays.of(record, values, "f8")) is None or not len(flat):
            return None, None
        if len(flat) % width:
            raise SourceError(f"The file is damaged: a layer's {values} are cut off")
        table = flat.reshape(-1, width)
        how = record.text("MappingInformationType")
        place: NDArray[Any]
        if how == "ByPolygonVertex":
            place = np.arange(len(self.vertex))
        elif how in ("ByVertice", "ByVertex"):
            place = self.vertex
        elif how == "ByPolygon":
            place = self.owner
        elif how == "AllSame":
            place = np.zeros(len(self.vertex), np.int64)
        else:
            return None, None
        if record.text("ReferenceInformationType") in ("IndexToDirect", "Index"):
            held = arrays.of(record, index, "i8")
            if held is not None:
                place = held[within(place, len(held), f"a layer of {values}")]
                place = np.where(place < 0, 0, place)  # -1: none
        faces = within(place, len(table), f"a layer of {values}")[self.fan]
        if width < 4 and not np.isfinite(table).all():
            if values == "UV":
                finite(table, "uvs")
            table = np.nan_to_num(table)
        return table, faces

    def materials(self, record: Record | None, arrays: Arrays) -> NDArray[np.int32] | None:
        """Each triangle's material, as its place among the model's materials."""
        held = arrays.of(record, "Materials", "i8") if record is not None else None
        if record is None or held is None or not len(held):
            return None
        if record.text("MappingInformationType") == "ByPolygon":
            if len(held) < self.polygons:
                raise SourceError("The file is damaged: polygons have no material")
            each: NDArray[np.int32] = np.clip(held, -1, 65535)[self.polygon].astype(np.int32)
            return each
        return np.full(len(self.fan), min(max(int(held[0]), -1), 65535), np.int32)


def read_skin(geometry: Object, graph: Graph, arrays: Arrays, nodes: dict[int, int], count: int) -> Skin | None:
    """The skin of a mesh; None when it has none. nodes: model id -> node."""
    joints: list[int] = []
    inverse: list[NDArray[np.float64]] = []
    rows: list[tuple[NDArray[np.int64], int, NDArray[np.float64]]] = []
    for skin, _ in graph.below(geometry.id, "Deformer"):
        if skin.sort != "Skin":
            continue
        for cluster, _ in graph.below(skin.id, "Deformer"):
            bone = next((m for m, _ in graph.below(cluster.id, "Model") if m.id in nodes), None)
            if bone is None:
                continue
            r = cluster.record
            index, weight = arrays.of(r, "Indexes", "i8"), arrays.of(r, "Weights", "f8")
            into, link = matrix_of(arrays, r, "Transform"), matrix_of(arrays, r, "TransformLink")
            if into is None:
                solid = link is not None and abs(np.linalg.det(link)) > 1e-18
                into = np.array(np.linalg.inv(link)) if link is not None and solid else np.eye(4)
            index = np.zeros(0, np.int64) if index is None else index
            weight = np.zeros(0) if weight is None else weight
            if len(index) != len(weight):
                raise SourceError("The file is damaged: a bone's weights do not fit its vertices")
            within(index, count, "a bone")
            if not np.isfinite(weight).all():
                raise SourceError("The file is damaged: a weight is not finite")
            if nodes[bone.id] in joints:
                rows.append((index, joints.index(nodes[bone.id]), weight))
                continue
            rows.append((index, len(joints), weight))
            joints.append(nodes[bone.id])
            inverse.append(into)
    if not joints:
        return None
    return Skin(
        joints,
        np.stack(inverse),
        np.concatenate([i for i, _, _ in rows]),
        np.concatenate([np.full(len(i), k, np.int64) for i, k, _ in rows]),
        np.concatenate([w for _, _, w in rows]),
    )


def matrix_of(arrays: Arrays, record: Record, name: str) -> NDArray[np.float64] | None:
    """A (4, 4), which FBX keeps with its translation last."""
    flat = arrays.of(record, name, "f8")
    if flat is None:
        return None
    if len(flat) != 16 or not np.isfinite(flat).all():
        raise SourceError("The file is damaged: a bind matrix cannot be used")
    return np.array(flat.reshape(4, 4).T)


def read_shapes(geometry: Object, graph: Graph, arrays: Arrays, count: int) -> tuple[Morph, ...]:
    """Blend shapes; of several in-between shapes of one channel the last, the full one."""
    names: list[str] = []
    found: list[tuple[NDArray[np.int32], NDArray[np.float32]]] = []
    for blend, _ in graph.below(geometry.id, "Deformer"):
        if blend.sort != "BlendShape":
            continue
        for channel, _ in graph.below(blend.id, "Deformer"):
            shapes = [g for g, _ in graph.below(channel.id, "Geometry") if g.sort == "Shape"]
            if channel.sort != "BlendShapeChannel" or not shapes:
                continue
            if len(names) >= MAX_SHAPES:
                raise SourceError("The file has too many blend shapes")
            index = arrays.of(shapes[-1].record, "Indexes", "i8")
            delta = arrays.of(shapes[-1].record, "Vertices", "f8")
            if index is None or delta is None:
                continue
            if len(delta) != 3 * len(index):
                raise SourceError(f"The file is damaged: the shape {channel.name} does not fit its mesh")
            within(index, count, f"the shape {channel.name}")
            rows = finite(delta.reshape(-1, 3), f"moves of the shape {channel.name}")
            order = np.argsort(index, kind="stable")
            index, rows = index[order], rows[order]
            keep: NDArray[np.bool_] = np.asarray(rows.any(axis=1))
            keep[1:] &= np.diff(index) > 0
            if keep.any():
                names.append(channel.name or shapes[-1].name)
                found.append((index[keep].astype(np.int32), rows[keep].astype(np.float32)))
    return tuple(Morph(n, i, d) for n, (i, d) in zip(unique_names(names), found, strict=True))
