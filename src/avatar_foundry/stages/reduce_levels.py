"""Skeleton LOD per level of detail: far away, fingers move as one and vertices hang on fewer joints.

The skeleton itself stays, so that one animation drives all levels; engines leave out of a level what no vertex of it
hangs on. What that costs is measured in the test poses and added to the level's error.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Avatar, Mesh, Part, Skeleton
from ..humanoid import REQUIRED, TWISTS
from ..pipeline import stage
from .adapt_skeleton import rehang
from .build_lods import MILLIMETRES, in_poses, test_matrices
from .limit_influences import limited
from .reduce_skeleton import ENDS, MITTENS, TIPS, TOES, Heirs

# level -> (bone whose skin another one takes -> that one, "" for its parent; joints per vertex)
LEVELS: Mapping[int, tuple[Heirs, int]] = {
    2: (dict.fromkeys(TIPS, ""), 3),
    3: (
        {**dict.fromkeys((*TIPS, *TWISTS, *TOES, *ENDS), ""), **{k: v for k, v in MITTENS.items() if k not in TIPS}},
        2,
    ),
}


@stage("lods", cost=6)
def reduce_levels(avatar: Avatar) -> Avatar:
    """Let the lower levels hang on fewer bones."""
    skeleton = avatar.skeleton
    if skeleton is None or max((len(p.lods) for p in avatar.parts), default=1) <= min(LEVELS):
        return avatar
    matrices = test_matrices(skeleton) if set(skeleton.names) >= REQUIRED else None
    remaps = {k: heirs_of(skeleton, heirs) for k, (heirs, _) in LEVELS.items()}

    def each(part: Part) -> Part:
        lods, errors = list(part.lods), [dict(e) for e in part.lod_errors]
        for k, (_, influences) in LEVELS.items():
            if k < len(lods):
                before = lods[k]
                lods[k] = limited(rehang(before, remaps[k]), influences)
                if matrices is not None and k < len(errors) and "posed_mm" in errors[k]:
                    worst, mean = shift(before, lods[k], matrices)
                    errors[k]["posed_mm"] += worst
                    if "posed_mean_mm" in errors[k]:
                        errors[k]["posed_mean_mm"] += mean
        return replace(part, lods=tuple(lods), lod_errors=tuple(errors))

    return avatar.map_parts(each)


def heirs_of(skeleton: Skeleton, heirs: Heirs) -> NDArray[np.uint16]:
    """(J,) joint -> the joint that takes its skin: itself, its heir, or the nearest joint above that stays."""
    index = {name: i for i, name in enumerate(skeleton.names)}
    out = np.arange(len(skeleton.names), dtype=np.uint16)
    for i in range(len(out)):
        at = i
        while (name := skeleton.names[at]) in heirs and skeleton.parents[at] >= 0:
            at = index.get(heirs[name], int(skeleton.parents[at]))
        out[i] = at
    return out


def shift(before: Mesh, after: Mesh, matrices: F32) -> tuple[float, float]:
    """How far vertices lie apart in the worst of the poses: (largest, mean), millimetres."""
    if before.joints is None or before.weights is None or after.joints is None or after.weights is None:
        return 0.0, 0.0
    if not len(before.positions):
        return 0.0, 0.0
    gap = in_poses(before.positions, before.joints, before.weights, matrices)
    gap = gap - in_poses(after.positions, after.joints, after.weights, matrices)
    worst = np.linalg.norm(gap.reshape(len(gap), -1, 3), axis=2).max(axis=1)
    return float(worst.max()) * MILLIMETRES, float(worst.mean()) * MILLIMETRES
