"""What AR Quick Look and RealityKit demand of a USDZ, checked in the file alone.

The rules of `usdchecker --arkit`, and Apple's advice. The package is taken apart byte by byte; the layer inside is
opened with OpenUSD.
"""

import io
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from pxr import Sdf, Usd, UsdGeom, UsdShade, UsdSkel

LAYERS, PICTURES = {"usd", "usda", "usdc"}, {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG"}
KINDS = {"Xform", "Scope", "SkelRoot", "Skeleton", "SkelAnimation", "Mesh", "BlendShape", "Material", "Shader"}
POLYGONS, EDGE, SECONDS = 100_000, 2048, 10.0  # Apple's advice of 2018, nothing that is enforced
UNIT, SUM = 1e-4, 1e-4


def package_problems(data: bytes) -> Iterator[str]:
    """The zip: stored, aligned to 64 bytes, nothing but layers and pictures, a layer first."""
    files = entries(data)
    if not files or suffix(files[0][0]) not in LAYERS:
        yield "the first entry is no layer"
    for name, method, flags, offset, size in files:
        if method:
            yield f"{name} is compressed"
        if flags & 1:
            yield f"{name} is encrypted"
        if offset % 64:
            yield f"{name} begins at {offset}, no multiple of 64"
        content = data[offset : offset + size] if not method else b""
        if (kind := suffix(name)) in PICTURES and content:
            with Image.open(io.BytesIO(content)) as image:
                if image.format != PICTURES[kind]:
                    yield f"{name} is {image.format}"
                if max(image.size) > EDGE:
                    yield f"{name} is larger than {EDGE} pixels"
        elif kind not in LAYERS | set(PICTURES):
            yield f"{name} is neither layer nor picture"
    if len({name for name, *_ in files}) != len(files):
        yield "an entry is there twice"


def entries(data: bytes) -> list[tuple[str, int, int, int, int]]:
    """(name, method, flags, offset of the content, size) by the central directory, checked against local headers."""
    end = data.rfind(b"PK\5\6")
    count, _, at = struct.unpack_from("<HII", data, end + 10)
    found = []
    for _ in range(count):
        assert data[at : at + 4] == b"PK\1\2"
        flags, method = struct.unpack_from("<HH", data, at + 8)
        packed, size, names, extra, comment = struct.unpack_from("<IIHHH", data, at + 20)
        (local,) = struct.unpack_from("<I", data, at + 42)
        name = data[at + 46 : at + 46 + names].decode()
        assert data[local : local + 4] == b"PK\3\4"
        assert packed == size or method
        here, more = struct.unpack_from("<HH", data, local + 26)
        assert data[local + 30 : local + 30 + here].decode() == name
        found.append((name, method, flags, local + 30 + here + more, size))
        at += 46 + names + extra + comment
    return found


def suffix(name: str) -> str:
    return name.rpartition(".")[2].lower()


def problems(data: bytes) -> list[str]:
    """Every rule that the file breaks, in words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.usdz"
        path.write_bytes(data)
        stage = Usd.Stage.Open(str(path))
        found = [*package_problems(data), *stage_problems(stage), *link_problems(stage, data)]
        for prim in stage.Traverse():
            for check in (schema_problems, mesh_problems, skeleton_problems, animation_problems, shader_problems):
                found += [f"{prim.GetPath()}: {problem}" for problem in check(prim)]
    return found


def stage_problems(stage: Usd.Stage) -> Iterator[str]:
    """Axes, unit, the default prim and its kind; how much there is."""
    for key, value in (("upAxis", "Y"), ("metersPerUnit", 1.0)):
        if not stage.HasAuthoredMetadata(key) or stage.GetMetadata(key) != value:
            yield f"{key} is not {value}"
    root = stage.GetDefaultPrim()
    if not root:
        yield "no default prim"
    elif [p.GetPath() for p in stage.GetPseudoRoot().GetChildren()] != [root.GetPath()]:
        yield "prims beside the default prim"
    elif Usd.ModelAPI(root).GetKind() != "component":
        yield "the default prim is no component"
    polygons = sum(
        len(UsdGeom.Mesh(p).GetFaceVertexCountsAttr().Get()) for p in stage.Traverse() if p.IsA(UsdGeom.Mesh)
    )
    if polygons > POLYGONS:
        yield f"{polygons} polygons"
    if (stage.GetEndTimeCode() - stage.GetStartTimeCode()) / stage.GetTimeCodesPerSecond() > SECONDS:
        yield "plays for longer than ten seconds"


def link_problems(stage: Usd.Stage, data: bytes) -> Iterator[str]:
    """The package holds all that it names, and nothing that nobody names; all targets exist."""
    named = set()
    for prim in stage.Traverse():
        for attribute in prim.GetAttributes():
            value = attribute.Get()
            if isinstance(value, Sdf.AssetPath):
                named.add(value.path)
            for target in attribute.GetConnections():
                if not stage.GetObjectAtPath(target):
                    yield f"{attribute.GetPath()} is connected to nothing"
        for relation in prim.GetRelationships():
            for target in relation.GetTargets():
                if not stage.GetObjectAtPath(target):
                    yield f"{relation.GetPath()} points at nothing"
    there = {name for name, *_ in entries(data)[1:]}
    for name in sorted(named ^ there):
        yield f"{name} is {'missing' if name in named else 'used by nothing'}"


def schema_problems(prim: Usd.Prim) -> Iterator[str]:
    """Only kinds of prims that ARKit knows; API schemas applied where their properties are; all under a SkelRoot."""
    if prim.GetTypeName() not in KINDS:
        yield f"is a {prim.GetTypeName()}"
    applied = set(prim.GetAppliedSchemas())
    properties = [p.GetName() for p in prim.GetAuthoredProperties()]
    if any(n.startswith(("skel:", "primvars:skel:")) for n in properties) and "SkelBindingAPI" not in applied:
        yield "has skel properties without SkelBindingAPI"
    if any(n.startswith("material:binding") for n in properties) and "MaterialBindingAPI" not in applied:
        yield "is bound to a material without MaterialBindingAPI"
    if (prim.IsA(UsdSkel.Skeleton) or "SkelBindingAPI" in applied) and not UsdSkel.Root.Find(prim):
        yield "is skinned outside a SkelRoot"


def mesh_problems(prim: Usd.Prim) -> Iterator[str]:
    """Meshes: no subdivision, an extent, arrays that fit, weights that sum to one, shapes in pairs and sparse."""
    if not prim.IsA(UsdGeom.Mesh):
        return
    mesh, binding = UsdGeom.Mesh(prim), UsdSkel.BindingAPI(prim)
    points = np.array(mesh.GetPointsAttr().Get())
    if mesh.GetSubdivisionSchemeAttr().Get() != "none":
        yield "is subdivided"
    extent = np.array(mesh.GetExtentAttr().Get())
    if np.abs(extent - [points.min(axis=0), points.max(axis=0)]).max() > UNIT:
        yield "has a wrong extent"
    corners = np.array(mesh.GetFaceVertexIndicesAttr().Get())
    if corners.min() < 0 or corners.max() >= len(points) or len(set(corners.tolist())) != len(points):
        yield "has faces without points or points without faces"
    normals = np.array(mesh.GetNormalsAttr().Get())
    if len(normals) != len(points) or np.abs(np.linalg.norm(normals, axis=1) - 1).max() > 3 * UNIT:
        yield "has normals that are not one unit vector per point"
    uv = UsdGeom.PrimvarsAPI(prim).GetPrimvar("st")
    if uv and (uv.GetInterpolation() != "faceVarying" or len(uv.GetIndices()) != len(corners)):
        yield "has uvs that do not fit its corners"
    index, weight = binding.GetJointIndicesPrimvar(), binding.GetJointWeightsPrimvar()
    if index and index.HasAuthoredValue():
        size = index.GetElementSize()
        rows = np.array(weight.Get()).reshape(-1, size)
        if weight.GetElementSize() != size or {index.GetInterpolation(), weight.GetInterpolation()} != {"vertex"}:
            yield "has joints and weights that do not belong together"
        if size > 4 or len(rows) != len(points) or len(index.Get()) != rows.size:
            yield "has a wrong number of weights"
        if np.abs(rows.sum(axis=1) - 1).max() > SUM or (np.diff(rows, axis=1) > 0).any() or (rows < 0).any():
            yield "has weights that are not sorted or do not sum to one"
        if (np.array(index.Get()).reshape(-1, size)[rows == 0] != 0).any():
            yield "names joints without weight"
        count = len(UsdSkel.Skeleton(binding.GetInheritedSkeleton()).GetJointsAttr().Get())
        if max(index.Get()) >= count:
            yield "names joints that are not there"
    names, targets = binding.GetBlendShapesAttr().Get() or (), binding.GetBlendShapeTargetsRel().GetTargets()
    if [str(n) for n in names] != [t.name for t in targets] or len(set(names)) != len(names):
        yield "has shapes whose names and targets differ"
    for path in targets:
        shape = UsdSkel.BlendShape(prim.GetStage().GetPrimAtPath(path))
        held = np.array(shape.GetPointIndicesAttr().Get())
        sizes = {len(held), len(shape.GetOffsetsAttr().Get()), len(shape.GetNormalOffsetsAttr().Get())}
        if len(sizes) != 1 or (np.diff(held) <= 0).any() or held[0] < 0 or held[-1] >= len(points):
            yield f"has the shape {path.name}, whose arrays do not fit"


def skeleton_problems(prim: Usd.Prim) -> Iterator[str]:
    """Skeletons: parents first, one bind and one rest transform per joint, both orthonormal and of one pose."""
    if not prim.IsA(UsdSkel.Skeleton):
        return
    skeleton = UsdSkel.Skeleton(prim)
    joints = [str(j) for j in skeleton.GetJointsAttr().Get()]
    topology = UsdSkel.Topology(skeleton.GetJointsAttr().Get())
    if not topology.Validate()[0]:
        yield "has joints before their parents"
    if any("/" in j and j.rpartition("/")[0] not in joints for j in joints):
        yield "has a joint whose parent is missing"
    bind, rest = (np.array(a.Get()) for a in (skeleton.GetBindTransformsAttr(), skeleton.GetRestTransformsAttr()))
    if not len(bind) == len(rest) == len(joints):
        yield "has another number of transforms than joints"
        return
    for matrices in (bind, rest):
        turns = matrices[:, :3, :3]
        if np.abs(turns @ turns.transpose(0, 2, 1) - np.eye(3)).max() > UNIT:
            yield "has a transform that is not orthonormal"
    world = np.array(UsdSkel.ConcatJointTransforms(topology, skeleton.GetRestTransformsAttr().Get()))
    if np.abs(world - bind).max() > UNIT:
        yield "rests in another pose than it was bound in"


def animation_problems(prim: Usd.Prim) -> Iterator[str]:
    """Animations: all three of translations, rotations and scales, at one value per joint and time; shapes in pairs."""
    if not prim.IsA(UsdSkel.Animation):
        return
    animation = UsdSkel.Animation(prim)
    count = len(animation.GetJointsAttr().Get())
    for attribute in (animation.GetTranslationsAttr(), animation.GetRotationsAttr(), animation.GetScalesAttr()):
        values = [attribute.Get(t) for t in attribute.GetTimeSamples()] or [attribute.Get()]
        if any(v is None or len(v) != count for v in values):
            yield f"has {attribute.GetName()} that do not fit its joints"
    shapes = animation.GetBlendShapesAttr().Get() or ()
    weights = animation.GetBlendShapeWeightsAttr()
    if any(len(weights.Get(t)) != len(shapes) for t in weights.GetTimeSamples()):
        yield "has weights that do not fit its shapes"


def shader_problems(prim: Usd.Prim) -> Iterator[str]:
    """Shaders of USD's own; normal maps with the scale and bias that unpack them, read as plain numbers."""
    if not prim.IsA(UsdShade.Shader):
        return
    shader = UsdShade.Shader(prim)
    kind = shader.GetIdAttr().Get() or ""
    if not kind.startswith(("Usd", "ND_")):
        yield f"is a shader {kind}"
    bump = shader.GetInput("normal") if kind == "UsdPreviewSurface" else None
    if bump and bump.HasConnectedSource():
        source = UsdShade.Shader(bump.GetConnectedSource()[0].GetPrim())
        held = [source.GetInput(n).Get() for n in ("scale", "bias", "sourceColorSpace")]
        if [tuple(held[0]), tuple(held[1]), held[2]] != [(2, 2, 2, 1), (-1, -1, -1, 0), "raw"]:
            yield "has a normal map that is not unpacked"
