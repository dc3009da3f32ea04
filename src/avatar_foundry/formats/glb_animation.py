"""Clips as glTF animations: one rotation channel per moving joint, one translation channel for the hips."""

import numpy as np

from ..avatar import Avatar
from .glb_container import Chunk, Json
from .transforms import local_transforms


def add_clips(chunk: Chunk, avatar: Avatar, joint_nodes: list[int], hips: str) -> list[Json]:
    """Add every clip's accessors; the `animations` list. Joints that rest throughout get no channel."""
    skeleton = avatar.skeleton
    assert skeleton is not None
    rest = local_transforms(skeleton)[1]
    moved = skeleton.names.index(hips) if hips in skeleton.names else 0
    animations: list[Json] = []
    for clip in avatar.clips:
        times = chunk.accessor(np.asarray(clip.times, np.float32), bounds=True)
        samplers: list[Json] = []
        channels: list[Json] = []
        q = clip.rotations.astype(np.float64)
        q /= np.maximum(np.linalg.norm(q, axis=2, keepdims=True), 1e-12)
        off_rest = 1.0 - np.abs(np.einsum("tjc,jc->tj", q, rest)).min(axis=0)
        for joint in np.flatnonzero(off_rest > 1e-7).tolist():
            samplers.append({"input": times, "output": chunk.accessor(q[:, joint].astype(np.float32))})
            channels.append({"sampler": len(samplers) - 1, "target": {"node": joint_nodes[joint], "path": "rotation"}})
        if clip.translations is not None:
            samplers.append({"input": times, "output": chunk.accessor(np.asarray(clip.translations, np.float32))})
            target = {"node": joint_nodes[moved], "path": "translation"}
            channels.append({"sampler": len(samplers) - 1, "target": target})
        if channels:
            animations.append({"name": clip.name, "samplers": samplers, "channels": channels})
    return animations
