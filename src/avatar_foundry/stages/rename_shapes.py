"""Shapes by the names that an engine looks for."""

from collections.abc import Mapping
from dataclasses import replace

from ..avatar import Avatar, Mesh
from ..pipeline import stage


@stage("exporting", cost=1)
def rename_shapes(avatar: Avatar, names: Mapping[str, str]) -> Avatar:
    """Name the shapes as the platform does."""

    def named(mesh: Mesh) -> Mesh:
        if not any(m.name in names for m in mesh.morphs):
            return mesh
        return replace(mesh, morphs=tuple(replace(m, name=names.get(m.name, m.name)) for m in mesh.morphs))

    moved = avatar.map_meshes(named)
    clips = tuple(
        replace(c, shapes={names.get(n, n): w for n, w in c.shapes.items()}) if c.shapes.keys() & names.keys() else c
        for c in avatar.clips
    )
    return moved if all(a is b for a, b in zip(clips, avatar.clips, strict=True)) else replace(moved, clips=clips)
