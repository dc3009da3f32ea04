"""Skin weights as engines want them: four per vertex, falling, summing to 1, every vertex held by something."""

from dataclasses import replace

import numpy as np

from ..avatar import F32, I32, Mesh

INFLUENCES = 4


def limit_influences(mesh: Mesh, limit: int = INFLUENCES) -> tuple[Mesh, dict[str, float]]:
    """Keep each vertex's `limit` strongest joints and share the rest among them. A joint named twice is added up."""
    if mesh.joints is None or mesh.weights is None:
        return mesh, {}
    joints, weights, repeated = _once(mesh.joints.astype(np.int32), mesh.weights)
    over = int(((weights > 0).sum(axis=1) > limit).sum())
    wide = weights.shape[1] != limit
    if not over and not repeated and not wide:
        return mesh, {}
    order = np.argsort(-weights, axis=1, kind="stable")[:, :limit]
    lost = weights.sum(axis=1)
    joints, weights = np.take_along_axis(joints, order, axis=1), np.take_along_axis(weights, order, axis=1)
    if weights.shape[1] < limit:
        pad = ((0, 0), (0, limit - weights.shape[1]))
        joints, weights = np.pad(joints, pad), np.pad(weights, pad)
    kept = weights.sum(axis=1)
    weights = weights * np.where(kept > 0, lost / np.where(kept > 0, kept, 1), 1)[:, None]
    joints[weights <= 0] = 0
    numbers = {
        "vertices": over,
        "repeated": repeated,
        "largest_share_lost": float(np.max(1 - kept / np.where(lost > 0, lost, 1), initial=0.0, where=lost > 0)),
    }
    return replace(mesh, joints=joints.astype(np.uint16), weights=weights.astype(np.float32)), numbers


def _once(joints: I32, weights: F32) -> tuple[I32, F32, int]:
    """Add up entries of one vertex that name the same joint; how many vertices had such."""
    weights = weights.copy()
    hit = np.zeros(len(weights), bool)
    for i in range(weights.shape[1]):
        for k in range(i + 1, weights.shape[1]):
            same = (joints[:, i] == joints[:, k]) & (weights[:, k] > 0) & (weights[:, i] > 0)
            weights[same, i] += weights[same, k]
            weights[same, k] = 0
            hit |= same
    return joints, weights, int(hit.sum())


def normalise_weights(mesh: Mesh) -> tuple[Mesh, dict[str, float]]:
    """Make negative weights 0, sums 1 and the order falling. Vertices without any weight stay without."""
    if mesh.joints is None or mesh.weights is None:
        return mesh, {}
    w = np.where(mesh.weights > 0, mesh.weights, np.float32(0))  # NaN goes too
    total = w.sum(axis=1, dtype=np.float64)
    wrong = (total > 0) & ((np.abs(total - 1) > 1e-4) | (w != mesh.weights).any(axis=1))
    unordered = (np.diff(w, axis=1) > 0).any(axis=1)
    if not wrong.any() and not unordered.any() and (w == mesh.weights).all():
        return mesh, {}
    scaled = (w / np.where(total > 0, total, 1)[:, None]).astype(np.float32)
    w = np.where(wrong[:, None], scaled, w)
    order = np.argsort(-w, axis=1, kind="stable")
    joints = np.take_along_axis(mesh.joints, order, axis=1)
    w = np.take_along_axis(w, order, axis=1)
    joints = np.where(w > 0, joints, 0).astype(np.uint16)
    worst = float(np.abs(total - 1)[wrong].max(initial=0.0))
    return replace(mesh, joints=joints, weights=w), {"vertices": int(wrong.sum()), "worst_sum_error": worst}


def bind_loose(mesh: Mesh) -> tuple[Mesh, dict[str, float]]:
    """Give vertices without weights those of the nearest bound vertex of the mesh."""
    if mesh.joints is None or mesh.weights is None:
        return mesh, {}
    loose = ~(mesh.weights > 0).any(axis=1)
    if not loose.any() or loose.all():
        return mesh, {}
    from scipy.spatial import cKDTree

    bound = np.flatnonzero(~loose)
    _, near = cKDTree(mesh.positions[bound]).query(mesh.positions[loose])
    joints, weights = mesh.joints.copy(), mesh.weights.copy()
    joints[loose], weights[loose] = joints[bound[near]], weights[bound[near]]
    return replace(mesh, joints=joints, weights=weights), {"vertices": int(loose.sum())}
