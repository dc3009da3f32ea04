"""The body's own surface: topology, uvs and how it hangs on the base mesh (itself)."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Binding, Mesh, Part
from ..geometry import triangulate_pair
from ..geometry.memo import freeze
from ..pack import open_pack
from .evaluate import BODY_VERTICES


class BodyMesh(NamedTuple):
    """Topology shared by all bodies.

    faces: (F, 3) i32 into the first 13380 base vertices, closed, counter-clockwise from outside.
    uvs: (U, 2) f32, origin top-left.  uv_faces: (F, 3) i32.  binding: the identity, refs (V, 1).
    """

    faces: I32
    uvs: F32
    uv_faces: I32
    binding: Binding


@lru_cache(maxsize=1)
def body_mesh() -> BodyMesh:
    """The faces of group `body`, triangulated along each quad's first diagonal, with uvs renumbered to those used."""
    pack = open_pack()
    own = pack.array("base/face_group") == pack.meta["base"]["groups"].index("body")
    faces, uv_faces = triangulate_pair(pack.array("base/faces")[own], pack.array("base/uv_faces")[own])
    used, renumbered = np.unique(uv_faces, return_inverse=True)
    uvs = np.ascontiguousarray(pack.array("base/uvs")[used], np.float32)
    refs = np.arange(BODY_VERTICES, dtype=np.int32)[:, None]
    binding = Binding(refs.copy(), np.ones((BODY_VERTICES, 1), np.float32))
    mesh = BodyMesh(faces, uvs, np.ascontiguousarray(renumbered.reshape(faces.shape), np.int32), binding)
    for array in (mesh.faces, mesh.uvs, mesh.uv_faces):
        array.flags.writeable = False
    return mesh


def body_part(base: F32) -> Part:
    """The skin of `base` (B, 3) as a part: vertices are the first 13380 base vertices, in order."""
    mesh = body_mesh()
    skin = Mesh(np.array(base[:BODY_VERTICES], np.float32), mesh.faces, uvs=mesh.uvs, uv_faces=mesh.uv_faces)
    return Part("body", "body", (skin,), material="skin", binding=mesh.binding)


def base_vertices(mesh: Mesh) -> I32:
    """(V,) the base vertex that each vertex of some piece or level of a body is, -1 where it is none.

    Told by the uvs, which no two corners of the body share: they survive hiding, levels of detail and poses.
    """
    out = np.full(len(mesh.positions), -1, np.int32)
    if mesh.uvs is None or mesh.uv_faces is None or not len(mesh.uvs):
        return out
    known, number = _by_uv()
    key = _packed(mesh.uvs)
    place = np.minimum(np.searchsorted(known, key), len(known) - 1)
    own = np.where(known[place] == key, number[place], -1)
    out[mesh.faces.reshape(-1)] = own[mesh.uv_faces.reshape(-1)]
    return out


@lru_cache(maxsize=1)
def _by_uv() -> tuple[NDArray[np.uint64], I32]:
    """All uvs of the body as sorted numbers, and the base vertex at each."""
    mesh = body_mesh()
    vertex = np.zeros(len(mesh.uvs), np.int32)
    vertex[mesh.uv_faces.reshape(-1)] = mesh.faces.reshape(-1)
    key = _packed(mesh.uvs)
    order = np.argsort(key)
    return freeze((key[order], vertex[order]))


def _packed(uvs: F32) -> NDArray[np.uint64]:
    """(U,) each uv's two floats as the bits of one number."""
    return np.ascontiguousarray(uvs, np.float32).view(np.uint64)[:, 0]
