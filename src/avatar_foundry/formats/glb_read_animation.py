"""Animations of a GLB as clips: rotations and places of joints, weights of shapes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import Clip, Skeleton
from ..errors import SourceError
from ..geometry.keys import slerp
from ..geometry.rotations import quaternions, rotation_matrices
from .glb_container import Json
from .glb_source import Source, integer
from .transforms import local_transforms

F64 = NDArray[np.float64]
MAX_KEYS = 100_000  # per clip; an hour at 30 frames per second
MAX_CELLS = 20 * MAX_KEYS  # keys times joints or shapes
STILL = 1e-5  # metres: a joint that stays so near its place at rest does not move
WIDTH = {"rotation": "VEC4", "translation": "VEC3", "weights": "SCALAR"}


class Channel(NamedTuple):
    """times: (T,) rising.  values: (T, C).  node: of the file."""

    node: int
    path: str
    times: F64
    values: F64


def read_clips(
    source: Source, skeleton: Skeleton, number: dict[int, int], above: Mapping[int, F64]
) -> tuple[Clip, ...]:
    """One clip per animation that moves a joint or a shape, with a key wherever one of its channels has one.

    above: joint -> (4, 4) of the nodes between it and the joint above, for joints where there are such.
    A place of the first root is in Clip.translations, those of other joints that leave theirs in Clip.moves.
    """
    rest = local_transforms(skeleton)
    shapes = shape_names(source)
    clips = []
    for i, animation in enumerate(source.items("animations")):
        channels = read_channels(source, animation, number, shapes)
        if not channels:
            continue
        times = all_times([c.times for c in channels])
        widest = max(len(skeleton.names), sum(len(n) for n in shapes.values()))
        if len(times) > MAX_KEYS or len(times) * widest > MAX_CELLS:
            raise SourceError("An animation is too long to be read", hint="Sample it at 30 frames per second.")
        rotations = np.tile(rest[1][None], (len(times), 1, 1)).astype(np.float64)
        places: dict[int, F64] = {}
        weights: dict[str, NDArray[np.float32]] = {}
        for channel in channels:
            held = resample(channel, times)
            if channel.path == "weights":
                for name, column in zip(shapes[channel.node], held.T, strict=True):
                    if column.any() and name not in weights:
                        weights[name] = column.astype(np.float32)
                continue
            joint = number[channel.node]
            over = above.get(joint)
            if channel.path == "rotation":
                rotations[:, joint] = held if over is None else turned(over, held)
            else:
                places[joint] = held if over is None else held @ over[:3, :3].T + over[:3, 3]
        first = int(np.flatnonzero(skeleton.parents < 0)[0])
        moves = {j: at.astype(np.float32) for j, at in places.items() if np.abs(at - rest[0][j]).max() > STILL}
        name = str(animation.get("name") or f"clip_{i}")
        extras = animation.get("extras")
        clips.append(
            Clip(
                name,
                times.astype(np.float32),
                rotations.astype(np.float32),
                places[first].astype(np.float32) if first in places else None,
                weights,
                loop=isinstance(extras, dict) and extras.get("loop") is True,
                moves={skeleton.names[j]: at for j, at in sorted(moves.items()) if j != first},
            )
        )
    return tuple(clips)


def shape_names(source: Source) -> dict[int, tuple[str, ...]]:
    """Node -> the names of its mesh's shapes; those without names are called by number, as readers of meshes do."""
    out = {}
    for i, node in enumerate(source.items("nodes")):
        if not isinstance(node.get("mesh"), int):
            continue
        mesh = source.item("meshes", node["mesh"])
        primitives = mesh.get("primitives") or [{}]
        count = len(primitives[0].get("targets") or ()) if isinstance(primitives[0], dict) else 0
        extras = mesh.get("extras")
        told = extras.get("targetNames") if isinstance(extras, dict) else None
        if count:
            names = [str(n) for n in told] if isinstance(told, list) and len(told) == count else []
            out[i] = tuple(names or (f"morph_{k}" for k in range(count)))
    return out


def all_times(each: Sequence[F64]) -> F64:
    """Every time at which a channel has a key, once."""
    longest = max(each, key=len)
    if all(t is longest or np.isin(t, longest).all() for t in each):
        return longest
    return np.unique(np.concatenate(each))


def turned(over: F64, rotations: F64) -> F64:
    """Quaternions (T, 4) under the rotation of a (4, 4)."""
    length = np.linalg.norm(over[:3, :3], axis=0)
    first = over[:3, :3] / np.where(length > 1e-12, length, 1.0)
    return np.asarray(quaternions(first @ rotation_matrices(rotations)), np.float64)


def read_channels(
    source: Source, animation: Json, number: Mapping[int, int], shapes: Mapping[int, tuple[str, ...]]
) -> list[Channel]:
    """The channels that move joints or shapes."""
    samplers = animation.get("samplers") or []
    out = []
    for channel in animation.get("channels") or ():
        target = channel.get("target") or {}
        path, node = target.get("path"), target.get("node")
        if not isinstance(path, str) or path not in WIDTH or not isinstance(node, int):
            continue
        if node not in (shapes if path == "weights" else number):
            continue
        sampler = samplers[integer(channel.get("sampler"), "an animation's sampler", len(samplers) - 1)]
        times = source.accessor(sampler.get("input"), "SCALAR").astype(np.float64)
        values = source.accessor(sampler.get("output"), WIDTH[path]).astype(np.float64)
        if path == "weights":
            values = values.reshape(-1, len(shapes[node])) if len(values) % len(shapes[node]) == 0 else values[:0, None]
        if sampler.get("interpolation") == "CUBICSPLINE":
            values = values[1::3]  # each key is in-tangent, value, out-tangent
        if len(times) != len(values) or not len(times) or not np.isfinite(times).all() or not np.isfinite(values).all():
            raise SourceError("The file is damaged: an animation's keys do not fit its times")
        if (np.diff(times) <= 0).any():
            raise SourceError("The file is damaged: an animation's times do not rise")
        out.append(Channel(node, path, times, values))
    return out


def resample(channel: Channel, times: F64) -> F64:
    """Values (T, C) at other times: rotations on the short arc between keys, unit; the rest on straight lines."""
    own, values = channel.times, channel.values
    if channel.path == "rotation":
        values = values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)
    if len(own) == len(times) and np.array_equal(own, times):
        return values
    right = np.clip(np.searchsorted(own, times), 1, max(len(own) - 1, 1))
    left = right - 1
    right = np.minimum(right, len(own) - 1)
    span = own[right] - own[left]
    share = np.clip(np.where(span > 0, (times - own[left]) / np.where(span > 0, span, 1.0), 0.0), 0.0, 1.0)
    if channel.path == "rotation":
        return slerp(values[left], values[right], share)
    return np.asarray(values[left] + share[:, None] * (values[right] - values[left]))
