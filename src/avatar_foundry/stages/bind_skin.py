"""Skin weights for every part that has none of its own."""

from dataclasses import replace

from ..avatar import Avatar, Part
from ..pipeline import stage
from ..rig import bind_weights


@stage("skinning", cost=5)
def bind_skin(avatar: Avatar) -> Avatar:
    """Bind the skin to the skeleton."""

    def bind(part: Part) -> Part:
        if part.binding is None or part.mesh.weights is not None:
            return part
        joints, weights = bind_weights(part.binding)
        return replace(part, lods=(replace(part.mesh, joints=joints, weights=weights),))

    return avatar.map_parts(bind)
