"""Shapes carried onto parts, and made for one body."""

import numpy as np
import pytest

from avatar_foundry.avatar import F32, Binding, Morph
from avatar_foundry.body import PARAMETERS, body_mesh, evaluate
from avatar_foundry.face import ARKIT, SHAPES, carry, head_scale, shapes
from avatar_foundry.face.correct import EYES, LOWER, UPPER
from avatar_foundry.pack import Pack


def asset(pack: Pack, name: str) -> Binding:
    return Binding(np.array(pack.array(f"assets/{name}/refs")), np.array(pack.array(f"assets/{name}/weights")))


def by_name(morphs: tuple[Morph, ...]) -> dict[str, Morph]:
    return {m.name: m for m in morphs}


def posed(base: F32, binding: Binding, name: str) -> F32:
    """Base vertices of `binding` (R = 1) with one shape at 1, scattered into a copy of the base."""
    out = base.copy()
    morph = by_name(carry(binding, head_scale(base), base))[name]
    np.add.at(out, binding.refs[morph.index, 0], morph.delta)
    return out


def test_the_body_gets_the_shapes_themselves() -> None:
    carried = by_name(carry(body_mesh().binding))
    for shape in shapes():
        skin = shape.index < 13380
        moved = skin & (np.linalg.norm(shape.delta, axis=1) > 1e-5)
        if np.linalg.norm(shape.delta[skin], axis=1).max(initial=0.0) <= 2e-5:
            assert shape.name not in carried
            continue
        assert np.array_equal(carried[shape.name].index, shape.index[moved])
        assert np.array_equal(carried[shape.name].delta, shape.delta[moved])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("eyes/HighPolyEyes", {"eyeLookInLeft", "eyeLookUpRight", "eyesLookDown"}),
        ("eyebrows/eyebrow001", {"browInnerUp", "browDownLeft", "browOuterUpRight"}),
        ("eyelashes/Eyelashes01", {"eyeBlinkLeft", "eyeWideRight", "eyesClosed"}),
        ("teeth/Teeth_Base", {"jawOpen", "jawLeft", "viseme_aa", "mouthOpen"}),
        ("tongue/tongue01", {"tongueOut", "jawOpen", "viseme_TH", "viseme_nn"}),
    ],
)
def test_face_parts_get_their_shapes_in_order(pack: Pack, name: str, expected: set[str]) -> None:
    morphs = carry(asset(pack, name), 1.1)
    names = [m.name for m in morphs]
    assert expected <= set(names)
    assert names == [n for n in SHAPES if n in names]
    for m in morphs:
        assert (np.diff(m.index) > 0).all()
        assert np.linalg.norm(m.delta, axis=1).max() > 2e-5


def test_carrying_is_the_weighted_sum_of_the_shapes(pack: Pack) -> None:
    binding = asset(pack, "eyelashes/Eyelashes01")
    morph = by_name(carry(binding))["eyeBlinkLeft"]
    dense = np.zeros((19158, 3), np.float32)
    shape = shapes()[ARKIT.index("eyeBlinkLeft")]
    dense[shape.index] = shape.delta
    wanted = (binding.weights[:, :, None] * dense[binding.refs]).sum(axis=1)
    got = np.zeros_like(wanted)
    got[morph.index] = morph.delta
    assert np.abs(got - wanted).max() < 1.1e-5


def test_teeth_stay_when_the_eyes_move(pack: Pack) -> None:
    names = {m.name for m in carry(asset(pack, "teeth/Teeth_Base"))}
    assert not any(n.startswith(("eye", "brow")) for n in names)


def test_scale_multiplies_and_keeps_the_indices() -> None:
    one, two = by_name(carry(body_mesh().binding)), by_name(carry(body_mesh().binding, 0.5))
    assert one.keys() == two.keys()
    for name, morph in one.items():
        assert np.array_equal(morph.index, two[name].index)
        assert np.allclose(morph.delta * 0.5, two[name].delta)


def test_head_scale_follows_the_head() -> None:
    adult = evaluate({})
    assert head_scale(adult) == pytest.approx(1.0, abs=1e-4)
    assert head_scale(adult * np.float32(2.0)) == pytest.approx(2.0, abs=2e-4)
    assert 0.65 < head_scale(evaluate({"body.age": 3.0})) < 0.85
    assert head_scale(evaluate({"body.height": 2.4})) > 1.2


EYE_BODIES = [
    {},
    {"body.gender": 1.0, "body.weight": 1.0},
    {"body.age": 4.0},
    {"body.age": 85.0},
    {"body.height": 2.5},
    {"body.height": 0.9},
    {"face.eye_size": 1.0, "face.eye_opening": 1.0, "face.eye_opening_inner": 1.0},
    {"face.eye_size": -1.0, "face.eye_opening": -1.0, "face.eye_opening_outer": -1.0},
    {"face.eye_size_left": 0.8, "face.eye_corner_outer": 1.0, "face.epicanthus": -1.0},
    *(
        {
            n: float(np.random.default_rng(seed).uniform(p.minimum, p.maximum))
            for n, p in PARAMETERS.items()
            if p.group == "eyes"
        }
        for seed in range(4)
    ),
]


@pytest.mark.parametrize("values", EYE_BODIES)
def test_lids_meet_and_spare_the_eyeball_on_every_body(pack: Pack, values: dict[str, float]) -> None:
    base = evaluate(values)
    closed = posed(base, body_mesh().binding, "eyesClosed")
    mirror = pack.array("base/mirror")
    for side, eye in EYES.items():
        upper, lower = (np.array(ridge) if side == "Left" else mirror[list(ridge)] for ridge in (UPPER, LOWER))
        ball = base[eye]
        centre = ball.mean(axis=0)
        radius = np.linalg.norm(ball - centre, axis=1).max()
        x = np.abs(closed[lower, 0])
        order = np.argsort(x)
        below = np.interp(np.abs(closed[upper, 0]), x[order], closed[lower, 1][order])
        gap = (closed[upper, 1] - below) / head_scale(base)
        assert gap.max() < 1e-3, "open at the tear duct, where columns hardly fit the curve"
        middle = upper[3:11]
        assert gap[4:10].max() < 0.0
        assert gap.min() > -3e-3, "the upper lid runs over the cheek"
        open_ = np.linalg.norm(base[middle] - centre, axis=1)
        assert (np.linalg.norm(closed[middle] - centre, axis=1) > np.minimum(open_, radius) - 1e-5).all()


def test_eyeballs_turn_about_their_centre(pack: Pack) -> None:
    base = evaluate({"body.height": 2.2, "face.eye_spacing": 1.0})
    refs = np.arange(14598, 14742, dtype=np.int32)[:, None]
    binding = Binding(refs, np.ones((len(refs), 1), np.float32))
    for look, axis, sign in (("Up", 1, 1), ("Down", 1, -1), ("In", 0, -1), ("Out", 0, 1)):
        moved = posed(base, binding, f"eyeLook{look}Left")
        eye = EYES["Left"]
        centre = base[eye].mean(axis=0)
        before, after = base[eye] - centre, moved[eye] - centre
        assert np.allclose(np.linalg.norm(before, axis=1), np.linalg.norm(after, axis=1), atol=2e-5)
        front = before[:, 2].argmax()
        assert sign * (after - before)[front, axis] > 0.003
        assert np.array_equal(moved[EYES["Right"]], base[EYES["Right"]])


@pytest.mark.parametrize("values", [{}, {"body.gender": 1.0}, {"body.age": 6.0}, {"face.lower_lip_volume": -1.0}])
def test_lips_are_closed_on_pp(values: dict[str, float]) -> None:
    lips = posed(evaluate(values), body_mesh().binding, "viseme_PP")
    assert lips[520, 1] - lips[540, 1] < 6e-4


def test_mouth_close_undoes_the_open_jaw() -> None:
    base = evaluate({})
    jaw = posed(base, body_mesh().binding, "jawOpen")
    close = posed(base, body_mesh().binding, "mouthClose")
    assert jaw[520, 1] - jaw[540, 1] > 0.02
    both = jaw + close - base
    assert abs(both[520, 1] - both[540, 1]) < 2e-3
