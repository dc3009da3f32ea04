"""From drawn sheets to parts: stack the grids of one surface, bind them to the body, refit them in milliseconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...avatar import F32, I32, Binding, Mesh, Part
from ...cache import cached_arrays
from ...geometry import vertex_normals
from ...humanoid import INDEX
from ...pack import open_pack
from .anatomy import Anatomy, anatomy
from .chart import F64
from .cut import Cut, solid_faces
from .kept import Arrays, Made, from_arrays, to_arrays
from .neutral import Neutral
from .sheet import Sheet, joint_rows, sheet_faces, sheet_uv
from .warp import Spline, Warp, make_spline, make_warp

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

CONTROLS = {"torso": 200, "arm": 150, "leg": 130, "skirt": 220, "upper": 260, "head": 110, "cape": 240}


@dataclass(frozen=True, eq=False)
class Skin:
    """Faces of the base mesh itself, lifted along their normals: suits and gloves. faces: (F, 3) base vertices.

    lift: metres, one number or one per base vertex.
    """

    faces: I32
    surface: str
    lift: "float | F32"
    tile: float = 0.5


@dataclass(frozen=True, eq=False)
class Design:
    """What a builder draws. own_weights: surfaces whose sheets carry their own skin weights; others follow the body."""

    sheets: tuple[Sheet, ...]
    skins: tuple[Skin, ...] = ()
    own_weights: tuple[str, ...] = ()
    hides: "NDArray[np.bool_] | None" = None


def region_of(name: str, body: Neutral) -> I32:
    """Base vertices whose movement a region follows."""
    p, s, pelvis = body.base, body.joint("l-shoulder"), body.joint("pelvis")
    number = np.arange(len(p))
    tights, skirt, skin = (number >= 15328) & (number < 18002), (number >= 18002) & (number < 18722), number < 13380
    x, y = p[:, 0], p[:, 1]
    neck = body.joint("neck")[1]
    side, _, kind = name.rpartition(".")
    if side == "right":
        x = -x
    hand = skin & (x > body.joint("l-hand")[0] - 0.05) & (y > pelvis[1] - 0.1)
    foot = skin & (y < body.joint("l-ankle")[1] + 0.04)
    collar = skin & (y > neck - 0.03) & (y < neck + 0.09)
    keep = {
        "torso": (tights & (np.abs(x) < s[0] + 0.05) & (y > pelvis[1] - 0.28)) | collar,
        "arm": (tights & (x > s[0] - 0.07) & (y > pelvis[1] - 0.1)) | hand,
        "leg": ((tights & (x > 0.004)) & (y < pelvis[1] + 0.12)) | (foot & (x > 0.004)),
        "skirt": ((tights | skirt) & (y < body.joint("spine-2")[1]) & (np.abs(x) < 0.32)) | foot,
        "upper": (tights & (y > pelvis[1] - 0.05))
        | collar
        | (skin & (np.abs(x) > body.joint("l-hand")[0] - 0.05) & (y > pelvis[1] - 0.1)),
        "head": skin & (y > neck),
        "cape": ((tights | skirt) & (np.abs(x) < 0.3)) | collar | foot,
    }[kind]
    return np.flatnonzero(keep).astype(np.int32)


CLEARANCE = {"steel": 0.006, "trim": 0.005, "leather": 0.003, "cloth": 0.003}


def _floor(points: F64, binding: Binding, faces: I32, body: Neutral, least: float) -> "tuple[F32, sp.csr_matrix]":
    """Least distance of each vertex from its foot point, and the averaging over neighbours."""
    w = binding.weights[:, :, None]
    normals = vertex_normals(body.base, solid_faces(open_pack().digest))
    normal = (normals[binding.refs] * w).sum(1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    away = ((points - (body.base[binding.refs] * w).sum(1)) * normal).sum(1)
    floor = np.where(away > 0.001, np.minimum(least, 0.75 * away), -1.0).astype(np.float32)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    n = len(points)
    links = sp.csr_matrix((np.ones(2 * len(edges), np.float32), (edges.ravel(), edges[:, ::-1].ravel())), (n, n))
    links.data[:] = 1
    rows = np.maximum(np.asarray(links.sum(1)).ravel(), 1)
    return floor, (sp.diags(1 / rows) @ links).tocsr().astype(np.float32)


@lru_cache(maxsize=2)
def _middles(digest: str) -> "cKDTree":
    from scipy.spatial import cKDTree

    return cKDTree(anatomy().body.base.astype(np.float64)[solid_faces(digest)].mean(1))


@lru_cache(maxsize=32)
def _spline(digest: str, region: str) -> Spline:
    body = anatomy().body
    return make_spline(body.base, region_of(region, body), CONTROLS[region.rpartition(".")[2]])


def bind_points(points: F64, body: Neutral) -> Binding:
    """Each point to the corners of a body triangle near it, with the weights of its foot point."""
    faces = solid_faces(open_pack().digest)
    corners = body.base.astype(np.float64)[faces]
    near = np.asarray(_middles(open_pack().digest).query(points, k=5, workers=1)[1])
    a, b, c = (corners[near][:, :, k] for k in range(3))
    v0, v1, v2 = b - a, c - a, points[:, None] - a
    d00, d01, d11 = (v0 * v0).sum(-1), (v0 * v1).sum(-1), (v1 * v1).sum(-1)
    d20, d21 = (v2 * v0).sum(-1), (v2 * v1).sum(-1)
    det = np.maximum(d00 * d11 - d01 * d01, 1e-18)
    bary = np.stack(
        [
            1 - ((d11 * d20 - d01 * d21) + (d00 * d21 - d01 * d20)) / det,
            (d11 * d20 - d01 * d21) / det,
            (d00 * d21 - d01 * d20) / det,
        ],
        -1,
    )
    bary = np.clip(bary, 0, 1)
    bary /= bary.sum(-1, keepdims=True)
    foot = (bary[..., None] * corners[near]).sum(2)
    best = ((foot - points[:, None]) ** 2).sum(-1).argmin(1)
    row = np.arange(len(points))
    return Binding(faces[near[row, best]].astype(np.int32), bary[row, best].astype(np.float32))


def _surface(name: str, design: Design, body: Neutral) -> Cut:
    points: list[F64] = []
    faces, uvs, uv_faces, joints, weights = [], [], [], [], []
    spans: list[tuple[str, slice]] = []
    count = uv_count = 0
    sheets = sorted((s for s in design.sheets if s.surface == name), key=lambda s: s.region)
    for sheet in sheets:
        u, w = sheet.points.shape[:2]
        f, uf = sheet_faces(u, w, sheet.closed)
        points.append(sheet.points.reshape(-1, 3))
        uv = sheet_uv(sheet).reshape(-1, 2).astype(np.float32)
        p = points[-1]
        area = np.linalg.norm(np.cross(p[f[:, 1]] - p[f[:, 0]], p[f[:, 2]] - p[f[:, 0]]), axis=1)
        solid = area > 1e-10
        faces.append(f[solid] + count)
        uv_faces.append(uf[solid] + uv_count)
        uvs.append(uv)
        j, x = joint_rows(sheet)
        joints.append(j)
        weights.append(x)
        spans.append((sheet.region, slice(count, count + u * w)))
        count, uv_count = count + u * w, uv_count + len(uv)
    drawn = np.concatenate(points) if points else np.zeros((0, 3))
    warps: list[tuple[Warp, slice]] = []
    for region in dict.fromkeys(r for r, _ in spans):
        own = [s for r, s in spans if r == region]
        span = slice(own[0].start, own[-1].stop)
        warps.append((make_warp(_spline(open_pack().digest, region), drawn[span]), span))
    binding = bind_points(drawn, body) if count else Binding(np.zeros((0, 3), np.int32), np.zeros((0, 3), np.float32))
    keep = _floor(drawn, binding, np.concatenate(faces), body, CLEARANCE.get(name, 0.003)) if count else None
    refs, amounts = [binding.refs], [binding.weights]
    skins: list[tuple[I32, I32, float | F32, slice]] = []
    pack = open_pack()
    base_uv, base_uv_faces, base_faces = pack.array("base/uvs"), pack.array("base/uv_faces"), pack.array("base/faces")
    for skin in (s for s in design.skins if s.surface == name):
        index, inverse = np.unique(skin.faces, return_inverse=True)
        local: I32 = inverse.reshape(-1, 3).astype(np.int32)
        lift = skin.lift if isinstance(skin.lift, float) else np.asarray(skin.lift)[index].astype(np.float32)
        skins.append((index.astype(np.int32), local, lift, slice(count, count + len(index))))
        faces.append(local + count)
        uv, uf = _base_uv(skin.faces, base_faces, base_uv_faces, base_uv, body.base, skin.tile)
        uvs.append(uv)
        uv_faces.append(uf + uv_count)
        refs.append(np.repeat(index[:, None].astype(np.int32), 3, 1))
        amounts.append(np.tile(np.array([[1, 0, 0]], np.float32), (len(index), 1)))
        count, uv_count = count + len(index), uv_count + len(uv)
    own_weights = name in design.own_weights and not skins
    if own_weights and name in FOLLOWERS:
        with_skin = [(s, span) for s, (_, span) in zip(sheets, spans, strict=True) if _follows(s)]
        for sheet, span in with_skin:
            at = sheets.index(sheet)
            joints[at], weights[at] = _with_skin(sheet, Binding(binding.refs[span], binding.weights[span]))
    return Cut(
        name,
        np.concatenate(faces).astype(np.int32),
        np.concatenate(uvs).astype(np.float32),
        np.concatenate(uv_faces).astype(np.int32),
        Binding(np.concatenate(refs), np.concatenate(amounts)),
        np.concatenate(joints) if own_weights else None,
        np.concatenate(weights) if own_weights else None,
        tuple(warps),
        tuple(skins),
        keep,
        count,
    )


# Cloth of these surfaces and regions moves with the skin below it, wherever it does not say that it is stiff.
FOLLOWERS = ("cloth",)
SKIN_REGIONS = ("left.arm", "right.arm", "torso")


def _follows(sheet: Sheet) -> bool:
    return sheet.region in SKIN_REGIONS and any(np.ndim(w) == 2 for w in sheet.weights.values())


def _with_skin(sheet: Sheet, binding: Binding) -> "tuple[NDArray[np.uint16], F32]":
    """Joints and weights of a sheet from the skin below it; a sleeve's root keeps the share that it gives the chest."""
    from ...rig import base_weights, bind_weights, four_joints

    shared = bind_weights(binding)
    joints, weights = shared[0].copy(), shared[1].copy()
    if sheet.region == "torso":
        return joints, weights
    drawn = np.zeros((*sheet.points.shape[:2], len(INDEX)))
    for bone in ("chest", "upperChest"):
        drawn[..., INDEX[bone]] = sheet.weights.get(bone, 0.0)
    chest = drawn.reshape(-1, len(INDEX))
    share = np.clip(chest.sum(axis=1), 0.0, 1.0)
    root = share > 0
    skin = np.einsum("vk,vkj->vj", binding.weights[root], base_weights()[binding.refs[root]].astype(np.float64))
    joints[root], weights[root] = four_joints(chest[root] + (1.0 - share[root])[:, None] * skin)
    return joints, weights


def _base_uv(triangles: I32, quads: I32, quad_uvs: I32, uvs: F32, at: F32, tile: float) -> tuple[F32, I32]:
    """Uvs of base triangles: the base's own layout, at one texture per `tile` metres if that fits into 0..1."""
    tri = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    tri_uv = np.concatenate([quad_uvs[:, [0, 1, 2]], quad_uvs[:, [0, 2, 3]]])
    codes = [(t[:, 0].astype(np.int64) * 20000 + t[:, 1]) * 20000 + t[:, 2] for t in (tri, triangles)]
    order = np.argsort(codes[0])
    found = order[np.searchsorted(codes[0][order], codes[1])]
    index, inverse = np.unique(tri_uv[found], return_inverse=True)
    flat = uvs[index].astype(np.float64)
    local: I32 = inverse.reshape(-1, 3).astype(np.int32)
    area = np.linalg.norm(
        np.cross(at[triangles[:, 1]] - at[triangles[:, 0]], at[triangles[:, 2]] - at[triangles[:, 0]]), axis=1
    )
    a, b = flat[local[:, 1]] - flat[local[:, 0]], flat[local[:, 2]] - flat[local[:, 0]]
    uv_area = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    scale = np.sqrt(area.sum() / max(uv_area.sum(), 1e-12)) / tile
    low = flat.min(0)
    size = (flat.max(0) - low) * scale
    return ((flat - low) * scale / np.maximum(np.ceil(size), 1)).astype(np.float32), local


_cuts: dict[tuple[str, str], Made] = {}


def cuts(name: str, draw: Callable[[Anatomy], Design], surfaces: Sequence[str]) -> Made:
    """The garment's surfaces, drawn once per pack and kept on disk."""

    def make() -> Arrays:
        shape = anatomy()
        design = draw(shape)
        return to_arrays((tuple(_surface(s, design, shape.body) for s in surfaces), design.hides))

    key = (open_pack().digest, name)
    if key not in _cuts:
        _cuts[key] = from_arrays(cached_arrays(f"cuts {name} {','.join(surfaces)} {key[0]}", make), surfaces)
    return _cuts[key]


def wear(
    item: str, name: str, draw: Callable[[Anatomy], Design], base: F32, layers: dict[str, int], role: str
) -> tuple[Part, ...]:
    """Parts "<item>.<surface>" of a design on a body. layers: surface -> layer, in part order."""
    made, hides = cuts(name, draw, tuple(layers))
    parts = []
    for cut in made:
        mesh = Mesh(
            positions=cut.positions(base),
            faces=cut.faces,
            uvs=cut.uvs,
            uv_faces=cut.uv_faces,
            joints=cut.joints,
            weights=cut.weights,
        )
        label = f"{item}.{cut.surface}"
        parts.append(Part(label, role, (mesh,), label, cut.binding, layers[cut.surface], hides))
    return tuple(parts)
