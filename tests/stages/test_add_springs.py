"""Swinging chains: only loose things get them, nothing moves at rest, weights stay whole, colliders stay clear."""

from dataclasses import replace

import numpy as np
import pytest
from tests.figures import AROUND, figure, tube

from avatar_foundry.avatar import Avatar, Mesh, Part
from avatar_foundry.humanoid import INDEX, NAMES
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.rules import RULES
from avatar_foundry.stages.add_springs import add_springs
from avatar_foundry.stages.drop_springs import drop_springs
from avatar_foundry.stages.spring_colliders import distance_to


def hung(bone: str, low: float, high: float, radius: float, flare: float = 0.0) -> Mesh:
    """An open tube from `low` to `high`, wider below by `flare`, that hangs on one bone."""
    mesh = tube(10, radius, high - low)
    positions = mesh.positions + np.float32([0, low, 0])
    wide = 1 + flare * (high - positions[:, 1:2]) / (high - low)
    joints, weights = np.zeros_like(mesh.joints), np.zeros_like(mesh.weights)
    joints[:, 0], weights[:, 0] = INDEX[bone], 1.0
    positions = (positions * np.hstack([wide, np.ones_like(wide), wide])).astype(np.float32)
    return replace(mesh, positions=positions, joints=joints, weights=weights)


def dressed(*parts: Part) -> Avatar:
    return replace(figure(), parts=(*figure().parts, *parts))


HAIR = Part("long_straight", "hair", (hung("head", 0.7, 1.55, 0.2), hung("head", 0.75, 1.55, 0.2)), "cloth")
ROBE = Part("mage_robe.cloth", "garment", (hung("hips", 0.1, 1.2, 0.3, 1.0),), "cloth", layer=34)
TIGHT = Part("pencil_skirt", "garment", (hung("hips", 0.4, 1.2, 0.2),), "cloth")
CAPE = Part("cape.felt", "garment", (hung("upperChest", 0.2, 1.2, 0.4),), "cloth", layer=70)


def rest_surface(avatar: Avatar, mesh: Mesh) -> np.ndarray:
    """The mesh skinned by the rest pose itself."""
    rest = avatar.skeleton.rest.astype(np.float64)
    matrices = rest @ np.linalg.inv(rest)
    blended = np.einsum("vk,vkij->vij", mesh.weights, matrices[mesh.joints])
    return np.einsum("vij,vj->vi", blended[:, :3, :3], mesh.positions) + blended[:, :3, 3]


@pytest.mark.parametrize(("part", "kind"), [(HAIR, "hair"), (ROBE, "skirt"), (CAPE, "cape")])
def test_loose_things_swing(part, kind):
    avatar = add_springs().apply(dressed(part))
    assert {s.part for s in avatar.springs} == {kind}
    moved = avatar.part(part.name)
    for before, after in zip(part.lods, moved.lods, strict=True):
        assert (after.positions == before.positions).all()
        assert np.abs(after.weights.sum(axis=1) - 1).max() < 1e-6
        assert (np.diff(after.weights, axis=1) <= 0).all()
        assert np.abs(rest_surface(avatar, after) - after.positions).max() < 1e-5
        lowest = np.argmin(after.positions[:, 1])
        assert all(j >= len(NAMES) for j in after.joints[lowest][after.weights[lowest] > 0])
        assert (after.joints[-AROUND:] < len(NAMES))[after.weights[-AROUND:] > 0].all()  # the top stays on its bone


def test_a_tight_skirt_follows_the_legs():
    avatar = dressed(TIGHT)
    assert add_springs().apply(avatar) is avatar


def test_nothing_loose_changes_nothing():
    avatar = figure()
    assert add_springs().apply(avatar) is avatar


def test_a_second_time_changes_nothing():
    once = add_springs().apply(dressed(HAIR, ROBE, CAPE))
    assert add_springs().apply(once) is once
    assert {s.part for s in once.springs} == {"hair", "skirt", "cape"}
    assert len(set(once.skeleton.names)) == len(once.skeleton.names)


def test_chains_obey_the_rules():
    avatar = add_springs().apply(dressed(HAIR, ROBE, CAPE))
    for rule in ("vrm/spring-chain", "vrm/humanoid-spring", "vrm/collider", "skeleton/scale", "skeleton/hierarchy"):
        assert list(RULES[rule].check(avatar, PLATFORMS["vrm"])) == []


def test_colliders_leave_every_chain_at_rest():
    avatar = add_springs().apply(dressed(HAIR, ROBE, CAPE))
    at = dict(zip(avatar.skeleton.names, avatar.skeleton.rest[:, :3, 3].astype(np.float64), strict=True))
    for spring in avatar.springs:
        points = np.array([at[n] for n in spring.joints[1:]])
        for c in avatar.colliders:
            if c.group in spring.groups:
                assert distance_to(points, c).min() >= c.radius + spring.radius


def test_clips_learn_the_new_joints():
    avatar = add_springs().apply(dressed(HAIR))
    assert avatar.clips[0].rotations.shape[1] == len(avatar.skeleton.names)
    assert np.abs(np.linalg.norm(avatar.clips[0].rotations, axis=2) - 1).max() < 1e-5


def test_springs_can_be_taken_away_again():
    before = dressed(HAIR, CAPE)
    after = run((add_springs(), drop_springs()), before)[0]
    assert after.skeleton.names == before.skeleton.names
    assert (after.springs, after.colliders) == ((), ())
    hair = after.part("long_straight").mesh
    assert set(hair.joints[hair.weights > 0].tolist()) == {INDEX["head"]}
    assert after.clips[0].rotations.shape == before.clips[0].rotations.shape
