"""Geometry of FBX files: polygons with layers, skins of clusters, blend shapes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import I32, Mesh, Morph
from ..geometry import unit, vertex_normals
from .fbx_objects import Document
from .fbx_records import Id, Record, properties
from .fbx_space import COARSE, F64, Joints, Space
from .split import exact_weights, split_mesh

HUNDRED = np.array([100.0])
ONE = np.zeros(1, np.int32)


@dataclass(frozen=True, eq=False, slots=True)
class Packed:
    """A mesh with the vertices that its faces use. keep: (V',) the kept vertices of the whole mesh, rising."""

    mesh: Mesh
    keep: I32
    faces: I32


def packed(mesh: Mesh) -> Packed:
    """Leave unused vertices out."""
    used = np.zeros(len(mesh.positions), bool)
    used[mesh.faces] = True
    keep = np.flatnonzero(used).astype(np.int32)
    if len(keep) == len(used):
        return Packed(mesh, keep, mesh.faces)
    place = np.cumsum(used, dtype=np.int32) - 1
    return Packed(mesh, keep, place[mesh.faces])


def add_geometry(document: Document, space: Space, name: str, held: Packed, tangents: bool) -> Id:
    """The Geometry of a mesh."""
    mesh, faces = held.mesh, held.faces
    ends = faces.astype(np.int32)
    ends[:, 2] = ~ends[:, 2]
    whole = mesh.normals if mesh.normals is not None else vertex_normals(mesh.positions, mesh.faces)
    corners = faces.astype(np.int32)
    normals = unit(whole[held.keep])
    layers = [layer("Normal", "Normals", space.normals(normals), "NormalsIndex", corners)]
    if mesh.uvs is not None and mesh.uv_faces is not None:
        used, places = np.unique(mesh.uv_faces, return_inverse=True)
        uvs = mesh.uvs[used].astype(np.float64)
        uvs[:, 1] = 1.0 - uvs[:, 1]
        uvs = np.rint(uvs * 2.0**20) * 2.0**-20
        if tangents:
            layers += tangent_layers(space, mesh)
        index = places.reshape(-1, 3).astype(np.int32)
        layers.append(layer("UV", "UV", uvs, "UVIndex", index, "UVMap"))
    if mesh.colors is not None:
        layers.append(layer("Color", "Colors", mesh.colors[held.keep].astype(np.float64), "ColorIndex", corners))
    layers.append(layer("Material", "Materials", ONE))
    listed = [Record("LayerElement", children=[Record("Type", each.name), Record("TypedIndex", 0)]) for each in layers]
    return document.add(
        "Geometry",
        name,
        "Geometry",
        "Mesh",
        properties(),
        Record("GeometryVersion", 124),
        Record("Vertices", space.places(mesh.positions[held.keep])),
        Record("PolygonVertexIndex", ends),
        *layers,
        Record("Layer", 0, children=[Record("Version", 100), *listed]),
    )


def layer(
    kind: str, values: str, table: NDArray[Any], index: str = "", corners: NDArray[Any] | None = None, name: str = ""
) -> Record:
    """One layer, by corner through an index, or the same for all."""
    how = "AllSame" if corners is None else "ByPolygonVertex"
    return Record(
        f"LayerElement{kind}",
        0,
        children=[
            Record("Version", 102 if kind in ("Normal", "Tangent", "Binormal") else 101),
            Record("Name", name),
            Record("MappingInformationType", how),
            Record("ReferenceInformationType", "IndexToDirect"),
            Record(values, table),
            *([Record(index, corners)] if corners is not None else []),
        ],
    )


def tangent_layers(space: Space, mesh: Mesh) -> list[Record]:
    """Tangents and binormals as our other formats have them (MikkTSpace's conventions, v upwards)."""
    split = split_mesh(mesh, with_tangents=True, with_morphs=False)
    if split.tangents is None:
        return []
    along = split.tangents[:, :3]
    across = np.cross(split.normals, along) * split.tangents[:, 3:]
    return [
        layer("Tangent", "Tangents", space.normals(along), "TangentsIndex", split.faces),
        layer("Binormal", "Binormals", space.normals(across), "BinormalsIndex", split.faces),
    ]


def add_skin(
    document: Document,
    name: str,
    geometry: Id,
    held: Packed,
    joints: Joints,
    bones: list[Id],
    names: tuple[str, ...],
    *,
    everything: bool,
) -> None:
    """The Skin of a mesh. everything: with a cluster for joints without weights too: importers take the bind pose
    from clusters."""
    assert held.mesh.joints is not None
    assert held.mesh.weights is not None
    owner, weight = exact_weights(held.mesh.joints[held.keep], held.mesh.weights[held.keep])
    rows, columns = np.nonzero(weight > 0)
    joint = owner[rows, columns].astype(np.int64)
    order = np.argsort(joint, kind="stable")
    vertex, values = rows[order].astype(np.int32), weight[rows, columns][order].astype(np.float64)
    ends = np.cumsum(np.bincount(joint, minlength=len(names))).tolist()
    skin = document.add(
        "Deformer", name, "Deformer", "Skin", Record("Version", 101), Record("Link_DeformAcuracy", 50.0)
    )
    document.link(skin, geometry)
    begin = 0
    into, places = bind_matrices(joints)
    for k, (title, end) in enumerate(zip(names, ends, strict=True)):
        if end > begin or everything:
            weights = [Record("Indexes", vertex[begin:end]), Record("Weights", values[begin:end])]
            cluster = document.add(
                "Deformer",
                title,
                "SubDeformer",
                "Cluster",
                Record("Version", 100),
                Record("UserData", "", ""),
                *(weights if end > begin else ()),
                Record("Transform", into[k]),
                Record("TransformLink", places[k]),
            )
            document.link(cluster, skin)
            document.link(bones[k], cluster)
        begin = end


def bind_matrices(joints: Joints) -> tuple[F64, F64]:
    """(mesh to joint (J, 16), joint to scene (J, 16)) in the rest pose; FBX's matrices have the translation last."""
    into = np.linalg.inv(joints.world)
    into[:, 3] = (0.0, 0.0, 0.0, 1.0)
    flat = [np.ascontiguousarray(m.transpose(0, 2, 1)).reshape(-1, 16) + 0.0 for m in (into, joints.world)]
    return flat[0], flat[1]


def add_shapes(
    document: Document, space: Space, name: str, geometry: Id, held: Packed, *, normals: bool
) -> list[tuple[str, Id]]:
    """The blend shapes of a mesh: a channel per morph that moves something, by its plain name, 0 to 100.

    Returns the channels with their names."""
    morphs = held.mesh.morphs
    channels: list[tuple[str, Id]] = []
    if not morphs:
        return channels
    alive, index, delta, turned, ends = gathered(held, space, normals)
    if not alive:
        return channels
    blend = document.add("Deformer", name, "Deformer", "BlendShape", Record("Version", 100))
    document.link(blend, geometry)
    begin = 0
    percent = properties(("DeformPercent", "Number", "", "A", 0.0))
    for title, end in zip(alive, ends, strict=True):
        shape = document.add(
            "Geometry",
            title,
            "Geometry",
            "Shape",
            properties(),
            Record("Version", 100),
            Record("Indexes", index[begin:end]),
            Record("Vertices", delta[begin:end]),
            *([Record("Normals", turned[begin:end])] if turned is not None else ()),
        )
        channel = document.add(
            "Deformer",
            title,
            "SubDeformer",
            "BlendShapeChannel",
            Record("Version", 100),
            percent,
            Record("DeformPercent", 0.0),
            Record("FullWeights", HUNDRED),
        )
        document.link(channel, blend)
        document.link(shape, channel)
        channels.append((title, channel))
        begin = end
    return channels


def gathered(held: Packed, space: Space, with_normals: bool) -> tuple[list[str], I32, F64, F64 | None, list[int]]:
    """(names, index (N,), delta (N, 3), change of normals (N, 3) or None, end of each shape): all shapes in one pass.

    Entries that move nothing on the file's grid are left out, and shapes without entries.
    """
    morphs = held.mesh.morphs
    place = np.full(len(held.mesh.positions), -1, np.int32)
    place[held.keep] = np.arange(len(held.keep), dtype=np.int32)
    index = place[np.concatenate([m.index for m in morphs])]
    delta = space.places(np.concatenate([m.delta for m in morphs]))
    owner = np.repeat(np.arange(len(morphs)), [len(m.index) for m in morphs])
    turned = space.normals(np.concatenate([normal_of(m) for m in morphs]), COARSE) if with_normals else None
    moving = delta.any(axis=1)
    if turned is not None:
        moving |= turned.any(axis=1)
    kept = np.flatnonzero((index >= 0) & moving)
    counts = np.bincount(owner[kept], minlength=len(morphs))
    names = [m.name for m, n in zip(morphs, counts.tolist(), strict=True) if n]
    ends = np.cumsum(counts[counts > 0]).tolist()
    return names, index[kept], delta[kept], turned[kept] if turned is not None else None, ends


def normal_of(morph: Morph) -> NDArray[np.float32]:
    """What a morph does to normals: nothing while unknown."""
    return morph.normal if morph.normal is not None else np.zeros_like(morph.delta)
