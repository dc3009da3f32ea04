"""Stages for uploads are thin: they run fixes, report them, and leave alone what is sound."""

from tests.figures import texture
from tests.repair.foreign import ball, upload, with_faces

from avatar_foundry.avatar import Material
from avatar_foundry.pipeline import run
from avatar_foundry.stages.fit_textures import fit_textures
from avatar_foundry.stages.repair_upload import repair_upload


def test_mending_reports_what_it_did():
    report = []
    avatar, steps = run((repair_upload(report=report),), upload(with_faces(ball(), [[0, 0, 1]])))
    assert [d.id for d in report] == ["drop-degenerate-faces"]
    assert len(avatar.parts[0].mesh.faces) == len(ball().faces)
    assert [(s.wire, s.changed) for s in steps] == [("repairing", True)]


def test_a_sound_upload_passes_unchanged():
    sound = upload()
    assert run((repair_upload(), fit_textures(64)), sound)[0] is sound


def test_textures_are_fitted():
    report = []
    big = upload(material=Material("m", base=texture("t", edge=128)))
    avatar, _ = run((fit_textures(32, report=report),), big)
    assert avatar.materials[0].base.width == 32
    assert [d.id for d in report] == ["resize-textures"]
