"""Clips of the library on avatars: what is asked for, in place or over the ground, for generated bodies and uploads."""

from dataclasses import replace

import numpy as np
import pytest
from tests.figures import figure

from avatar_foundry.avatar import Clip, Skeleton
from avatar_foundry.errors import RecipeError
from avatar_foundry.geometry.keys import angles_between
from avatar_foundry.humanoid import INDEX, NAMES
from avatar_foundry.motion import CLIPS
from avatar_foundry.process import options
from avatar_foundry.recipe import parse
from avatar_foundry.stages.add_clips import add_clips, chosen, in_place
from avatar_foundry.stages.name_loops import name_loops


def test_clips_come_in_the_order_asked_after_those_that_are_there():
    avatar = figure()
    made = add_clips(("walk", "idle", "walk")).apply(replace(avatar, clips=(replace(avatar.clips[0], name="walk"),)))
    assert [c.name for c in made.clips] == ["walk", "walk_2", "idle"]
    assert made.clips[0].rotations is avatar.clips[0].rotations
    assert add_clips(()).apply(avatar) is avatar
    assert chosen("all") == tuple(CLIPS)


def test_in_place_or_over_the_ground():
    still = add_clips(("walk",)).apply(replace(figure(), clips=())).clips[0]
    moving = add_clips(("walk",), True).apply(replace(figure(), clips=())).clips[0]
    assert still.travel is None
    assert still.turn is None
    assert moving.travel[-1, 2] > 0.3
    assert (still.rotations == moving.rotations).all()


def test_a_turn_on_the_spot_stays():
    bones = figure().skeleton
    clip = figure().clips[0]
    turning = replace(clip, turn=np.float32([0, 0.5, 1.0]), travel=np.zeros((3, 3), np.float32))
    turned = in_place(turning, 0)
    assert (turned.turn, turned.travel) == (None, None)
    assert angles_between(turned.rotations[:, 0], clip.rotations[:, 0]) == pytest.approx([0, 0.5, 1.0], abs=1e-5)
    assert (turned.rotations[:, 1:] == clip.rotations[:, 1:]).all()
    assert len(bones.names) == turned.rotations.shape[1]


def test_shapes_that_the_avatar_has_not_are_left_out():
    made = add_clips(("idle",)).apply(replace(figure(), clips=()))
    known = {m.name for p in made.parts for m in p.mesh.morphs}
    assert set(made.clips[0].shapes) <= known
    assert set(made.clips[0].shapes) == {"mouthSmileLeft"}


def test_bodies_of_other_proportions_get_other_angles():
    """Solved anew for longer legs, not copied: same clip, different knees."""
    avatar = replace(figure(), clips=())
    longer = avatar.skeleton.rest.copy()
    legs = [INDEX[n] for n in NAMES if any(w in n for w in ("LowerLeg", "Foot", "Toes"))]
    longer[legs, 1, 3] -= 0.15
    longer[:, 1, 3] += 0.15
    tall = replace(avatar, skeleton=replace(avatar.skeleton, rest=longer))
    a, b = (add_clips(("idle",)).apply(each).clips[0] for each in (avatar, tall))
    knees = [INDEX[n] for n in ("leftLowerLeg", "rightLowerLeg", "leftUpperLeg")]
    assert np.degrees(angles_between(a.rotations[0, knees], b.rotations[0, knees])).max() > 0.5


def test_loops_get_the_ending_by_which_an_engine_knows_them():
    avatar = add_clips(("walk",)).apply(figure())
    named = name_loops("-loop").apply(avatar)
    assert [c.name for c in named.clips] == ["raise_arm", "walk-loop"]
    assert name_loops("-loop").apply(named) is named


@pytest.mark.parametrize("schema", [parse, options.parse])
def test_names_of_clips_are_checked(schema):
    assert schema({"animations": "walk, idle"}).animations == ("walk", "idle")
    assert schema({"animations": ["all", "walk"]}).animations == "all"
    assert schema({"animations": "all"}).animations == "all"
    assert schema({"animations": []}).animations == ()
    with pytest.raises(RecipeError) as caught:
        schema({"animations": ["idle", "walkk"]})
    assert caught.value.issues[0].pointer == "/animations"
    assert caught.value.suggestions[0].title == "Use 'walk'"
    for wrong in ({"walk": True}, [1], 3, ["x"] * 65):
        with pytest.raises(RecipeError):
            schema({"animations": wrong})


def test_a_clip_without_keys_is_no_clip():
    bones = figure().skeleton
    empty = Clip("empty", np.zeros(0, np.float32), np.zeros((0, len(bones.names), 4), np.float32))
    from avatar_foundry.formats import read_glb, write_glb

    assert not read_glb(write_glb(replace(figure(), clips=(empty,)))).clips


def test_skeletons_of_uploads_lack_bones_and_have_others():
    """Solved for the bones that are there; a tail goes along with its bone."""
    avatar = replace(figure(1), clips=(), parts=())
    bones = avatar.skeleton
    kept = [i for i, n in enumerate(NAMES) if n != "upperChest" and "Toes" not in n and not n.endswith("Twist")]
    number = {old: new for new, old in enumerate(kept)}

    def above(i: int) -> int:
        up = int(bones.parents[i])
        return above(up) if up >= 0 and up not in number else number.get(up, -1)

    tail = bones.rest[INDEX["hips"]].copy()
    tail[2, 3] -= 0.2
    own = Skeleton(
        (*(NAMES[i] for i in kept), "tail"),
        np.array([*(above(i) for i in kept), 0], np.int16),
        np.concatenate([bones.rest[kept], tail[None]]),
    )
    clip = add_clips(("walk",), True).apply(replace(avatar, skeleton=own)).clips[0]
    assert clip.rotations.shape[1] == len(own.names)
    assert np.ptp(clip.rotations[:, -1], axis=0).max() < 1e-6
    assert angles_between(clip.rotations, clip.rotations[:1]).max(axis=0)[own.names.index("leftLowerLeg")] > 0.3
    assert clip.travel[-1, 2] > 0.3
