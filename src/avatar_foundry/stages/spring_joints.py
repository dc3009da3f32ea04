"""Chains of joints in a skeleton: their names and frames, and four of them per vertex."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, U16, Clip, Skeleton, Spring
from ..geometry.rotations import quaternions

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Manner:
    """How a kind of thing swings. part: its name. bone: what carries its chains."""

    part: str
    bone: str
    stiffness: float
    drag: float
    radius: float
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One chain. joints: (N + 1, 3) metres, the last only says where it ends.  bone: what carries it."""

    name: str
    bone: str
    joints: F64


def grow(skeleton: Skeleton, manner: Manner, lines: Sequence[Line]) -> tuple[Skeleton, list[Spring]]:
    """The skeleton with the chains' joints behind all others, and the springs that move them."""
    names, parents, rest = list(skeleton.names), skeleton.parents.tolist(), [skeleton.rest]
    springs = []
    for line in lines:
        count = len(line.joints) - 1
        mine = (*(f"{line.name}_{n + 1}" for n in range(count)), f"{line.name}_end")
        root = skeleton.names.index(line.bone)
        for n, name in enumerate(mine):
            parents.append(len(names) - 1 if n else root)
            names.append(name)
        rest.append(frames(line.joints))
        springs.append(
            Spring(
                line.name,
                mine,
                stiffness=manner.stiffness,
                drag=manner.drag,
                radius=manner.radius,
                groups=manner.groups,
                part=manner.part,
            )
        )
    return Skeleton(tuple(names), np.array(parents, np.int16), np.concatenate(rest).astype(np.float32)), springs


def frames(line: F64) -> NDArray[np.float32]:
    """(N, 4, 4) rest transforms along points (N, 3): +Y to the next joint, +X level; the end keeps the last axes."""
    along = np.diff(line, axis=0)
    y = np.concatenate([along, along[-1:]])
    y /= np.maximum(np.linalg.norm(y, axis=1, keepdims=True), 1e-9)
    x = np.cross(y, (0.0, 0.0, 1.0))
    x += (np.linalg.norm(x, axis=1, keepdims=True) < 1e-3) * np.array([1.0, 0.0, 0.0])
    x -= y * np.einsum("nc,nc->n", x, y)[:, None]
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    out = np.tile(np.eye(4), (len(line), 1, 1))
    out[:, :3, 0], out[:, :3, 1], out[:, :3, 2], out[:, :3, 3] = x, y, np.cross(x, y), line
    return out.astype(np.float32)


def smooth(x: F64) -> F64:
    """0..1 -> 0..1 with level ends."""
    return x * x * (3 - 2 * x)


def extend_clip(clip: Clip, skeleton: Skeleton) -> Clip:
    """The clip with the new joints at rest."""
    have = clip.rotations.shape[1]
    world = skeleton.rest[:, :3, :3].astype(np.float64)
    local = np.swapaxes(world[skeleton.parents[have:]], 1, 2) @ world[have:]
    rest = np.broadcast_to(quaternions(local), (len(clip.times), len(local), 4))
    return replace(clip, rotations=np.concatenate([clip.rotations, rest.astype(np.float32)], axis=1))


def heaviest(joints: NDArray[np.int64], weights: F64) -> tuple[U16, F32]:
    """The four heaviest of K >= 4 joints and weights (V, K) per vertex: (V, 4) each, sums 1, descending."""
    order = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    weight = np.take_along_axis(weights, order, axis=1)
    weight /= weight.sum(axis=1, keepdims=True)
    joint = np.where(weight > 0, np.take_along_axis(joints, order, axis=1), 0)
    return joint.astype(np.uint16), weight.astype(np.float32)


def spread(place: F64, first: NDArray[np.int64] | int, bones: int) -> tuple[NDArray[np.int64], F64]:
    """The two joints (V, 2) next to `place` (V,), which is in joints from a chain's root, and their shares (V, 2).

    first: number of the chain's first joint, one or (V,).  bones: how many of its joints carry weights."""
    inner = np.clip(place - 0.5, 0, bones - 1)
    low = np.minimum(inner.astype(np.int64), bones - 1)
    share = inner - low
    joints = first + np.stack([low, np.minimum(low + 1, bones - 1)], axis=0)
    return joints.T, np.stack([1 - share, share], axis=1)
