"""`no_face`: the joints stay, nothing hangs on them."""

from dataclasses import replace

import numpy as np

from ..avatar import Avatar, Mesh
from ..humanoid import INDEX
from ..pipeline import stage

FACE_JOINTS = ("leftEye", "rightEye", "jaw")


@stage("face", cost=2)
def drop_face(avatar: Avatar) -> Avatar:
    """Leave the face out: no shapes, eye and jaw joints without weights."""
    folded = np.arange(len(INDEX), dtype=np.uint16)
    folded[[INDEX[n] for n in FACE_JOINTS]] = INDEX["head"]

    def still(mesh: Mesh) -> Mesh:
        if mesh.joints is None or mesh.weights is None:
            return replace(mesh, morphs=()) if mesh.morphs else mesh
        joints, weights = folded[mesh.joints], mesh.weights.copy()
        # Two columns may now name one joint: the earlier takes the later's weight.
        for a in range(4):
            for b in range(a + 1, 4):
                same = (joints[:, a] == joints[:, b]) & (weights[:, b] > 0)
                weights[same, a] += weights[same, b]
                weights[same, b] = 0.0
        order = np.argsort(-weights, axis=1, kind="stable")
        weights = np.take_along_axis(weights, order, 1)
        joints = np.where(weights > 0, np.take_along_axis(joints, order, 1), 0).astype(np.uint16)
        return replace(mesh, joints=joints, weights=weights, morphs=())

    return avatar.map_meshes(still)
