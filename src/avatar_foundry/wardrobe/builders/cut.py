"""One surface of a garment, ready to refit to any body."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...avatar import F32, I32, Binding
from ...geometry import content_digest, vertex_normals
from ...pack import open_pack
from .neutral import neutral
from .warp import Warp


@lru_cache(maxsize=2)
def solid_faces(digest: str) -> I32:
    """Triangles of the body suit and the body of the pack `digest`: (F, 3) base vertices, the suit's first."""
    body = neutral()
    return np.concatenate([body.triangles["helper-tights"], body.triangles["body"]])


def body_normals(base: F32) -> F32:
    """(B, 3) normals of the body and of the body suit, the last ones asked for remembered."""
    global _last
    key = (open_pack().digest, content_digest(base))
    if _last is None or _last[0] != key:
        _last = (key, vertex_normals(base, solid_faces(key[0])))
    return _last[1]


_last: "tuple[tuple[str, bytes], F32] | None" = None


@dataclass(frozen=True, eq=False)
class Cut:
    """One surface of a garment, ready to refit."""

    surface: str
    faces: I32
    uvs: F32
    uv_faces: I32
    binding: Binding
    joints: "NDArray[np.uint16] | None"
    weights: "F32 | None"
    warps: tuple[tuple[Warp, slice], ...]
    skins: tuple[tuple[I32, I32, "float | F32", slice], ...]
    keep: "tuple[F32, sp.csr_matrix] | None"
    count: int

    def positions(self, base: F32) -> F32:
        """(V, 3) on a body (B, 3)."""
        out = np.empty((self.count, 3), np.float32)
        for warp, span in self.warps:
            out[span] = warp(base)
        for index, faces, lift, span in self.skins:
            p = np.ascontiguousarray(base[index])
            out[span] = p + vertex_normals(p, faces) * (lift if isinstance(lift, float) else lift[:, None])
        return out if self.keep is None else self._clear(out, base)

    def _clear(self, out: F32, base: F32) -> F32:
        """Where the body comes nearer than the drawing allows, move away from it, and the surroundings with it."""
        assert self.keep is not None
        floor, around = self.keep
        n = len(floor)
        normals = body_normals(base)
        refs, w = self.binding.refs[:n], self.binding.weights[:n, :, None]
        foot = (base[refs] * w).sum(1)
        normal = (normals[refs] * w).sum(1)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        push = floor - ((out[:n] - foot) * normal).sum(1)
        if (push > 0).any():
            push = np.clip(push, 0.0, 0.03)
            for _ in range(2):
                push = np.maximum(push, around @ push)
            out[:n] += normal * push[:, None]
        return out
