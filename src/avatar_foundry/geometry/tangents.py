"""Tangent frames for normal maps."""

import numpy as np
from numpy.typing import NDArray

from .memo import by_content
from .normals import corner_angles, sum_corners, unit

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@by_content()
def uv_halves(uvs: F32, faces: I32) -> tuple[F32, F32, NDArray[np.bool_]]:
    """What the uvs alone decide: (steps (2, F), sign (F,), usable (F,)).

    A face's tangent points along edge ab * steps[0] + edge ac * steps[1]; sign is the side of its bitangent.
    """
    t = uvs[faces]
    uab, uac = t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]
    # image v runs down; Mikkelsen's runs up: the determinant changes sign, dP/du does not
    turn = uab[:, 0] * uac[:, 1] - uab[:, 1] * uac[:, 0]
    sign = np.where(turn > 0, np.float32(-1.0), np.float32(1.0))
    return np.stack([-uac[:, 1] * sign, uab[:, 1] * sign]), sign, np.asarray(turn != 0)


def tangents(positions: F32, normals: F32, uvs: F32, faces: I32) -> F32:
    """glTF tangents (S, 4): xyz unit and perpendicular to the normal, w = +1 or -1, never zero.

    Takes seam-split arrays: positions and normals (S, 3), uvs (S, 2) with origin top-left, faces (F, 3) into them.
    bitangent = cross(normal, tangent) * w points up the image, as glTF's normal maps want.
    MikkTSpace (Mikkelsen 2008) as far as one frame per split vertex allows: face tangents from uv derivatives,
    projected on the vertex plane, normalised, averaged by corner angle. It differs where mirrored faces share a split
    vertex (Mikk splits there; here the larger angle wins) and at vertices whose corners point apart. Vertices without
    usable uvs get any perpendicular and w = 1.
    """
    steps, sign, usable = uv_halves(uvs, faces)
    rows = np.take(np.ascontiguousarray(positions.T), faces.T, axis=1)  # (3, 3 corners, F): long rows are quick
    along = np.ascontiguousarray(((rows[:, 1] - rows[:, 0]) * steps[0] + (rows[:, 2] - rows[:, 0]) * steps[1]).T)
    angles, _ = corner_angles(positions, faces)
    angles *= usable[:, None]
    hand = sum_corners(faces, len(positions), angles, sign[:, None])[:, 0]
    w = np.where(hand < 0, np.float32(-1.0), np.float32(1.0))
    angles *= w[faces] == sign[:, None]
    along = unit(along, (0.0, 0.0, 0.0))
    # projecting the unit face tangent on each corner's plane and normalising: only its length varies per corner
    slope = np.einsum("fcj,fj->fc", normals[faces], along)
    total = sum_corners(faces, len(positions), angles / np.sqrt(np.maximum(1.0 - slope * slope, 1e-6)), along)
    total -= normals * np.einsum("ij,ij->i", total, normals)[:, None]
    lost = np.einsum("ij,ij->i", total, total) < 1e-12
    if lost.any():
        n = normals[lost]
        axis = np.zeros_like(n)
        axis[np.arange(len(n)), np.abs(n).argmin(axis=1)] = 1.0
        total[lost] = axis - n * np.einsum("ij,ij->i", axis, n)[:, None]
    return np.concatenate([unit(total, (1.0, 0.0, 0.0)), w[:, None]], axis=1)
