"""Animations of a GLB as clips: rotations of every joint, translations of the first one that has any."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..avatar import Clip, Skeleton
from ..errors import SourceError
from ..geometry.rotations import quaternions, rotation_matrices
from .glb_container import Json
from .glb_source import Source, integer
from .transforms import local_transforms

MAX_KEYS = 100_000  # per clip; an hour at 30 frames per second


def read_clips(
    source: Source, skeleton: Skeleton, number: dict[int, int], above: Mapping[int, NDArray[np.float64]]
) -> tuple[Clip, ...]:
    """One clip per animation that turns a joint. Channels are brought onto the times of the longest one.

    above: joint -> (4, 4) of the nodes between it and the joint above, for joints where there are such.
    """
    rest = local_transforms(skeleton)[1]
    clips = []
    for i, animation in enumerate(source.items("animations")):
        channels = read_channels(source, animation, number)
        if not channels:
            continue
        times = max((times for _, _, times, _ in channels), key=len)
        if len(times) > MAX_KEYS or len(times) * len(skeleton.names) > 20 * MAX_KEYS:
            raise SourceError("An animation is too long to be read", hint="Sample it at 30 frames per second.")
        rotations = np.tile(rest[None], (len(times), 1, 1)).astype(np.float64)
        translations = None
        for joint, path, own, values in channels:
            held = values if len(own) == len(times) and np.array_equal(own, times) else resample(own, values, times)
            over = above.get(joint)
            if path == "rotation":
                unit = held / np.maximum(np.linalg.norm(held, axis=1, keepdims=True), 1e-12)
                rotations[:, joint] = unit if over is None else turned(over, unit)
            elif translations is None:
                translations = (held if over is None else held @ over[:3, :3].T + over[:3, 3]).astype(np.float32)
        name = str(animation.get("name") or f"clip_{i}")
        clips.append(Clip(name, times.astype(np.float32), rotations.astype(np.float32), translations))
    return tuple(clips)


def turned(over: NDArray[np.float64], rotations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quaternions (T, 4) under the rotation of a (4, 4)."""
    length = np.linalg.norm(over[:3, :3], axis=0)
    first = over[:3, :3] / np.where(length > 1e-12, length, 1.0)
    return np.asarray(quaternions(first @ rotation_matrices(rotations)), np.float64)


def read_channels(
    source: Source, animation: Json, number: dict[int, int]
) -> list[tuple[int, str, np.ndarray, np.ndarray]]:
    """(joint, path, times (T,), values (T, C)) of the channels that move joints."""
    samplers = animation.get("samplers") or []
    out = []
    for channel in animation.get("channels") or ():
        target = channel.get("target") or {}
        path, node = target.get("path"), target.get("node")
        if path not in ("rotation", "translation") or node not in number:
            continue
        sampler = samplers[integer(channel.get("sampler"), "an animation's sampler", len(samplers) - 1)]
        times = source.accessor(sampler.get("input"), "SCALAR").astype(np.float64)
        values = source.accessor(sampler.get("output"), "VEC4" if path == "rotation" else "VEC3").astype(np.float64)
        if sampler.get("interpolation") == "CUBICSPLINE":
            values = values[1::3]  # each key is in-tangent, value, out-tangent
        if len(times) != len(values) or not len(times) or not np.isfinite(times).all() or not np.isfinite(values).all():
            raise SourceError("The file is damaged: an animation's keys do not fit its times")
        if (np.diff(times) <= 0).any():
            raise SourceError("The file is damaged: an animation's times do not rise")
        out.append((number[node], path, times, values))
    return out


def resample(own: np.ndarray, values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Values (T, C) at other times, linear between keys; neighbouring quaternions are first turned the same way."""
    if values.shape[1] == 4 and len(values) > 1:
        flip = np.cumprod(np.where(np.einsum("ij,ij->i", values[1:], values[:-1]) < 0, -1.0, 1.0))
        values = values * np.concatenate([[1.0], flip])[:, None]
    return np.stack([np.interp(times, own, column) for column in values.T], axis=1)
