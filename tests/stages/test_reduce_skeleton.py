"""Bones are folded away; the rest pose, the sums of weights, clips and springs hold."""

from dataclasses import replace

import numpy as np
import pytest
from tests.figures import figure
from tests.platforms.standing import adapted, standing

from avatar_foundry.avatar import Avatar, Skeleton, Spring
from avatar_foundry.geometry.rotations import quaternions, rotation_matrices
from avatar_foundry.humanoid import INDEX, NAMES, REQUIRED
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.stages.reduce_levels import LEVELS as BY_LEVEL
from avatar_foundry.stages.reduce_levels import heirs_of, reduce_levels
from avatar_foundry.stages.reduce_skeleton import LEVELS, reduce_skeleton, without

COUNTS = {"full": 65, "no_twists": 57, "mittens": 37, "no_fingers": 25, "minimal": 19}


@pytest.mark.parametrize("level", LEVELS)
def test_levels_have_these_counts(level):
    before = standing()
    after = reduce_skeleton(None, level).apply(before)
    names = after.skeleton.names
    assert len(names) == COUNTS[level]
    assert set(names) >= REQUIRED | {"neck", "chest", "leftShoulder", "rightShoulder"}
    for old, new in zip(before.parts, after.parts, strict=True):
        assert (old.mesh.positions == new.mesh.positions).all()
        assert np.abs(new.mesh.weights.sum(axis=1) - 1).max() < 1e-6
        assert (np.diff(new.mesh.weights, axis=1) <= 0).all()
        assert int(new.mesh.joints.max()) < len(names)
    assert (after.skeleton.parents < np.arange(len(names))).all()
    assert (after.skeleton.rest == before.skeleton.rest[[INDEX[n] for n in names]]).all()


def on(avatar: Avatar, name: str) -> float:
    """How much skin hangs on a joint."""
    j = avatar.skeleton.names.index(name)
    return float(sum((p.mesh.weights * (p.mesh.joints == j)).sum() for p in avatar.parts))


def test_in_mittens_the_middle_finger_takes_the_others_along():
    before = standing()
    after = reduce_skeleton(None, "mittens").apply(before)
    four = [f"left{f}Proximal" for f in ("Index", "Middle", "Ring", "Little")]
    assert on(after, "leftMiddleProximal") == pytest.approx(sum(on(before, n) for n in four), rel=1e-4)
    assert on(after, "leftThumbDistal") == pytest.approx(on(before, "leftThumbDistal"), rel=1e-5)
    assert on(after, "leftHand") == pytest.approx(on(before, "leftHand"), rel=1e-4)


def test_without_fingers_their_skin_hangs_on_the_hand():
    before, after = standing(), reduce_skeleton(None, "no_fingers").apply(standing())
    hand = [
        n for n in NAMES if n == "leftHand" or (n.startswith("left") and n.endswith(("imal", "iate", "tal", "carpal")))
    ]
    assert on(after, "leftHand") == pytest.approx(sum(on(before, n) for n in hand), rel=1e-4)


@pytest.mark.parametrize(
    ("limit", "count"), [(65, 65), (64, 63), (60, 55), (50, 45), (40, 33), (30, 25), (19, 19), (10, 19)]
)
def test_a_budget_takes_what_is_missed_least(limit, count):
    notes = []
    after = reduce_skeleton(None, "full", limit, notes).apply(standing())
    assert len(after.skeleton.names) == count
    assert [n.budget for n in notes] == (["bones"] if count < 65 else [])
    if notes:
        assert (notes[0].limit, notes[0].before, notes[0].after) == (limit, 65, count)


@pytest.mark.parametrize(
    ("platform", "limit"), [("web", 40), ("unreal", 75), ("godot", 50), ("mixamo", 44), ("vrm", 55)]
)
def test_platforms_keep_their_required_bones(platform, limit):
    scheme = PLATFORMS[platform].skeleton
    after = reduce_skeleton(scheme, "full", limit).apply(adapted(platform))
    assert len(after.skeleton.names) <= limit
    assert set(after.skeleton.names) >= set(PLATFORMS[platform].required)
    assert after.skeleton.parents[0] == -1
    assert (after.skeleton.parents[1:] >= 0).all()


def test_unreal_loses_ik_and_twists_before_fingers():
    after = reduce_skeleton(PLATFORMS["unreal"].skeleton, "full", 70).apply(adapted("unreal"))
    names = set(after.skeleton.names)
    assert not [n for n in names if "twist" in n or n.startswith("ik_")]
    assert {"index_metacarpal_l", "index_03_l", "root", "neck_02"} <= names


def test_joints_below_a_folded_one_keep_their_turn_in_clips():
    avatar = figure()
    clip = avatar.clips[0]
    turns = rotation_matrices(clip.rotations)
    quarter = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    turns[:, INDEX["upperChest"]] = turns[:, INDEX["upperChest"]] @ quarter
    flat = quaternions(turns.reshape(-1, 3, 3)).reshape(clip.rotations.shape).astype(np.float32)
    avatar = replace(avatar, clips=(replace(clip, rotations=flat),))
    after = without(avatar, {"upperChest": ""})
    for name in ("neck", "leftHand", "head"):
        old, new = (world(a)[:, a.skeleton.names.index(name)] for a in (avatar, after))
        assert np.abs(old - new).max() < 1e-5


def world(avatar: Avatar) -> np.ndarray:
    local, skeleton = rotation_matrices(avatar.clips[0].rotations), avatar.skeleton
    out = local.copy()
    for i, up in enumerate(skeleton.parents.tolist()):
        out[:, i] = out[:, up] @ local[:, i] if up >= 0 else local[:, i]
    return out


def swinging() -> Avatar:
    """The standing body with a chain of two joints on its head and one joint of an upload on a hand."""
    avatar = standing()
    s = avatar.skeleton
    head, hand, first = INDEX["head"], INDEX["leftHand"], len(s.names)
    more = ("hair_1_1", "hair_1_end", "bracelet")
    parents = np.array([*s.parents, head, first, hand], np.int16)
    rest = np.concatenate([s.rest, s.rest[[head, head, hand]]])
    chain = Spring("hair_1", ("hair_1_1", "hair_1_end"))
    return replace(avatar, skeleton=Skeleton((*s.names, *more), parents, rest), springs=(chain,))


def test_springs_go_as_whole_chains_and_joints_of_uploads_one_by_one():
    after = reduce_skeleton(None, "full", 57).apply(swinging())
    assert after.springs == ()
    assert {"bracelet"} == set(after.skeleton.names) - set(NAMES)
    fewer = reduce_skeleton(None, "full", 55).apply(swinging())
    assert not set(fewer.skeleton.names) - set(NAMES)
    kept = reduce_skeleton(None, "no_fingers").apply(swinging())
    assert kept.springs == swinging().springs


def test_long_chains_get_coarser_before_they_go():
    avatar = swinging()
    s = avatar.skeleton
    last = s.names.index("hair_1_end")
    more = tuple(f"hair_1_{k}" for k in range(3, 6))  # behind the end: a chain of five
    parents = np.array([*s.parents, last, len(s.names), len(s.names) + 1], np.int16)
    grown = Skeleton((*s.names, *more), parents, np.concatenate([s.rest, s.rest[[last] * 3]]))
    chain = replace(avatar.springs[0], joints=(*avatar.springs[0].joints, *more))
    avatar = replace(avatar, skeleton=grown, springs=(chain,))
    after = reduce_skeleton(None, "full", 59).apply(avatar)  # 55 without ends and twists, five in the chain, a bracelet
    assert after.springs[0].joints == ("hair_1_1", "hair_1_3", "hair_1_5")
    assert len(after.skeleton.names) == 59
    names, up = after.skeleton.names, after.skeleton.parents
    assert names[up[names.index("hair_1_5")]] == "hair_1_3"


def test_lower_levels_hang_on_fewer_bones():
    skeleton = standing().skeleton
    for heirs, _ in BY_LEVEL.values():
        remap = heirs_of(skeleton, heirs)
        assert {NAMES[j] for j in remap}.isdisjoint(heirs)
    assert NAMES[heirs_of(skeleton, BY_LEVEL[3][0])[INDEX["leftIndexDistal"]]] == "leftMiddleIntermediate"


def test_what_fewer_bones_cost_is_added_to_the_error():
    avatar = standing()
    part = avatar.parts[0]
    told = ({}, *({"posed_mm": 1.0, "posed_mean_mm": 0.5} for _ in range(3)))
    four = replace(part, lods=(part.mesh,) * 4, lod_errors=told)
    after = reduce_levels().apply(replace(avatar, parts=(four,))).parts[0]
    assert after.lods[0] is part.mesh
    assert after.lods[1] is part.mesh
    assert after.lod_errors[:2] == told[:2]
    for k, most in ((2, 3), (3, 2)):
        mesh = after.lods[k]
        used = {NAMES[j] for j in np.unique(mesh.joints[mesh.weights > 0])}
        assert used.isdisjoint(BY_LEVEL[k][0])
        assert int((mesh.weights > 0).sum(axis=1).max()) == most
        assert np.abs(mesh.weights.sum(axis=1) - 1).max() < 1e-6
        assert 1.0 < after.lod_errors[k]["posed_mm"] < 100.0
        assert 0.5 < after.lod_errors[k]["posed_mean_mm"] < 10.0
    assert reduce_levels().apply(avatar) is avatar
