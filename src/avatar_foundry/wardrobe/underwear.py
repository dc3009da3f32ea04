"""Underwear, cut from the body's own surface so that it fits everybody: briefs, and an undershirt.

The cut is made once, on the neutral body, exactly along the zero lines of smooth fields (a waistline, leg hems, a
neckline, armholes); each vertex is a mix of at most four body vertices, so the topology is the same for all bodies.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from ..avatar import F32, I32, Binding, Mesh, Part, own
from ..geometry import boundary_edges, components, vertex_normals
from ..pack import open_pack
from .catalogue import Item
from .neutral import BODY, body_faces, neutral_base
from .smooth import neighbours

F64 = NDArray[np.float64]

# Thickness of the cloth above the skin and depth of the turned-in hem below it, metres.
OUTSIDE, INSIDE = 0.0018, -0.0015
# Rounds of smoothing that bridge small relief (navel, nipples) the way cloth does.
BRIDGE = 3


@dataclass(frozen=True, eq=False)
class Cut:
    """A patch of the body: binding (V, 4), offset (V,) along the normal, faces (F, 3), uvs (V, 2)."""

    binding: Binding
    offset: F32
    faces: I32
    uvs: F32
    inner: NDArray[np.bool_]


def make_underwear(item: Item, base: F32) -> tuple[Part, ...]:
    """The pieces of an underwear item on `base` (B, 3), just outside the skin."""
    out = []
    for piece in item.pieces.values():
        cut = _cut(open_pack().digest, piece.name)
        skin = np.einsum("vk,vkc->vc", cut.binding.weights, base[cut.binding.refs]).astype(np.float32)
        normals = vertex_normals(skin, cut.faces)
        smooth = skin
        mean = neighbours(cut.faces, len(skin))
        for _ in range(BRIDGE):
            smooth = np.where(cut.inner[:, None], mean @ smooth, skin)
        # bridge outwards only: never below the skin
        rise = np.maximum(np.einsum("vc,vc->v", smooth - skin, normals), 0.0)
        mesh = Mesh(
            np.asarray(skin + normals * (cut.offset + rise)[:, None], np.float32),
            cut.faces,
            uvs=cut.uvs,
            uv_faces=cut.faces,
        )
        out.append(Part(item.part_name(piece.name), item.role, (mesh,), "underwear", cut.binding, piece.layer))
    return tuple(out)


@lru_cache(maxsize=4)
def _cut(digest: str, piece: str) -> Cut:
    base = neutral_base("any").astype(np.float64)[:BODY]
    faces = body_faces()
    width, fields = (0.24, _briefs) if piece == "briefs" else (0.26, _undershirt)
    chosen = faces[(np.abs(base[faces, 0]) < width).all(axis=1)]
    used, inverse = np.unique(chosen, return_inverse=True)
    faces = inverse.reshape(-1, 3).astype(np.int32)
    rows = csr_array((np.ones(len(used)), (np.arange(len(used)), used)), shape=(len(used), BODY))
    for number in range(len(fields(base))):
        rows, faces = clip(rows, faces, fields(np.asarray(rows @ base))[number])
    points = np.asarray(rows @ base)
    # the piece around the spine's front: not what the fields leave of arms and hands
    label = components(faces, len(points))
    middle = int(np.argmin(np.abs(points[:, 0]) + np.abs(points[:, 1] - points[:, 1].mean())))
    keep = label[faces[:, 0]] == label[middle]
    used, inverse = np.unique(faces[keep], return_inverse=True)
    return _hem(rows[used], inverse.reshape(-1, 3).astype(np.int32), points[used])


def _hem(rows: csr_array, faces: I32, points: F64) -> Cut:
    """Turn the border in towards the skin, so that the cloth shows a thickness and no gap."""
    border = boundary_edges(faces)
    ring, place = np.unique(border, return_inverse=True)
    turned = place.reshape(-1, 2).astype(np.int32) + len(points)
    strip = np.concatenate(
        [np.column_stack([border[:, [1, 0]], turned[:, 0]]), np.column_stack([border[:, 1], turned])]
    )
    rows = vstack([rows, rows[ring]]).tocsr()
    offset = np.full(len(points) + len(ring), OUTSIDE, np.float32)
    offset[len(points) :] = INSIDE
    inner = np.ones(len(offset), bool)
    inner[ring] = inner[len(points) :] = False
    points = np.concatenate([points, points[ring]])
    uvs = np.column_stack([points[:, 0] / 0.6 + 0.5, 0.5 - points[:, 1] / 0.9]).astype(np.float32)
    every = np.concatenate([faces, strip]).astype(np.int32)
    return Cut(_binding(rows), own(offset), own(every), own(uvs), own(inner))


def _binding(rows: csr_array) -> Binding:
    count = np.diff(rows.indptr)
    slot = np.arange(rows.nnz) - np.repeat(rows.indptr[:-1], count)
    width = int(count.max())
    refs, weights = np.zeros((rows.shape[0], width), np.int32), np.zeros((rows.shape[0], width), np.float32)
    row = np.repeat(np.arange(rows.shape[0]), count)
    refs[:], weights[row, slot] = rows.indices[rows.indptr[:-1]][:, None], rows.data
    refs[row, slot] = rows.indices
    return Binding(own(refs), own(weights))


def clip(rows: csr_array, faces: I32, value: F64) -> tuple[csr_array, I32]:
    """The part of a surface where `value` (V,) is positive, cut exactly through the faces.

    rows: (V, B) each vertex as a mix of base vertices; new vertices are mixes of the ends of the edges they cut.
    """
    # a vertex almost on the line is put off it, or the cut leaves slivers
    value = np.where(np.abs(value) < 1e-4, -1e-4, value)
    inside = value > 0
    count = inside[faces].sum(axis=1)
    cut = faces[(count == 1) | (count == 2)]
    single = inside[cut].sum(axis=1) == 1
    lone = np.where(single, inside[cut].argmax(axis=1), (~inside[cut]).argmax(axis=1))
    turn = (lone[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(cut, turn, axis=1).T
    ends = np.sort(np.concatenate([np.column_stack([a, b]), np.column_stack([a, c])]), axis=1)
    edges, place = np.unique(ends, axis=0, return_inverse=True)
    share = value[edges[:, 0]] / (value[edges[:, 0]] - value[edges[:, 1]])
    n = len(edges)
    mix = csr_array(
        (np.concatenate([1 - share, share]), (np.tile(np.arange(n), 2), edges.T.reshape(-1))), shape=(n, len(value))
    )
    ab, ac = (place.reshape(-1) + len(value)).reshape(2, -1)
    new = np.concatenate(
        [
            faces[count == 3],
            np.column_stack([a, ab, ac])[single],
            np.column_stack([ab, b, c])[~single],
            np.column_stack([ab, c, ac])[~single],
        ]
    )
    rows = vstack([rows, mix @ rows]).tocsr()
    used, inverse = np.unique(new, return_inverse=True)
    return rows[used], inverse.reshape(-1, 3).astype(np.int32)


def _briefs(p: F64) -> tuple[F64, ...]:
    """Positive inside: below a waistline that dips in front, above leg hems square to the thighs."""
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    waist = 0.135 - 0.10 * np.clip(z, -0.1, 0.15) - y
    legs = y - 0.14 * x + 0.085
    return waist, legs


def _undershirt(p: F64) -> tuple[F64, ...]:
    """Positive inside: above the hem, outside the neckline (deeper in front), outside the armholes."""
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    hem = y - 0.158
    front = np.clip(z / 0.10, 0.0, 1.0)
    neck = (x / 0.085) ** 2 + (np.minimum(y - 0.60, 0.0) / (0.115 + 0.065 * front)) ** 2 - 1.0
    arms = ((x - 0.225) / 0.095) ** 2 + ((y - 0.52) / 0.135) ** 2 - 1.0
    return hem, neck, arms, 0.172 - x
