"""Every clip on bodies of very different proportions, from any rest pose, with joints missing."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.rig.bodies import avatar

from avatar_foundry.avatar import Avatar, Clip, Skeleton
from avatar_foundry.face import SHAPES
from avatar_foundry.humanoid import INDEX, NAMES, PARENTS
from avatar_foundry.motion import CLIPS, Reach, make_clip, reach_of
from avatar_foundry.motion.figure import figure
from avatar_foundry.motion.library import sources
from avatar_foundry.motion.measure import ClipFigures, measure_clip, world_matrices
from avatar_foundry.motion.take import DEFAULTS
from avatar_foundry.motion.turning import roll_about_y
from avatar_foundry.rig import POSES, bake_pose, ground
from avatar_foundry.rig.pose import posed_rotations, t_rotations

BODIES = ("child", "heavy", "giant")
WANTED = {
    "idle", "idle_look", "idle_shift", "walk", "run", "jump", "turn_left", "turn_right", "sit_down", "sit_idle",
    "crouch", "wave", "clap", "point", "nod", "shake", "talk", "talk_explain", "talk_excited", "dance",
    "dance_groove", "attack_slash", "attack_thrust", "block", "cast", "death", "celebrate", "t_pose", "a_pose",
}  # fmt: skip
STILL = ("t_pose", "a_pose")
# hands that are to keep off the body the whole time
FREE_HANDS = ("idle", "idle_look", "walk", "clap", "talk", "wave", "nod")


@cache
def body(name: str) -> tuple[Avatar, Reach]:
    made = ground(bake_pose(avatar(name), "T"))
    return made, reach_of(made)


@cache
def clip(name: str, who: str) -> Clip:
    made, reach = body(who)
    assert made.skeleton is not None
    return make_clip(name, made.skeleton, body=reach)


@cache
def figures(name: str, who: str) -> ClipFigures:
    return measure_clip(clip(name, who), *body(who), every=10)


def test_the_library_holds_what_games_need() -> None:
    assert set(CLIPS) == WANTED
    assert list(CLIPS) == sorted(CLIPS)
    assert {n for n, c in CLIPS.items() if c.moves} == {"walk", "run", "turn_left", "turn_right"}
    assert all(c.loop for n, c in CLIPS.items() if n.startswith(("idle", "talk", "dance", "walk", "run")))


def test_the_data_names_only_what_exists() -> None:
    known = {"title", "seconds", "loop", "tags", "breath", "breath_seconds", "blinks", "glances", "speech", "shapes"}
    known |= {"gait", "flight", "floor", "stepping", "pose"}
    groups = {"hips": "hips", "trunk": "trunk", "head": "head", "root": "root"}
    for kind, plural in (("arm", "arms"), ("leg", "legs"), ("foot", "feet")):
        groups |= dict.fromkeys((plural, f"left{kind.capitalize()}", f"right{kind.capitalize()}"), kind)
    for name, entry in sources().items():
        for key, value in entry.items():
            if key in groups:
                assert set(value) <= {*DEFAULTS[groups[key]], "even"}, f"{name}.{key}"
            else:
                assert key in known, f"{name}.{key}"
        for shape in entry.get("shapes", {}):
            assert any(s in SHAPES for s in (shape, shape.replace("*", "Left"))), shape
        for _, sound, _ in entry.get("speech", []):
            assert f"viseme_{sound}" in SHAPES


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_clip_is_sound_on_every_body(name: str) -> None:
    for who in BODIES:
        made, _ = body(who)
        assert made.skeleton is not None
        c = clip(name, who)
        assert c.rotations.shape == (len(c.times), len(made.skeleton.names), 4)
        assert np.isfinite(c.rotations).all()
        assert np.abs(np.linalg.norm(c.rotations, axis=2) - 1.0).max() < 1e-5
        assert ((c.rotations[1:] * c.rotations[:-1]).sum(-1) > 0.0).all(), "the short way from key to key"
        assert c.loop == CLIPS[name].loop
        assert (c.travel is not None or c.turn is not None) == CLIPS[name].moves
        assert all(s in SHAPES and w.shape == c.times.shape and w.min() >= 0.0 and w.max() <= 1.0
                   for s, w in c.shapes.items())  # fmt: skip
        f = figures(name, who)
        assert f.sunk < 5.0, (who, f)
        assert f.gap < 1.0, (who, f)
        assert f.gap_turn < 0.1, (who, f)
        if name not in STILL:
            assert f.knee > 3.0, (who, f)
            assert f.elbow > 3.0, (who, f)
        if name != "death":  # who falls, slides
            assert f.slide < 10.0, (who, f)
        if name in FREE_HANDS:
            assert f.inside < 10.0, (who, f)


@pytest.mark.parametrize("name", ["walk", "run", "jump", "idle", "attack_slash", "dance", "cast", "death"])
def test_nothing_pops(name: str) -> None:
    """A pop is as large in a quarter of the time; what is only quick becomes a quarter per frame."""
    made, reach = body("child")
    assert made.skeleton is not None

    def jump(fps: int) -> float:
        q = make_clip(name, made.skeleton, fps=fps, body=reach).rotations.astype(np.float64)  # type: ignore[arg-type]
        q = np.delete(q, [INDEX["leftEye"], INDEX["rightEye"]], axis=1)
        step = 2.0 * np.arccos(np.clip(np.abs((q[1:] * q[:-1]).sum(-1)), 0.0, 1.0))
        return float(np.degrees(np.abs(np.diff(step, axis=0)).max()))

    assert jump(240) < max(0.35 * jump(60), 0.5)


def test_a_gait_scales_by_froude_number() -> None:
    for name, froude in (("walk", 0.16), ("run", 0.95)):
        for who in BODIES:
            c, leg = clip(name, who), figure(body(who)[0].skeleton).leg  # type: ignore[arg-type]
            assert c.travel is not None
            speed = float(c.travel[-1, 2] / c.times[-1])
            assert speed**2 / (9.81 * leg) == pytest.approx(froude, rel=1e-3)
    assert clip("walk", "child").times[-1] < clip("walk", "giant").times[-1]


def test_turns_end_at_a_right_angle_on_both_feet() -> None:
    for name, sign in (("turn_left", 1.0), ("turn_right", -1.0)):
        c, skeleton = clip(name, "child"), body("child")[0].skeleton
        assert c.turn is not None
        assert skeleton is not None
        assert c.turn[-1] == pytest.approx(sign * np.pi / 2, abs=1e-5)
        world = world_matrices(c, skeleton)[[0, -1], :, :3, 3]
        toes, foot = (world[:, INDEX[n]] for n in ("leftToes", "leftFoot"))
        way = np.arctan2(*((toes - foot)[:, [0, 2]].T))
        assert np.degrees(way[1] - way[0]) == pytest.approx(sign * 90.0, abs=0.5)


def test_palms_meet_in_front_of_the_chest_when_clapping() -> None:
    for who in BODIES:
        made, reach = body(who)
        assert made.skeleton is not None
        world = world_matrices(clip("clap", who), made.skeleton)[:, :, :3, 3]
        palms = [0.25 * world[:, INDEX[f"{s}Hand"]] + 0.75 * world[:, INDEX[f"{s}MiddleProximal"]]
                 for s in ("left", "right")]  # fmt: skip
        apart = np.linalg.norm(palms[0] - palms[1], axis=1)
        thick = reach.girths[INDEX["leftHand"]] + reach.girths[INDEX["rightHand"]]
        assert apart.min() == pytest.approx(thick, abs=0.01), who
        assert apart.max() > 0.15 * figure(made.skeleton).arm


def test_the_rest_pose_does_not_matter() -> None:
    """From T, from A, and from the data's own relaxed pose the joints go the same ways."""
    own = avatar("child")
    t, a = (ground(bake_pose(own, pose)) for pose in ("T", "A"))
    _, reach = body("child")
    for name in ("walk", "clap", "wave", "sit_idle"):
        at = []
        for rested in (t, a):
            assert rested.skeleton is not None
            world = world_matrices(make_clip(name, rested.skeleton, body=reach), rested.skeleton)
            at.append(world[:, :, :3, 3])
        assert np.abs(at[0] - at[1]).max() < 2e-3, name


def test_twist_bones_follow_their_rule_in_every_frame() -> None:
    skeleton = body("child")[0].skeleton
    assert skeleton is not None
    t = t_rotations(skeleton)
    world = world_matrices(clip("talk_excited", "child"), skeleton)[:, :, :3, :3]
    for side in ("left", "right"):
        for bone, roller, share in (("LowerArm", "Hand", 0.5), ("UpperArm", "UpperArm", -0.5)):
            turns = []
            for child in (roller, f"{bone}Twist"):
                i = INDEX[side + child]
                parent = PARENTS[i]
                turns.append(np.swapaxes(world[:, parent] @ t[parent].T @ t[i], 1, 2) @ world[:, i])
            assert np.abs(roll_about_y(turns[0], share) - turns[1]).max() < 1e-4


def test_poses_are_the_test_poses() -> None:
    skeleton = body("giant")[0].skeleton
    assert skeleton is not None
    for name, pose in (("t_pose", "T"), ("a_pose", "A")):
        world = world_matrices(clip(name, "giant"), skeleton)[0, :, :3, :3]
        assert np.abs(world - posed_rotations(skeleton, POSES[pose])).max() < 1e-5


def _without(skeleton: Skeleton, gone: set[str], extra: bool = True) -> Skeleton:
    """The skeleton without some joints, under a root of its own, with a lock of hair on the head."""
    keep = [i for i, n in enumerate(skeleton.names) if n not in gone]
    names, parents, rest = ["root"], [-1], [np.eye(4, dtype=np.float32)]
    for i in keep:
        up = int(skeleton.parents[i])
        while up >= 0 and up not in keep:
            up = int(skeleton.parents[up])
        names.append(skeleton.names[i])
        parents.append(names.index(skeleton.names[up]) if up >= 0 else 0)
        rest.append(skeleton.rest[i])
    if extra:
        names.append("lock")
        parents.append(names.index("head"))
        rest.append(skeleton.rest[INDEX["head"]])
    return Skeleton(tuple(names), np.array(parents, np.int16), np.stack(rest))


@pytest.mark.parametrize("name", ["idle", "walk", "clap", "sit_down", "death", "turn_left", "t_pose"])
def test_joints_may_be_missing_and_others_stay_at_rest(name: str) -> None:
    skeleton = body("child")[0].skeleton
    assert skeleton is not None
    fingers = {n for n in NAMES if any(f in n for f in ("Thumb", "Index", "Middle", "Ring", "Little"))}
    gone = fingers | {n for n in NAMES if n.endswith(("Twist", "Toes", "ToesEnd", "Shoulder", "Eye"))}
    poor = _without(skeleton, gone | {"upperChest", "neck", "jaw"})
    made = make_clip(name, poor)
    assert np.isfinite(made.rotations).all()
    lock = made.rotations[:, poor.names.index("lock")]
    assert np.abs(np.abs(lock[:, 3]) - 1.0).max() < 1e-6
    full = make_clip(name, skeleton)
    assert name != "idle" or made.shapes["eyeLookOutLeft"].max() > 0.02, "no eye bones: glances are shapes"
    feet = [world_matrices(c, s)[:, s.names.index("leftFoot"), :3, 3] for c, s in ((made, poor), (full, skeleton))]
    if name in ("idle", "sit_down"):
        assert np.abs(feet[0] - feet[1]).max() < 0.02
    assert (made.loop and made.travel is not None) == (full.loop and full.travel is not None)


def test_the_same_again_is_the_same() -> None:
    made, reach = body("child")
    assert made.skeleton is not None
    a, b = (make_clip("dance", made.skeleton, body=reach) for _ in range(2))
    assert a.rotations.tobytes() == b.rotations.tobytes()


def test_the_rate_only_changes_how_often_the_motion_is_seen() -> None:
    made, reach = body("child")
    assert made.skeleton is not None
    slow, quick = (make_clip("wave", made.skeleton, fps=fps, body=reach) for fps in (30, 60))
    assert len(quick.times) == 2 * len(slow.times) - 1
    world = [world_matrices(c, made.skeleton)[:, :, :3, 3] for c in (slow, quick)]
    assert np.abs(world[0] - world[1][::2]).max() < 0.01


def test_what_cannot_be_made_is_refused() -> None:
    skeleton = body("child")[0].skeleton
    assert skeleton is not None
    with pytest.raises(KeyError):
        make_clip("moonwalk", skeleton)
    with pytest.raises(ValueError, match="fps"):
        make_clip("walk", skeleton, fps=0)
    with pytest.raises(KeyError):
        make_clip("walk", replace(skeleton, names=("pelvis", *skeleton.names[1:])))
    with pytest.raises(ValueError, match="skeleton"):
        reach_of(Avatar())
