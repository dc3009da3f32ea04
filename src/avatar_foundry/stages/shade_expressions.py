"""Normals of the shapes."""

from dataclasses import replace

from ..avatar import Avatar, Mesh
from ..face import morph_normals
from ..pipeline import stage


@stage("face", cost=40)
def shade_expressions(avatar: Avatar) -> Avatar:
    """Compute the normals of the expressions."""

    def shade(mesh: Mesh) -> Mesh:
        if not mesh.morphs or mesh.normals is None or all(m.normal is not None for m in mesh.morphs):
            return mesh
        return replace(mesh, morphs=morph_normals(mesh.positions, mesh.faces, mesh.normals, mesh.morphs))

    return avatar.map_meshes(shade)
