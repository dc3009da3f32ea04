"""What OpenUSD makes of a USDZ: its validators, and the vertices that UsdSkel evaluates."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdSkel, UsdValidation, Vt

from avatar_foundry.avatar import Skeleton
from avatar_foundry.formats.transforms import local_matrices
from avatar_foundry.geometry.rotations import quaternions


def problems(path: Path) -> list[str]:
    """Everything that every registered validator says, errors, warnings and information."""
    validators = UsdValidation.ValidationRegistry().GetOrLoadAllValidators()
    found = UsdValidation.ValidationContext(validators).Validate(Usd.Stage.Open(str(path)))
    return [f"{e.GetType()} {e.GetName()}: {e.GetMessage()}" for e in found]


def opened(path: Path) -> Usd.Stage:
    """The stage, with edits going into the session."""
    stage = Usd.Stage.Open(str(path))
    stage.SetEditTarget(stage.GetSessionLayer())
    return stage


def pose(stage: Usd.Stage, skeleton: Skeleton, skinning: Mapping[str, np.ndarray]) -> None:
    """Drive the skeleton by one animation without time, which puts each joint where its skinning matrix takes it."""
    prim = skeleton_of(stage)
    world = np.stack([skinning[n] @ skeleton.rest[i] for i, n in enumerate(skeleton.names)])
    local = local_matrices(skeleton.parents, world)
    xyzw = quaternions(local[:, :3, :3])
    animation = UsdSkel.Animation.Define(stage, prim.GetPath().AppendChild("asked"))
    animation.CreateJointsAttr(UsdSkel.Skeleton(prim).GetJointsAttr().Get())
    animation.CreateTranslationsAttr(Vt.Vec3fArray.FromNumpy(np.float32(local[:, :3, 3])))
    animation.CreateRotationsAttr([Gf.Quatf(q[3], Gf.Vec3f(*q[:3])) for q in xyzw.tolist()])
    animation.CreateScalesAttr([Gf.Vec3h(1, 1, 1)] * len(local))
    drive(prim, animation.GetPath())


def express(stage: Usd.Stage, weights: Mapping[str, float]) -> None:
    """Drive the skeleton by an animation of shapes alone: joints keep their rest."""
    prim = skeleton_of(stage)
    animation = UsdSkel.Animation.Define(stage, prim.GetPath().AppendChild("asked"))
    animation.CreateBlendShapesAttr(list(weights))
    animation.CreateBlendShapeWeightsAttr(list(weights.values()))
    drive(prim, animation.GetPath())


def drive(prim: Usd.Prim, animation: Sdf.Path) -> None:
    UsdSkel.BindingAPI(prim).GetAnimationSourceRel().SetTargets([animation])


def skeleton_of(stage: Usd.Stage) -> Usd.Prim:
    return next(p for p in stage.Traverse() if p.IsA(UsdSkel.Skeleton))


def evaluated(stage: Usd.Stage, code: float | None = None) -> dict[str, np.ndarray]:
    """{mesh: (V, 3) metres}: shapes first, then the skin, as UsdSkel demands."""
    time = Usd.TimeCode.Default() if code is None else Usd.TimeCode(code)
    out = {}
    for root in (p for p in stage.Traverse() if p.IsA(UsdSkel.Root)):
        cache = UsdSkel.Cache()
        cache.Populate(UsdSkel.Root(root), Usd.PrimDefaultPredicate)
        for binding in cache.ComputeSkelBindings(UsdSkel.Root(root), Usd.PrimDefaultPredicate):
            query = cache.GetSkelQuery(binding.GetSkeleton())
            matrices = query.ComputeSkinningTransforms(time)
            for target in binding.GetSkinningTargets():
                points = UsdGeom.Mesh(target.GetPrim()).GetPointsAttr().Get(time)
                points = shaped(query, target, points, time)
                assert target.ComputeSkinnedPoints(matrices, points, time)
                out[target.GetPrim().GetName()] = np.array(points)
    return out


def shaped(query: UsdSkel.SkeletonQuery, target: UsdSkel.SkinningQuery, points, time: Usd.TimeCode):
    """The points after the blend shapes of the skeleton's animation."""
    animation = query.GetAnimQuery()
    mapper = target.GetBlendShapeMapper()
    if not animation or not target.HasBlendShapes() or mapper is None:
        return points
    weights = animation.ComputeBlendShapeWeights(time)
    if not weights:
        return points
    own = mapper.Remap(weights)
    shapes = UsdSkel.BlendShapeQuery(UsdSkel.BindingAPI(target.GetPrim()))
    sub_weights, indices, sub_indices = shapes.ComputeSubShapeWeights(own)
    assert shapes.ComputeDeformedPoints(
        sub_weights,
        indices,
        sub_indices,
        shapes.ComputeBlendShapePointIndices(),
        shapes.ComputeSubShapePointOffsets(),
        points,
    )
    return points


def clips(stage: Usd.Stage) -> Iterator[str]:
    """The animations of the file."""
    return (p.GetName() for p in stage.Traverse() if p.IsA(UsdSkel.Animation))
