"""One texture for several closed meshes: unwrapped together, coloured by what a ray from outside meets first."""

import io
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import F32, I32, Material, Texture
from ..errors import StageFailed
from ..geometry.distance import closest_points, dot
from ..repair.colours import texels
from ..repair.rays import Rays
from .surface import Surface

PADDING = 3  # pixels between charts
FLAT = 1e-11  # of the unit square, twice the area
OUT, IN = 0.008, 0.02  # metres before and behind the mesh within which rays look for the surface
ABOVE = 0.04  # metres up to which what lies above a plug colours it
SPECK = 7  # texels: the window within which a speck is alone
FEW = 0.27  # share of its texels below which a material is a speck there; lines two texels wide stay
LEVEL = 0.3  # cosine between what is met and the mesh, below which it is something else


class Unwrapped(NamedTuple):
    """uvs: (U, 2) origin top-left.  uv_faces: (F, 3)."""

    uvs: F32
    uv_faces: I32


def unwrap_together(meshes: Sequence[tuple[F32, I32]], size: int) -> list[Unwrapped]:
    """uvs for meshes (positions, faces) that share a texture of `size` pixels without overlaps."""
    xatlas = import_module("xatlas")  # loaded late: it is needed by few
    atlas = xatlas.Atlas()
    for positions, faces in meshes:
        atlas.add_mesh(np.ascontiguousarray(positions, np.float32), np.ascontiguousarray(faces, np.uint32))
    pack, chart = xatlas.PackOptions(), xatlas.ChartOptions()
    pack.padding, pack.resolution, pack.bilinear = PADDING, size, True
    atlas.generate(chart, pack)
    out = []
    scale = np.array([atlas.width, atlas.height], np.float64)
    scale /= scale.max()
    for k, (_, faces) in enumerate(meshes):
        vertex, corner, uvs = atlas[k]
        if len(corner) != len(faces) or (vertex[corner] != faces).any():
            raise StageFailed("unwrapping changed the surface", stage="make_r15")
        out.append(spread_out(np.clip(uvs * scale, 0, 1).astype(np.float32), corner.astype(np.int32), size))
    return out


def spread_out(uvs: F32, uv_faces: I32, size: int) -> Unwrapped:
    """Faces without area on the texture get a pixel of their own place instead."""
    a, b, c = (uvs[uv_faces[:, k]].astype(np.float64) for k in range(3))
    u, v = b - a, c - a
    flat = np.flatnonzero(np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) < FLAT)
    if not len(flat):
        return Unwrapped(uvs, uv_faces)
    middle = np.clip(uvs[uv_faces[flat]].mean(axis=1), 1 / size, 1 - 1 / size)
    corners = middle[:, None] + np.array([[-0.5, -0.5], [0.5, -0.5], [0.0, 0.5]]) / size
    uv_faces = uv_faces.copy()
    uv_faces[flat] = len(uvs) + np.arange(3 * len(flat), dtype=np.int32).reshape(-1, 3)
    return Unwrapped(np.concatenate([uvs, corners.reshape(-1, 2)]).astype(np.float32), uv_faces)


class Paints:
    """The pictures of an avatar's materials, to look colours up in."""

    def __init__(self, materials: Sequence[Material]) -> None:
        self.materials = materials
        self._held: dict[tuple[int, str], NDArray[np.uint8]] = {}

    def colours(self, slot: str, paint: I32, uvs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) 0..255 as stored (base: sRGB), factors included. paint: (N,) materials, uvs: (N, 2)."""
        out = np.zeros((len(paint), 4), np.float32)
        for k in np.unique(paint):
            rows = paint == k
            out[rows] = self._one(slot, int(k), uvs[rows])
        return out

    def _one(self, slot: str, k: int, uvs: NDArray[np.float32]) -> NDArray[np.float32]:
        m = self.materials[k]
        found = bilinear(self._picture(slot, k), uvs)
        if slot == "orm":
            return found * np.array([1.0, m.roughness, m.metallic, 1.0], np.float32)
        if m.color[:3] != (1.0, 1.0, 1.0):
            linear = np.power(found[:, :3] / 255, 2.2) * np.array(m.color[:3], np.float32)
            found[:, :3] = np.power(linear, 1 / 2.2) * 255
        return found

    def _picture(self, slot: str, k: int) -> NDArray[np.uint8]:
        if (k, slot) not in self._held:
            texture: Texture | None = getattr(self.materials[k], slot)
            if texture is None:
                self._held[k, slot] = np.full((1, 1, 4), 255, np.uint8)
            else:
                with Image.open(io.BytesIO(texture.data)) as image:
                    self._held[k, slot] = np.asarray(image.convert("RGBA"))
        return self._held[k, slot]


def bilinear(picture: NDArray[np.uint8], uvs: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 4) of a picture that repeats at uvs (N, 2)."""
    height, width = picture.shape[:2]
    x, y = uvs[:, 0] * width - 0.5, uvs[:, 1] * height - 0.5
    x0, y0 = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = (x - x0)[:, None].astype(np.float32), (y - y0)[:, None].astype(np.float32)
    x1, y1, x0, y0 = (x0 + 1) % width, (y0 + 1) % height, x0 % width, y0 % height
    top = picture[y0, x0] * (1 - fx) + picture[y0, x1] * fx
    low = picture[y1, x0] * (1 - fx) + picture[y1, x1] * fx
    return np.asarray(top * (1 - fy) + low * fy, np.float32)


class Spots(NamedTuple):
    """Where texels look: paint (N,) materials and uvs (N, 2) in them."""

    paint: I32
    uvs: NDArray[np.float32]


def seen(points: F32, normals: F32, surface: Surface) -> Spots:
    """What of the surface is seen at each of `points` (N, 3) by rays against `normals`; where there is nothing or
    something else, as on plugs, what lies above; else what is nearest."""
    rays = Rays(surface.positions, surface.faces, np.ones(len(surface.faces), bool))
    a, b, c = (surface.positions[surface.faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-20)
    far, face = rays.hit(points + OUT * normals, -normals)
    along = OUT - far

    def missed(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        level = np.abs(dot(flat[face[rows]], normals[rows]))
        wrong = (face[rows] < 0) | (along[rows] < -IN) | (along[rows] > ABOVE) | (level < LEVEL)
        return np.asarray(rows[wrong])

    lost = missed(np.arange(len(points)))
    along[lost], face[lost] = rays.hit(points[lost], normals[lost])
    lost = missed(lost)
    along[lost] = 0.0
    weights = barycentric(points + along[:, None] * normals, a[face], b[face], c[face])
    if len(lost):
        near = closest_points(points[lost], surface.positions, surface.faces, settle=False, candidates=1, slack=0.2)
        face[lost], weights[lost] = near.face, near.weights
    return Spots(surface.paint[face], np.einsum("nc,ncj->nj", weights, surface.corners[face]).astype(np.float32))


def nearest(points: F32, surface: Surface) -> Spots:
    """What of the surface is nearest to each of `points` (N, 3)."""
    near = closest_points(points, surface.positions, surface.faces, settle=False, candidates=2)
    uvs = np.einsum("nc,ncj->nj", near.weights, surface.corners[near.face])
    return Spots(surface.paint[near.face], uvs.astype(np.float32))


def without_specks(spots: Spots, pixel: I32, size: int) -> Spots:
    """Spots of the texels at `pixel` (N,) where those whose material few around share look where the nearest others do:
    at hems and collars a ray slips between two layers here and there."""
    from scipy.ndimage import distance_transform_edt, uniform_filter

    def around(rows: NDArray[Any]) -> NDArray[np.float32]:
        there = np.zeros(size * size, np.float32)
        there[pixel[rows]] = 1.0
        return np.asarray(uniform_filter(there.reshape(size, size), SPECK, mode="constant").reshape(-1)[pixel])

    same = np.zeros(len(pixel), np.float32)
    for k in np.unique(spots.paint):
        rows = spots.paint == k
        same[rows] = around(rows)[rows]
    speck = same < FEW * around(np.arange(len(pixel)))
    if not speck.any() or speck.all():
        return spots
    number = np.full(size * size, -1, np.int32)
    number[pixel[~speck]] = np.flatnonzero(~speck)
    missing = (number < 0).reshape(size, size)
    row, column = distance_transform_edt(missing, return_distances=False, return_indices=True)
    source = np.where(speck, number.reshape(size, size)[row, column].reshape(-1)[pixel], np.arange(len(pixel)))
    return Spots(spots.paint[source], spots.uvs[source])


def barycentric(p: F32, a: F32, b: F32, c: F32) -> NDArray[np.float32]:
    """(N, 3) weights of points in the planes of triangles, clamped into them."""
    u, v, w = b - a, c - a, p - a
    uu, uv, vv, wu, wv = dot(u, u), dot(u, v), dot(v, v), dot(w, u), dot(w, v)
    scale = np.maximum(uu * vv - uv * uv, 1e-20)
    s, t = (vv * wu - uv * wv) / scale, (uu * wv - uv * wu) / scale
    out = np.clip(np.stack([1 - s - t, s, t], axis=1), 0, 1)
    return np.asarray(out / out.sum(axis=1, keepdims=True), np.float32)


def spread(pixel: I32, size: int) -> I32:
    """(size * size,) which of the texels at `pixel` (N,) colours each pixel of the texture: the nearest."""
    from scipy.ndimage import distance_transform_edt

    number = np.full(size * size, -1, np.int32)
    number[pixel] = np.arange(len(pixel), dtype=np.int32)
    if not len(pixel):
        return number
    empty = (number < 0).reshape(size, size)
    row, column = distance_transform_edt(empty, return_distances=False, return_indices=True)
    return np.asarray(number.reshape(size, size)[row, column].reshape(-1))


def picture(name: str, colours: NDArray[np.float32], texel: I32, size: int) -> Texture:
    """The opaque texture (size, size) whose pixels have the colours (N, 3) of their `texel` (size * size,), as PNG."""
    eight = np.rint(np.clip(colours[:, :3], 0, 255)).astype(np.uint8)
    whole = eight[texel] if len(eight) else np.zeros((size * size, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(whole.reshape(size, size, 3)).save(out, "PNG", compress_level=4)
    return Texture(name, "image/png", size, size, out.getvalue())


def texel_places(meshes: Sequence[tuple[F32, F32, F32, I32, Unwrapped]], size: int) -> tuple[I32, F32, F32, F32, I32]:
    """Of meshes (positions, normals, values (V,), faces, uvs): pixel (N,), place (N, 3), normal (N, 3), value (N,) and
    mesh (N,) per texel."""
    first_uv = np.cumsum([0, *(len(m[4].uvs) for m in meshes)])
    uvs = np.concatenate([m[4].uvs for m in meshes])
    uv_faces = np.concatenate([m[4].uv_faces + at for m, at in zip(meshes, first_uv, strict=False)]).astype(np.int32)
    found = texels(uvs, uv_faces, size)
    place, normal = (
        np.einsum("nc,ncj->nj", found.weights, np.concatenate([m[k][m[3]] for m in meshes])[found.face]) for k in (0, 1)
    )
    value = np.einsum("nc,nc->n", found.weights, np.concatenate([m[2][m[3]] for m in meshes])[found.face])
    mesh = np.repeat(np.arange(len(meshes), dtype=np.int32), [len(m[3]) for m in meshes])[found.face]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    return found.pixel, place.astype(np.float32), normal.astype(np.float32), value.astype(np.float32), mesh
