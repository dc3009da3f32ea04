"""Clips as glTF animations: rotations, places and weights of shapes, each with the keys that it needs.

What one clip of the file moves has a key in every clip, else it would stay as the clip before left it. Coarser levels
under MSFT_lod get no weights: seen from there, no face moves.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Clip, Skeleton
from ..geometry.keys import angles_between, linear_keys, slerp_keys
from .glb_container import Json
from .tracks import PLACE, STILL, WEIGHT, Tracks, tracks_of, turn_limits
from .transforms import local_transforms

Array = NDArray[Any]


class Sink(Protocol):
    """Where keys go: `glb_keys.PlainKeys` or `glb_keys.PackedKeys`. kind: time | rotation | translation | weights."""

    def add(self, kind: str, rows: F32) -> int:
        """The accessor's number."""

    def close_clip(self) -> None:
        """All keys of a clip were added."""


class Morphed(NamedTuple):
    """A node whose mesh has shapes."""

    node: int
    names: Sequence[str]


def add_clips(
    sink: Sink,
    clips: Sequence[Clip],
    skeleton: Skeleton,
    joint_nodes: Sequence[int],
    morphed: Sequence[Morphed],
    hips: str,
) -> list[Json]:
    """The `animations` list. Clips without a moving joint or shape are left out."""
    held = [(clip, tracks_of(clip, skeleton, hips)) for clip in clips if len(clip.times)]
    rest = local_transforms(skeleton)
    turning = np.zeros(len(skeleton.names), bool)
    placed: set[int] = set()
    shown: set[str] = set()
    for clip, tracks in held:
        turning |= angles_between(tracks.rotations, rest[1]).max(axis=0) > STILL
        placed |= {j for j, at in tracks.places.items() if np.abs(at - rest[0][j]).max() > STILL}
        shown |= {n for n, w in clip.shapes.items() if np.abs(w).max() > STILL}
    limits = turn_limits(skeleton)
    out = []
    for clip, tracks in held:
        writer = _Animation(sink, tracks)
        writer.rotations(np.flatnonzero(turning), joint_nodes, limits)
        for j in sorted(placed):
            still = np.broadcast_to(rest[0][j].astype(np.float64), (len(tracks.times), 3))
            writer.track(joint_nodes[j], "translation", tracks.places.get(j, still)[:, None], PLACE)
        for mesh in morphed:
            if shown.isdisjoint(mesh.names):
                continue
            weights = np.zeros((len(tracks.times), len(mesh.names)))
            for k, name in enumerate(mesh.names):
                if name in clip.shapes:
                    weights[:, k] = clip.shapes[name]
            writer.track(mesh.node, "weights", weights[:, None], WEIGHT)
        sink.close_clip()
        if writer.channels:
            extras = {"extras": {"loop": True}} if clip.loop else {}
            out.append({"name": clip.name, "samplers": writer.samplers, "channels": writer.channels, **extras})
    return out


class _Animation:
    """Samplers and channels of one clip."""

    def __init__(self, sink: Sink, tracks: Tracks) -> None:
        self.sink, self.tracks = sink, tracks
        self.samplers: list[Json] = []
        self.channels: list[Json] = []

    def rotations(self, joints: NDArray[np.intp], nodes: Sequence[int], limits: Array) -> None:
        q = self.tracks.rotations[:, joints]
        keep = slerp_keys(self.tracks.times, q, limits[joints])
        for k, joint in enumerate(joints.tolist()):
            rows = worth_it(keep[:, k])
            self.channel(nodes[joint], "rotation", rows, q[rows, k])

    def track(self, node: int, path: str, values: Array, tolerance: float) -> None:
        """One track (T, 1, C) that is interpolated linearly."""
        keep = linear_keys(self.tracks.times, values, tolerance)[:, 0]
        rows = values[keep, 0]
        self.channel(node, path, keep, rows.reshape(-1) if path == "weights" else rows)

    def channel(self, node: int, path: str, keep: NDArray[np.bool_], rows: Array) -> None:
        """rows: of the kept keys."""
        times = self.sink.add("time", self.tracks.times[keep].astype(np.float32))
        self.samplers.append({"input": times, "output": self.sink.add(path, rows.astype(np.float32))})
        self.channels.append({"sampler": len(self.samplers) - 1, "target": {"node": node, "path": path}})


def worth_it(keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`keep` (T,), or all keys where leaving out so few costs more than it saves: times of its own, told of in JSON,
    against times that all such tracks of the clip share."""
    count = len(keep)
    return np.ones_like(keep) if keep.sum() > 0.8 * count - 5 > 0 else keep
