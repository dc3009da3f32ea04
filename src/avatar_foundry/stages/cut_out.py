"""Brows and lashes for a material that cannot blend: it draws a texel in full or not at all."""

import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

from ..avatar import F32, Avatar, Mesh, Part
from ..lod.gather import concatenate_shapes, take_faces
from .atlas_images import bake, picture, whole
from .merge_parts import is_piece, pieces_of

FAINT = 0.06  # alpha at which the hair of a brow ends in skin
COARSE = 256  # pixels across a texture: freckles do not go into the colour of the skin beneath a brow
NEAR = 4  # vertices whose skin a texel shows


def cut_out(avatar: Avatar, cutoff: float) -> Avatar:
    """Brows on a ground of the skin that they lie on, so that they fade into it; no lashes.

    A lash is a few pixels of hair over eye and air: cut out, it is a row of teeth, and nothing fits behind it.
    """
    parts = tuple(p for p in map(without_lashes, avatar.parts) if any(len(m.faces) for m in p.lods))
    avatar = replace(avatar, parts=parts)
    for part in parts:
        blended = any(m.name == part.material and m.alpha_mode == "BLEND" for m in avatar.materials)
        if blended and is_piece(part, 0, "brows").all() and len(part.mesh.positions):
            avatar = on_skin(avatar, part, cutoff)
    return avatar


def without_lashes(part: Part) -> Part:
    """The part less what was lashes."""
    masks = [is_piece(part, k, "lashes") for k in range(len(part.lods))]
    if not any(m.any() for m in masks):
        return part
    lods = tuple(_kept(mesh, ~mask) for mesh, mask in zip(part.lods, masks, strict=True))
    pieces = tuple(_left(part, k) for k in range(len(part.lods)))
    return replace(part, lods=lods, pieces=pieces, binding=None)


def _left(part: Part, level: int) -> tuple[tuple[str, int], ...]:
    """The pieces of a level that are no lashes; like `_kept`, only vertices that faces use."""
    used = np.zeros(len(part.lods[level].positions), bool)
    used[part.lods[level].faces] = True
    pieces = pieces_of(part, level)
    ends = np.cumsum([n for _, n in pieces]).tolist()
    return tuple(
        (role, int(used[end - n : end].sum())) for (role, n), end in zip(pieces, ends, strict=True) if role != "lashes"
    )


def _kept(mesh: Mesh, keep: NDArray[np.bool_]) -> Mesh:
    rows = keep[mesh.faces[:, 0]]
    return take_faces(
        mesh, concatenate_shapes(mesh.morphs), mesh.faces[rows], None if mesh.uv_faces is None else mesh.uv_faces[rows]
    )


def on_skin(avatar: Avatar, brows: Part, cutoff: float) -> Avatar:
    """Paint the skin beneath into the brows' texture; where hair is thinner than FAINT, alpha falls below `cutoff`."""
    material, mesh = avatar.material(brows.material), brows.mesh
    if material.base is None or mesh.uvs is None or mesh.uv_faces is None:
        return avatar
    skin = skin_colors(avatar, mesh.positions)
    if skin is None:
        return avatar
    image = bake("base", material, picture("base", material))
    height, width = image.shape[:2]
    vertex, uv = mesh.faces.ravel(), mesh.uv_faces.ravel()
    y, x = np.mgrid[:height, :width]
    texels = np.stack([(x.ravel() + 0.5) / width, (y.ravel() + 0.5) / height], axis=1)
    used, first = np.unique(uv, return_index=True)
    found = cKDTree(mesh.uvs[used]).query(texels, k=min(NEAR, len(used)))
    away, near = (np.asarray(f).reshape(len(texels), -1) for f in found)
    weight = 1 / (away + 1e-3)
    ground = np.einsum("nk,nkc->nc", weight / weight.sum(axis=1, keepdims=True), skin[vertex[first]][near])
    alpha = image[..., 3:].astype(np.float32) / 255
    color = image[..., :3] * alpha + ground.reshape(height, width, 3) * (1 - alpha)
    solid = np.minimum(alpha * (cutoff / FAINT), 1) * 255
    out = io.BytesIO()
    Image.fromarray(whole(np.concatenate([color, solid], axis=-1))).save(out, "PNG", compress_level=6)
    base = replace(material.base, mime="image/png", data=out.getvalue())
    painted = replace(material, base=base, color=(1.0, 1.0, 1.0, 1.0))
    return replace(avatar, materials=tuple(painted if m is material else m for m in avatar.materials))


def skin_colors(avatar: Avatar, points: F32) -> F32 | None:
    """(N, 3) sRGB 0..255 of the body's texture nearest to each of `points` (N, 3); None without such a texture."""
    for part in avatar.parts:
        mesh, chosen = part.mesh, is_piece(part, 0, "body")
        material = next((m for m in avatar.materials if m.name == part.material and m.base is not None), None)
        if not chosen.any() or material is None or mesh.uvs is None or mesh.uv_faces is None:
            continue
        rows = chosen[mesh.faces].all(axis=1)
        vertex, first = np.unique(mesh.faces[rows], return_index=True)
        uvs = mesh.uvs[mesh.uv_faces[rows].ravel()[first]]
        nearest = uvs[cKDTree(mesh.positions[vertex]).query(points)[1]]
        image = Image.fromarray(bake("base", material, picture("base", material))[..., :3])
        coarse = np.asarray(image.reduce(max(image.width // COARSE, 1)), np.float32)
        size = np.array([coarse.shape[1], coarse.shape[0]])
        column, row = np.clip((nearest * size).astype(int), 0, size - 1).T
        return np.asarray(coarse[row, column], np.float32)
    return None
