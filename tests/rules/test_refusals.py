"""Broken exports, each refused by the rule that names its fault, in words that say what to do."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from tests.rules import broken
from tests.rules.broken import FAILING, GODOT, UNITY, sound

from avatar_foundry.account import judge
from avatar_foundry.avatar import Avatar, Skeleton
from avatar_foundry.build import build
from avatar_foundry.errors import ExportRefused
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS, Platform
from avatar_foundry.repair import FIXES, apply_fixes
from avatar_foundry.wire import error_body, kind_of


class Refusal(NamedTuple):
    """broken: what is to be exported.  rule: what refuses it.  platform: where to."""

    broken: Callable[[], Avatar]
    rule: str
    platform: Platform = UNITY


def ring() -> Avatar:
    """Spine and chest each other's parents."""
    names = sound().skeleton.names
    parents = sound().skeleton.parents.copy()
    parents[names.index("Spine")] = names.index("Chest")
    return broken.bones(parents=parents)


def hanging() -> Avatar:
    """Arms that hang by 45 degrees, on their way into a VRM."""
    avatar = run(PLATFORMS["vrm"].finish, broken.standing())[0]
    names = avatar.skeleton.names
    rest = avatar.skeleton.rest.copy()
    for side in ("left", "right"):
        upper, lower = (names.index(f"{side}{part}Arm") for part in ("Upper", "Lower"))
        rest[lower, 1, 3] -= abs(rest[lower, 0, 3] - rest[upper, 0, 3])
    return replace(avatar, skeleton=replace(avatar.skeleton, rest=rest))


def with_joint(name: str) -> Avatar:
    """One joint more, on the head."""
    skeleton = sound().skeleton
    at = skeleton.names.index("Head")
    grown = Skeleton(
        (*skeleton.names, name),
        np.append(skeleton.parents, at).astype(np.int16),
        np.concatenate([skeleton.rest, skeleton.rest[at : at + 1]]),
    )
    return replace(sound(), skeleton=grown)


TEN = {
    "weights that sum to a half": Refusal(FAILING["skin/weight-sum"], "skin/weight-sum"),
    "eight joints on a vertex": Refusal(FAILING["skin/influences"], "skin/influences"),
    "a position that is no number": Refusal(FAILING["mesh/finite-position"], "mesh/finite-position"),
    "no head": Refusal(FAILING["skeleton/required-bone"], "skeleton/required-bone"),
    "two bones of one name": Refusal(FAILING["skeleton/unique-name"], "skeleton/unique-name"),
    "a bone name with a colon": Refusal(lambda: with_joint("mixamorig:Hat"), "skeleton/bone-name"),
    "bones in a ring": Refusal(ring, "skeleton/hierarchy"),
    "an A-pose in a VRM": Refusal(hanging, "skeleton/t-pose", PLATFORMS["vrm"]),
    "a shape that only the second level has": Refusal(FAILING["morph/levels"], "morph/levels"),
    "a clip of rotations twice as long": Refusal(FAILING["animation/unit-rotation"], "animation/unit-rotation"),
    "a clip that runs backwards": Refusal(FAILING["animation/times"], "animation/times"),
    "textures that the engine cannot read": Refusal(FAILING["texture/media-type"], "texture/media-type"),
    "a PNG that is called JPEG": Refusal(FAILING["texture/data"], "texture/data"),
    "a part named as Godot's collision shapes": Refusal(FAILING["format/node-suffix"], "format/node-suffix", GODOT),
    "two materials of one name": Refusal(FAILING["material/unique-name"], "material/unique-name"),
    "a number that JSON has not": Refusal(FAILING["format/extras"], "format/extras"),
}


@pytest.mark.parametrize("case", sorted(TEN))
def test_it_is_refused_by_its_rule(case):
    avatar, platform = TEN[case].broken(), TEN[case].platform
    with pytest.raises(ExportRefused) as refused:
        judge(avatar, platform)
    faults = [f for f in refused.value.findings if f["severity"] == "error"]
    assert TEN[case].rule in {f["rule"] for f in faults}
    assert faults[0]["message"] in str(refused.value)
    assert faults[0]["rule"] in str(refused.value)
    assert refused.value.stage == "rules"


@pytest.mark.parametrize("case", sorted(TEN))
def test_the_api_says_what_to_do(case):
    with pytest.raises(ExportRefused) as refused:
        judge(TEN[case].broken(), TEN[case].platform)
    told = error_body(refused.value, "request-1")
    assert (kind_of(refused.value).status, told["error_code"]) == (422, "EXPORT_REFUSED")
    assert told["suggestions"]
    for suggestion in told["suggestions"]:
        assert suggestion["title"]
        assert suggestion["description"]
        assert not suggestion["action"] or suggestion["action"] in FIXES
    assert len(told["issues"]) >= 1
    assert all(i["message"] for i in told["issues"])
    assert TEN[case].rule in {f["rule"] for f in told["findings"]}


def test_the_sound_one_is_not():
    assert not [f for f in judge(sound(), UNITY) if f["severity"] == "error"]


def test_suggestions_that_are_repairs_let_it_pass():
    avatar = FAILING["skin/weight-sum"]()
    with pytest.raises(ExportRefused) as refused:
        judge(avatar, UNITY)
    actions = {s.action for s in refused.value.suggestions}
    assert actions == {"normalise-weights"}
    mended, _ = apply_fixes(avatar, actions)
    judge(mended, UNITY)


SMALL = {"preset": "average", "lods": False, "morph_targets": False, "texture_size": 256}


def test_building_an_a_pose_for_vrm_is_refused():
    with pytest.raises(ExportRefused, match=r"hangs 4\d degrees") as refused:
        build({**SMALL, "platform": "vrm", "pose": "A"})
    assert [s.title for s in refused.value.suggestions] == ["Ask for the T-Pose"]
    assert [f["rule"] for f in refused.value.findings] == ["skeleton/t-pose"]


@pytest.mark.parametrize("platform", ["vrm", "vrchat"])
def test_an_a_pose_is_refused_before_the_work(platform):
    stages = []
    with pytest.raises(ExportRefused):
        build({"platform": platform, "pose": "A"}, on_step=lambda _, stage: stages.append(stage))
    assert not stages


def test_building_within_a_budget_that_cannot_be_met_is_refused():
    with pytest.raises(ExportRefused) as refused:
        build({**SMALL, "platform": "unity", "budget": {"bytes": 60_000}})
    assert "budget/file-size" in {f["rule"] for f in refused.value.findings if f["severity"] == "error"}
    assert refused.value.issues[0].pointer == "/budget/bytes"
    assert refused.value.suggestions[0].title.startswith("Allow")


def test_a_static_file_in_draco_does_not_hide_that_the_budget_cannot_be_met():
    asked = {**SMALL, "platform": "ar", "formats": ["static"], "compression": "draco", "budget": {"bytes": 60_000}}
    with pytest.raises(ExportRefused, match="budget/file-size"):
        build(asked)
