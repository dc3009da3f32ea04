"""Rules for skin weights."""

from collections.abc import Iterator

import numpy as np

from ..avatar import Avatar
from .registry import Cure, Finding, Target, rule
from .walk import first, full, joints_used, meshes, skinned

SUM_TOLERANCE = 1e-3  # the writer makes sums exact; more than this is a binding fault, not rounding
BIND = Cure("Bind Loose Vertices", "Bind what hangs on nothing like its neighbours", 0.8, "bind-loose-vertices")
NORMALISE = Cure(
    "Normalise Skin Weights", "Bring the weights of each vertex to the sum of 1", 0.95, "normalise-weights"
)
LIMIT = Cure(
    "Limit Joints per Vertex", "Keep the strongest joints and share the rest among them", 0.95, "limit-influences"
)


@rule("skin/bound", severity="error", cure=BIND)
def bound(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Every part of a rigged avatar hangs on the skeleton.

    An unbound part stays behind when the avatar walks off."""
    if avatar.skeleton is None:
        return
    for where, part, mesh in meshes(avatar):
        if mesh.joints is None or mesh.weights is None:
            yield Finding("unbound", f"{part.name} has no skin weights", where)


@rule("skin/shape", severity="error", cure=BIND)
def shape(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """There are as many joints and weights as vertices, side by side.

    A row too few shifts the skin of every later vertex to the one before it."""
    for where, _, mesh in meshes(avatar):
        if mesh.joints is None or mesh.weights is None:
            continue
        if mesh.joints.shape != mesh.weights.shape or len(mesh.weights) != len(mesh.positions):
            numbers = {"vertices": len(mesh.positions), "weights": len(mesh.weights), "joints": len(mesh.joints)}
            yield Finding("count", f"{len(mesh.weights)} weights for {len(mesh.positions)} vertices", where, numbers)


@rule("skin/weight-sum", severity="error", cure=NORMALISE)
def weight_sum(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """The weights of a vertex are numbers, sum to 1, and none is negative.

    Other sums pull the vertex towards the origin or blow it out."""
    for where, _, mesh in meshes(avatar):
        if mesh.weights is None or not mesh.weights.size:
            continue
        total = mesh.weights @ np.ones(mesh.weights.shape[1], np.float32)
        off = ~(np.abs(total - 1.0) <= SUM_TOLERANCE)  # NaN is off, too
        if off.any():
            numbers = {"vertices": int(off.sum()), "lowest": round(float(total.min()), 4)}
            numbers["highest"] = round(float(total.max()), 4)
            message = f"the weights of {int(off.sum())} vertices do not sum to 1"
            yield Finding("sum", message, where, numbers, {"vertices": first(off)})
        if mesh.weights.min() < 0:
            off = (mesh.weights < 0).any(axis=1)
            message = f"{int(off.sum())} vertices have a negative weight"
            yield Finding("negative", message, where, {"vertices": int(off.sum())}, {"vertices": first(off)})


@rule("skin/joint-index", severity="error", cure=BIND)
def joint_index(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Weights name joints that exist.

    An index out of range makes loaders refuse the file."""
    count = len(avatar.skeleton.names) if avatar.skeleton is not None else 0
    for where, _, mesh in meshes(avatar):
        if mesh.joints is not None and mesh.joints.size and (top := int(mesh.joints.max())) >= count:
            off = (mesh.joints >= count).any(axis=1)
            numbers = {"joint": top, "joints": count}
            yield Finding("out-of-range", f"joint {top} of {count} is named", where, numbers, {"vertices": first(off)})


@rule("skin/influences", severity="error", cure=LIMIT)
def influences(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No vertex hangs on more joints than the platform takes.

    Engines drop the surplus without a word, and the surface dents."""
    limit = platform.budget.influences
    for where, _, mesh in meshes(avatar):
        if mesh.weights is None or mesh.weights.shape[1] <= limit:
            continue
        count = np.count_nonzero(mesh.weights > 0, axis=1)
        if (off := count > limit).any():
            numbers = {"vertices": int(off.sum()), "influences": int(count.max()), "limit": limit}
            message = f"{int(off.sum())} vertices hang on more than {limit} joints"
            yield Finding("too-many", message, where, numbers, {"vertices": first(off)})


@rule("skin/repeated-joint", severity="warning", cure=NORMALISE)
def repeated_joint(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """No vertex names a joint twice.

    The second entry wastes one of few places; validators refuse it."""
    for where, _, mesh in full(avatar):
        if mesh.joints is None or mesh.weights is None or not skinned(mesh):
            continue
        j, w = mesh.joints, mesh.weights
        same = np.zeros(len(j), bool)
        for a in range(j.shape[1]):
            for b in range(a + 1, j.shape[1]):
                same |= (j[:, a] == j[:, b]) & (w[:, b] > 0) & (w[:, a] > 0)
        if same.any():
            message = f"{int(same.sum())} vertices name a joint twice"
            yield Finding("repeated", message, where, {"vertices": int(same.sum())}, {"vertices": first(same)})


@rule(
    "skin/unused-joint",
    severity="info",
    cure=Cure("Remove the Joints", "Leave out joints that move nothing, where no tool names them", 0.5),
)
def unused_joint(avatar: Avatar, platform: Target) -> Iterator[Finding]:
    """Joints carry weights, or lead to joints that do, but for ends and those that the platform's tools name.

    A joint that moves nothing still costs a matrix per frame."""
    if avatar.skeleton is None:
        return
    names, parents = avatar.skeleton.names, avatar.skeleton.parents.tolist()
    used = joints_used(avatar).copy()
    if not used.any():
        return
    spared = {*platform.idle, *(s.joints[-1] for s in avatar.springs if s.joints)}
    used |= np.array([n in spared for n in names])
    for i in range(len(names) - 1, 0, -1):
        if used[i] and 0 <= parents[i] < i:
            used[parents[i]] = True
    if not used.all():
        idle = [n for n, u in zip(names, used.tolist(), strict=True) if not u]
        message = f"{len(idle)} joints move nothing: {', '.join(idle[:6])}"
        yield Finding("unused", message, "skeleton", {"joints": len(idle)}, {"joints": first(~used)})
