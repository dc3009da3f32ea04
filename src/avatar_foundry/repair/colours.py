"""Vertex colours as a texture, or as a factor where they are all one."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import F32, I32, Material, Mesh, Texture
from .images import encode, opened
from .unwrap import unwrap
from .uv_cover import cover
from .work import Numbers, Work

EVEN = 1.5 / 255  # colours that differ less are one colour
OVERLAP = 0.01  # share of the texture used twice above which it cannot be baked
SMALLEST, LARGEST = 256, 2048
CHUNK = 1_000_000


class Texels(NamedTuple):
    """Pixels (N,) of a square picture, row by row, the face of each and the weights (N, 3) of its corners."""

    pixel: I32
    face: I32
    weights: F32


def bake_colours(work: Work) -> Numbers:
    """Move vertex colours into materials; parts whose texture coordinates cannot carry them keep them."""
    parts, materials = [], {m.name: m for m in work.avatar.materials}
    users: dict[str, int] = {}
    for part in work.avatar.parts:
        users[part.material] = users.get(part.material, 0) + 1
    baked = plain = 0
    for part in work.avatar.parts:
        mesh, material = part.mesh, materials.get(part.material, Material(part.material or part.name))
        if mesh.colors is None or not len(mesh.faces):
            parts.append(part)
            continue
        used = mesh.colors[np.unique(mesh.faces)].astype(np.float64)
        if float(np.ptp(used, axis=0).max()) <= EVEN:
            colour = np.clip(used.mean(axis=0), 0, 1)
            new = material
            if np.abs(colour - 1).max() > EVEN:
                r, g, b, a = (float(round(x * y, 6)) for x, y in zip(colour, material.color, strict=True))
                new = replace(material, color=(r, g, b, a))
            plain += 1
        else:
            done = baked_part(mesh, material, work.options.texture_limit or LARGEST)
            if done is None:
                parts.append(part)
                continue
            mesh, new = done
            baked += 1
        if new is not material:
            if users[part.material] > 1 or part.material not in materials:
                new = replace(new, name=_free(f"{material.name}.{part.name}", materials))
            materials[new.name] = new
        lods = (replace(mesh, colors=None), *(replace(m, colors=None) for m in part.lods[1:]))
        if mesh is not part.mesh:  # other coordinates: coarser levels do not fit the new picture
            lods = lods[:1]
        parts.append(replace(part, lods=lods, material=new.name, lod_errors=part.lod_errors[: len(lods)]))
    if not baked and not plain:
        return {}
    work.avatar = replace(work.avatar, parts=tuple(parts), materials=tuple(materials.values()))
    return {"parts": baked + plain, "textures": baked}


def _free(name: str, taken: dict[str, Material]) -> str:
    k, out = 2, name
    while out in taken:
        out, k = f"{name}_{k}", k + 1
    return out


def baked_part(mesh: Mesh, material: Material, limit: int) -> tuple[Mesh, Material] | None:
    """The mesh and a material whose base texture shows texture times vertex colours; None when that cannot be.

    Texture coordinates that overlap or are missing are made anew, unless other maps than the base hang on them.
    """
    old, colors = mesh, mesh.colors
    assert colors is not None
    clean = mesh.uvs is not None and mesh.uv_faces is not None and _single(mesh)
    if not clean:
        if material.normal is not None or material.orm is not None:
            return None
        mesh = unwrap(mesh)[0]
    assert mesh.uvs is not None
    assert mesh.uv_faces is not None
    base = _pixels(material.base)
    size = 1 << int(np.clip(np.ceil(np.log2(max(2.0 * np.sqrt(len(mesh.positions)), 1))), 8, 11))
    if base is not None:
        size = max(size, 1 << (max(base.shape[:2]) - 1).bit_length())
    size = max(min(size, LARGEST, 1 << (limit.bit_length() - 1)), SMALLEST)
    found = texels(mesh.uvs, mesh.uv_faces, size)
    colour = np.einsum("nk,nkc->nc", found.weights, colors[mesh.faces[found.face]])
    if base is not None and old.uvs is not None and old.uv_faces is not None:
        at = np.einsum("nk,nkc->nc", found.weights, old.uvs[old.uv_faces[found.face]])
        colour = colour * _sample(base, at)
    canvas = np.zeros((size * size, 4), np.float32)
    canvas[found.pixel] = np.clip(colour, 0, 1)
    filled = np.zeros(size * size, bool)
    filled[found.pixel] = True
    picture = _spread(canvas.reshape(size, size, 4), filled.reshape(size, size))
    picture[..., :3] = _to_srgb(picture[..., :3])
    eight = np.rint(picture * 255).astype(np.uint8)
    alpha = material.alpha_mode != "OPAQUE" or (material.base is None and bool((eight[..., 3] < 250).any()))
    image = Image.fromarray(eight if alpha else np.ascontiguousarray(eight[..., :3]))
    name = f"{material.name}_colours"
    texture = Texture(name, "image/png", size, size, encode(image, "image/png"))
    mode = "BLEND" if alpha and material.alpha_mode == "OPAQUE" else material.alpha_mode
    return mesh, replace(material, base=texture, alpha_mode=mode)


def _single(mesh: Mesh) -> bool:
    """Whether the texture coordinates use no place twice and stay in the unit square."""
    assert mesh.uvs is not None
    assert mesh.uv_faces is not None
    inside = float(mesh.uvs.min(initial=0.0)) >= -1e-3 and float(mesh.uvs.max(initial=1.0)) <= 1.001
    if not inside:
        return False
    found = cover(mesh.uvs, mesh.uv_faces)
    return found.covered > 0.01 and found.overlapped <= OVERLAP * found.covered


def texels(uvs: F32, uv_faces: I32, size: int) -> Texels:
    """Pixels whose centres lie in a face of the unit square, each once: the first face that has it."""
    p = np.nan_to_num(uvs.astype(np.float64))[uv_faces] * size - 0.5
    a, b = p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]
    double = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    low = np.clip(np.ceil(p.min(axis=1)), 0, size).astype(np.int64)
    high = np.clip(np.floor(p.max(axis=1)), -1, size - 1).astype(np.int64)
    wide = np.maximum(high - low + 1, 0)
    wide[np.abs(double) < 1e-12] = 0
    tests = wide.prod(axis=1)
    ends = np.cumsum(tests)
    owner = np.full(size * size, -1, np.int32)
    weights = np.zeros((size * size, 3), np.float32)
    at = 0
    while at < len(p):
        stop = max(int(np.searchsorted(ends, (ends[at - 1] if at else 0) + CHUNK)), at + 1)
        span = np.arange(at, min(stop, len(p)))
        face = np.repeat(span, tests[span])
        number = np.arange(len(face)) - np.repeat(np.cumsum(tests[span]) - tests[span], tests[span])
        x = low[face, 0] + number % np.maximum(wide[face, 0], 1)
        y = low[face, 1] + number // np.maximum(wide[face, 0], 1)
        d = np.stack([x, y], axis=1) - p[face, 0]
        v = (d[:, 0] * b[face, 1] - d[:, 1] * b[face, 0]) / double[face]
        w = (a[face, 0] * d[:, 1] - a[face, 1] * d[:, 0]) / double[face]
        inside = (v >= -1e-6) & (w >= -1e-6) & (v + w <= 1 + 1e-6)
        pixel = (y * size + x)[inside]
        new = owner[pixel] < 0
        pixel, f, v, w = pixel[new], face[inside][new], v[inside][new], w[inside][new]
        owner[pixel[::-1]] = f[::-1]  # of several, the first face stays
        weights[pixel[::-1]] = np.stack([1 - v - w, v, w], axis=1)[::-1]
        at = stop
    pixel = np.flatnonzero(owner >= 0)
    return Texels(pixel.astype(np.int32), owner[pixel], weights[pixel])


def _spread(picture: F32, filled: NDArray[np.bool_]) -> F32:
    """Every empty pixel gets the colour of the nearest filled one."""
    from scipy.ndimage import distance_transform_edt

    if filled.all() or not filled.any():
        return picture
    _, at = distance_transform_edt(~filled, return_indices=True)
    return np.asarray(picture[at[0], at[1]], np.float32)


def _pixels(texture: Texture | None) -> F32 | None:
    """A base texture's pixels (H, W, 4), linear; None without one that can be read."""
    if texture is None:
        return None
    try:
        image = np.asarray(opened(texture).convert("RGBA"), np.float32) / 255
    except (OSError, ValueError):
        return None
    return np.concatenate([_to_linear(np.asarray(image[..., :3], np.float32)), image[..., 3:]], axis=2)


def _sample(picture: F32, uvs: NDArray[Any]) -> F32:
    """Bilinear, repeating."""
    h, w = picture.shape[:2]
    x, y = uvs[:, 0] * w - 0.5, uvs[:, 1] * h - 0.5
    x0, y0 = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]
    x1, y1 = (x0 + 1) % w, (y0 + 1) % h
    x0, y0 = x0 % w, y0 % h
    top = picture[y0, x0] * (1 - fx) + picture[y0, x1] * fx
    low = picture[y1, x0] * (1 - fx) + picture[y1, x1] * fx
    return np.asarray(top * (1 - fy) + low * fy, np.float32)


def _to_linear(c: F32) -> F32:
    """sRGB -> linear, IEC 61966-2-1."""
    return np.asarray(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4), np.float32)


def _to_srgb(c: F32) -> F32:
    """Linear -> sRGB, IEC 61966-2-1."""
    return np.asarray(np.where(c <= 0.0031308, c * 12.92, 1.055 * np.maximum(c, 1e-9) ** (1 / 2.4) - 0.055), np.float32)
