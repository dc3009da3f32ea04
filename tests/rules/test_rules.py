"""Every rule passes on a sound avatar and fails on one with its fault."""

from dataclasses import replace

import numpy as np
import pytest
from tests.figures import figure, shape, texture

from avatar_foundry.avatar import Avatar, Collider, Material, Mesh, Morph, Skeleton, Spring
from avatar_foundry.pipeline import run
from avatar_foundry.platforms import PLATFORMS, Budget
from avatar_foundry.rules import RULES, inspect

UNITY = PLATFORMS["unity"]


def sound() -> Avatar:
    """A finished avatar for Unity with a closed, level-armed, mirrored body."""
    return run(UNITY.finish, figure())[0]


def mesh(**changes) -> Avatar:
    """The sound avatar whose body's full detail is changed."""
    avatar = sound()
    body = avatar.parts[0]
    changed = replace(body, lods=(replace(body.mesh, **changes), *body.lods[1:]))
    return replace(avatar, parts=(changed, *avatar.parts[1:]))


def body() -> Mesh:
    return sound().parts[0].mesh


def bones(**changes) -> Avatar:
    avatar = sound()
    return replace(avatar, skeleton=replace(avatar.skeleton, **changes))


def moved(name: str, by: tuple[float, float, float]) -> Avatar:
    avatar = sound()
    rest = avatar.skeleton.rest.copy()
    rest[avatar.skeleton.names.index(name), :3, 3] += by
    return bones(rest=rest)


def at(a: np.ndarray, where, value) -> np.ndarray:
    """A copy with one entry changed."""
    out = a.copy()
    out[where] = value
    return out


def material(**changes) -> Avatar:
    avatar = sound()
    return replace(avatar, materials=(replace(avatar.materials[0], **changes), *avatar.materials[1:]))


def renamed(old: str, new: str) -> Avatar:
    return bones(names=tuple(new if n == old else n for n in sound().skeleton.names))


def swapped() -> Avatar:
    """The twist of the left upper arm listed before the lower arm."""
    skeleton = sound().skeleton
    order = list(range(len(skeleton.names)))
    twist, lower = skeleton.names.index("LeftUpperArmTwist"), skeleton.names.index("LeftLowerArm")
    order.remove(twist)
    order.insert(lower, twist)
    number = {o: n for n, o in enumerate(order)}
    parents = np.array([number.get(int(skeleton.parents[o]), -1) for o in order], np.int16)
    return replace(sound(), skeleton=Skeleton(tuple(skeleton.names[o] for o in order), parents, skeleton.rest[order]))


def more(count: int, make) -> Avatar:
    avatar = sound()
    return replace(avatar, parts=tuple(make(avatar.parts[0], i) for i in range(count)))


def tiled() -> Avatar:
    return mesh(uvs=body().uvs * np.float32(3))


def lowered(by: float) -> Avatar:
    avatar = sound()
    return avatar.map_meshes(lambda m: replace(m, positions=m.positions - np.float32([0, by, 0])))


def scaled(by: float) -> Avatar:
    return sound().map_meshes(lambda m: replace(m, positions=m.positions * np.float32(by)))


def buried() -> Avatar:
    """A spring whose joint lies in the middle of a collider."""
    avatar = sound()
    x, y, z = avatar.skeleton.rest[avatar.skeleton.names.index("Jaw"), :3, 3].tolist()
    ball = Collider("all", "head", (x, y, z), (x, y, z), 0.1)
    return replace(avatar, springs=(Spring("tail", ("Head", "Jaw"), groups=("all",)),), colliders=(ball,))


def small_budget(**limits) -> object:
    return replace(UNITY, budget=replace(UNITY.budget, **limits))


NAN = float("nan")
WEIGHTS, JOINTS = body().weights, body().joints
HUGE = replace(texture("huge"), width=16384, height=16384)
ODD = replace(texture("odd"), width=100, height=100)

FAILING = {
    "mesh/finite-position": lambda: mesh(positions=at(body().positions, (0, 0), NAN)),
    "mesh/face-index": lambda: mesh(faces=at(body().faces, (0, 0), 999)),
    "mesh/degenerate-face": lambda: mesh(faces=at(body().faces, (0, 1), body().faces[0, 0])),
    "mesh/empty-part": lambda: mesh(faces=np.zeros((0, 3), np.int32)),
    "mesh/texture-coordinates": lambda: mesh(uvs=None, uv_faces=None),
    "mesh/uv-tile": tiled,
    "mesh/inside-out": lambda: mesh(faces=np.ascontiguousarray(body().faces[:, ::-1])),
    "mesh/grounded": lambda: lowered(0.5),
    "mesh/height": lambda: scaled(100.0),
    "mesh/lod-order": lambda: replace(
        sound(), parts=(replace(sound().parts[0], lods=tuple(reversed(sound().parts[0].lods))),)
    ),
    "skin/bound": lambda: mesh(joints=None, weights=None),
    "skin/weight-sum": lambda: mesh(weights=WEIGHTS * np.float32(0.5)),
    "skin/joint-index": lambda: mesh(joints=at(JOINTS, (0, 0), 400)),
    "skin/influences": lambda: mesh(
        joints=np.tile(np.arange(8, dtype=np.uint16), (len(WEIGHTS), 1)),
        weights=np.full((len(WEIGHTS), 8), 0.125, np.float32),
    ),
    "skin/repeated-joint": lambda: mesh(joints=np.zeros_like(JOINTS), weights=np.full_like(WEIGHTS, 0.25)),
    "skin/unused-joint": sound,  # two tubes cannot use 65 joints
    "skeleton/required-bone": lambda: renamed("Head", "Kopf"),
    "skeleton/unique-name": lambda: renamed("Jaw", "head"),
    "skeleton/bone-name": lambda: renamed("Jaw", "mixamorig:Jaw"),
    "skeleton/hierarchy": lambda: bones(parents=at(sound().skeleton.parents, 5, -1)),
    "skeleton/scale": lambda: bones(rest=at(sound().skeleton.rest, (3, 0, 0), 2.0)),
    "skeleton/twist-order": swapped,
    "skeleton/symmetric": lambda: moved("LeftHand", (0.1, 0, 0)),
    "skeleton/t-pose": lambda: moved("LeftLowerArm", (0, -0.2, 0)),
    "morph/empty": lambda: mesh(morphs=(shape("nothing", [0], (0, 0, 0)),)),
    "morph/unique-name": lambda: mesh(morphs=(shape("a", [0], (0, 0, 1)), shape("a", [1], (0, 0, 1)))),
    "morph/index": lambda: mesh(morphs=(Morph("a", np.array([3, 1], np.int32), np.ones((2, 3), np.float32) * 0.01),)),
    "morph/reach": lambda: mesh(morphs=(shape("far", [0], (0, 3, 0)),)),
    "morph/complete-set": sound,  # two shapes of face tracking's 52
    "material/known": lambda: replace(sound(), materials=sound().materials[1:]),
    "material/factor": lambda: material(roughness=1.5),
    "material/texture-size": lambda: material(base=HUGE),
    "material/power-of-two": lambda: material(base=ODD),
    "material/alpha-channel": lambda: material(alpha_mode="MASK", base=texture("opaque", (1, 2, 3), "JPEG")),
    "vrm/bone-order": lambda: bones(parents=at(sound().skeleton.parents, sound().skeleton.names.index("LeftHand"), 0)),
    "vrm/bone-gap": lambda: renamed("LeftIndexProximal", "Knuckle"),
    "vrm/facing": lambda: moved("LeftToes", (0, 0, -1)),
    "vrm/eyes": lambda: renamed("LeftEye", "Auge"),
    "vrm/expressions": sound,  # two shapes bind few presets
    "vrm/shape-name": lambda: mesh(morphs=(shape("a", [0], (0, 0, 1)), shape("a", [1], (0, 0, 1)))),
    "vrm/spring-chain": lambda: replace(sound(), springs=(Spring("tail", ("Head", "LeftHand")),)),
    "vrm/humanoid-spring": lambda: replace(sound(), springs=(Spring("tail", ("Head", "Jaw")),)),
    "vrm/collider": buried,
    "vrm/terms": lambda: replace(sound(), licences=({"name": "something"},)),
    "vrm/texture-format": lambda: material(base=replace(texture("w"), mime="image/webp")),
    "budget/triangles": lambda: sound(),
    "budget/bones": lambda: sound(),
    "budget/materials": lambda: sound(),
    "budget/draw-calls": lambda: sound(),
    "budget/file-size": lambda: sound(),
}

TIGHT = small_budget(triangles=10, bones=10, materials=1, draw_calls=1, bytes=10)


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
    platform = TIGHT if rule.startswith("budget/") else UNITY
    findings = found(FAILING[rule](), rule, platform)
    assert findings
    assert all(f.code and f.message for f in findings)


@pytest.mark.parametrize("rule", sorted(FAILING))
def test_it_passes_a_sound_avatar(rule):
    assert found(complete(), rule) == []


@pytest.mark.parametrize("rule", sorted(RULES))
def test_it_says_why(rule):
    first, _, reason = (RULES[rule].check.__doc__ or "").partition("\n")
    assert first.endswith(".")
    assert len(reason.strip()) > 20


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
