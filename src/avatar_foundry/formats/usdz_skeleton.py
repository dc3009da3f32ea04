"""UsdSkel skeletons and their animations."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..avatar import Clip, Skeleton
from .tracks import tracks_of
from .transforms import local_matrices, local_transforms
from .usd_text import identifier, matrix, numbers, plain, prim, tokens, tuple_rows, tuples

RATE = 30.0  # time codes per second
ROTATIONS, TRANSLATIONS, SCALES, WEIGHTS = 6, 6, 6, 4
STILL = 1e-6  # metres, and weight, below which nothing moves


def joint_paths(skeleton: Skeleton) -> tuple[str, ...]:
    """The joints as UsdSkel names them: `Hips/Spine/Chest`, every name an identifier."""
    taken: set[str] = set()
    paths: list[str] = []
    for name, up in zip(skeleton.names, skeleton.parents.tolist(), strict=True):
        own = identifier(name, taken)
        paths.append(f"{paths[up]}/{own}" if up >= 0 else own)
    return tuple(paths)


def skeleton_prim(root: str, skeleton: Skeleton, animations: Mapping[str, str]) -> str:
    """The Skeleton below `root`, driven by the first of `animations` {name: prim}, and all of them below it."""
    paths = joint_paths(skeleton)
    told = tuple(p.rpartition("/")[2] for p in paths)
    rest = local_matrices(skeleton.parents, skeleton.rest)
    body = [
        f"uniform token[] joints = {tokens(paths)}",
        *((f"uniform token[] jointNames = {tokens(skeleton.names)}",) if told != skeleton.names else ()),
        f"uniform matrix4d[] bindTransforms = [{', '.join(map(matrix, skeleton.rest.astype(np.float64)))}]",
        f"uniform matrix4d[] restTransforms = [{', '.join(map(matrix, rest))}]",
    ]
    if animations:
        body.append(f"rel skel:animationSource = <{root}/Skeleton/{next(iter(animations))}>")
    return prim("Skeleton", "Skeleton", *body, *animations.values(), apis=("SkelBindingAPI",))


def animation_prims(skeleton: Skeleton, clips: tuple[Clip, ...], shapes: tuple[str, ...], hips: str) -> dict[str, str]:
    """{name: SkelAnimation} of the clips that have keys. shapes: the names of all blend shapes of the file."""
    taken: set[str] = set()
    return {
        (name := identifier(clip.name, taken)): animation_prim(name, skeleton, clip, shapes, hips)
        for clip in clips
        if len(clip.times)
    }


def animation_prim(name: str, skeleton: Skeleton, clip: Clip, shapes: tuple[str, ...], hips: str) -> str:
    """A clip as a SkelAnimation of all joints. What rests throughout is one value instead of one per key."""
    tracks = tracks_of(clip, skeleton, hips)
    rest, _, scales = local_transforms(skeleton)
    translations = np.repeat(rest[None].astype(np.float64), len(tracks.times), axis=0)
    for joint, places in tracks.places.items():
        translations[:, joint] = places
    codes = [plain(t) for t in (tracks.times * RATE).tolist()]
    wxyz = tracks.rotations[:, :, [3, 0, 1, 2]]
    body = [
        f"uniform token[] joints = {tokens(joint_paths(skeleton))}",
        f"half3[] scales = {tuples(scales, SCALES)}",
        "quatf[] rotations" + over_time(codes, wxyz, ROTATIONS),
    ]
    if np.abs(translations - translations[0]).max() > STILL:
        body.append("float3[] translations" + over_time(codes, translations, TRANSLATIONS))
    else:
        body.append(f"float3[] translations = {tuples(translations[0], TRANSLATIONS)}")
    moved = [s for s in shapes if s in clip.shapes and np.abs(clip.shapes[s]).max(initial=0) > STILL]
    if moved:
        weights = np.stack([clip.shapes[s] for s in moved], axis=1)
        samples = (f"{code}: {numbers(w, WEIGHTS)}" for code, w in zip(codes, weights, strict=True))
        body.append(f"uniform token[] blendShapes = {tokens(identifier(s, set()) for s in moved)}")
        body.append(f"float[] blendShapeWeights.timeSamples = {{\n{', '.join(samples)}\n}}")
    return prim("SkelAnimation", name, *body)


def over_time(codes: list[str], values: NDArray[np.float64], places: int) -> str:
    """Time samples of arrays of tuples (T, J, C)."""
    rows = tuple_rows(values.reshape(-1, values.shape[2]), places, "\n").splitlines()
    joints = values.shape[1]
    samples = (f"{code}: [{','.join(rows[k * joints : (k + 1) * joints])}]" for k, code in enumerate(codes))
    return ".timeSamples = {\n" + ",\n".join(samples) + "\n}"
