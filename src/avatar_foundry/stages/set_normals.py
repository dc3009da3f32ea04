"""Normals from whole surfaces, before any face is hidden: hiding must not leave shading seams."""

from dataclasses import replace

from ..avatar import Avatar, Mesh
from ..geometry import vertex_normals
from ..pipeline import stage


@stage("skinning", cost=8)
def set_normals(avatar: Avatar) -> Avatar:
    """Compute the normals."""

    def shade(mesh: Mesh) -> Mesh:
        return mesh if mesh.normals is not None else replace(mesh, normals=vertex_normals(mesh.positions, mesh.faces))

    return avatar.map_meshes(shade)
