"""UsdSkel skeletons and their animations."""

import numpy as np
from numpy.typing import NDArray

from ..avatar import Clip, Skeleton
from .tracks import tracks_of
from .transforms import local_matrices, local_transforms
from .usd_layer import Attribute, Prim, Relationship, identifier, named

RATE = 30.0  # time codes per second
STILL = 1e-6  # metres, and weight, below which nothing moves


def joint_paths(skeleton: Skeleton) -> list[str]:
    """The joints as UsdSkel names them: `Hips/Spine/Chest`, every name an identifier."""
    taken: set[str] = set()
    paths: list[str] = []
    for name, up in zip(skeleton.names, skeleton.parents.tolist(), strict=True):
        own = identifier(name, taken)
        paths.append(f"{paths[up]}/{own}" if up >= 0 else own)
    return paths


def skeleton_prim(root: str, skeleton: Skeleton, animations: list[Prim]) -> Prim:
    """The Skeleton below `root`, driven by the first of `animations`, and all of them below it."""
    paths = joint_paths(skeleton)
    rest = local_matrices(skeleton.parents, skeleton.rest)
    told: list[Attribute | Relationship] = [
        Attribute("joints", "token[]", paths, uniform=True),
        Attribute("bindTransforms", "matrix4d[]", acting_on_rows(skeleton.rest), uniform=True),
        Attribute("restTransforms", "matrix4d[]", acting_on_rows(rest), uniform=True),
    ]
    if [p.rpartition("/")[2] for p in paths] != list(skeleton.names):
        told.append(Attribute("jointNames", "token[]", skeleton.names, uniform=True))
    if animations:
        told.append(Relationship("skel:animationSource", [f"{root}/Skeleton/{animations[0].name}"]))
    return Prim("Skeleton", "Skeleton", told, animations, ["SkelBindingAPI"])


def acting_on_rows(matrices: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Matrices of ours (J, 4, 4), which act on columns, as USD has them, (J, 16): translation last."""
    return matrices.astype(np.float64).transpose(0, 2, 1).reshape(-1, 16)


def animation_prims(skeleton: Skeleton, clips: tuple[Clip, ...], shapes: list[str], hips: str) -> list[Prim]:
    """The clips that have keys. shapes: the names of all blend shapes of the file."""
    taken: set[str] = set()
    return [
        animation_prim(identifier(clip.name, taken), skeleton, clip, shapes, hips) for clip in clips if len(clip.times)
    ]


def animation_prim(name: str, skeleton: Skeleton, clip: Clip, shapes: list[str], hips: str) -> Prim:
    """A clip as a SkelAnimation of all joints. What rests throughout is one value instead of one per key."""
    tracks = tracks_of(clip, skeleton, hips)
    codes = np.round(tracks.times * RATE, 4).tolist()
    rest, _, scales = local_transforms(skeleton)
    translations = np.repeat(rest[None], len(codes), axis=0)
    for joint, places in tracks.places.items():
        translations[:, joint] = places
    told: list[Attribute | Relationship] = [
        Attribute("joints", "token[]", joint_paths(skeleton), uniform=True),
        Attribute("rotations", "quatf[]", times=codes, samples=list(tracks.rotations)),
        Attribute("scales", "half3[]", scales),
    ]
    if np.abs(translations - translations[0]).max() > STILL:
        told.append(Attribute("translations", "float3[]", times=codes, samples=list(translations)))
    else:
        told.append(Attribute("translations", "float3[]", translations[0]))
    moved = [s for s in shapes if s in clip.shapes and np.abs(clip.shapes[s]).max(initial=0) > STILL]
    if moved:
        weights = np.stack([clip.shapes[s] for s in moved], axis=1)
        told.append(Attribute("blendShapes", "token[]", [identifier(s, set()) for s in moved], uniform=True))
        told.append(Attribute("blendShapeWeights", "float[]", times=codes, samples=list(weights)))
    return Prim("SkelAnimation", name, told, meta=named(clip.name, name))
