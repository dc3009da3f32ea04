"""Each number of a budget is met by its stage, which says what it did; what is within its budget stays as it is."""

from dataclasses import replace

import numpy as np
import pytest
from tests.figures import figure, texture, tube

from avatar_foundry.avatar import Avatar, Material, Morph
from avatar_foundry.face.names import SHAPES
from avatar_foundry.stages.fit_draws import draws, fit_draws
from avatar_foundry.stages.fit_images import bytes_of, fit_images, memory_of, pictures, power_below, repacked
from avatar_foundry.stages.fit_shapes import fit_shapes
from avatar_foundry.stages.fit_triangles import fit_triangles, shown
from avatar_foundry.stages.limit_influences import influences, limit_influences


def test_what_is_within_its_budget_stays_as_it_is():
    avatar, notes = figure(), []
    for stage in (
        limit_influences(4, notes),
        fit_draws(16, 16, 256, notes=notes),
        fit_shapes(72, notes),
        fit_shapes(None, notes),
        fit_images(2048, None, 1, notes),
        fit_triangles(100_000, lods=True, notes=notes),
        fit_triangles(0, lods=True, notes=notes),
    ):
        assert stage.apply(avatar) is avatar, stage.name
    assert notes == []


def test_influences_are_dropped_in_proportion():
    avatar, notes = figure(), []
    mesh = avatar.parts[0].mesh
    weights = np.tile(np.float32([0.4, 0.3, 0.2, 0.1]), (len(mesh.positions), 1))
    joints = np.tile(np.uint16([3, 2, 1, 0]), (len(mesh.positions), 1))
    avatar = replace(avatar, parts=(replace(avatar.parts[0], lods=(replace(mesh, weights=weights, joints=joints),)),))
    mesh = limit_influences(2, notes).apply(avatar).parts[0].mesh
    assert influences(mesh) == 2
    assert np.allclose(mesh.weights[0], [4 / 7, 3 / 7, 0, 0])
    assert list(mesh.joints[0]) == [3, 2, 0, 0]
    assert (notes[0].budget, notes[0].before, notes[0].after) == ("influences", 4, 2)


def shaped(names: tuple[str, ...]) -> Avatar:
    avatar = figure()
    row, one = np.int32([0]), np.float32([[0, 0.01, 0]])
    morphs = tuple(Morph(n, row, one) for n in names)
    return avatar.map_meshes(lambda mesh: replace(mesh, morphs=morphs))


def test_the_rarest_shapes_go_first_and_the_order_stays():
    notes = []
    kept = [m.name for m in fit_shapes(12, notes).apply(shaped(SHAPES)).parts[0].mesh.morphs]
    assert {"eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "viseme_aa", "mouthSmileLeft"} <= set(kept)
    assert kept == [n for n in SHAPES if n in kept]
    assert (notes[0].before, notes[0].after) == (72, 12)
    assert "eyeLookDownLeft" in notes[0].how


def test_sums_of_other_shapes_go_before_shapes_of_an_upload():
    kept = {m.name for m in fit_shapes(72).apply(shaped((*SHAPES, "catEars"))).parts[0].mesh.morphs}
    assert "catEars" in kept
    assert "eyesLookDown" not in kept


def test_two_materials_become_one_when_one_is_asked_for():
    avatar, notes = figure(), []
    one = fit_draws(1, 1, 256, notes=notes).apply(avatar)
    assert draws(one) == (1, 1)
    assert len(one.parts[0].lods) == max(len(p.lods) for p in avatar.parts)
    assert shown(one) == shown(avatar)
    assert {n.budget for n in notes} == {"materials", "draw_calls"}


def pictured(edge: int) -> Avatar:
    avatar = figure()
    names = ("base", "normal", "orm")
    maps = {n: texture(n, (90, 128, 255), edge=edge) for n in names}
    material = Material(avatar.parts[0].material, **maps)
    return replace(avatar, materials=(material, *(m for m in avatar.materials if m.name != material.name)))


def test_textures_shrink_to_a_power_of_two_within_the_limit():
    notes = []
    small = fit_images(100, None, 1, notes).apply(pictured(256))
    assert max(max(t.width, t.height) for t in pictures(small)) == 64
    assert notes[0].budget == "texture"
    assert power_below(100) == 64
    assert power_below(64) == 64


def test_memory_is_met_by_what_matters_least():
    avatar, notes = pictured(256), []
    room = memory_of(avatar, 4) - 256 * 256 * 4
    small = fit_images(256, room, 4, notes).apply(avatar)
    material = next(m for m in small.materials if m.orm is not None)
    assert memory_of(small, 4) <= room
    assert (material.base.width, material.normal.width, material.orm.width) == (256, 256, 128)
    assert notes[0].after == memory_of(small, 4)


def test_pictures_change_their_format_only_where_it_helps():
    avatar = pictured(256)
    light = repacked(avatar, "image/webp")
    assert bytes_of(light) <= bytes_of(avatar)
    assert all(
        a.data == b.data or len(a.data) < len(b.data) for a, b in zip(pictures(light), pictures(avatar), strict=True)
    )


@pytest.mark.parametrize("limit", [2000, 900])
def test_triangles_are_met(limit):
    notes, fine = [], figure()
    fine = replace(fine, base=None, parts=tuple(replace(p, lods=(tube(rows=120),), lod_errors=()) for p in fine.parts))
    slim = fit_triangles(limit, lods=False, notes=notes).apply(fine)
    assert shown(slim) <= limit
    assert (notes[0].before, notes[0].after) == (shown(fine), shown(slim))
    for part in slim.parts:
        assert len(part.lods) == 1
        assert np.abs(part.mesh.weights.sum(axis=1) - 1).max() < 1e-5


def test_lower_levels_are_made_from_the_new_full_detail():
    fine = figure()
    fine = replace(fine, base=None, parts=tuple(replace(p, lods=(tube(rows=120),), lod_errors=()) for p in fine.parts))
    slim = fit_triangles(2500, lods=True).apply(fine)
    counts = [sum(len(p.lods[k].faces) for p in slim.parts) for k in range(4)]
    assert counts[0] <= 2500
    assert counts == sorted(counts, reverse=True)
