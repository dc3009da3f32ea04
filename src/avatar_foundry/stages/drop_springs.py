"""Take swinging joints away again: for devices whose budget has no room for them."""

from dataclasses import replace

import numpy as np

from ..avatar import Avatar
from ..pipeline import stage
from .adapt_skeleton import rehang


@stage("exporting", cost=2)
def drop_springs(avatar: Avatar) -> Avatar:
    """Let hair and cloth follow the bones that carried their chains."""
    skeleton = avatar.skeleton
    if skeleton is None or not avatar.springs:
        return avatar
    swings = {name for s in avatar.springs for name in s.joints}
    kept = [i for i, name in enumerate(skeleton.names) if name not in swings]
    number = {old: new for new, old in enumerate(kept)}
    remap = np.zeros(len(skeleton.names), np.uint16)
    for i, up in enumerate(skeleton.parents.tolist()):
        remap[i] = number[i] if i in number else remap[up]
    parents = [number.get(int(skeleton.parents[i]), -1) for i in kept]
    bones = replace(
        skeleton,
        names=tuple(skeleton.names[i] for i in kept),
        parents=np.array(parents, np.int16),
        rest=skeleton.rest[kept],
    )
    return replace(
        avatar.map_meshes(lambda mesh: rehang(mesh, remap)),
        skeleton=bones,
        clips=tuple(replace(c, rotations=c.rotations[:, kept]) for c in avatar.clips),
        springs=(),
        colliders=(),
    )
