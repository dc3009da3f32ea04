"""Real characters, where AVATAR_FOUNDRY_CORPUS names their folder: each is read whole, in its bind pose."""

import os
from pathlib import Path

import numpy as np
import pytest

from avatar_foundry.formats.readers import read_upload

FOLDER = Path(os.environ.get("AVATAR_FOUNDRY_CORPUS", "/nowhere"))
pytestmark = pytest.mark.skipif(not (FOLDER / "rigged").is_dir(), reason="AVATAR_FOUNDRY_CORPUS is not set")

# triangles, joints, morphs, widest span of arms to height (T poses are about as wide as high)
KNOWN = {
    "cesium_man.glb": (4672, 19, 0), "godette.vrm": (3439, 68, 15), "kaykit_knight.glb": (4712, 41, 0),
    "mannequiny.glb": (13832, 45, 0), "quat_female_dress.glb": (7660, 31, 0), "quat_male_suit.glb": (2058, 31, 0),
    "robot_expressive.glb": (3237, 43, 3), "rocketbox_male_adult_01.glb": (7440, 80, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_character(name: str) -> None:
    upload = read_upload(name, (FOLDER / "rigged" / name).read_bytes())
    counts = upload.source.counts
    assert (counts["triangles"], counts["joints"], counts["morphs"]) == KNOWN[name]
    for part in upload.avatar.parts:
        mesh = part.mesh
        assert mesh.weights is not None
        assert np.abs(mesh.weights.sum(axis=1) - 1).max() < 1e-5
        assert (np.diff(mesh.weights, axis=1) <= 0).all()
        t = mesh.positions[mesh.faces].astype(float)
        assert np.isfinite(t).all()


@pytest.mark.parametrize("name", ["quat_female_dress.glb", "quat_male_suit.glb"])
def test_walking_figures_are_put_back_into_their_t_pose(name: str) -> None:
    upload = read_upload(name, (FOLDER / "rigged" / name).read_bytes())
    assert upload.source.counts["joints_reposed"] == 31
    low, high = (np.stack([getattr(p.mesh.positions, k)(axis=0) for p in upload.avatar.parts]) for k in ("min", "max"))
    low, high = low.min(axis=0), high.max(axis=0)
    assert (high - low)[0] > 0.95 * (high - low)[1]
    assert abs(high[0] + low[0]) < 0.01 * (high - low)[0]


def test_vrm() -> None:
    vrm = read_upload("godette.vrm", (FOLDER / "rigged" / "godette.vrm").read_bytes()).source.vrm
    assert vrm is not None
    assert vrm.version == "0"
    assert vrm.licence == "CC_BY"
    assert vrm.bones["hips"] == "pelvis_Armature"
    assert {"leftHand", "rightFoot", "head"} <= set(vrm.bones)
    assert next(e for e in vrm.expressions if e.preset == "a").binds == (("FaceMesh", "ah", 1.0),)
