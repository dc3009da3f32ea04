"""Meshes of USD files: one set of points for faces, skin and shapes; only uvs go by corner."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Mesh
from ..geometry import unit, vertex_normals
from .split import exact_weights
from .usd_text import identifier, named, numbers, prim, quoted, tokens, tuples
from .usdz_material import UV

# Decimals. Points to a micrometre; shapes to ten, and what they do to normals to 0.3 degrees, which keeps files small.
PLACES, MOVES, NORMALS, TURNS, UVS, WEIGHTS = 6, 5, 4, 2, 5, 5
STEPS = 10**WEIGHTS


def mesh_prim(name: str, title: str, root: str, mesh: Mesh, material: str, *, double: bool, morphs: bool) -> str:
    """The Mesh `name`, a child of `root`; `title` is what the part is called. material: path, "" for none."""
    keep, faces = used_vertices(mesh)
    points = mesh.positions[keep]
    whole = mesh.normals if mesh.normals is not None else vertex_normals(mesh.positions, mesh.faces)
    body = [
        f"float3[] extent = {tuples(extent(points), PLACES)}",
        f"int[] faceVertexCounts = [{','.join(['3'] * len(faces))}]",
        f"int[] faceVertexIndices = {numbers(faces, 0)}",
        f"point3f[] points = {tuples(points, PLACES)}",
        f'normal3f[] normals = {tuples(unit(whole[keep]), NORMALS)} (\ninterpolation = "vertex"\n)',
        'uniform token subdivisionScheme = "none"',
        'uniform token orientation = "rightHanded"',
    ]
    if double:
        body.append("uniform bool doubleSided = 1")
    if mesh.uvs is not None and mesh.uv_faces is not None:
        body += uv_lines(mesh.uvs, mesh.uv_faces)
    if mesh.colors is not None:
        held = mesh.colors[keep]
        body.append(primvar("color3f", "displayColor", tuples(held[:, :3], NORMALS), "vertex"))
        if (held[:, 3] != 1).any():
            body.append(primvar("float", "displayOpacity", numbers(held[:, 3], NORMALS), "vertex"))
    apis = []
    if material:
        apis.append("MaterialBindingAPI")
        body.append(f"rel material:binding = <{material}>")
    if mesh.joints is not None and mesh.weights is not None:
        apis.append("SkelBindingAPI")
        body += skin_lines(root, mesh.joints[keep], mesh.weights[keep])
    if morphs and mesh.morphs:
        shapes = shape_prims(f"{root}/{name}", mesh, keep)
        if shapes and "SkelBindingAPI" not in apis:
            apis.append("SkelBindingAPI")
        body += shapes
    return prim("Mesh", name, *body, apis=apis, meta=named(title, name))


def used_vertices(mesh: Mesh) -> tuple[I32, I32]:
    """(keep (V',) vertices that faces use, rising; faces (F, 3) into them)."""
    keep, places = np.unique(mesh.faces, return_inverse=True)
    return keep.astype(np.int32), places.reshape(-1, 3).astype(np.int32)


def extent(points: NDArray[Any]) -> NDArray[Any]:
    """(2, 3) the least and the greatest corner."""
    return np.stack([points.min(axis=0), points.max(axis=0)])


def uv_lines(uvs: F32, uv_faces: I32) -> list[str]:
    """Texture coordinates by corner through an index, v upwards as USD has it."""
    used, places = np.unique(uv_faces, return_inverse=True)
    table = uvs[used].astype(np.float64)
    table[:, 1] = 1.0 - table[:, 1]
    return [
        primvar("texCoord2f", UV, tuples(table, UVS), "faceVarying"),
        f"int[] primvars:{UV}:indices = {numbers(places, 0)}",
    ]


def primvar(kind: str, name: str, value: str, how: str, size: int = 0) -> str:
    """A primvar. how: its interpolation.  size: values per element, where there are several."""
    element = f"elementSize = {size}\n" if size else ""
    return f'{kind}[] primvars:{name} = {value} (\n{element}interpolation = "{how}"\n)'


def skin_lines(root: str, joints: NDArray[np.uint16], weights: F32) -> list[str]:
    """The skin: as many influences as the busiest vertex has, weights in steps of 1e-5 whose sum is exactly 1."""
    owner, share = exact_weights(joints, weights)
    order = np.argsort(-share, axis=1, kind="stable")
    owner, share = np.take_along_axis(owner, order, 1), np.take_along_axis(share, order, 1)
    steps = np.rint(share.astype(np.float64) * STEPS).astype(np.int64)
    steps[:, 0] += STEPS - steps.sum(axis=1)
    owner = np.where(steps > 0, owner, 0)
    width = max(int((steps > 0).sum(axis=1).max(initial=1)), 1)
    return [
        primvar("int", "skel:jointIndices", numbers(owner[:, :width], 0), "vertex", width),
        primvar("float", "skel:jointWeights", numbers(steps[:, :width] / STEPS, WEIGHTS), "vertex", width),
        "matrix4d primvars:skel:geomBindTransform = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))",
        f"rel skel:skeleton = <{root}/Skeleton>",
    ]


def shape_prims(path: str, mesh: Mesh, keep: I32) -> list[str]:
    """The blend shapes of a mesh, sparse; vertices that move less than the file's grid are left out."""
    place = np.full(len(mesh.positions), -1, np.int32)
    place[keep] = np.arange(len(keep), dtype=np.int32)
    names: list[str] = []
    prims: list[str] = []
    taken: set[str] = set()
    for morph in mesh.morphs:
        turned = morph.normal if morph.normal is not None else np.zeros_like(morph.delta)
        moving = (np.abs(morph.delta) > 0.5 * 10.0**-MOVES).any(axis=1) | (np.abs(turned) > 0.5 * 10.0**-TURNS).any(1)
        rows = np.flatnonzero((place[morph.index] >= 0) & moving)
        if not len(rows) or not (np.abs(morph.delta[rows]) > 0.5 * 10.0**-MOVES).any():
            continue
        name = identifier(morph.name, taken)
        names.append(name)
        prims.append(
            prim(
                "BlendShape",
                name,
                f"uniform vector3f[] offsets = {tuples(morph.delta[rows], MOVES)}",
                f"uniform vector3f[] normalOffsets = {tuples(turned[rows], TURNS)}",
                f"uniform int[] pointIndices = {numbers(place[morph.index[rows]], 0)}",
                meta=named(morph.name, name),
            )
        )
    if not names:
        return []
    targets = ", ".join(f"<{path}/{name}>" for name in names)
    return [
        f"uniform token[] skel:blendShapes = {tokens(names)}",
        f"rel skel:blendShapeTargets = [{targets}]",
        *prims,
    ]


def about(key: str, value: str) -> str:
    """One entry of a dictionary of texts."""
    return f"string {key} = {quoted(value)}"
