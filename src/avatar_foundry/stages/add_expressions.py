"""ARKit, viseme and extra shapes, carried onto everything that the face moves."""

from dataclasses import replace

from ..avatar import Avatar, Part
from ..face import carry, head_scale
from ..pipeline import stage

FACIAL = frozenset({"body", "eyes", "brows", "lashes", "teeth", "tongue"})


@stage("face", cost=20)
def add_expressions(avatar: Avatar) -> Avatar:
    """Add the expressions."""
    assert avatar.base is not None
    scale = head_scale(avatar.base)

    def express(part: Part) -> Part:
        if part.role not in FACIAL or part.binding is None:
            return part
        return replace(part, lods=(replace(part.mesh, morphs=carry(part.binding, scale, avatar.base)),))

    return avatar.map_parts(express)
