"""Linear blend skinning: move positions and normals by skinning matrices."""

import numpy as np

from ..avatar import F32, U16, Mesh


def blend(joints: U16, weights: F32, matrices: F32) -> F32:
    """(V, 3, 4) f32 blended matrices of every vertex.

    joints: (V, 4); weights: (V, 4); matrices: (J, 4, 4). Vertices on one joint get that joint's matrix exactly.
    """
    flat = np.ascontiguousarray(matrices[:, :3, :]).reshape(len(matrices), 12)
    out = flat[joints[:, 0]] * weights[:, :1]
    for k in range(1, joints.shape[1]):
        rows = np.flatnonzero(weights[:, k])
        if len(rows):
            out[rows] += flat[joints[rows, k]] * weights[rows, k : k + 1]
    return out.reshape(-1, 3, 4)


def move_points(points: F32, blended: F32) -> F32:
    """(V, 3) f32 points moved by (V, 3, 4) matrices."""
    return np.asarray(np.einsum("vab,vb->va", blended[:, :, :3], points) + blended[:, :, 3], dtype=np.float32)


def move_vectors(vectors: F32, blended: F32) -> F32:
    """(V, 3) f32 vectors turned by (V, 3, 4) matrices, without their translation."""
    return np.asarray(np.einsum("vab,vb->va", blended[:, :, :3], vectors), dtype=np.float32)


def skin_positions(mesh: Mesh, matrices: F32) -> F32:
    """(V, 3) f32 positions of a bound mesh under skinning matrices (J, 4, 4)."""
    assert mesh.joints is not None
    assert mesh.weights is not None
    return move_points(mesh.positions, blend(mesh.joints, mesh.weights, matrices))


def skin_normals(mesh: Mesh, matrices: F32) -> F32:
    """(V, 3) f32 unit normals of a bound mesh under skinning matrices (J, 4, 4). The mesh must have normals."""
    assert mesh.joints is not None
    assert mesh.weights is not None
    assert mesh.normals is not None
    turned = move_vectors(mesh.normals, blend(mesh.joints, mesh.weights, matrices))
    length = np.linalg.norm(turned, axis=1, keepdims=True)
    return np.where(length > 1e-9, turned / np.maximum(length, 1e-9), mesh.normals).astype(np.float32)
