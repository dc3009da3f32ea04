"""Meshes of USD files: one set of points for faces, skin and shapes; only uvs go by corner."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Mesh, Morph
from ..geometry import unit, vertex_normals
from .split import exact_weights
from .usd_layer import Attribute, Prim, Relationship, Typed, identifier, named, primvar
from .usdz_material import UV

# What moves a point by less than five micrometres, or turns its normal by less than a quarter of a degree, is left out.
MOVE, TURN = 5e-6, 5e-3


def mesh_prim(name: str, title: str, root: str, mesh: Mesh, material: str, *, double: bool, morphs: bool) -> Prim:
    """The Mesh `name`, a child of `root`; `title` is what the part is called. material: path, "" for none."""
    keep, faces = used_vertices(mesh)
    points = mesh.positions[keep]
    whole = mesh.normals if mesh.normals is not None else vertex_normals(mesh.positions, mesh.faces)
    prim = Prim("Mesh", name, meta=named(title, name))
    told = prim.properties
    told += [
        Attribute("extent", "float3[]", extent(points)),
        Attribute("faceVertexCounts", "int[]", np.full(len(faces), 3)),
        Attribute("faceVertexIndices", "int[]", faces.reshape(-1)),
        Attribute("points", "point3f[]", points),
        Attribute("normals", "normal3f[]", unit(whole[keep]), meta={"interpolation": Typed("token", "vertex")}),
        Attribute("subdivisionScheme", "token", "none", uniform=True),
        Attribute("orientation", "token", "rightHanded", uniform=True),
    ]
    if double:
        told.append(Attribute("doubleSided", "bool", True, uniform=True))
    if mesh.uvs is not None and mesh.uv_faces is not None:
        told += uv_attributes(mesh.uvs, mesh.uv_faces)
    if mesh.colors is not None:
        told.append(primvar("color3f[]", "displayColor", mesh.colors[keep, :3], "vertex"))
        if (mesh.colors[keep, 3] != 1).any():
            told.append(primvar("float[]", "displayOpacity", mesh.colors[keep, 3], "vertex"))
    if material:
        prim.apis.append("MaterialBindingAPI")
        told.append(Relationship("material:binding", [material]))
    if mesh.joints is not None and mesh.weights is not None:
        told += skin_properties(root, mesh.joints[keep], mesh.weights[keep])
    shapes = shape_prims(mesh, keep) if morphs else []
    if shapes:
        told.append(Attribute("skel:blendShapes", "token[]", [s.name for s in shapes], uniform=True))
        told.append(Relationship("skel:blendShapeTargets", [f"{root}/{name}/{s.name}" for s in shapes]))
    if shapes or mesh.joints is not None:
        prim.apis.append("SkelBindingAPI")
    prim.children = shapes
    return prim


def used_vertices(mesh: Mesh) -> tuple[I32, I32]:
    """(keep (V',) vertices that faces use, rising; faces (F, 3) into them)."""
    keep, places = np.unique(mesh.faces, return_inverse=True)
    return keep.astype(np.int32), places.reshape(-1, 3).astype(np.int32)


def extent(points: NDArray[Any]) -> NDArray[Any]:
    """(2, 3) the least and the greatest corner."""
    return np.stack([points.min(axis=0), points.max(axis=0)])


def uv_attributes(uvs: F32, uv_faces: I32) -> list[Attribute]:
    """Texture coordinates by corner through an index, v upwards as USD has it."""
    used, places = np.unique(uv_faces, return_inverse=True)
    table = uvs[used].astype(np.float64)
    table[:, 1] = 1.0 - table[:, 1]
    return [
        primvar("texCoord2f[]", UV, table, "faceVarying"),
        Attribute(f"primvars:{UV}:indices", "int[]", places.reshape(-1)),
    ]


def skin_properties(root: str, joints: NDArray[np.uint16], weights: F32) -> list[Attribute | Relationship]:
    """The skin: as many influences as the busiest vertex has, the largest first."""
    owner, share = exact_weights(joints, weights)
    order = np.argsort(-share, axis=1, kind="stable")
    owner, share = np.take_along_axis(owner, order, 1), np.take_along_axis(share, order, 1)
    width = max(int((share > 0).sum(axis=1).max(initial=1)), 1)
    return [
        primvar("int[]", "skel:jointIndices", owner[:, :width].reshape(-1), "vertex", width),
        primvar("float[]", "skel:jointWeights", share[:, :width].reshape(-1), "vertex", width),
        Attribute("primvars:skel:geomBindTransform", "matrix4d", np.eye(4)),
        Relationship("skel:skeleton", [f"{root}/Skeleton"]),
    ]


def shape_prims(mesh: Mesh, keep: I32) -> list[Prim]:
    """The blend shapes of a mesh, sparse. Shapes that move nothing are left out."""
    place = np.full(len(mesh.positions), -1, np.int32)
    place[keep] = np.arange(len(keep), dtype=np.int32)
    taken: set[str] = set()
    return [prim for morph in mesh.morphs if (prim := shape_prim(morph, place, taken)) is not None]


def shape_prim(morph: Morph, place: I32, taken: set[str]) -> Prim | None:
    """A BlendShape; None when it moves nothing. place: (V,) each vertex's number in the file, -1 for none."""
    turned = morph.normal if morph.normal is not None else np.zeros_like(morph.delta)
    moving = np.asarray((np.abs(morph.delta) > MOVE).any(axis=1))
    rows = np.flatnonzero((place[morph.index] >= 0) & (moving | (np.abs(turned) > TURN).any(axis=1)))
    if not moving[rows].any():
        return None
    name = identifier(morph.name, taken)
    told: list[Attribute | Relationship] = [
        Attribute("offsets", "vector3f[]", morph.delta[rows], uniform=True),
        Attribute("normalOffsets", "vector3f[]", turned[rows], uniform=True),
        Attribute("pointIndices", "int[]", place[morph.index[rows]], uniform=True),
    ]
    return Prim("BlendShape", name, told, meta=named(morph.name, name))
