"""Merge parts so that an avatar draws in two calls: one opaque, one with transparency."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..avatar import Avatar, Material, Mesh, Part
from ..pipeline import stage
from .atlas_images import Cell, lay_out, merge_materials
from .merge_parts import merge_parts

TILES = 4  # a texture repeated more often than this across a part would turn to mud in its cell
SKIN_SHARE = 2  # faces are looked at closely: skin may claim cells of twice its texture
FLAT = 32  # pixels of a cell that holds one colour


@stage("exporting", cost=40)
def atlas_textures(avatar: Avatar, size: int) -> Avatar:
    """Merge textures into an atlas."""
    kept = [p for p in avatar.parts if not mergeable(avatar, p)]
    merged, materials = [], [m for m in avatar.materials if any(p.material == m.name for p in kept)]
    for opaque, name in ((True, "Avatar"), (False, "Avatar_Alpha")):
        parts = [p for p in avatar.parts if p not in kept and is_opaque(avatar, p) == opaque]
        if len(parts) < 2:
            merged += parts
            materials += [m for m in avatar.materials if any(p.material == m.name for p in parts)]
            continue
        used = list(dict.fromkeys(p.material for p in parts))
        sources = [avatar.material(n) for n in used]
        windows = [window_of([p for p in parts if p.material == n]) for n in used]
        edge = min(size, 4096) if opaque else min(size, 2048)
        spots = lay_out([claim(m, w) for m, w in zip(sources, windows, strict=True)], edge)
        cells = [Cell(*spot, window) for spot, window in zip(spots, windows, strict=True)]
        by_name = dict(zip(used, cells, strict=True))
        moved = [remap(p, by_name[p.material], edge) for p in parts]
        materials.append(merge_materials(sources, cells, edge, name))
        merged.append(merge_parts(moved, name, name))
    if len(merged) + len(kept) == len(avatar.parts):
        return avatar
    return replace(avatar, parts=(*merged, *kept), materials=tuple(materials))


def is_opaque(avatar: Avatar, part: Part) -> bool:
    """Whether the part belongs to the first draw call."""
    return avatar.material(part.material).alpha_mode == "OPAQUE"


def mergeable(avatar: Avatar, part: Part) -> bool:
    """Whether the part can go into an atlas: it has a material, faces, and does not repeat its texture too often."""
    if not any(m.name == part.material for m in avatar.materials) or not len(part.mesh.faces):
        return False
    _, _, across, down = window_of([part])
    return across <= TILES and down <= TILES


def window_of(parts: Sequence[Part]) -> tuple[int, int, int, int]:
    """The whole tiles (u, v, width, height) of uv space that the parts use."""
    clouds = [m.uvs for p in parts for m in p.lods if m.uvs is not None and len(m.uvs)]
    if not clouds:
        return 0, 0, 1, 1
    low = np.floor(np.min([c.min(axis=0) for c in clouds], axis=0) + 1e-3).astype(int)
    high = np.ceil(np.max([c.max(axis=0) for c in clouds], axis=0) - 1e-3).astype(int)
    width, height = np.maximum(high - low, 1).tolist()
    return int(low[0]), int(low[1]), width, height


def claim(material: Material, window: tuple[int, int, int, int]) -> int:
    """Pixels of edge that a material would like."""
    textures = [t for t in (material.base, material.normal, material.orm) if t is not None]
    if not textures:
        return FLAT
    share = SKIN_SHARE if material.name == "skin" else 1
    return max(max(t.width, t.height) for t in textures) * max(window[2], window[3]) * share


def remap(part: Part, cell: Cell, size: int) -> Part:
    """The part with its uvs in the atlas; without uvs, every corner looks at the cell's middle."""

    def each(mesh: Mesh) -> Mesh:
        if mesh.uvs is None or mesh.uv_faces is None:
            middle = np.full((1, 2), 0.5, np.float32)
            return replace(mesh, uvs=cell.map(middle, size), uv_faces=np.zeros_like(mesh.faces))
        return replace(mesh, uvs=cell.map(mesh.uvs, size))

    return replace(part, lods=tuple(map(each, part.lods)))
