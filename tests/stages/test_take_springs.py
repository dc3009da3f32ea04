"""Springs of uploads: the file's own are kept, loose joints swing by their names, nothing else does."""

from dataclasses import replace

import numpy as np
import pytest
from tests.figures import figure

from avatar_foundry.autorig.adopt import adopt
from avatar_foundry.autorig.recognise import recognise
from avatar_foundry.avatar import Avatar, Skeleton, Spring
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.formats.readers.vrm_springs import between, branches
from avatar_foundry.formats.vrm import write_vrm
from avatar_foundry.humanoid import INDEX
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.rules import inspect
from avatar_foundry.stages.take_springs import kind_of, take_springs


def grown(*names: str, bone: str = "hips", weight: bool = True) -> Avatar:
    """The figure with a chain of joints behind its back, 10 cm each, all but the last of which carry some skin."""
    avatar = figure(1)
    old = avatar.skeleton
    rest = [*old.rest]
    parents = old.parents.tolist()
    for k, _ in enumerate(names):
        at = np.eye(4, dtype=np.float32)
        at[:3, 3] = old.rest[INDEX[bone], :3, 3] + np.float32([0, -0.02 * k, -0.4 - 0.1 * k])
        rest.append(at)
        parents.append(len(rest) - 2 if k else INDEX[bone])
    skeleton = Skeleton((*old.names, *names), np.array(parents, np.int16), np.stack(rest))
    body = avatar.parts[0]
    joints, weights = body.mesh.joints.copy(), body.mesh.weights.copy()
    if weight:
        for k in range(max(len(names) - 1, 1)):
            joints[k], weights[k] = [len(INDEX) + k, 0, 0, 0], [1, 0, 0, 0]
    mesh = replace(body.mesh, joints=joints, weights=weights)
    parts = (replace(body, lods=(mesh,)), *avatar.parts[1:])
    return replace(avatar, skeleton=skeleton, parts=parts, clips=())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Tail_01", "tail"), ("J_Sec_Hair1_04", "hair"), ("FrontHair_L", "hair"), ("skirt.L.001", "skirt"),
        ("CatEar_R", "ear"), ("左髪", ""), ("髪", "hair"), ("ear_ring", "ear"), ("Earring", ""), ("breast.L", ""),
        ("forearm_twist", ""), ("brow1_l", ""), ("backpack", ""), ("Detail", ""),
    ],
)  # fmt: skip
def test_names_tell_what_hangs(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_a_tail_swings_and_the_skin_stays() -> None:
    avatar = grown("tail_1", "tail_2", "tail_3")
    done = take_springs().apply(avatar)
    (spring,) = done.springs
    assert spring.joints == ("tail_1", "tail_2", "tail_3")
    assert spring.part == "tail"
    assert {c.group for c in done.colliders} == {"hips"}  # the figure has no legs
    assert all(a is b for a, b in zip(done.parts, avatar.parts, strict=True))
    assert take_springs().apply(done) is done
    assert not [f for f in inspect(run(PLATFORMS["vrm"].finish, done)[0], PLATFORMS["vrm"]) if f[1].startswith("vrm/s")]


def test_a_last_joint_with_skin_gets_an_end() -> None:
    done = take_springs().apply(grown("tail_1"))
    assert done.springs[0].joints == ("tail_1", "tail_1_end")
    step = done.skeleton.rest[-1, :3, 3] - done.skeleton.rest[-2, :3, 3]
    assert np.linalg.norm(step) == pytest.approx(0.07, abs=1e-6)
    assert step[2] < 0  # on, away from the body


def test_other_joints_do_not_swing() -> None:
    for avatar in (grown("pouch", "pouch_end"), grown("tail_1", "tail_2", weight=False), figure()):
        assert take_springs().apply(avatar) is avatar


@pytest.mark.parametrize("version", ["1.0", "0.x"])
def test_a_vrm_keeps_its_springs(version: str) -> None:
    own = Spring("pony", ("pouch", "pouch_2", "pouch_end"), 2.5, 0.25, 0.5, 0.03)
    data = write_vrm(replace(grown("pouch", "pouch_2", "pouch_end"), springs=(own,)), version)
    upload = read_upload("figure.vrm", data).avatar
    adopted = adopt(upload, recognise(upload, read_upload("figure.vrm", data).source))
    (kept,) = run(PLATFORMS["vrm"].finish, adopted)[0].springs
    assert kept.joints == own.joints
    assert [kept.stiffness, kept.drag, kept.gravity, kept.radius] == pytest.approx([2.5, 0.25, 0.5, 0.03])


def test_springs_follow_the_names_of_their_joints() -> None:
    done, _ = run(PLATFORMS["vrchat"].finish, grown("tail.1", "tail:2", "tail 3"))
    assert done.springs[0].joints == ("tail_1", "tail_2", "tail_3")
    assert set(done.springs[0].joints) <= set(done.skeleton.names)


def test_branches_become_chains() -> None:
    tree = {0: [1, 4], 1: [2, 3], 4: [5], 5: [0]}  # with a ring, as damaged files have
    assert sorted(branches(0, tree)) == [(0, 1, 2), (3,), (4, 5)]


def test_numbers_of_files_are_bounded() -> None:
    assert between("x", 1.5, 0, 2) == 1.5
    assert between(float("nan"), 1.5, 0, 2) == 1.5
    assert between(7, 1.5, 0, 2) == 2.0
