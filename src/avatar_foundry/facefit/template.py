"""Our own head, seen with the same eyes: what is put onto others."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_array, diags_array, identity

from ..avatar import Frozen
from ..body import BODY_VERTICES, body_mesh, evaluate
from ..face.correct import EYES, LOWER, UPPER
from ..face.shapes import field
from ..geometry import vertex_normals
from ..humanoid import INDEX
from ..pack import open_pack
from ..rig import base_weights
from .eyes import ALONG
from .features import chin_of, mouth_of, nose_of, seam_of
from .frontal import F64, I32, I64, Flags, look
from .lips import lip_sides

PIXEL = 0.001  # metres
SIDES = ("Left", "Right")
UPPER_TEETH, LOWER_TEETH, TONGUE = slice(15060, 15128), slice(14992, 15060), slice(13380, 13606)
LIP = 0.004  # metres: skin this near the line between the lips is their edge


@dataclass(frozen=True, eq=False, slots=True)
class Template(Frozen):
    """The average adult's head.

    base: (B, 3).  vertex: (N,) the skin of head and neck, base vertices.  row: (B,) position in `vertex` or -1.
    faces: (F, 3) into `vertex`.  bend: (N, N) the squared Laplacian.  seen: (N,) what shows from the front.
    normal: (N, 3).  margin: per side (upper (U,), lower (L,)) lid edges in `vertex`, from the nose outwards.
    mouth (ALONG, 3), nose (3,), chin (3,): as `find_features` has them.  above, below: rows of `vertex`, edges of lips.
    side: (N,) `lip_sides`.
    """

    base: F64
    vertex: I64
    row: I64
    faces: I32
    bend: csr_array
    seen: Flags
    normal: F64
    margin: tuple[tuple[I64, I64], ...]
    mouth: F64
    nose: F64
    chin: F64
    above: I64
    below: I64
    side: F64

    @property
    def skin(self) -> F64:
        return self.base[self.vertex]

    def edges(self, side: int) -> tuple[F64, F64]:
        """Upper and lower edge of an eye, each (ALONG, 3), by x."""
        out = []
        for rows in self.margin[side]:
            line = self.skin[rows]
            line = line[np.argsort(line[:, 0], kind="stable")]
            at = np.linspace(line[0, 0], line[-1, 0], ALONG)
            out.append(np.stack([at, np.interp(at, line[:, 0], line[:, 1]), np.interp(at, line[:, 0], line[:, 2])], 1))
        return out[0], out[1]


@lru_cache(maxsize=1)
def template() -> Template:
    """Once per process."""
    base = evaluate({"body.age": 28.0, "body.gender": 0.5}).astype(np.float64)
    weights = base_weights()
    head = sum(weights[:, INDEX[n]] for n in ("head", "jaw", "leftEye", "rightEye", "neck"))
    moved = np.zeros(len(base), bool)
    moved[field().vertex] = True
    own = (np.asarray(head) > 0.3) | moved
    own[BODY_VERTICES:] = False
    every = body_mesh().faces
    kept = every[own[every].all(axis=1)]
    vertex, local = np.unique(kept, return_inverse=True)
    faces = local.reshape(-1, 3).astype(np.int32)
    row = np.full(len(base), -1, np.int64)
    row[vertex] = np.arange(len(vertex))
    skin = base[vertex]
    mirror = open_pack().array("base/mirror")
    margin = tuple(
        tuple(row[np.asarray(mirror[list(line)] if side == "Right" else line, np.int64)] for line in (UPPER, LOWER))
        for side in SIDES
    )
    centres = [base[EYES[side]].mean(axis=0) for side in SIDES]
    spacing, level = float(centres[0][0] - centres[1][0]), float(centres[0][1])
    low, high = np.array([-0.11, skin[:, 1].min()]), np.array([0.11, skin[:, 1].max()])
    view = look(skin, faces, low, high, PIXEL)
    seam = seam_of(view, 0.0, spacing, level)
    mouth = mouth_of(view, seam)
    assert mouth is not None
    assert seam is not None
    nose = nose_of(view, 0.0, spacing, level, mouth)
    assert nose is not None
    chin = chin_of(view, 0.0, spacing, mouth, nose)
    assert chin is not None
    seen = np.zeros(len(vertex), bool)
    seen[faces[np.unique(view.face[view.face >= 0])]] = True
    normal = vertex_normals(skin.astype(np.float32), faces).astype(np.float64)
    side = lip_sides(skin, faces, view, np.arange(len(faces)), seam, spacing)
    off = skin[:, 1] - np.interp(skin[:, 0], mouth[:, 0], mouth[:, 1])
    depth = skin[:, 2] - np.interp(skin[:, 0], mouth[:, 0], mouth[:, 2])
    edge = seen & (np.abs(off) < LIP) & (depth > -LIP) & (np.abs(skin[:, 0]) < 0.92 * mouth[-1, 0])
    return Template(
        base,
        vertex.astype(np.int64),
        row,
        faces,
        _bend(faces, len(vertex)),
        seen,
        normal,
        margin,  # type: ignore[arg-type]
        mouth,
        nose,
        chin,
        np.flatnonzero(edge & (side > 0)),
        np.flatnonzero(edge & (side < 0)),
        side,
    )


def _bend(faces: I32, count: int) -> csr_array:
    ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    graph = csr_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    graph = csr_array(graph + graph.T)
    graph.data[:] = 1.0
    degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1.0)
    laplacian = identity(count, format="csr") - diags_array(1.0 / degree) @ graph
    return csr_array(laplacian.T @ laplacian)
