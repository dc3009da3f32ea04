"""The head of an upload as one welded surface, whatever parts it came in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Frozen
from ..geometry import components, vertex_normals

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
WELD = 1e-5  # metres
OWN = 0.5  # a face is the head's when its corners hang on the head by more


@dataclass(frozen=True, eq=False, slots=True)
class Head(Frozen):
    """positions (V, 3), faces (F, 3), normals (V, 3): the head, welded.  weight (V,): how much hangs on the head, 0..1.

    piece (V,): connected component.  part (F,): the avatar's part.  rows: per part (P,) the head's vertex for each of
    the part's vertices, -1 for what is no head.  joint (3,): the head joint.
    """

    positions: F64
    faces: I32
    normals: F64
    weight: F64
    piece: I64
    part: I64
    rows: tuple[I64, ...]
    joint: F64


def head_of(avatar: Avatar) -> Head | None:
    """The head, or None when nothing hangs on a joint called "head"."""
    skeleton = avatar.skeleton
    if skeleton is None or "head" not in skeleton.names:
        return None
    top = skeleton.names.index("head")
    below = np.zeros(len(skeleton.names), bool)
    for i, up in enumerate(skeleton.parents.tolist()):
        below[i] = i == top or (up >= 0 and below[up])
    places, weights, faces, owner, first = [], [], [], [], [0]
    for number, part in enumerate(avatar.parts):
        mesh = part.mesh
        if mesh.joints is None or mesh.weights is None:
            share = np.zeros(len(mesh.positions))
        else:
            share = (mesh.weights * below[mesh.joints]).sum(axis=1).astype(np.float64)
        own = mesh.faces[(share[mesh.faces] > OWN).all(axis=1)]
        places.append(mesh.positions.astype(np.float64))
        weights.append(share)
        faces.append(own.astype(np.int64) + first[-1])
        owner.append(np.full(len(own), number))
        first.append(first[-1] + len(mesh.positions))
    every = np.concatenate(faces)
    if not len(every):
        return None
    used = np.unique(every)
    points = np.concatenate(places)[used]
    _, kept, site = np.unique(np.round(points / WELD).astype(np.int64), axis=0, return_index=True, return_inverse=True)
    number_of = np.full(first[-1], -1, np.int64)
    number_of[used] = site.reshape(-1)
    joined = number_of[every]
    whole = (joined[:, 0] != joined[:, 1]) & (joined[:, 1] != joined[:, 2]) & (joined[:, 2] != joined[:, 0])
    joined = joined[whole].astype(np.int32)
    if not len(joined):
        return None
    positions = points[kept]
    return Head(
        positions,
        joined,
        vertex_normals(positions.astype(np.float32), joined).astype(np.float64),
        np.concatenate(weights)[used][kept],
        components(joined, len(positions)).astype(np.int64),
        np.concatenate(owner)[whole],
        tuple(np.split(number_of, first[1:-1])),
        skeleton.rest[top, :3, 3].astype(np.float64),
    )
