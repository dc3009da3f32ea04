"""Whatever comes in, mending it a second time changes nothing, and what it must keep it keeps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.repair.foreign import ball, bare, split, turned, upload, with_faces, without

from avatar_foundry.avatar import Avatar, Mesh
from avatar_foundry.geometry import is_closed
from avatar_foundry.repair import FIXES, apply_fixes


@st.composite
def spoiled(draw) -> Mesh:
    """A ball with a few of the faults that files have."""
    mesh = ball(rows=draw(st.integers(4, 8)))
    if draw(st.booleans()):
        mesh = bare(mesh)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = len(mesh.faces)
    if draw(st.booleans()):
        mesh = without(mesh, random.choice(count, draw(st.integers(1, count // 3)), replace=False))
    count = len(mesh.faces)
    if draw(st.booleans()):
        mesh = turned(mesh, random.choice(count, draw(st.integers(1, count // 2)), replace=False))
    if draw(st.booleans()):
        extra = random.integers(0, len(mesh.positions), (draw(st.integers(1, 12)), 3))
        mesh = with_faces(mesh, extra.tolist())
    if draw(st.booleans()):
        mesh = with_faces(mesh, mesh.faces[random.choice(count, 5)].tolist())
    if draw(st.booleans()):
        mesh = split(mesh)
    if draw(st.booleans()):
        jitter = random.normal(0, draw(st.sampled_from([1e-8, 1e-7, 1e-6])), mesh.positions.shape)
        mesh = replace(mesh, positions=(mesh.positions + jitter).astype(np.float32))
    if draw(st.booleans()):
        positions = mesh.positions.copy()
        positions[random.integers(0, len(positions), 2)] = np.nan
        mesh = replace(mesh, positions=positions)
    return mesh


def same(a: Avatar, b: Avatar) -> bool:
    return all(
        np.array_equal(p.mesh.positions, q.mesh.positions) and np.array_equal(p.mesh.faces, q.mesh.faces)
        for p, q in zip(a.parts, b.parts, strict=True)
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(spoiled())
def test_mending_twice_is_mending_once(mesh):
    once, _ = apply_fixes(upload(mesh))
    twice, done = apply_fixes(once)
    assert [(d.id, dict(d.numbers)) for d in done] == []
    assert twice is once


@settings(max_examples=40, deadline=None, derandomize=True)
@given(spoiled())
def test_the_mended_mesh_is_sound(mesh):
    out = apply_fixes(upload(mesh))[0].parts[0].mesh
    a, b, c = out.faces.T
    assert not ((a == b) | (b == c) | (c == a)).any()
    assert np.isfinite(out.positions).all()
    assert len(np.unique(out.faces)) == len(out.positions)
    if out.uv_faces is not None:
        assert out.uv_faces.shape == out.faces.shape
        assert int(out.uv_faces.max()) < len(out.uvs)
    for values in (out.normals, out.weights, out.joints):
        assert values is None or len(values) == len(out.positions)
    for m in out.morphs:
        assert not len(m.index) or (m.index[0] >= 0 and m.index[-1] < len(out.positions))
        assert (np.diff(m.index) > 0).all()


@settings(max_examples=20, deadline=None, derandomize=True)
@given(spoiled(), st.sampled_from(sorted(FIXES)))
def test_every_single_fix_settles(mesh, id):
    once, _ = apply_fixes(upload(mesh), ("sanitize", id))
    again = apply_fixes(once, (id,))[0]
    assert id in ("close",) or same(once, again)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.45))
def test_any_turned_faces_of_a_closed_surface_come_right(seed, share):
    mesh = bare(ball(rows=8))
    rows = np.random.default_rng(seed).random(len(mesh.faces)) < share
    out = apply_fixes(upload(turned(mesh, rows)), ("orient",))[0].parts[0].mesh
    assert np.array_equal(out.faces, mesh.faces) or np.array_equal(np.sort(out.faces), np.sort(mesh.faces))
    p = out.positions.astype(np.float64)[out.faces] - [0, 1, 0]
    assert (np.einsum("ij,ij->i", p[:, 0], np.cross(p[:, 1], p[:, 2])) > 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_split_jittered_ball_welds_shut(seed):
    mesh = split(bare(ball()))
    jitter = np.random.default_rng(seed).uniform(-2e-7, 2e-7, mesh.positions.shape)
    out = apply_fixes(upload(replace(mesh, positions=(mesh.positions + jitter).astype(np.float32))))[0]
    assert is_closed(out.parts[0].mesh.faces)
