"""Each fix does what it says, keeps what it must, and changes nothing the second time."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from tests.figures import texture
from tests.repair.foreign import (
    ball,
    bare,
    corner_soup,
    joined,
    split,
    turned,
    upload,
    with_faces,
    without,
)

from avatar_foundry.avatar import Avatar, Material, Mesh, Morph
from avatar_foundry.errors import RecipeError
from avatar_foundry.geometry import is_closed, signed_volume, surface_area
from avatar_foundry.repair import DEFAULT_FIXES, FIXES, Options, apply_fixes, whole_of
from avatar_foundry.repair.uv_cover import cover


def fixed(avatar: Avatar, *ids: str, **options) -> Mesh:
    return apply_fixes(avatar, ids, Options(**options))[0].parts[0].mesh


def numbers(avatar: Avatar, id: str, **options) -> dict[str, float]:
    done = apply_fixes(avatar, (id,), Options(**options))[1]
    return dict(done[0].numbers) if done else {}


def test_a_sound_upload_is_left_alone():
    avatar = upload()
    mended, done = apply_fixes(avatar)
    assert [d.id for d in done] == []
    assert mended is avatar


def test_unknown_fixes_are_named():
    with pytest.raises(RecipeError, match="no-such-fix"):
        apply_fixes(upload(), ("no-such-fix",))


def test_fixes_that_may_harm_are_not_in_the_default_set():
    assert not {"close", "thicken", "split-non-manifold", "rescale", "turn-upright"} & set(DEFAULT_FIXES)
    assert set(DEFAULT_FIXES) < set(FIXES)


def test_what_was_done_is_told_in_words_and_numbers():
    done = apply_fixes(upload(with_faces(ball(), [[1, 1, 2], [3, 4, 4]])))[1]
    assert [(d.id, d.numbers["faces"], d.words) for d in done] == [
        ("drop-degenerate-faces", 2, "2 faces without area removed")
    ]


# weld


def test_weld_gives_back_the_vertices_of_a_split_mesh():
    whole = ball()
    welded = fixed(upload(split(whole)), "weld")
    assert len(welded.positions) == len(whole.positions)
    assert np.array_equal(corner_soup(welded), corner_soup(whole))
    assert is_closed(welded.faces)
    assert len(welded.morphs[0].index) == len(whole.morphs[0].index)


def test_weld_keeps_uvs_at_their_corners():
    mesh = ball()
    welded = fixed(upload(split(mesh)), "weld")
    assert np.array_equal(welded.uvs[welded.uv_faces], mesh.uvs[mesh.uv_faces])


def test_weld_joins_equal_uvs():
    mesh = ball()
    doubled = replace(mesh, uvs=np.repeat(mesh.uvs, 2, axis=0), uv_faces=2 * mesh.uv_faces + 1)
    welded = fixed(upload(doubled), "weld", "drop-unused-vertices")
    assert len(welded.uvs) == len(mesh.uvs)
    assert np.array_equal(welded.uvs[welded.uv_faces], mesh.uvs[mesh.uv_faces])


def test_weld_leaves_hard_edges():
    flat = split(bare(ball()))
    p = flat.positions[flat.faces]
    n = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    shaded = replace(flat, normals=np.repeat(n, 3, axis=0).astype(np.float32))
    welded = fixed(upload(shaded), "weld")
    kept = welded.normals[welded.faces].reshape(-1, 3)
    assert float(np.einsum("ij,ij->i", kept, shaded.normals[shaded.faces].reshape(-1, 3)).min()) > np.cos(
        np.radians(3.1)
    )


@pytest.mark.parametrize("what", ["weights", "shapes", "colours"])
def test_weld_keeps_apart_what_differs(what):
    mesh = split(ball())
    at = int(np.flatnonzero((np.abs(mesh.positions - mesh.positions[mesh.faces[50, 0]]) < 1e-6).all(axis=1))[0])
    if what == "weights":
        weights = mesh.weights.copy()
        weights[at] = np.roll(weights[at], 1)
        mesh = replace(mesh, weights=weights)
    elif what == "shapes":
        mesh = replace(mesh, morphs=(Morph("jaw", np.array([at], np.int32), np.float32([[0, -0.02, 0]])),))
    else:
        colors = np.ones((len(mesh.positions), 4), np.float32)
        colors[at] = 0.5
        mesh = replace(mesh, colors=colors)
    assert len(fixed(upload(mesh), "weld").positions) == len(ball().positions) + 1


def test_weld_does_not_sew_up_surfaces_that_touch_at_a_point():
    a, b = bare(ball(rows=6)), bare(ball((0.0, 2.8, 0.0), rows=6))
    touching = joined(a, b)
    assert np.isclose(a.positions[:, 1].max(), b.positions[:, 1].min())
    assert len(fixed(upload(touching), "weld").positions) == len(touching.positions)


# faces


def test_degenerate_faces_go_and_the_rest_stays():
    mesh = ball()
    spoiled = with_faces(mesh, [[0, 0, 1], [5, 6, 5], [7, 7, 7]])
    assert np.array_equal(corner_soup(fixed(upload(spoiled), "drop-degenerate-faces")), corner_soup(mesh))


def test_a_cap_is_turned_so_that_no_crack_is_left():
    # a square of two triangles, the lower edge of which carries a flat triangle towards a third below
    positions = np.float32([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.5, 0, 0], [0.5, -1, 0]])
    faces = np.int32([[0, 1, 2], [0, 2, 3], [1, 0, 4], [4, 0, 5], [1, 4, 5]])
    uvs = positions[:, :2].copy()
    mended = fixed(upload(Mesh(positions, faces, uvs=uvs, uv_faces=faces)), "drop-degenerate-faces")
    border = whole_of(upload(mended)).border
    assert len(mended.faces) == 5
    assert len(border) == 5  # the outline alone: 0-5-1-2-3
    assert np.isclose(surface_area(mended.positions, mended.faces), 1.5)
    assert np.allclose(mended.uvs[mended.uv_faces], mended.positions[mended.faces][..., :2])


def test_second_copies_go_first_ones_stay():
    mesh = ball()
    doubled = with_faces(mesh, np.roll(mesh.faces[10:20], 1, axis=1).tolist())
    assert np.array_equal(fixed(upload(doubled), "drop-duplicate-faces").faces, mesh.faces)


def test_faces_back_to_back_stay():
    mesh = bare(ball())
    cards = with_faces(mesh, mesh.faces[10:20, ::-1].tolist())
    assert len(fixed(upload(cards), "drop-duplicate-faces").faces) == len(cards.faces)


def test_copies_that_move_otherwise_stay():
    mesh = split(ball())
    rows = mesh.faces[40:42]
    extra = replace(
        mesh,
        positions=np.concatenate([mesh.positions, mesh.positions[rows.ravel()]]),
        faces=np.concatenate([mesh.faces, len(mesh.positions) + np.arange(6, dtype=np.int32).reshape(-1, 3)]),
        normals=None,
        uvs=None,
        uv_faces=None,
        joints=np.concatenate([mesh.joints, mesh.joints[rows.ravel()] + 9]),
        weights=np.concatenate([mesh.weights, mesh.weights[rows.ravel()]]),
        morphs=(),
    )
    assert len(fixed(upload(extra), "drop-duplicate-faces").faces) == len(extra.faces)


def test_invalid_numbers_go_with_their_faces():
    mesh = ball()
    positions = mesh.positions.copy()
    positions[100] = np.nan
    normals = mesh.normals.copy()
    normals[3] = np.inf
    mended = fixed(upload(replace(mesh, positions=positions, normals=normals)), *DEFAULT_FIXES)
    assert np.isfinite(mended.positions).all()
    assert np.allclose(np.linalg.norm(mended.normals, axis=1), 1, atol=1e-3)


def test_faces_that_name_nothing_go():
    mended = fixed(upload(with_faces(bare(ball()), [[0, 1, 99999], [-1, 2, 3]])), "sanitize")
    assert np.array_equal(mended.faces, ball().faces)


def test_unused_vertices_go_and_shapes_follow():
    mesh = ball()
    mended = fixed(upload(without(mesh, slice(0, 30))), "drop-unused-vertices")
    assert len(np.unique(mended.faces)) == len(mended.positions) < len(mesh.positions)
    assert len(np.unique(mended.uv_faces)) == len(mended.uvs)
    moved = mended.positions[mended.morphs[0].index]
    assert (moved[:, 1] > 1.0 + 0.8 * 0.9 - 1e-4).all()


# winding


@pytest.mark.parametrize("normals", [True, False])
def test_faces_that_go_against_the_others_are_turned(normals):
    mesh = ball() if normals else bare(ball())
    mended = fixed(upload(turned(mesh, slice(100, 140))), "orient")
    assert np.array_equal(corner_soup(mended), corner_soup(mesh))


def test_uvs_turn_with_their_faces():
    mesh = ball()
    mended = fixed(upload(turned(mesh, slice(100, 140))), "orient")

    def corners(m: Mesh, row: int) -> set[tuple[float, ...]]:
        pairs = zip(m.positions[m.faces[row]].tolist(), m.uvs[m.uv_faces[row]].tolist(), strict=True)
        return {(*p, *uv) for p, uv in pairs}

    assert all(corners(mesh, row) == corners(mended, row) for row in range(100, 140))


def test_a_closed_surface_that_looks_inwards_is_turned():
    mesh = bare(ball())
    inside_out = replace(mesh, faces=np.ascontiguousarray(mesh.faces[:, ::-1]))
    mended = fixed(upload(inside_out), "orient")
    assert signed_volume(mended.positions, mended.faces) > 0
    assert np.array_equal(corner_soup(mended), corner_soup(mesh))


def test_an_open_surface_that_looks_inwards_is_turned_by_what_it_sees():
    mesh = without(bare(ball()), np.r_[0:48, 264:288])  # the lid
    inside_out = replace(mesh, faces=np.ascontiguousarray(mesh.faces[:, ::-1]))
    assert np.array_equal(corner_soup(fixed(upload(inside_out), "orient")), corner_soup(mesh))


def test_normals_that_disagree_with_the_winding_are_believed():
    mesh = without(ball(), slice(0, 60))
    inside_out = turned(mesh, slice(None))
    mended = fixed(upload(inside_out), "orient")
    assert np.array_equal(corner_soup(mended), corner_soup(mesh))
    assert np.array_equal(mended.normals, mesh.normals)


def test_a_drawn_outline_keeps_looking_inwards():
    body = bare(ball())
    hull = replace(body, positions=(body.positions - np.float32([0, 1, 0])) * np.float32(1.03) + np.float32([0, 1, 0]))
    avatar = upload(body, replace(hull, faces=np.ascontiguousarray(body.faces[:, ::-1])))
    assert apply_fixes(avatar, ("orient",))[1] == []


def test_cards_drawn_from_both_sides_stay():
    mesh = without(bare(ball()), slice(60, None))
    cards = with_faces(mesh, mesh.faces[:, ::-1].tolist())
    assert numbers(upload(cards), "orient") == {}


def test_double_sided_materials_are_not_turned():
    mesh = without(bare(ball()), slice(0, 60))
    inside_out = replace(mesh, faces=np.ascontiguousarray(mesh.faces[:, ::-1]))
    assert numbers(upload(inside_out, material=Material("m", double_sided=True)), "orient") == {}


def test_a_one_sided_strip_is_cut_once_not_turned_to_pieces():
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    half = np.stack([np.cos(turn / 2), np.sin(turn / 2)], 1) * 0.2
    rim = np.stack([np.cos(turn) * (1 + half[:, 0]), half[:, 1], np.sin(turn) * (1 + half[:, 0])], 1)
    other = np.stack([np.cos(turn) * (1 - half[:, 0]), -half[:, 1], np.sin(turn) * (1 - half[:, 0])], 1)
    positions = np.concatenate([rim, other]).astype(np.float32)
    k = np.arange(24)
    n, m = (k + 1) % 24, np.where(k + 1 < 24, 24 + k + 1, 0)
    n = np.where(k + 1 < 24, n, 24)
    faces = np.concatenate([np.stack([k, n, m], 1), np.stack([k, m, 24 + k], 1)]).astype(np.int32)
    mended = fixed(upload(Mesh(positions, faces)), "orient")
    assert int((~whole_of(upload(mended)).pairs.agree).sum()) <= 1


# holes


@pytest.mark.parametrize("rows", [[600], [600, 600 + 1056]])
def test_a_missing_face_is_put_back(rows):
    mesh = ball(rows=24)
    gap = without(mesh, rows)
    mended = fixed(upload(gap), "fill-holes", hole_length=0.2)
    assert is_closed(mended.faces)
    assert signed_volume(mended.positions, mended.faces) > 0
    assert len(mended.positions) == len(mesh.positions)
    assert len(mended.uv_faces) == len(mended.faces)
    assert mended.morphs == gap.morphs


def test_openings_that_shapes_move_stay_open():
    mesh = ball(rows=24)
    top = int(np.flatnonzero((mesh.positions[mesh.faces][:, :, 1] > 1.8).all(axis=1))[0])
    assert numbers(upload(without(mesh, [top])), "fill-holes", hole_length=0.2) == {}


def test_the_ends_of_tubes_stay_open():
    turn = np.arange(6) / 6 * 2 * np.pi
    ring = np.stack([np.cos(turn), 0 * turn, np.sin(turn)], 1) * 0.02
    positions = np.concatenate([ring, ring + np.array([0, 1, 0])]).astype(np.float32)
    k, n = np.arange(6), (np.arange(6) + 1) % 6
    faces = np.concatenate([np.stack([k, k + 6, n + 6], 1), np.stack([k, n + 6, n], 1)]).astype(np.int32)
    assert numbers(upload(Mesh(positions, faces)), "fill-holes", hole_length=1.0) == {}
    assert numbers(upload(Mesh(positions, faces)), "close") == {"holes": 2, "faces": 8}


def test_closing_makes_a_solid_that_looks_outwards():
    mesh = without(ball(), slice(0, 24))
    closed = fixed(upload(mesh), "close")
    assert is_closed(closed.faces)
    assert signed_volume(closed.positions, closed.faces) > 0.9 * signed_volume(ball().positions, ball().faces)


def test_thickening_closes_an_open_surface_once():
    mesh = without(ball(), slice(0, 24))
    thick, done = apply_fixes(upload(mesh), ("thicken",), Options(thickness=0.01))
    out = thick.parts[0].mesh
    assert is_closed(out.faces)
    assert signed_volume(out.positions, out.faces) == pytest.approx(
        surface_area(mesh.positions, mesh.faces) * done[0].numbers["depth"], rel=0.1
    )
    assert len(out.weights) == len(out.positions)
    assert apply_fixes(thick, ("thicken",), Options(thickness=0.01))[1] == []


# pieces


def scrap(at=(2.0, 1.0, 0.0)) -> Mesh:
    return bare(ball(at, (0.003, 0.003, 0.003), rows=4))


def test_scraps_far_away_go():
    mended = fixed(upload(joined(bare(ball()), scrap())), *DEFAULT_FIXES[:-1])
    assert len(mended.faces) == len(ball().faces)
    assert float(mended.positions[:, 0].max()) < 0.5


@pytest.mark.parametrize("at", [(0.0, 1.5, 0.21), (0.32, 1.0, 0.0)])
def test_buttons_and_eyes_stay(at):
    avatar = upload(joined(bare(ball()), scrap(at)))
    assert numbers(avatar, "drop-scraps") == {}


def test_a_crowd_of_crumbs_is_no_scrap_of_itself():
    assert numbers(upload(joined(scrap((0, 0, 0)), scrap((5, 0, 0)))), "drop-scraps") == {}


def test_splitting_gives_each_fan_its_own_vertex():
    a, b = bare(ball(rows=6)), bare(ball((0.0, 2.8, 0.0), rows=6))
    both = joined(a, b)
    top, low = int(np.argmax(a.positions[:, 1])), len(a.positions) + int(np.argmin(b.positions[:, 1]))
    shared = replace(both, faces=np.where(both.faces == low, top, both.faces).astype(np.int32))
    avatar, done = apply_fixes(upload(shared), ("split-non-manifold", "drop-unused-vertices"))
    assert done[0].numbers == {"vertices": 1}
    assert np.array_equal(corner_soup(avatar.parts[0].mesh), corner_soup(shared))
    assert apply_fixes(avatar, ("weld", "split-non-manifold"))[1] == []


# normals, weights


def test_normals_that_look_inwards_are_computed_anew():
    mesh = ball()
    normals = mesh.normals.copy()
    normals[10:20] *= -1
    normals[30] = 0
    mended = fixed(upload(replace(mesh, normals=normals)), "recompute-normals")
    assert float(np.einsum("ij,ij->i", mended.normals, mesh.normals).min()) > 0.95


def test_mended_normals_are_counted_once():
    mesh = ball()
    normals = mesh.normals.copy()
    normals[10:20] *= -1
    done = apply_fixes(upload(replace(mesh, normals=normals)))[1]
    assert [(d.id, d.numbers) for d in done] == [("recompute-normals", {"vertices": 10})]


def test_eight_influences_become_four_that_sum_to_one():
    mesh = ball()
    joints = np.tile(np.arange(8, dtype=np.uint16), (len(mesh.positions), 1))
    weights = np.tile(np.float32([0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05]), (len(mesh.positions), 1))
    mended = fixed(upload(replace(mesh, joints=joints, weights=weights)), "limit-influences", "normalise-weights")
    assert mended.weights.shape == mended.joints.shape == (len(mesh.positions), 4)
    assert np.allclose(mended.weights.sum(axis=1), 1, atol=1e-6)
    assert np.allclose(mended.weights[0] / mended.weights[0, 3], [3, 2, 1.5, 1], atol=1e-4)


def test_a_joint_named_twice_is_added_up():
    mesh = ball()
    joints, weights = mesh.joints.copy(), mesh.weights.copy()
    joints[0], weights[0] = [7, 7, 2, 0], [0.4, 0.4, 0.2, 0]
    mended = fixed(upload(replace(mesh, joints=joints, weights=weights)), "limit-influences")
    assert mended.joints[0].tolist()[:2] == [7, 2]
    assert np.allclose(mended.weights[0], [0.8, 0.2, 0, 0])


def test_sums_are_made_one_and_negative_weights_zero():
    mesh = ball()
    weights = mesh.weights * np.float32(3)
    weights[5] = [0.5, -0.5, 0.0, np.nan]
    mended = fixed(upload(replace(mesh, weights=weights)), "normalise-weights")
    assert np.allclose(mended.weights.sum(axis=1), 1, atol=1e-6)
    assert (mended.weights >= 0).all()
    assert (np.diff(mended.weights, axis=1) <= 0).all()


def test_loose_vertices_follow_their_neighbours():
    mesh = ball()
    weights = mesh.weights.copy()
    weights[40] = 0
    mended = fixed(upload(replace(mesh, weights=weights)), "bind-loose-vertices")
    assert mended.weights[40].sum() == pytest.approx(1)
    assert np.array_equal(np.delete(mended.weights, 40, 0), np.delete(weights, 40, 0))


# place


def test_rescaling_moves_meshes_shapes_and_bones():
    avatar = upload()
    big = apply_fixes(avatar, ("rescale",), Options(scale=100.0, ground=False))[0]
    small, done = apply_fixes(big, ("rescale",), Options())
    assert done[0].numbers["scale"] == pytest.approx(0.01)
    mesh, was = small.parts[0].mesh, avatar.parts[0].mesh
    assert float(mesh.positions[:, 1].min()) == pytest.approx(0, abs=1e-5)
    shift = mesh.positions[0] - was.positions[0]
    assert np.allclose(mesh.positions, was.positions + shift, atol=1e-5)
    assert np.allclose(mesh.morphs[0].delta, was.morphs[0].delta, atol=1e-6)
    assert np.allclose(small.skeleton.rest[:, :3, 3], avatar.skeleton.rest[:, :3, 3] + shift, atol=1e-5)
    assert apply_fixes(small, ("rescale",))[1] == []


def test_turning_upright_keeps_the_surface():
    avatar = upload()
    turn = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    out = fixed(avatar, "turn-upright", turn=turn, ground=False)
    was = avatar.parts[0].mesh
    assert np.allclose(out.positions, was.positions @ turn.T, atol=1e-6)
    assert np.allclose(out.normals, was.normals @ turn.T, atol=1e-6)
    assert np.allclose(out.morphs[0].delta, was.morphs[0].delta @ turn.T, atol=1e-6)


@pytest.mark.parametrize(
    ("front", "axis"), [("+Z", (0, 0, 1)), ("-Z", (0, 0, -1)), ("+X", (1, 0, 0)), ("-X", (-1, 0, 0))]
)
def test_turns_to_the_front_bring_it_to_plus_z(front, axis):
    from avatar_foundry.repair.place_fixes import TO_FRONT

    turn = TO_FRONT[front]
    assert np.allclose(turn @ axis, (0, 0, 1))
    assert np.linalg.det(turn) == pytest.approx(1)


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("sign", [1, -1])
def test_turns_upright_bring_up_to_plus_y(axis, sign):
    from avatar_foundry.repair.place_fixes import UPRIGHT

    turn = UPRIGHT[axis, sign]
    assert np.allclose(turn @ (sign * np.eye(3)[axis]), (0, 1, 0))
    assert np.linalg.det(turn) == pytest.approx(1)


# pictures


def test_large_textures_shrink_and_others_keep_their_bytes():
    big, small = texture("big", edge=256), texture("small", (128, 128, 255), edge=32)
    avatar = upload(material=Material("m", base=big, normal=small))
    out = apply_fixes(avatar, options=Options(texture_limit=64))[0].materials[0]
    assert (out.base.width, out.base.height) == (64, 64)
    assert Image.open(io.BytesIO(out.base.data)).size == (64, 64)
    assert out.normal is small


def test_shared_textures_stay_shared():
    big = texture("big", edge=256)
    avatar = replace(upload(), materials=(Material("cloth", base=big), Material("b", base=big)))
    out = apply_fixes(avatar, ("resize-textures",), Options(texture_limit=64))[0]
    assert out.materials[0].base is out.materials[1].base


def test_formats_the_platform_does_not_take_are_converted():
    avatar = upload(material=Material("m", base=texture("t", (1, 2, 3), "WEBP")))
    out = apply_fixes(avatar, ("convert-textures",), Options(formats=("image/png", "image/jpeg")))[0].materials[0]
    assert out.base.mime == "image/jpeg"
    assert Image.open(io.BytesIO(out.base.data)).format == "JPEG"


def test_alpha_survives_conversion():
    avatar = upload(material=Material("m", base=texture("t", (1, 2, 3, 90), "WEBP"), alpha_mode="BLEND"))
    out = apply_fixes(avatar, ("convert-textures",), Options(formats=("image/png", "image/jpeg")))[0].materials[0]
    assert out.base.mime == "image/png"
    assert Image.open(io.BytesIO(out.base.data)).getpixel((3, 3))[3] == 90


def test_power_of_two_is_the_nearest():
    odd = replace(texture("t", edge=100))
    out = apply_fixes(upload(material=Material("m", base=odd)), ("power-of-two-textures",))[0].materials[0]
    assert (out.base.width, out.base.height) == (128, 128)


def test_damaged_textures_are_left_for_people():
    broken = replace(texture("t", edge=256), data=b"\x89PNG\r\n\x1a\n nothing")
    avatar = upload(material=Material("m", base=broken))
    assert apply_fixes(avatar, options=Options(texture_limit=64))[0].materials[0].base is broken


def test_materials_without_transparency_become_opaque():
    avatar = upload(material=Material("m", base=texture("t", (1, 2, 3, 255)), alpha_mode="BLEND"))
    assert apply_fixes(avatar)[0].materials[0].alpha_mode == "OPAQUE"
    see_through = upload(material=Material("m", base=texture("t", (1, 2, 3, 99)), alpha_mode="BLEND"))
    assert apply_fixes(see_through)[0] is see_through


@pytest.mark.parametrize("most", [20_000, 0])
def test_unwrapping_lays_the_surface_out_without_overlaps(most):
    from avatar_foundry.repair.unwrap import unwrap

    if most:
        pytest.importorskip("xatlas")
    mesh = bare(ball())
    out, charts = unwrap(mesh, most)
    assert out.faces is mesh.faces
    assert out.positions is mesh.positions
    assert charts > 1
    found = cover(out.uvs, out.uv_faces)
    assert found.covered > 0.3
    assert found.overlapped < 0.001
    flat, solid = out.uvs[out.uv_faces].astype(np.float64), mesh.positions[mesh.faces].astype(np.float64)
    a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    laid = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) ** 0.5
    real = np.linalg.norm(np.cross(solid[:, 1] - solid[:, 0], solid[:, 2] - solid[:, 0]), axis=1) ** 0.5
    density = laid / real
    assert float(density.max() / np.median(density)) < 2.5


def test_parts_with_uvs_are_not_unwrapped():
    assert numbers(upload(), "unwrap") == {}


def test_even_vertex_colours_become_a_factor():
    mesh = replace(ball(), colors=np.tile(np.float32([0.5, 0.25, 1, 1]), (len(ball().positions), 1)))
    avatar = apply_fixes(upload(mesh, ball((2, 1, 0))), ("bake-vertex-colours",))[0]
    assert avatar.parts[0].mesh.colors is None
    assert avatar.material(avatar.parts[0].material).color == pytest.approx((0.5, 0.25, 1.0, 1.0), abs=1e-4)
    assert avatar.material(avatar.parts[1].material).color == (1.0, 1.0, 1.0, 1.0)


def test_vertex_colours_are_baked_where_they_were():
    mesh = ball()
    high = (mesh.positions[:, 1] - 0.1) / 1.8
    colors = np.stack([high, 1 - high, 0 * high, 1 + 0 * high], axis=1).astype(np.float32)
    avatar = upload(replace(mesh, colors=colors), material=Material("m"))
    out, done = apply_fixes(avatar, ("bake-vertex-colours",))
    assert done[0].numbers["textures"] == 1
    baked = out.parts[0].mesh
    picture = np.asarray(Image.open(io.BytesIO(out.materials[0].base.data)).convert("RGB"), np.float64) / 255
    middle = baked.uvs[baked.uv_faces].mean(axis=1)
    at = (middle * picture.shape[0]).astype(int)
    seen = picture[at[:, 1], at[:, 0]]
    linear = np.where(seen <= 0.04045, seen / 12.92, ((seen + 0.055) / 1.055) ** 2.4)
    assert np.abs(linear - colors[mesh.faces].mean(axis=1)[:, :3]).max() < 0.05
