"""Merge parts so that an avatar draws in two calls: what is opaque or cut out, and what is blended."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..avatar import Avatar, Material, Mesh, Part
from ..pipeline import stage
from .atlas_images import Placed, merge_materials
from .atlas_layout import Cell, lay_out
from .atlas_regions import Owners, chart
from .merge_parts import merge_parts

DENSITY = 0.75  # pixels per metre of cloth, by the pixels of a sheet's edge
TILES = 4  # a texture repeated more often than this across a part would turn to mud in its cells


@stage("exporting", cost=40)
def atlas_textures(avatar: Avatar, size: int, mime: str = "") -> Avatar:
    """Merge textures into an atlas.

    size: longest edge of a sheet, pixels.  mime: type of its images; "" leaves it to what they are now.
    Cut-outs such as hair go with what is opaque: blended, they would show their far side through the near one."""
    kept = [p for p in avatar.parts if not mergeable(avatar, p)]
    merged, materials = [], [m for m in avatar.materials if any(p.material == m.name for p in kept)]
    for blended, name in ((False, "Avatar"), (True, "Avatar_Alpha")):
        parts = [p for p in avatar.parts if p not in kept and is_blended(avatar, p) == blended]
        if len(parts) < 2:
            merged += parts
            materials += [m for m in avatar.materials if any(p.material == m.name for p in parts)]
            continue
        part, material = on_one_sheet(avatar, parts, size, name, mime)
        merged.append(part)
        materials.append(material)
    if len(merged) + len(kept) == len(avatar.parts):
        return avatar
    return replace(avatar, parts=(*merged, *kept), materials=tuple(materials))


def on_one_sheet(avatar: Avatar, parts: Sequence[Part], size: int, name: str, mime: str = "") -> tuple[Part, Material]:
    """The parts as one, with one material whose textures are at most `size` pixels wide and high."""
    used = list(dict.fromkeys(p.material for p in parts))
    own = {n: [p for p in parts if p.material == n] for n in used}
    for limit in (128, 1):
        charted = {n: chart(avatar.material(n), own[n], size * DENSITY, limit) for n in used}
        if found := lay_out([r for n in used for r in charted[n].regions], size):
            break
    else:
        raise ValueError(f"{len(used)} materials do not fit on a sheet of {size} pixels")
    sheet, cells = found
    rest = iter(cells)
    placed = {n: Placed(avatar.material(n), tuple(next(rest) for _ in charted[n].regions)) for n in used}
    owners = {n: iter(charted[n].owners) for n in used}
    moved = [remap(p, next(owners[p.material]), placed[p.material].cells, sheet) for p in parts]
    return merge_parts(moved, name, name), merge_materials(list(placed.values()), sheet, name, mime)


def is_blended(avatar: Avatar, part: Part) -> bool:
    """Whether the part belongs to the second draw call."""
    return avatar.material(part.material).alpha_mode == "BLEND"


def mergeable(avatar: Avatar, part: Part) -> bool:
    """Whether the part can go into an atlas: it has a material, faces, and does not repeat its texture too often."""
    if not any(m.name == part.material for m in avatar.materials) or not len(part.mesh.faces):
        return False
    clouds = [m.uvs for m in part.lods if m.uvs is not None and len(m.uvs)]
    return all((np.ptp(uvs, axis=0) <= TILES).all() for uvs in clouds)


def remap(part: Part, owners: Sequence[Owners], cells: Sequence[Cell], sheet: tuple[int, int]) -> Part:
    """The part with its uvs on the sheet; without uvs, every corner looks at the middle of the first cell."""

    def each(mesh: Mesh, owner: Owners) -> Mesh:
        if mesh.uvs is None or mesh.uv_faces is None:
            u0, v0, u1, v1 = cells[0].window
            middle = np.array([[(u0 + u1) / 2, (v0 + v1) / 2]], np.float32)
            return replace(mesh, uvs=cells[0].map(middle, sheet), uv_faces=np.zeros_like(mesh.faces))
        uvs = np.empty_like(mesh.uvs)
        for k, cell in enumerate(cells):
            uvs[owner == k] = cell.map(mesh.uvs[owner == k], sheet)
        return replace(mesh, uvs=uvs)

    return replace(part, lods=tuple(map(each, part.lods, owners)))
