"""Real characters with a skeleton of their own: which get a face, and why others do not."""

import os
from pathlib import Path

import numpy as np
import pytest

from avatar_foundry.autorig.adopt import adopt
from avatar_foundry.autorig.recognise import recognise
from avatar_foundry.avatar import Avatar
from avatar_foundry.facefit import Report, express
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.process.ledger import Ledger
from avatar_foundry.process.settle import stand

FOLDER = Path(os.environ.get("AVATAR_FOUNDRY_CORPUS", "/nonexistent")) / "rigged"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="needs AVATAR_FOUNDRY_CORPUS")


def expressed(name: str) -> tuple[Avatar, Avatar, Report]:
    upload = read_upload(name, (FOLDER / name).read_bytes())
    adopted = adopt(upload.avatar, recognise(upload.avatar, upload.source))
    avatar = stand(Ledger(source=upload.source)).apply(adopted)
    return avatar, *express(avatar)


@pytest.mark.parametrize(
    ("name", "mouth", "eyes"),
    [
        ("rocketbox_male_adult_01.glb", "parted", "lids"),
        ("quat_male_suit.glb", "sealed", "bare"),
        ("quat_female_dress.glb", "sealed", "bare"),
        ("godette.vrm", "drawn", "bare"),
    ],
)
def test_faces_are_found_for_what_they_are(name: str, mouth: str, eyes: str) -> None:
    before, after, report = expressed(name)
    assert (report.mouth, report.eyes) == (mouth, eyes)
    assert {"jawOpen", "mouthSmileLeft", "browInnerUp", "eyeBlinkLeft"} <= set(report.made) | set(report.kept)
    assert "tongueOut" in report.missing
    assert ("jawOpen" in report.limited) == (mouth != "parted")
    head = before.skeleton.names.index("head") if before.skeleton else 0
    neck = before.skeleton.rest[head, 1, 3] if before.skeleton else 0.0
    for old, part in zip(before.parts, after.parts, strict=True):
        assert part.mesh.morphs[: len(old.mesh.morphs)] == old.mesh.morphs
        for morph in part.mesh.morphs[len(old.mesh.morphs) :]:
            assert np.isfinite(morph.delta).all()
            assert (np.diff(morph.index) > 0).all()
            assert np.abs(morph.delta).max() < 0.15
            assert part.mesh.positions[morph.index, 1].min() > neck - 0.15


@pytest.mark.parametrize("name", ["cesium_man.glb", "mannequiny.glb", "robot_expressive.glb", "kaykit_knight.glb"])
def test_no_face_is_guessed(name: str) -> None:
    before, after, report = expressed(name)
    assert report.state == "none"
    assert report.reason
    assert not report.made
    assert [m.name for p in after.parts for m in p.mesh.morphs] == [m.name for p in before.parts for m in p.mesh.morphs]


def test_a_file_s_own_shapes_are_not_made_again() -> None:
    _, after, report = expressed("godette.vrm")
    assert report.kept["viseme_aa"] == "ah"
    assert report.kept["eyeBlinkLeft"] == "blink_left"
    assert not set(report.kept) & set(report.made)
    face = after.part("Face").mesh
    shapes = {m.name: m for m in face.morphs}
    assert np.array_equal(shapes["viseme_aa"].delta, shapes["ah"].delta)
