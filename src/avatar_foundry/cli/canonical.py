"""Back from a platform's skeleton to AXIS-65, for files that the foundry wrote."""

from dataclasses import replace

import numpy as np

from ..avatar import Avatar, Mesh, Skeleton
from ..humanoid import INDEX, NAMES, PARENTS, REQUIRED
from ..platforms import PLATFORMS
from ..stages.adapt_skeleton import Scheme


def to_canonical(avatar: Avatar) -> Avatar | None:
    """`avatar` on AXIS-65 joints with canonical axes, or None when no platform of ours names its bones so.

    Joints that the platform left out come back at their parent's place without weights.
    """
    if avatar.skeleton is None:
        return None
    there = {name: i for i, name in enumerate(avatar.skeleton.names)}
    known = [(Scheme((), {}), {n: n for n in NAMES})]
    known += [(p.skeleton, dict(p.bones)) for p in PLATFORMS.values() if p.skeleton is not None]
    fitting = [(sum(n in there for n in names.values()), k) for k, (_, names) in enumerate(known)]
    count, best = max(fitting)
    scheme, names = known[best]
    if count < len(REQUIRED) or any(names.get(r) not in there for r in REQUIRED):
        return None
    rest = np.tile(np.eye(4, dtype=np.float32), (len(NAMES), 1, 1))
    place = np.zeros(len(there), np.uint16)
    for i, (name, parent) in enumerate(zip(NAMES, PARENTS, strict=True)):
        theirs = there.get(names.get(name, ""))
        if theirs is None:
            rest[i] = rest[parent]
            continue
        rest[i] = avatar.skeleton.rest[theirs]
        if name in scheme.turns:
            rest[i, :3, :3] = rest[i, :3, :3] @ scheme.turns[name].T.astype(np.float32)
        place[theirs] = i
    _adopt(avatar.skeleton, place, {i for i, n in enumerate(avatar.skeleton.names) if n in set(names.values())})

    def rehang(mesh: Mesh) -> Mesh:
        return mesh if mesh.joints is None else replace(mesh, joints=place[mesh.joints])

    skeleton = Skeleton(NAMES, np.array(PARENTS, np.int16), rest)
    return replace(avatar, skeleton=skeleton).map_meshes(rehang)


def _adopt(skeleton: Skeleton, place: np.ndarray, ours: set[int]) -> None:
    """Bones that the platform added follow the nearest ancestor that is ours (the hips above all), in place."""
    for i, parent in enumerate(skeleton.parents):
        if i not in ours:
            place[i] = place[parent] if parent >= 0 else INDEX["hips"]
