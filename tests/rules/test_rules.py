"""Every rule passes on a sound avatar and fails on one with its fault."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.rules.broken import FAILING, OTHER, TIGHT, UNITY, sound, tiled

from avatar_foundry.avatar import Avatar, Material
from avatar_foundry.platforms import PLATFORMS, Budget
from avatar_foundry.rules import RULES, inspect, registry
from avatar_foundry.rules.registry import CHANGE, OFF, SEVERITIES


def found(avatar: Avatar, rule: str, platform=UNITY) -> list:
    return list(RULES[rule].check(avatar, platform))


def complete() -> Avatar:
    """Sound, without the two faults that so small a figure has by nature."""
    avatar = sound()
    used = {int(j) for p in avatar.parts for j in p.mesh.joints[p.mesh.weights > 0]}
    weights = np.zeros((len(avatar.skeleton.names), 4), np.float32)
    weights[:, 0] = 1
    first = avatar.parts[0].mesh
    assert used
    reps = len(avatar.skeleton.names)
    joints = first.joints.copy()
    joints[:, 0] = np.resize(np.arange(reps), len(joints))
    rest = avatar.parts[1].mesh
    more_joints = rest.joints.copy()
    more_joints[:, 0] = np.resize(np.arange(len(joints), reps), len(more_joints))
    one = np.zeros_like(first.weights)
    one[:, 0] = 1
    two = np.zeros_like(rest.weights)
    two[:, 0] = 1
    a = replace(avatar.parts[0], lods=(replace(first, joints=joints, weights=one, morphs=()),))
    b = replace(avatar.parts[1], lods=(replace(rest, joints=more_joints, weights=two),))
    return replace(avatar, parts=(a, b))


def test_every_rule_is_tried():
    assert set(FAILING) == set(RULES)


@pytest.mark.parametrize("rule", sorted(FAILING))
def test_it_finds_its_fault(rule):
    platform = TIGHT if rule.startswith("budget/") else OTHER.get(rule, UNITY)
    findings = found(FAILING[rule](), rule, platform)
    assert findings
    assert all(f.code and f.message for f in findings)


EVERY = replace(UNITY, rules=("",))


@pytest.mark.parametrize("rule", sorted(FAILING))
def test_no_rule_stumbles_over_what_another_finds(rule):
    broken = FAILING[rule]()
    for _, _, finding in inspect(broken, EVERY):
        assert all(len(places) <= 64 for places in finding.elements.values())
        assert json.dumps([finding.numbers, finding.elements], allow_nan=True)


@pytest.mark.parametrize("rule", sorted(FAILING))
def test_it_passes_a_sound_avatar(rule):
    assert found(complete(), rule) == []


@pytest.mark.parametrize("rule", sorted(RULES))
def test_it_says_why(rule):
    first, _, reason = (RULES[rule].check.__doc__ or "").partition("\n")
    assert first.endswith(".")
    assert len(reason.strip()) > 20


@pytest.mark.parametrize("rule", sorted(RULES))
def test_it_says_what_to_do(rule):
    cure = RULES[rule].cure
    assert cure.title
    assert cure.description
    assert 0 < cure.confidence <= 1
    assert (RULES[rule].fix is not None) == bool(cure.fix)
    assert cure is not CHANGE


def test_a_cure_that_is_a_repair_cures():
    broken = FAILING["skin/weight-sum"]()
    mended = RULES["skin/weight-sum"].fix.apply(broken)
    assert not found(mended, "skin/weight-sum")


def test_a_platform_can_leave_a_rule_out():
    leaning = FAILING["skeleton/t-pose"]()
    assert "skeleton/t-pose" in {rule for _, rule, _ in inspect(leaning, UNITY)}
    off = replace(UNITY, severities={"skeleton/t-pose": ("off", "for this test")})
    assert "skeleton/t-pose" not in {rule for _, rule, _ in inspect(leaning, off)}
    assert "skeleton/t-pose" not in off.describe()["rules"]


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_profiles_name_rules_that_are_there_with_a_reason(platform):
    for rule, (severity, reason) in PLATFORMS[platform].severities.items():
        assert rule in RULES
        assert severity in (*SEVERITIES, OFF)
        assert len(reason) > 10


def test_there_are_enough_of_them():
    families = {rule.split("/")[0] for rule in RULES}
    assert families >= {"mesh", "skin", "skeleton", "morph", "material", "texture", "animation", "budget", "format"}
    assert len(RULES) >= 45


def test_nothing_of_an_avatar_outlives_its_inspection():
    list(inspect(sound(), UNITY))
    assert not registry._known


def test_findings_come_in_order_with_the_platforms_severity():
    unreal = PLATFORMS["unreal"]
    seen = list(inspect(sound(), unreal))
    assert [rule for _, rule, _ in seen] == sorted(rule for _, rule, _ in seen)
    assert {s for s, rule, _ in seen if rule == "skin/unused-joint"} <= {"hint"}


def test_rules_of_other_families_stay_silent():
    only_mesh = replace(UNITY, rules=("mesh/",))
    assert {rule.split("/")[0] for _, rule, _ in inspect(tiled(), only_mesh)} == {"mesh"}


def test_budgets_are_positive():
    for platform in PLATFORMS.values():
        limits = platform.budget
        assert isinstance(limits, Budget)
        assert min(limits.triangles, limits.bones, limits.materials, limits.texture, limits.bytes) > 0


def test_materials_may_be_absent():
    avatar = replace(sound(), materials=(Material("skin"), Material("cloth")))
    assert found(avatar, "material/texture-size") == []
