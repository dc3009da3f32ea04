"""Rigs taken over: names, axes, weights, extra joints, twists, clips, rest poses."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avatar_foundry.autorig.adopt import adopt, measure_pose, pose_matrices_of, pose_of, rest_pose, skeleton_from
from avatar_foundry.autorig.adopt_places import complete, upright
from avatar_foundry.autorig.bind import bind
from avatar_foundry.autorig.recognise import recognise
from avatar_foundry.avatar import Avatar, Clip, Mesh, Morph, Part, Skeleton
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.geometry.rotations import rotation_matrices
from avatar_foundry.humanoid import INDEX, NAMES, REQUIRED, T_AXES
from avatar_foundry.rig import POSES, pose_matrices, skin_positions

from .test_bind import JOINTS, box, weld

MIXAMO = {
    "hips": "Hips",
    "spine": "Spine",
    "chest": "Spine1",
    "upperChest": "Spine2",
    "neck": "Neck",
    "head": "Head",
    **{
        side + ours: side.capitalize() + theirs
        for side in ("left", "right")
        for ours, theirs in {
            "Shoulder": "Shoulder",
            "UpperArm": "Arm",
            "LowerArm": "ForeArm",
            "Hand": "Hand",
            "UpperLeg": "UpLeg",
            "LowerLeg": "Leg",
            "Foot": "Foot",
            "Toes": "ToeBase",
        }.items()
    },
}


def places(arms: float = 0.0) -> dict[str, np.ndarray]:
    """JOINTS with the arms `arms` degrees below level."""
    c, s = np.cos(np.radians(arms)), np.sin(np.radians(arms))
    out = {n: np.array(p, float) for n, p in JOINTS.items()}
    for side, sign in (("left", 1), ("right", -1)):
        root = out[f"{side}UpperArm"]
        for bone in ("LowerArm", "Hand"):
            long = abs(out[side + bone][0] - root[0])
            out[side + bone] = root + long * np.array([sign * c, -s, 0.0])
    return out


def foreign(arms: float = 0.0, seed: int = 5) -> Avatar:
    """A Mixamo-named rig with a control above its hips, a hair bone, idle ends, its own axes, shapes and a clip."""
    at = places(arms)
    names, parents, rest = ["Armature"], [-1], [np.eye(4)]
    rng = np.random.default_rng(seed)
    ours = skeleton_from(at)
    number: dict[str, int] = {}
    for i, name in enumerate(ours.names):
        if name not in MIXAMO:
            continue
        up = int(ours.parents[i])
        number[name] = len(names)
        parents.append(number[ours.names[up]] if up >= 0 else 0)
        names.append(f"mixamorig:{MIXAMO[name]}")
        m = np.eye(4)
        m[:3, :3] = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        m[:3, :3] *= np.sign(np.linalg.det(m[:3, :3]))
        m[:3, 3] = at[name]
        rest.append(m)
    for extra, parent, place in (("hair_01", "head", (0, 1.8, -0.1)), ("mixamorig:HeadTop_End", "head", (0, 1.9, 0))):
        names.append(extra)
        parents.append(number[parent])
        m = np.eye(4)
        m[:3, 3] = place
        rest.append(m)
    skeleton = Skeleton(tuple(names), np.array(parents, np.int16), np.array(rest, np.float32))
    pieces = [box((-0.15, 0.85, -0.1), (0.15, 1.45, 0.1), 0.06), box((-0.09, 1.5, -0.1), (0.09, 1.75, 0.1), 0.06)]
    surface = weld(*pieces)
    points = [surface.positions]
    for side in ("left", "right"):
        line = at[f"{side}UpperArm"] + np.linspace(0, 1.3, 40)[:, None] * (at[f"{side}Hand"] - at[f"{side}UpperArm"])
        points.append((line[:, None] + 0.04 * rng.normal(size=(1, 6, 3))).reshape(-1, 3).astype(np.float32))
        legs = np.stack([np.full(30, at[f"{side}Foot"][0]), np.linspace(0.05, 0.9, 30), np.zeros(30)], axis=1)
        points.append((legs[:, None] + 0.04 * rng.normal(size=(1, 6, 3))).reshape(-1, 3).astype(np.float32))
    positions = np.concatenate(points)
    faces = np.concatenate([surface.faces, np.arange(len(surface.positions), len(positions)).reshape(-1, 3)])
    joints, weights = bind(replace(surface, positions=positions, faces=faces.astype(np.int32)), ours)
    back = np.zeros(len(ours.names), np.uint16)
    for i in range(len(ours.names)):
        up = i
        while ours.names[up] not in number:
            up = int(ours.parents[up])
        back[i] = number[ours.names[up]]
    theirs = np.zeros((len(positions), len(names)), np.float32)
    np.add.at(theirs, (np.arange(len(positions))[:, None], back[joints]), weights)
    crown = np.flatnonzero(positions[:, 1] > 1.74)
    theirs[crown] *= 0.5
    theirs[crown, names.index("hair_01")] += 0.5
    order = np.argsort(-theirs, axis=1, kind="stable")[:, :4]
    w = np.take_along_axis(theirs, order, axis=1)
    w /= w.sum(axis=1, keepdims=True)
    j = np.where(w > 0, order, 0).astype(np.uint16)
    index = np.arange(0, len(positions), 3, dtype=np.int32)
    morph = Morph("smile", index, np.full((len(index), 3), 0.01, np.float32), None)
    mesh = Mesh(positions, faces.astype(np.int32), joints=j, weights=w.astype(np.float32), morphs=(morph,))
    q = rng.normal(size=(3, len(names), 4)).astype(np.float32)
    clip = Clip("walk", np.arange(3, dtype=np.float32), q / np.linalg.norm(q, axis=2, keepdims=True))
    return Avatar(parts=(Part("body", "body", (mesh,)),), skeleton=skeleton, clips=(clip,))


def posed(avatar: Avatar, clip: int, frame: int) -> np.ndarray:
    """Vertices in one frame of a clip, with every root where it rests."""
    skeleton, mesh = avatar.skeleton, avatar.parts[0].mesh
    assert skeleton is not None
    local = rotation_matrices(avatar.clips[clip].rotations[frame][None])[0]
    travel = avatar.clips[clip].translations
    rest = skeleton.rest.astype(float)
    world = np.tile(np.eye(4), (len(rest), 1, 1))
    for i, up in enumerate(skeleton.parents.tolist()):
        if up < 0:
            world[i, :3, :3] = local[i]
            world[i, :3, 3] = rest[i, :3, 3] if travel is None else travel[frame]
            continue
        world[i, :3, :3] = world[up, :3, :3] @ local[i]
        offset = rest[up, :3, :3].T @ (rest[i, :3, 3] - rest[up, :3, 3])
        world[i, :3, 3] = world[up, :3, 3] + world[up, :3, :3] @ offset
    return skin_positions(mesh, (world @ np.linalg.inv(rest)).astype(np.float32))


@pytest.fixture(scope="module")
def theirs() -> Avatar:
    return foreign()


@pytest.fixture(scope="module")
def ours(theirs: Avatar) -> Avatar:
    return adopt(theirs, recognise(theirs))


def test_names_order_and_extras(ours: Avatar) -> None:
    assert ours.skeleton is not None
    names = ours.skeleton.names
    canonical = [n for n in names if n in INDEX]
    assert list(names[: len(canonical)]) == sorted(canonical, key=INDEX.__getitem__)
    assert names[len(canonical) :] == ("hair_01",)
    assert names[ours.skeleton.parents[names.index("hair_01")]] == "head"
    assert set(names) >= REQUIRED | {"leftUpperArmTwist", "rightLowerLegTwist"}
    assert not any("Index" in n for n in names)
    assert (ours.skeleton.parents < np.arange(len(names))).all()


def test_the_surface_stays_and_weights_are_kept(theirs: Avatar, ours: Avatar) -> None:
    old, new = theirs.parts[0].mesh, ours.parts[0].mesh
    assert new.positions is old.positions
    assert new.morphs is old.morphs
    assert old.weights is not None
    assert new.weights is not None
    assert np.abs(new.weights.sum(axis=1) - 1).max() < 1e-6
    assert (np.diff(new.weights, axis=1) <= 0).all()


def test_joints_lie_where_they_lay(theirs: Avatar, ours: Avatar) -> None:
    assert theirs.skeleton is not None
    assert ours.skeleton is not None
    for bone, joint in recognise(theirs).joints.items():
        i = ours.skeleton.names.index(bone)
        assert np.array_equal(ours.skeleton.rest[i, :3, 3], theirs.skeleton.rest[joint, :3, 3])


def test_axes_are_ours(ours: Avatar) -> None:
    assert ours.skeleton is not None
    for i, name in enumerate(ours.skeleton.names):
        if name in ("leftUpperArm", "rightLowerArm", "leftUpperLeg", "rightLowerLeg", "head", "leftUpperArmTwist"):
            x, y = T_AXES[name]
            assert ours.skeleton.rest[i, :3, 0] @ np.array(x) > 0.95, name
            assert ours.skeleton.rest[i, :3, 1] @ np.array(y) > 0.95, name


def test_clips_move_the_surface_as_before(theirs: Avatar, ours: Avatar) -> None:
    for frame in range(3):
        gap = np.abs(posed(theirs, 0, frame) - posed(ours, 0, frame)).max()
        assert gap < 2e-5


def test_our_own_avatar_comes_back_as_it_is(ours: Avatar) -> None:
    again = adopt(ours, recognise(ours))
    assert again.skeleton is not None
    assert ours.skeleton is not None
    assert again.skeleton.names == ours.skeleton.names
    for a, b in zip(again.parts, ours.parts, strict=True):
        assert a.mesh.joints is not None
        assert b.mesh.joints is not None
        assert a.mesh.weights is not None
        assert b.mesh.weights is not None
        assert np.array_equal(a.mesh.joints, b.mesh.joints)
        assert np.array_equal(a.mesh.weights, b.mesh.weights)
    whole = skeleton_from(complete(places()))
    mine = replace(ours, skeleton=whole, parts=(), clips=())
    assert adopt(mine, recognise(mine)) is mine


@pytest.mark.parametrize("arms", [0.0, 30.0, 60.0])
def test_t_pose_levels_the_arms(arms: float) -> None:
    avatar = foreign(arms)
    adopted = adopt(avatar, recognise(avatar))
    flat = rest_pose(adopted, "T")
    assert flat.skeleton is not None
    facts = measure_pose(flat.skeleton)
    assert np.abs(facts.arm_below).max() < 0.1
    assert np.abs(facts.elbow).max() < 0.1
    low = rest_pose(adopted, "A")
    assert low.skeleton is not None
    assert np.abs(np.array(measure_pose(low.skeleton).arm_below) - 45).max() < 0.1
    assert rest_pose(flat, "T") is flat
    legs = adopted.parts[0].mesh.positions[:, 1] < 0.8
    legs &= np.abs(adopted.parts[0].mesh.positions[:, 0]) < 0.2
    assert np.array_equal(flat.parts[0].mesh.positions[legs], adopted.parts[0].mesh.positions[legs])


def test_the_rest_pose_moves_surface_and_shapes_with_the_bones() -> None:
    avatar = foreign(40.0)
    adopted = adopt(avatar, recognise(avatar))
    flat = rest_pose(adopted, "T")
    assert flat.skeleton is not None
    assert adopted.skeleton is not None
    before, after = adopted.parts[0].mesh, flat.parts[0].mesh
    assert before.joints is not None
    assert before.weights is not None
    rigid = np.flatnonzero(before.weights[:, 0] == 1.0)
    joint = before.joints[rigid, 0]
    old, new = adopted.skeleton.rest.astype(float), flat.skeleton.rest.astype(float)
    a = np.einsum("vij,vj->vi", np.linalg.inv(old)[joint], np.c_[before.positions[rigid], np.ones(len(rigid))])
    b = np.einsum("vij,vj->vi", np.linalg.inv(new)[joint], np.c_[after.positions[rigid], np.ones(len(rigid))])
    assert np.abs(a - b).max() < 1e-5
    length = np.linalg.norm(after.morphs[0].delta, axis=1)
    hit = np.isin(after.morphs[0].index, rigid)
    assert np.abs(length[hit] - np.sqrt(3) * 0.01).max() < 1e-6


def test_matrices_of_partial_skeletons_agree_with_the_whole(ours: Avatar) -> None:
    whole = skeleton_from(complete(places()))
    assert whole.names == NAMES
    part = skeleton_from(places())
    for pose in POSES.values():
        full, some = pose_matrices(whole, pose), pose_matrices_of(part, pose)
        pick = [INDEX[n] for n in part.names]
        assert np.abs(full[pick] - some).max() < 1e-5
    assert ours.skeleton is not None
    assert len(pose_matrices_of(ours.skeleton, POSES["T"])) == len(ours.skeleton.names)


def test_a_rig_without_hands_gets_them() -> None:
    at = {n: p for n, p in places().items() if "Hand" not in n and "Toes" not in n}
    rig = skeleton_from(at)
    hand = rig.rest[rig.names.index("leftHand"), :3, 3]
    assert hand[0] > at["leftLowerArm"][0] + 0.2
    assert set(rig.names) >= REQUIRED
    bare = Avatar(skeleton=Skeleton(*_without(rig, ("Hand", "Twist"))))
    adopted = adopt(bare, recognise(bare))
    assert adopted.skeleton is not None
    assert set(adopted.skeleton.names) >= REQUIRED


def _without(rig: Skeleton, words: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    keep = [i for i, n in enumerate(rig.names) if not any(w in n for w in words)]
    place = {old: new for new, old in enumerate(keep)}
    parents = np.array([place.get(int(rig.parents[i]), -1) for i in keep], np.int16)
    return tuple(rig.names[i] for i in keep), parents, rig.rest[keep]


def test_the_pose_of_a_foreign_rig() -> None:
    turned = foreign(50.0)
    assert turned.skeleton is not None
    spin = np.array([[0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1]], np.float32)
    rest = spin @ turned.skeleton.rest
    rest[:, :3, 3] *= 100.0
    skeleton = replace(turned.skeleton, rest=rest)
    facts = pose_of(skeleton, recognise(replace(turned, skeleton=skeleton)))
    assert np.abs(np.array(facts.arm_below) - 50.0).max() < 0.1
    assert facts.unsuitable == ()


def test_twists_that_carry_the_next_bone_are_shared_anew() -> None:
    """Daz: the upper arm's twist bone holds the elbow's end and carries the forearm."""
    avatar = foreign()
    skeleton, mesh = avatar.skeleton, avatar.parts[0].mesh
    assert skeleton is not None
    assert mesh.joints is not None
    arm, fore = (skeleton.names.index(f"mixamorig:Left{n}") for n in ("Arm", "ForeArm"))
    twist = skeleton.rest[arm].copy()
    twist[:3, 3] = 0.5 * (skeleton.rest[arm, :3, 3] + skeleton.rest[fore, :3, 3])
    at = len(skeleton.names)
    order = [*range(fore), at, *range(fore, at)]
    place = {old: new for new, old in enumerate(order)}
    parents = [*skeleton.parents.tolist(), arm]
    parents[fore] = at
    names = (*skeleton.names, "LeftArmTwist")
    rest = np.concatenate([skeleton.rest, twist[None]])
    joints = mesh.joints.astype(int)
    far = (mesh.positions[:, 0] > twist[0, 3])[:, None] & (joints == arm)
    joints[far] = at
    moved = np.array([place[i] for i in range(at + 1)])[joints].astype(np.uint16)
    theirs = Skeleton(
        tuple(names[i] for i in order),
        np.array([place[parents[i]] if parents[i] >= 0 else -1 for i in order], np.int16),
        rest[order],
    )
    daz = replace(
        avatar, skeleton=theirs, clips=(), parts=(replace(avatar.parts[0], lods=(replace(mesh, joints=moved),)),)
    )
    rig = recognise(daz)
    told = replace(rig, joints={**rig.joints, "leftUpperArmTwist": place[at]})
    a, b = adopt(daz, told), adopt(replace(avatar, clips=()), recognise(avatar))
    assert a.skeleton is not None
    assert b.skeleton is not None
    assert a.skeleton.names == b.skeleton.names
    one, two = a.parts[0].mesh, b.parts[0].mesh
    assert one.joints is not None
    assert two.joints is not None
    assert np.array_equal(one.joints, two.joints)
    assert np.array_equal(np.asarray(one.weights), np.asarray(two.weights))


def test_unsuitable_poses_are_named() -> None:
    assert measure_pose(skeleton_from(places(45.0))).unsuitable == ()
    assert measure_pose(skeleton_from(places(88.0))).unsuitable
    walking = places(20.0)
    walking["leftLowerLeg"] = walking["leftUpperLeg"] + np.array([0, -0.25, 0.3])
    walking["leftFoot"] = walking["leftLowerLeg"] + np.array([0, -0.4, 0.0])
    walking["leftToes"] = walking["leftFoot"] + np.array([0, -0.05, 0.12])
    walking.pop("leftToesEnd")
    facts = measure_pose(skeleton_from(walking))
    assert any("left leg" in reason for reason in facts.unsuitable)
    assert facts.knee[0] > 35.0


def test_upright_finds_the_stand() -> None:
    at = places()
    assert np.array_equal(upright(at), np.eye(3))
    turned = {n: np.array([p[2], p[1], -p[0]]) for n, p in at.items()}
    turn = upright(turned)
    assert all(np.abs(turn @ p - at[n]).max() < 1e-9 for n, p in turned.items())


CORPUS = os.environ.get("AVATAR_FOUNDRY_CORPUS", "")


@pytest.mark.skipif(not CORPUS, reason="needs the characters")
@pytest.mark.parametrize("file", ["godette.vrm", "rocketbox_male_adult_01.glb", "mannequiny.glb", "cesium_man.glb"])
def test_real_rigs_keep_their_weights(file: str) -> None:
    upload = read_upload(file, (Path(CORPUS) / "rigged" / file).read_bytes())
    rig = recognise(upload.avatar, upload.source)
    adopted = adopt(upload.avatar, rig)
    assert adopted.skeleton is not None
    assert upload.avatar.skeleton is not None
    bone_of = {j: n for n, j in rig.joints.items()}
    for old, new in zip(upload.avatar.parts, adopted.parts, strict=True):
        a, b = old.mesh, new.mesh
        assert np.array_equal(a.positions, b.positions)
        if a.joints is None or a.weights is None or b.joints is None or b.weights is None:
            continue
        for joint in np.unique(a.joints[a.weights > 0]).tolist():
            if joint not in bone_of:
                continue
            mine = {bone_of[joint], f"{bone_of[joint]}Twist"}
            which = [i for i, n in enumerate(adopted.skeleton.names) if n in mine]
            was = np.where(a.joints == joint, a.weights, 0).sum(axis=1)
            now = np.where(np.isin(b.joints, which), b.weights, 0).sum(axis=1)
            assert (now - was).min() > -1e-6
