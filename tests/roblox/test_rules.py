"""A sound R15 body passes; each fault is found in the avatar by its rule, and in the file by the file's checker."""

import pytest
from tests.engines.roblox_rules import check
from tests.roblox.bodies import FAILING, r15

from avatar_foundry.formats import write_fbx, write_glb
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.rules import inspect

ROBLOX = PLATFORMS["roblox"]


@pytest.mark.parametrize("caged", [False, True])
def test_a_sound_body_has_no_faults(caged):
    found = {rule for severity, rule, _ in inspect(r15(caged), ROBLOX) if severity in ("error", "warning")}
    assert found <= {"skin/unused-joint"}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("roblox/parts", "LeftHand_Geo is missing"),
        ("roblox/rig", "turned"),
        ("roblox/budgets", "DynamicHead has 4008"),
        ("roblox/watertight", "watertight"),
        ("roblox/components", "11 pieces"),
        ("roblox/triangles-without-area", "on the texture"),
        ("roblox/opaque", "not opaque"),
        ("roblox/face", "is missing"),
        ("roblox/cage-fit", "far from its part"),
        ("roblox/attachments", "Hat_Att is missing"),
        ("roblox/facing", "+Z"),
    ],
)
def test_the_files_checker_finds_the_same_fault(rule, words):
    broken = FAILING[rule]()
    assert rule in {r for severity, r, _ in inspect(broken, ROBLOX) if severity == "error"}
    assert any(words in problem for problem in check(write_glb(broken), "a.glb"))


def test_a_sound_body_is_sound_in_its_files():
    body = r15(caged=True)
    problems = check(write_glb(body), "a.glb")
    assert [p for p in problems if not p.startswith("too small")] == []
    assert check(write_fbx(body), "a.fbx") == []
