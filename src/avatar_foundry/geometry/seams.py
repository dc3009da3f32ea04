"""Splitting welded meshes where their uvs tear: what files and simplifiers need, and nothing else."""

import numpy as np
from numpy.typing import NDArray

from .memo import by_content

I32 = NDArray[np.int32]


@by_content()
def split_seams(faces: I32, uv_faces: I32) -> tuple[I32, I32, I32]:
    """One vertex per distinct (vertex, uv) pair: (vertex_of (S,), uv_of (S,), split faces (F, 3)).

    Sorted by vertex, then uv. positions[vertex_of], uvs[uv_of] and the split faces describe the same surface.
    Vertices that no face uses are dropped.
    """
    uv_count = int(uv_faces.max(initial=0)) + 1
    pairs = faces.astype(np.int64) * uv_count + uv_faces
    unique, inverse = np.unique(pairs, return_inverse=True)
    vertex_of, uv_of = np.divmod(unique, uv_count)
    return vertex_of.astype(np.int32), uv_of.astype(np.int32), inverse.reshape(faces.shape).astype(np.int32)
