"""Fewer joints per vertex: the smallest weights go, the others make up for them."""

from dataclasses import replace

import numpy as np

from ..avatar import Avatar, Mesh
from ..fitting import Fitted, Notes
from ..pipeline import stage


@stage("exporting", cost=1)
def limit_influences(avatar: Avatar, limit: int, notes: Notes | None = None) -> Avatar:
    """Keep within the joints that a vertex may hang on."""
    most = max((influences(m) for p in avatar.parts for m in p.lods), default=0)
    if most <= limit:
        return avatar
    if notes is not None:
        how = "the smallest weights dropped, the others in proportion"
        notes.append(Fitted("influences", limit, most, limit, how))
    return avatar.map_meshes(lambda mesh: limited(mesh, limit))


def influences(mesh: Mesh) -> int:
    """The most joints that a vertex hangs on."""
    return int((mesh.weights > 0).sum(axis=1).max(initial=0)) if mesh.weights is not None else 0


def limited(mesh: Mesh, limit: int) -> Mesh:
    """At most `limit` weights per vertex, sums 1."""
    if mesh.joints is None or mesh.weights is None or influences(mesh) <= limit:
        return mesh
    order = np.argsort(-mesh.weights, axis=1, kind="stable")
    weights = np.take_along_axis(mesh.weights, order, axis=1)
    joints = np.take_along_axis(mesh.joints, order, axis=1)
    weights[:, limit:] = 0.0
    joints[:, limit:] = 0
    weights /= weights.sum(axis=1, keepdims=True)
    return replace(mesh, joints=joints, weights=weights)
