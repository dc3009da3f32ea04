"""The shapes by name, side and recipe."""

import numpy as np
import pytest

from avatar_foundry.body import body_mesh
from avatar_foundry.face import ARKIT, EXTRAS, SHAPES, VISEMES, Shape, carry, shapes
from avatar_foundry.face.names import RECIPES
from avatar_foundry.pack import Pack

BY_NAME = {name: k for k, name in enumerate(SHAPES)}


def dense(shape: Shape, count: int) -> np.ndarray:
    out = np.zeros((count, 3), np.float32)
    out[shape.index] = shape.delta
    return out


def test_there_are_72_shapes_in_the_agreed_order() -> None:
    assert (len(ARKIT), len(VISEMES), len(EXTRAS)) == (52, 15, 5)
    assert len(set(SHAPES)) == 72
    assert ARKIT[:3] == ("eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft")
    assert ARKIT[14:21] == (
        "jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker",
    )  # fmt: skip
    assert ARKIT[-1] == "tongueOut"
    assert VISEMES[0] == "viseme_sil"
    assert VISEMES[-1] == "viseme_U"


def test_shapes_are_sparse_and_ordered() -> None:
    assert tuple(s.name for s in shapes()) == SHAPES
    for s in shapes():
        assert len(s.index) > 0
        assert (np.diff(s.index) > 0).all()
        assert s.delta.shape == (len(s.index), 3)
        assert np.isfinite(s.delta).all()


def test_left_is_plus_x_and_mirrors_right(pack: Pack) -> None:
    mirror, base = pack.array("base/mirror"), pack.array("base/positions")
    for name in ARKIT:
        if not name.endswith("Left") or name == "jawLeft":
            continue
        left = dense(shapes()[BY_NAME[name]], len(base))
        right = dense(shapes()[BY_NAME[name.removesuffix("Left") + "Right"]], len(base))
        assert np.abs(left[mirror] * np.float32((-1, 1, 1)) - right).max() < 3e-3, name
        if name not in ("mouthLeft",):
            weight = (left**2).sum(axis=1)
            assert (weight * base[:, 0]).sum() > 0.0, name
    jaw = dense(shapes()[BY_NAME["jawLeft"]], len(base))
    assert jaw[:, 0].sum() > 0.0


def test_visemes_are_their_recipes() -> None:
    count = 19158
    for name, recipe in RECIPES.items():
        if any(recipe.tongue) or name == "viseme_sil":
            continue
        wanted = sum(w * dense(shapes()[BY_NAME[source]], count) for source, w in recipe.weights.items())
        assert np.abs(dense(shapes()[BY_NAME[name]], count) - wanted).max() < 1e-6, name


def test_silence_moves_one_hidden_vertex_a_tenth_of_a_millimetre() -> None:
    silence = shapes()[BY_NAME["viseme_sil"]]
    assert len(silence.index) == 1
    assert np.linalg.norm(silence.delta) == pytest.approx(1e-4)
    carried = {m.name: m for m in carry(body_mesh().binding)}
    assert np.array_equal(carried["viseme_sil"].index, silence.index)
