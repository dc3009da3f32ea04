"""A big head, short legs and long feet: what falls rolls over its head, what walks lifts its feet."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.motion.test_clips import body

from avatar_foundry.avatar import Avatar
from avatar_foundry.humanoid import INDEX, PARENTS
from avatar_foundry.motion import Reach, make_clip, reach_of
from avatar_foundry.motion.figure import figure
from avatar_foundry.motion.measure import measure_clip, world_matrices
from avatar_foundry.rig.skinning import skin_positions

SIDES = ("left", "right")


@cache
def chibi() -> tuple[Avatar, Reach]:
    """The child with legs half as long, feet two and a half times as long and a head two and a half times as big."""
    made, _ = body("child")
    skeleton = made.skeleton
    assert skeleton is not None
    at = skeleton.rest[:, :3, 3].astype(np.float64)
    matrices = np.tile(np.eye(4), (len(at), 1, 1))

    def grow(bones: list[str], about: str, size: tuple[float, float, float]) -> None:
        rows, centre = [INDEX[b] for b in bones], at[INDEX[about]]
        matrices[rows, :3, :3] = np.diag(size)
        matrices[rows, :3, 3] = centre - np.diag(size) @ centre

    grow(["head", "leftEye", "rightEye", "jaw"], "head", (2.5, 2.5, 2.5))
    for side in SIDES:
        grow([f"{side}{b}" for b in ("Foot", "Toes", "ToesEnd")], f"{side}Foot", (1.0, 1.0, 2.5))
    shown = np.einsum("jab,jb->ja", matrices[[max(p, 0) for p in PARENTS]][:, :3, :3], at)
    shown += matrices[[max(p, 0) for p in PARENTS], :3, 3]
    hip = float(at[INDEX["leftUpperLeg"], 1])

    def shorter(points: np.ndarray) -> np.ndarray:
        out = points.astype(np.float32)
        out[:, 1] = np.where(out[:, 1] < hip, 0.5 * out[:, 1], out[:, 1] - 0.5 * hip)
        return out

    rest = skeleton.rest.copy()
    rest[:, :3, 3] = shorter(shown)
    part = made.parts[0]
    mesh = replace(part.mesh, positions=shorter(skin_positions(part.mesh, matrices.astype(np.float32))), morphs=())
    small = replace(made, parts=(replace(part, lods=(mesh,)),), skeleton=replace(skeleton, rest=rest), base=None)
    return small, reach_of(small)


@pytest.mark.parametrize("name", ["walk", "run", "death"])
def test_a_chibi_stays_above_the_floor(name: str) -> None:
    made, reach = chibi()
    assert made.skeleton is not None
    f = measure_clip(make_clip(name, made.skeleton, body=reach), made, reach)
    assert f.sunk < 5.0
    assert f.slide < 10.0 or name == "death"


def test_long_feet_swing_clear_of_the_floor() -> None:
    made, reach = chibi()
    skeleton = made.skeleton
    assert skeleton is not None
    walk = make_clip("walk", skeleton, body=reach)
    world = world_matrices(walk, skeleton)
    skin = world @ np.linalg.inv(skeleton.rest.astype(np.float64))
    own = np.isin(reach.owners, [INDEX["rightFoot"], INDEX["rightToes"]])
    points = np.c_[reach.points[own], np.ones(own.sum())]
    low = np.einsum("tpab,pb->tpa", skin[:, reach.owners[own]], points)[:, :, 1].min(axis=1) - reach.floor
    ankles = [world[:, INDEX[f"{s}Foot"], 2, 3] for s in SIDES]
    passing = int(np.abs(ankles[0] - ankles[1])[: len(low) // 2].argmin())  # the right foot passes the left one
    sole = float(np.ptp(reach.points[own, 2]))
    assert sole > 0.8 * figure(skeleton).leg
    assert low[passing] > 0.03 * sole
