"""Normals of morphs."""

from dataclasses import replace

import numpy as np
import pytest

from avatar_foundry.avatar import Morph
from avatar_foundry.body import body_part, evaluate
from avatar_foundry.face import carry, morph_normals
from avatar_foundry.geometry import vertex_normals


def test_they_equal_normals_of_the_morphed_surface() -> None:
    base = evaluate({"body.gender": 1.0})
    part = body_part(base)
    assert part.binding is not None
    p, f = part.mesh.positions, part.mesh.faces
    n = vertex_normals(p, f)
    chosen = [
        m for m in carry(part.binding, 1.0, base) if m.name in ("jawOpen", "eyeBlinkLeft", "viseme_O", "browInnerUp")
    ]
    done = morph_normals(p, f, n, chosen)
    assert [m.name for m in done] == [m.name for m in chosen]
    for m in done:
        assert m.normal is not None
        moved = p.copy()
        moved[m.index] += m.delta
        assert np.abs(vertex_normals(moved, f)[m.index] - n[m.index] - m.normal).max() < 2e-6


def test_mouth_close_shades_right_together_with_the_open_jaw() -> None:
    base = evaluate({})
    part = body_part(base)
    assert part.binding is not None
    p, f = part.mesh.positions, part.mesh.faces
    n = vertex_normals(p, f)
    morphs = [m for m in carry(part.binding) if m.name in ("jawOpen", "mouthClose")]
    together, shaded = p.copy(), n.copy()
    for m in morph_normals(p, f, n, morphs):
        assert m.normal is not None
        together[m.index] += m.delta
        shaded[m.index] += m.normal
    named = np.intersect1d(morphs[0].index, morphs[1].index)
    wanted = vertex_normals(together, f)[named]
    assert np.percentile(np.linalg.norm(shaded[named] - wanted, axis=1), 95) < 0.02


def test_without_some_faces_the_given_normals_stay_the_start() -> None:
    base = evaluate({})
    part = body_part(base)
    assert part.binding is not None
    p, f = part.mesh.positions, part.mesh.faces
    n = vertex_normals(p, f)
    jaw = [m for m in carry(part.binding) if m.name == "jawOpen"]
    (full,) = morph_normals(p, f, n, jaw)
    kept = f[p[f].mean(axis=1)[:, 1] > p[jaw[0].index, 1].min() - 0.05]
    (cut,) = morph_normals(p, np.ascontiguousarray(kept), n, jaw)
    assert full.normal is not None
    assert cut.normal is not None
    assert np.abs(full.normal - cut.normal).max() < 1e-5
    assert np.allclose(np.linalg.norm(n[cut.index] + cut.normal, axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_do(count: int) -> None:
    empty = Morph("none", np.zeros(0, np.int32), np.zeros((0, 3), np.float32))
    p = np.eye(3, dtype=np.float32)
    f = np.array([[0, 1, 2]], np.int32)
    done = morph_normals(p, f, vertex_normals(p, f), [replace(empty)] * count)
    assert len(done) == count
    for m in done:
        assert m.normal is not None
        assert m.normal.shape == (0, 3)
