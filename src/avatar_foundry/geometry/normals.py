"""Smooth vertex normals."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .memo import by_content

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

TINY = np.float32(1e-20)
SOME = 4096  # faces looked at in one go


@by_content()
def corner_rows(faces: I32, count: int) -> tuple[I32, I32, I32]:
    """CSR structure that sums face corners into `count` vertices: (indptr, face of each entry, corner of each entry).

    The corner numbers index `weights.ravel()` of an (F, 3) weight array.
    """
    flat = faces.ravel()
    order = np.argsort(flat, kind="stable").astype(np.int32)
    indptr = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(flat, minlength=count), out=indptr[1:])
    return indptr, order // 3, order


def sum_corners(faces: I32, count: int, weights: F32, values: F32) -> F32:
    """For each vertex the sum over its corners of weights (F, 3) times the face's values (F, D): (count, D)."""
    indptr, face, corner = corner_rows(faces, count)
    matrix = csr_array((weights.ravel()[corner], face, indptr), shape=(count, len(faces)))
    return np.asarray(matrix @ values, np.float32)


def unit(vectors: NDArray[Any], fallback: tuple[float, float, float] = (0.0, 1.0, 0.0)) -> F32:
    """Rows scaled to length 1; rows too short to have a direction become `fallback`."""
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    flat = length <= TINY
    out = vectors / np.where(flat, np.float32(1.0), length)[:, None]
    if flat.any():
        out[flat] = fallback
    return np.asarray(out, np.float32)


def corner_angles(positions: F32, faces: I32) -> tuple[F32, F32]:
    """Angles at the corners (F, 3) in radians and unit face normals (F, 3); both zero for degenerate faces."""
    angles, normals = np.empty((len(faces), 3), np.float32), np.empty((len(faces), 3), np.float32)
    rows = positions.T.copy()  # one row per coordinate: short vectors side by side are slow in NumPy
    for at in range(0, len(faces), SOME):  # what fits the processor's cache takes a third of the time
        span = slice(at, at + SOME)
        _corner_angles(rows, faces[span], angles[span], normals[span])
    return angles, normals


def _corner_angles(rows: F32, faces: I32, angles: F32, normals: F32) -> None:
    p = np.take(rows, faces.T, axis=1)
    a, b, c = p[:, 0], p[:, 1], p[:, 2]
    ab, bc, ca = b - a, c - b, a - c
    n = np.empty_like(ab)
    n[0] = ca[1] * ab[2] - ca[2] * ab[1]
    n[1] = ca[2] * ab[0] - ca[0] * ab[2]
    n[2] = ca[0] * ab[1] - ca[1] * ab[0]
    area = np.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2])
    flat = area <= TINY
    first = np.arctan2(area, -(ca[0] * ab[0] + ca[1] * ab[1] + ca[2] * ab[2]))
    second = np.arctan2(area, -(ab[0] * bc[0] + ab[1] * bc[1] + ab[2] * bc[2]))
    angles[:, 0], angles[:, 1] = first, second
    angles[:, 2] = np.float32(np.pi) - (first + second)
    n /= np.where(flat, np.float32(1.0), area)
    normals[:] = n.T
    if flat.any():
        angles[flat] = 0.0
        normals[flat] = 0.0


def face_normals(positions: F32, faces: I32) -> F32:
    """Unit normals (F, 3); zero for degenerate faces."""
    return corner_angles(positions, faces)[1]


def vertex_normals(positions: F32, faces: I32) -> F32:
    """Unit normals (V, 3): face normals averaged by corner angle, so the choice of a quad's diagonal hardly matters.

    Vertices without faces, or whose faces cancel, get (0, 1, 0). Thürmer & Wüthrich 1998.
    """
    angles, normals = corner_angles(np.asarray(positions, np.float32), faces)
    return unit(sum_corners(faces, len(positions), angles, normals))
