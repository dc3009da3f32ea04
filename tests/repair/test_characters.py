"""Real characters go through findings and repair without loss. Their folder: AVATAR_FOUNDRY_CORPUS."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from avatar_foundry.avatar import Avatar
from avatar_foundry.formats import read_glb
from avatar_foundry.platforms import PLATFORMS
from avatar_foundry.repair import apply_fixes
from avatar_foundry.rules import Subject, inspect_source

FOLDER = Path(os.environ.get("AVATAR_FOUNDRY_CORPUS", "/nonexistent"))
FILES = sorted([*FOLDER.glob("*/*.glb"), *FOLDER.glob("*/*.vrm")])

pytestmark = pytest.mark.skipif(not FILES, reason="needs AVATAR_FOUNDRY_CORPUS")


def area(avatar: Avatar) -> float:
    total = 0.0
    for part in avatar.parts:
        p = part.mesh.positions[part.mesh.faces].astype(np.float64)
        total += float(np.linalg.norm(np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0]), axis=1).sum()) / 2
    return total


def dense(mesh, joints: int) -> np.ndarray:
    out = np.zeros((len(mesh.positions), joints))
    np.add.at(out, (np.arange(len(out))[:, None], mesh.joints), mesh.weights)
    return out


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_it_is_mended_without_loss(path):
    before = read_glb(path.read_bytes())
    subject = Subject(before, None, PLATFORMS["unity"])
    found = inspect_source(subject)
    assert {s for s, _, _ in found} <= {"error", "warning", "info", "hint"}
    after, done = apply_fixes(before, whole=subject.whole)
    assert apply_fixes(after)[1] == []
    assert not [f for s, _, f in inspect_source(after, platform=PLATFORMS["unity"]) if s == "error"]

    size = subject.whole.size
    assert area(after) == pytest.approx(area(before), rel=1e-3)
    assert [p.name for p in after.parts] == [p.name for p in before.parts]
    for old, new in zip(before.parts, after.parts, strict=True):
        a, b = old.mesh, new.mesh
        assert {m.name for m in b.morphs} == {m.name for m in a.morphs}
        # every vertex that is left stands where one stood that weighed and moved as it does
        gap, near = cKDTree(a.positions[np.unique(a.faces)]).query(b.positions)
        assert float(gap.max()) <= 1e-5 * size
        assert len(near) == len(b.positions)
        if a.weights is not None:
            joints = len(before.skeleton.names)
            was, now = dense(a, joints), dense(b, joints)
            close = cKDTree(a.positions).query_ball_point(b.positions, 1e-5 * size)
            worst = max(min(float(np.abs(was[c] - now[i]).sum(axis=1).min()), 2.0) for i, c in enumerate(close))
            assert worst < 0.1
        images = {m.name: m for m in before.materials}
        if old.material in images and new.material == old.material and images[old.material].base is not None:
            assert after.material(new.material).base is images[old.material].base
    assert all(d.numbers and d.words for d in done)
