"""Small files read back: how far everything is from where it was."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree
from tests.figures import figure, tube

from avatar_foundry.avatar import Morph
from avatar_foundry.formats import GlbOptions, write_glb
from avatar_foundry.formats.drawing_order import in_drawing_order
from avatar_foundry.formats.glb_select import keep_shapes
from avatar_foundry.formats.grid import Grid, whole_shapes
from avatar_foundry.formats.readers import read_upload
from avatar_foundry.formats.split import split_mesh

SMALL = GlbOptions(quantise=True, meshopt=True)


def lively():
    """The figure with shapes that move every vertex a little, one of them by next to nothing."""
    avatar, rng = figure(), np.random.default_rng(4)
    mesh = avatar.parts[0].mesh
    index = np.arange(len(mesh.positions), dtype=np.int32)
    size = (len(index), 3)
    shapes = tuple(
        Morph(name, index, rng.normal(0, s, size).astype(np.float32), rng.normal(0, 0.1, size).astype(np.float32))
        for name, s in (("large", 0.01), ("small", 0.0005), ("hardly", 1e-6))
    )
    part = replace(avatar.parts[0], lods=(replace(mesh, morphs=shapes),))
    return replace(avatar, parts=(part, *avatar.parts[1:]))


def test_nothing_is_far_from_where_it_was():
    avatar = lively()
    back = read_upload("a.glb", write_glb(avatar, SMALL)).avatar
    for part, again in zip(avatar.parts, back.parts, strict=True):
        told, got = split_mesh(part.mesh), split_mesh(again.mesh)
        both = [np.concatenate([m.positions, m.uvs * 10], axis=1) for m in (told, got)]  # seams apart
        distance, row = cKDTree(both[0]).query(both[1])
        assert sorted(row.tolist()) == list(range(len(told.positions)))
        assert distance.max() < 10 * 2**-13
        assert np.linalg.norm(got.positions - told.positions[row], axis=1).max() < 5e-5
        assert np.abs(got.uvs - told.uvs[row]).max() <= 2**-14
        assert np.abs(got.weights.sum(axis=1) - 1).max() < 1e-6
        assert (np.sum(got.normals * told.normals[row], axis=1) > np.cos(np.radians(1.0))).all()


def test_shapes_come_back_within_a_tenth_of_a_millimetre():
    avatar = lively()
    data = write_glb(avatar, SMALL)
    assert b'"targetNames":["large","small","hardly"]' in data  # none is lost, however small
    got = read_upload("a.glb", data).avatar.parts[0].mesh
    told = avatar.parts[0].mesh
    row = cKDTree(told.positions).query(got.positions)[1]
    for morph, again in zip(told.morphs, got.morphs, strict=False):
        moved = np.zeros_like(got.positions)
        moved[again.index] = again.delta
        assert np.linalg.norm(moved - morph.delta[row], axis=1).max() < 1e-4


def test_vertices_lie_in_the_order_in_which_they_are_drawn():
    split = split_mesh(lively().parts[0].mesh)
    drawn = in_drawing_order(split)
    assert list(dict.fromkeys(drawn.faces.ravel().tolist())) == list(range(len(split.positions)))
    corners = [np.sort(m.positions[m.faces].reshape(len(m.faces), -1), axis=0) for m in (split, drawn)]
    assert (corners[0] == corners[1]).all()
    for a, b in zip(drawn.shapes.starts[:-1], drawn.shapes.starts[1:], strict=True):
        assert (np.diff(drawn.shapes.index[a:b]) > 0).all()


def test_what_hardly_moves_is_left_out():
    avatar = lively()
    split = split_mesh(avatar.parts[0].mesh)
    whole = whole_shapes(split.shapes, Grid.around(avatar))
    rows = np.diff(whole.starts)
    assert rows[0] == len(split.positions)
    assert 0 < rows[2] < rows[0]
    assert not (whole.delta % 2).any()


def test_the_grid_follows_the_size():
    avatar = figure()
    assert Grid.around(avatar).step == 5e-5
    for height, radius, most in ((0.02, 0.002, 2e-6), (10.0, 0.2, 2e-4)):
        part = replace(avatar.parts[0], lods=(tube(height=height, radius=radius),))
        assert Grid.around(replace(avatar, parts=(part,))).step < most


@pytest.mark.parametrize("options", [GlbOptions(), GlbOptions(quantise=True), GlbOptions(meshopt=True), SMALL])
def test_a_choice_of_shapes_takes_only_their_bytes(options):
    """Shapes share views: those that go take their rows along, those that stay keep their values."""
    data = write_glb(lively(), options)
    some = keep_shapes(data, {"small"})
    assert len(data) - len(some) > 500
    before, after = (read_upload("a.glb", d).avatar.parts[0].mesh.morphs for d in (data, some))
    assert [m.name for m in after] == ["small"]
    told = next(m for m in before if m.name == "small")
    assert (after[0].index == told.index).all()
    assert (after[0].delta == told.delta).all()
    assert keep_shapes(data, {"small"}) == some
