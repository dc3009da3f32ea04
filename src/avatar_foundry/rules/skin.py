"""Rules for skin weights."""

from collections.abc import Iterator

import numpy as np

from ..avatar import Avatar
from .registry import Finding, Target, rule
from .walk import full, meshes

SUM_TOLERANCE = 1e-3  # the writer makes sums exact; more than this is a binding fault, not rounding


@rule("skin/bound", severity="error")
def bound(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every part of a rigged avatar hangs on the skeleton.

    An unbound part stays behind when the avatar walks off."""
    if avatar.skeleton is None:
        return
    for where, part, mesh in meshes(avatar):
        if mesh.joints is None or mesh.weights is None:
            yield Finding("unbound", f"{part.name} has no skin weights", where)


@rule("skin/weight-sum", severity="error")
def weight_sum(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The weights of a vertex sum to 1 and none is negative.

    Other sums pull the vertex towards the origin or blow it out."""
    for where, _, mesh in meshes(avatar):
        if mesh.weights is None:
            continue
        off = np.abs(mesh.weights @ np.ones(mesh.weights.shape[1], np.float32) - 1.0) > SUM_TOLERANCE
        if off.any():
            yield Finding("sum", f"the weights of {int(off.sum())} vertices do not sum to 1", where)
        if mesh.weights.size and mesh.weights.min() < 0:
            yield Finding("negative", "a weight is negative", where)


@rule("skin/joint-index", severity="error")
def joint_index(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Weights name joints that exist.

    An index out of range makes loaders refuse the file."""
    count = len(avatar.skeleton.names) if avatar.skeleton is not None else 0
    for where, _, mesh in meshes(avatar):
        if mesh.joints is not None and mesh.joints.size and int(mesh.joints.max()) >= count:
            yield Finding("out-of-range", f"joint {int(mesh.joints.max())} of {count} is named", where)


@rule("skin/influences", severity="error")
def influences(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No vertex hangs on more joints than the platform takes.

    Engines drop the surplus without a word, and the surface dents."""
    limit = platform.budget.influences
    for where, _, mesh in meshes(avatar):
        if mesh.weights is not None and mesh.weights.shape[1] > limit and (mesh.weights[:, limit:] > 0).any():
            yield Finding("too-many", f"vertices hang on more than {limit} joints", where)


@rule("skin/repeated-joint", severity="warning")
def repeated_joint(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No vertex names a joint twice.

    The second entry wastes one of few places; validators refuse it."""
    for where, _, mesh in full(avatar):
        if mesh.joints is None or mesh.weights is None:
            continue
        j, w = mesh.joints, mesh.weights
        same = np.zeros(len(j), bool)
        for a in range(j.shape[1]):
            for b in range(a + 1, j.shape[1]):
                same |= (j[:, a] == j[:, b]) & (w[:, b] > 0) & (w[:, a] > 0)
        if same.any():
            yield Finding("repeated", f"{int(same.sum())} vertices name a joint twice", where)


@rule("skin/unused-joint", severity="info")
def unused_joint(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Joints carry weights, or lead to joints that do.

    A joint that moves nothing still costs a matrix per frame."""
    if avatar.skeleton is None:
        return
    names, parents = avatar.skeleton.names, avatar.skeleton.parents.tolist()
    used = np.zeros(len(names), bool)
    for _, _, mesh in full(avatar):
        if mesh.joints is not None and mesh.weights is not None:
            seen = mesh.joints[mesh.weights > 0]
            used |= np.bincount(seen[seen < len(names)], minlength=len(names)) > 0
    for i in range(len(names) - 1, 0, -1):
        if used[i] and parents[i] >= 0:
            used[parents[i]] = True
    if not used.all() and used.any():
        idle = [n for n, u in zip(names, used.tolist(), strict=True) if not u]
        yield Finding("unused", f"{len(idle)} joints move nothing: {', '.join(idle[:6])}", "skeleton")
