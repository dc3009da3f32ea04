"""Names under which files bring our shapes."""

import pytest

from avatar_foundry.face import SHAPES
from avatar_foundry.facefit.aliases import known_shapes


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("A", "viseme_aa"),
        ("あ", "viseme_aa"),
        ("vrc.v_aa", "viseme_aa"),
        ("viseme_aa", "viseme_aa"),
        ("Fcl_MTH_O", "viseme_O"),
        ("ih", "viseme_I"),
        ("mouthSmileLeft", "mouthSmileLeft"),
        ("mouth_smile_L", "mouthSmileLeft"),
        ("Mouth_Smile_Right", "mouthSmileRight"),
        ("head.jawOpen", "jawOpen"),
        ("blendShape1.eyeBlink_R", "eyeBlinkRight"),
        ("JawOpen", "jawOpen"),
        ("blink", "eyesClosed"),
        ("Blink_L", "eyeBlinkLeft"),
        ("blink_right", "eyeBlinkRight"),
        ("まばたき", "eyesClosed"),
        ("vrc.v_ou", "viseme_U"),
    ],
)
def test_common_names_are_known(name: str, shape: str) -> None:
    assert known_shapes([name]) == {shape: name}


def test_our_own_spelling_wins() -> None:
    assert known_shapes(["A", "viseme_aa"]) == {"viseme_aa": "viseme_aa"}


def test_other_names_are_nothing() -> None:
    assert known_shapes(["HideHairBalls", "angry", "look_left", "Basis"]) == {}


def test_our_names_stand_for_themselves() -> None:
    assert known_shapes(SHAPES) == {name: name for name in SHAPES}
