"""Meshes, skins and blend shapes of USD files."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...avatar import Morph
from ...errors import SourceError
from ..glb_read_mesh import MAX_SHAPES
from .pieces import Piece, finite, within
from .polygons import triangles
from .scene import Skin
from .upload import Log

F64 = NDArray[np.float64]
UV_NAMES = ("st", "UVMap", "map1", "st0", "uv", "Texture_uv")


def read_mesh(mesh: Any, time: Any, looks: Any, log: Log) -> Piece | None:
    """A mesh; None when it has no polygons."""
    from pxr import UsdGeom

    points, counts, index = (
        attribute.Get(time)
        for attribute in (mesh.GetPointsAttr(), mesh.GetFaceVertexCountsAttr(), mesh.GetFaceVertexIndicesAttr())
    )
    if not points or not counts or not index:
        log.counts["meshes_without_triangles"] += 1
        return None
    positions = finite(np.array(points, np.float64).reshape(-1, 3), "vertex positions")
    sizes, corners = np.array(counts, np.int64), np.array(index, np.int64)
    if (sizes < 0).any() or int(sizes.sum()) != len(corners):
        raise SourceError("The file is damaged: the sizes of polygons do not fit their corners")
    vertex = within(corners, len(positions), "a polygon")
    starts = np.cumsum(sizes) - sizes
    fan, polygon = triangles(sizes, starts, positions[vertex] if (sizes > 3).any() else None)
    if mesh.GetOrientationAttr().Get(time) == UsdGeom.Tokens.leftHanded:
        fan = np.ascontiguousarray(fan[:, ::-1])
    owner = np.repeat(np.arange(len(sizes)), sizes)
    piece = Piece(mesh.GetPrim().GetName(), positions, vertex[fan])

    def layer(values: Any, indices: Any, how: str, width: int) -> tuple[F64 | None, NDArray[np.int32] | None]:
        table = np.array(values, np.float64).reshape(-1, width) if values is not None and len(values) else None
        places: dict[str, NDArray[Any]] = {
            "vertex": vertex, "varying": vertex, "faceVarying": np.arange(len(corners)), "uniform": owner,
            "constant": np.zeros(len(corners), np.int64),
        }  # fmt: skip
        place = places.get(how)
        if table is None or place is None:
            return None, None
        if indices is not None and len(indices):
            held = np.array(indices, np.int64)
            place = held[within(place, len(held), "a layer")]
        return table, within(place, len(table), "a layer")[fan]

    primvars = UsdGeom.PrimvarsAPI(mesh)
    normals = primvars.GetPrimvar("normals")
    if normals and normals.HasValue():
        found = layer(normals.Get(time), normals.GetIndices(time), normals.GetInterpolation(), 3)
    else:
        found = layer(mesh.GetNormalsAttr().Get(time), None, mesh.GetNormalsInterpolation(), 3)
    piece.normals, piece.normal_faces = found
    if piece.normals is not None:
        piece.normals = np.nan_to_num(piece.normals)
    uv = next((p for n in UV_NAMES if (p := primvars.GetPrimvar(n)) and p.HasValue()), None)
    uv = uv or next(
        (p for p in primvars.GetPrimvarsWithValues() if str(p.GetTypeName()) in ("texCoord2f[]", "float2[]")), None
    )
    if uv is not None:
        piece.uvs, piece.uv_faces = layer(uv.Get(time), uv.GetIndices(time), uv.GetInterpolation(), 2)
        if piece.uvs is not None:
            finite(piece.uvs, "uvs")
            piece.uvs = np.stack([piece.uvs[:, 0], 1.0 - piece.uvs[:, 1]], axis=1)
    color = primvars.GetPrimvar("displayColor")
    if color and color.HasValue() and color.GetInterpolation() != "constant":
        piece.colors, piece.color_faces = layer(color.Get(time), color.GetIndices(time), color.GetInterpolation(), 3)
        if piece.colors is not None:
            rgb = np.clip(np.nan_to_num(piece.colors), 0.0, 1.0)
            piece.colors = np.concatenate([rgb, np.ones((len(rgb), 1))], axis=1)
    each = np.full(len(sizes), looks.number(mesh.GetPrim()), np.int32)
    for subset in UsdGeom.Subset.GetAllGeomSubsets(mesh):
        if subset.GetElementTypeAttr().Get() == UsdGeom.Tokens.face:
            some = within(np.array(subset.GetIndicesAttr().Get(time) or (), np.int64), len(sizes), "a subset")
            each[some] = looks.number(subset.GetPrim())
    piece.material = each[polygon]
    piece.morphs = read_shapes(mesh.GetPrim(), len(positions))
    return piece


def read_skin(prim: Any, time: Any, skeletons: dict[str, tuple[list[int], F64]], count: int) -> Skin | None:
    """The skin of a mesh; None when it has none."""
    from pxr import UsdSkel

    binding = UsdSkel.BindingAPI(prim)
    skeleton = binding.GetInheritedSkeleton()
    index, weight = binding.GetJointIndicesPrimvar(), binding.GetJointWeightsPrimvar()
    if not skeleton or not index or not index.HasValue() or not weight.HasValue():
        return None
    joints, binds = skeletons.get(str(skeleton.GetPrim().GetPath()), ([], np.zeros((0, 4, 4))))
    if not joints:
        return None
    told = binding.GetJointsAttr().Get()
    if told:
        names = [str(j) for j in skeleton.GetJointsAttr().Get()]
        if any(str(t) not in names for t in told):
            raise SourceError("The file is damaged: a skin names a joint that its skeleton does not have")
        order = [names.index(str(t)) for t in told]
        joints, binds = [joints[k] for k in order], binds[order]
    numbers, values = np.array(index.Get(time), np.int64), np.array(weight.Get(time), np.float64)
    size = int(index.GetElementSize())
    if size < 1 or len(numbers) != len(values) or len(numbers) % size:
        raise SourceError("The file is damaged: a skin's weights do not fit its joints")
    numbers, values = numbers.reshape(-1, size), values.reshape(-1, size)
    if len(numbers) == 1:
        numbers, values = np.repeat(numbers, count, axis=0), np.repeat(values, count, axis=0)
    if len(numbers) != count:
        raise SourceError("The file is damaged: a skin's weights do not fit its mesh")
    within(numbers, len(joints), "a skin")
    held = binding.GetGeomBindTransformAttr().Get(time)
    shape = np.array(held, np.float64).reshape(4, 4).T if held is not None else np.eye(4)
    if not np.isfinite(binds).all() or not np.isfinite(shape).all():
        raise SourceError("The file is damaged: a bind matrix is not finite")
    vertex = np.repeat(np.arange(count), size)
    return Skin(list(joints), np.linalg.inv(binds) @ shape, vertex, numbers.reshape(-1), values.reshape(-1))


def read_shapes(prim: Any, count: int) -> tuple[Morph, ...]:
    """Blend shapes; in-betweens are left out."""
    from pxr import UsdSkel

    binding = UsdSkel.BindingAPI(prim)
    names = binding.GetBlendShapesAttr().Get() or ()
    targets = binding.GetBlendShapeTargetsRel().GetTargets()
    if len(names) > MAX_SHAPES or len(names) != len(targets):
        raise SourceError("The file is damaged: its blend shapes do not fit their names")
    out = []
    for name, path in zip(names, targets, strict=True):
        shape = UsdSkel.BlendShape(prim.GetStage().GetPrimAtPath(path))
        if not shape:
            continue
        delta = np.array(shape.GetOffsetsAttr().Get() or (), np.float64).reshape(-1, 3)
        held = shape.GetPointIndicesAttr().Get()
        index = np.array(held, np.int64) if held else np.arange(len(delta))
        if len(index) != len(delta):
            raise SourceError(f"The file is damaged: the shape {str(name)[:60]} does not fit its mesh")
        within(index, count, f"the shape {str(name)[:60]}")
        finite(delta, f"moves of the shape {str(name)[:60]}")
        order = np.argsort(index, kind="stable")
        index, delta = index[order], delta[order]
        keep = np.asarray(delta.any(axis=1))
        keep[1:] &= np.diff(index) > 0
        if keep.any():
            out.append(Morph(str(name)[:200], index[keep].astype(np.int32), delta[keep].astype(np.float32)))
    return tuple(out)
