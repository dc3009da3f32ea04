"""Shapes found for a head whose true shapes are known."""

from dataclasses import replace

import numpy as np
import pytest

from avatar_foundry.avatar import F32, Avatar, Morph
from avatar_foundry.face import ARKIT, SHAPES, VISEMES
from avatar_foundry.face.correct import LOWER, UPPER
from avatar_foundry.facefit import express
from avatar_foundry.pack import Pack

from .conftest import Case, field

UPPER_LIP, LOWER_LIP = 520, 540  # where the lips meet, midline


def test_a_whole_face_gets_every_shape(elder: Case) -> None:
    assert elder.report.state == "made"
    assert elder.report.made == SHAPES
    assert (elder.report.mouth, elder.report.eyes) == ("parted", "lids")
    assert not elder.report.limited
    assert not elder.report.missing


@pytest.mark.parametrize(
    ("name", "share"),
    [("jawOpen", 0.15), ("mouthSmileLeft", 0.18), ("mouthPucker", 0.2), ("viseme_aa", 0.16), ("viseme_O", 0.2)],
)
def test_the_skin_moves_as_its_own_shapes_do(elder: Case, name: str, share: float) -> None:
    true, found = field(elder.truth, "body", name), field(elder.made, "body", name)
    size = np.linalg.norm(true, axis=1)
    moving = size > 0.1 * size.max()
    error = np.sqrt((np.linalg.norm(found - true, axis=1)[moving] ** 2).mean())
    assert error < share * np.sqrt((size[moving] ** 2).mean())


def test_eyes_turn_as_their_own_do(elder: Case) -> None:
    name = next(p.name for p in elder.truth.parts if p.role == "eyes")
    for look in ("eyeLookUpLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookOutRight"):
        true, found = field(elder.truth, name, look), field(elder.made, name, look)
        assert np.linalg.norm(found - true, axis=1).max() < 1e-3


def test_lids_meet(elder: Case) -> None:
    rest = elder.bare.part("body").mesh.positions

    def gaps(places: F32) -> F32:
        upper, lower = places[list(UPPER)], places[list(LOWER)]
        order = np.argsort(lower[:, 0])
        return np.asarray(upper[:, 1] - np.interp(upper[:, 0], lower[order, 0], lower[order, 1]), np.float32)

    open_ = gaps(rest) > 3e-3
    assert open_.sum() > 6
    assert gaps(rest + field(elder.made, "body", "eyeBlinkLeft"))[open_].max() < 5e-4
    assert elder.report.blink_gap is not None
    assert elder.report.blink_gap < 5e-4


def test_lips_close_and_do_not_cross(elder: Case) -> None:
    places = elder.bare.part("body").mesh.positions

    def gap(avatar: Avatar, *names: str) -> float:
        moved = places + np.asarray(sum(field(avatar, "body", n) for n in names))
        return float(moved[UPPER_LIP, 1] - moved[LOWER_LIP, 1])

    for names in (("viseme_PP",), ("jawOpen", "mouthClose"), ("viseme_sil",)):
        assert abs(gap(elder.made, *names) - gap(elder.truth, *names)) < 1.5e-3, names
    assert gap(elder.made, "jawOpen") > 0.02


def test_upper_teeth_stay_and_lower_ones_follow_the_jaw(elder: Case) -> None:
    name = next(p.name for p in elder.truth.parts if p.role == "teeth")
    true, found = field(elder.truth, name, "jawOpen"), field(elder.made, name, "jawOpen")
    still = np.linalg.norm(true, axis=1) == 0.0
    far = np.linalg.norm(true, axis=1) > 0.5 * np.linalg.norm(true, axis=1).max()
    assert (np.linalg.norm(found[still], axis=1) < 1e-3).mean() > 0.95
    assert (np.linalg.norm((found - true)[far], axis=1) < 5e-3).mean() > 0.9


def test_only_the_face_moves(elder: Case) -> None:
    still = {"hair", "garment", "shoes", "top", "bottom", "underwear"}
    for true, part in zip(elder.truth.parts, elder.made.parts, strict=True):
        if true.role in still:
            assert part.mesh.morphs == ()
    skin = elder.made.part("body").mesh
    truly = np.zeros(len(skin.positions), bool)
    for morph in elder.truth.part("body").mesh.morphs:
        truly[morph.index] = True
    lowest = skin.positions[truly, 1].min()
    for morph in skin.morphs:
        assert skin.positions[morph.index, 1].min() > lowest - 0.02


def test_left_and_right_are_mirror_images(elder: Case, pack: Pack) -> None:
    skin = elder.made.part("body").mesh
    mirror = np.asarray(pack.array("base/mirror"))[: len(skin.positions)]
    flip = np.array([-1.0, 1.0, 1.0], np.float32)
    for shape in (*(s for s in ARKIT if s.endswith("Left")), "jawOpen", "viseme_O"):
        other = shape.removesuffix("Left") + "Right" if shape.endswith("Left") else shape
        image = field(elder.made, "body", other)[mirror] * flip
        assert np.abs(field(elder.made, "body", shape) - image).max() < 2e-5, shape


def test_twice_the_same(elder: Case) -> None:
    again, report = express(elder.bare)
    assert report == elder.report
    for a, b in zip(again.parts, elder.made.parts, strict=True):
        assert [m.name for m in a.mesh.morphs] == [m.name for m in b.mesh.morphs]
        for x, y in zip(a.mesh.morphs, b.mesh.morphs, strict=True):
            assert np.array_equal(x.index, y.index)
            assert np.array_equal(x.delta, y.delta)


def test_what_the_file_brings_is_kept_and_known_by_our_names(elder: Case) -> None:
    own = Morph("vrc.v_aa", np.array([5, 9], np.int32), np.full((2, 3), 0.01, np.float32))
    other = Morph("HideHat", np.array([7], np.int32), np.full((1, 3), 0.01, np.float32))
    body = elder.bare.part("body")
    there = replace(body, lods=(replace(body.mesh, morphs=(own, other)),))
    brought = elder.bare.map_parts(lambda p: there if p.name == "body" else p)
    made, report = express(brought)
    morphs = made.part("body").mesh.morphs
    assert morphs[:2] == (own, other)
    assert report.kept == {"viseme_aa": "vrc.v_aa"}
    assert "viseme_aa" not in report.made
    alias = next(m for m in morphs if m.name == "viseme_aa")
    assert np.array_equal(alias.delta, own.delta)
    assert all(m.name != "viseme_aa" for p in made.parts if p.name != "body" for m in p.mesh.morphs)


def test_a_file_with_all_arkit_shapes_gets_visemes_of_its_own(elder: Case) -> None:
    arkit = elder.truth.map_meshes(lambda m: replace(m, morphs=tuple(s for s in m.morphs if s.name in ARKIT)))
    made, report = express(replace(arkit, base=None))
    assert set(report.kept) == set(ARKIT)
    assert set(VISEMES) <= set(report.made)
    true, found = field(elder.truth, "body", "viseme_aa"), field(made, "body", "viseme_aa")
    assert np.abs(found - true).max() < 2e-4


def test_without_skeleton_or_eyes_there_is_no_face(elder: Case) -> None:
    bare, report = express(replace(elder.bare, skeleton=None))
    assert report.state == "none"
    assert bare.parts == elder.bare.parts

    only_hair = replace(elder.bare, parts=tuple(p for p in elder.bare.parts if p.name not in ("body", "eyes_detailed")))
    _, report = express(only_hair)
    assert report.state == "none"
    assert report.reason


def test_a_mouth_that_stands_open_closes_at_its_own_edges(elder: Case) -> None:
    ajar = {p.name: p.mesh.positions + 0.3 * field(elder.truth, p.name, "jawOpen") for p in elder.bare.parts}
    bare = elder.bare.map_parts(
        lambda p: replace(p, lods=(replace(p.mesh, positions=ajar[p.name].astype(np.float32)),))
    )
    made, report = express(bare)
    assert (report.mouth, report.eyes) == ("parted", "lids")
    assert "jawOpen" in report.limited
    jaw = field(made, "body", "jawOpen")
    assert abs(jaw[UPPER_LIP, 1]) < 3e-3
    assert field(elder.made, "body", "jawOpen")[LOWER_LIP, 1] < jaw[LOWER_LIP, 1] < -0.006
