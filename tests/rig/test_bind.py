"""Weights: normalised as glTF wants them, symmetric, where they belong, and the same on every run."""

import numpy as np
import pytest
from tests.rig.bodies import BODY, body

from avatar_foundry.avatar import Binding
from avatar_foundry.humanoid import INDEX, NAMES, mirror
from avatar_foundry.pack import Pack
from avatar_foundry.rig import (
    base_weights,
    bind_weights,
    bind_weights_from_surface,
    four_joints,
    place_skeleton,
    smooth_skirt_weights,
    surface_weights,
)
from avatar_foundry.rig.surface import closest_on_triangles


def assert_well_formed(joints: np.ndarray, weights: np.ndarray) -> None:
    assert joints.dtype == np.uint16
    assert weights.dtype == np.float32
    used = weights > 0
    assert (weights >= 0).all()
    assert (np.abs(weights.astype(np.float64).sum(1) - 1) <= 2e-7 * used.sum(1)).all()
    assert (np.diff(weights, axis=1) <= 0).all()
    assert (joints[~used] == 0).all()
    tagged = np.where(used, joints.astype(int), -1 - np.arange(4))
    assert (np.diff(np.sort(tagged, axis=1), axis=1) > 0).all()
    assert joints.max() < len(NAMES)


def group(pack: Pack, name: str) -> np.ndarray:
    faces = pack.array("base/faces")[pack.array("base/face_group") == pack.meta["base"]["groups"].index(name)]
    return np.unique(faces)


def test_base_weights_sum_to_one_and_mirror(pack: Pack) -> None:
    weights = base_weights()
    assert weights.shape == (19158, 65)
    assert np.abs(weights.sum(1) - 1).max() < 1e-6
    assert weights.min() >= 0
    flip = [INDEX[mirror(n)] for n in NAMES]
    assert np.abs(weights - weights[pack.array("base/mirror")][:, flip]).max() < 1e-6


def test_every_joint_but_the_toe_ends_moves_something() -> None:
    moved = base_weights()[:15000].max(0) > 0.3
    assert [n for n in NAMES if not moved[INDEX[n]]] == ["leftToesEnd", "rightToesEnd"]


@pytest.mark.parametrize(
    ("name", "joint"),
    [
        ("helper-l-eye", "leftEye"),
        ("helper-r-eye", "rightEye"),
        ("helper-lower-teeth", "jaw"),
        ("helper-upper-teeth", "head"),
        ("helper-tongue", "jaw"),
    ],
)
def test_eyes_teeth_and_tongue_hang_on_one_bone(pack: Pack, name: str, joint: str) -> None:
    assert (base_weights()[group(pack, name), INDEX[joint]] == 1).all()


def test_the_jaw_takes_the_chin_and_not_the_nose() -> None:
    base, weights = body("man")[:BODY], base_weights()[:BODY]
    front = np.abs(base[:, 0]) < 0.01
    jaw = weights[:, INDEX["jaw"]]
    chin = np.flatnonzero(front & (jaw > 0))
    assert jaw[chin].max() > 0.85
    mouth = place_skeleton(body("man")).rest[INDEX["head"], 1, 3]
    nose = np.argmax(np.where(front & (base[:, 1] > mouth), base[:, 2], -9))
    assert jaw[nose] < 0.05


def test_weights_of_a_binding_equal_the_dense_sum() -> None:
    rng = np.random.default_rng(1)
    refs = (rng.integers(0, 13000, (500, 1)) + rng.integers(0, 9, (500, 3))).astype(np.int32)
    share = rng.dirichlet([1, 1, 1], 500).astype(np.float32) * np.float32(1.5)
    share[:, 2] -= np.float32(0.5)
    joints, weights = bind_weights(Binding(refs, share))
    assert_well_formed(joints, weights)
    dense = (base_weights()[refs].astype(np.float64) * share[:, :, None].astype(np.float64)).sum(1)
    wanted_joints, wanted = four_joints(dense)
    assert np.abs(weights - wanted).max() < 1e-6
    clear = (np.abs(np.diff(wanted, axis=1)) > 1e-6).all(1)
    assert np.array_equal(joints[clear], wanted_joints[clear])


def test_equal_bindings_share_one_answer() -> None:
    def make() -> Binding:
        return Binding(np.arange(300, dtype=np.int32)[:, None].copy(), np.ones((300, 1), np.float32))

    assert bind_weights(make())[1] is bind_weights(make())[1]


def test_ties_and_negatives_and_empty_rows() -> None:
    rows = np.zeros((4, len(NAMES)))
    rows[0, [5, 9, 20]] = 1
    rows[1, [3, 4]] = (2.0, -1.0)
    rows[2, [1, 2, 3, 4, 6]] = 0.2
    joints, weights = four_joints(rows)
    assert_well_formed(joints, weights)
    assert sorted(joints[0, :3]) == [5, 9, 20]
    assert joints[1, 0] == 3
    assert weights[1, 0] == 1
    assert sorted(joints[2]) == [1, 2, 3, 4]
    assert (joints[3] == 0).all()
    assert weights[3].tolist() == [1, 0, 0, 0]


def test_cloth_over_the_skin_gets_the_skins_weights() -> None:
    base = body("woman")
    vertices = np.arange(0, BODY, 37)
    points = base[vertices] + np.float32(1e-5)
    found = surface_weights(points, base)
    assert np.quantile(np.abs(found - base_weights()[vertices]).max(1), 0.95) < 0.02
    joints, weights = bind_weights_from_surface(points, base)
    assert_well_formed(joints, weights)
    assert np.array_equal(bind_weights_from_surface(points, base)[0], joints)


def test_the_nearest_place_on_a_triangle() -> None:
    a, b, c = np.zeros((5, 3)), np.tile([1.0, 0, 0], (5, 1)), np.tile([0.0, 1, 0], (5, 1))
    points = np.array([[0.2, 0.2, 3], [-1, -1, 0], [2, 0, 0], [1, 1, 0], [0.5, -4, 0]])
    bary, far = closest_on_triangles(points.T, a.T, b.T, c.T)
    assert np.allclose(bary, [[0.6, 0.2, 0.2], [1, 0, 0], [0, 1, 0], [0, 0.5, 0.5], [0.5, 0.5, 0]])
    assert np.allclose(far, [9, 2, 1, 0.5, 16])
    flat = closest_on_triangles(points[:1].T, a[:1].T, b[:1].T, b[:1].T)
    assert np.isfinite(flat[0]).all()


def test_the_helper_skirt_is_one_sheet_in_a_stride(pack: Pack) -> None:
    rows = group(pack, "helper-skirt")
    x = pack.array("base/positions")[rows, 0]
    weights = base_weights()[rows]
    both = [weights[:, [INDEX[f"{s}{b}"] for b in ("UpperLeg", "UpperLegTwist")]].sum(1) for s in ("left", "right")]
    middle = np.abs(x) < 1e-4
    assert middle.any()
    assert np.abs(both[0] - both[1])[middle].max() < 1e-6
    assert (both[0] >= both[1] - 1e-6)[x > 0].all()


def test_a_skirt_blends_the_legs_across_the_middle() -> None:
    base = body("woman")
    height = base[:BODY, 1].min() + 0.6
    x = np.linspace(-0.2, 0.2, 41, dtype=np.float32)
    points = np.stack([x, np.full_like(x, height), np.full_like(x, 0.1)], axis=1)
    raw = surface_weights(points, base)
    smooth = smooth_skirt_weights(raw, points, base)
    assert np.allclose(smooth.sum(1), raw.sum(1))
    left = smooth[:, [INDEX[f"left{b}"] for b in ("UpperLeg", "LowerLeg", "UpperLegTwist", "LowerLegTwist")]].sum(1)
    assert np.abs(np.diff(left)).max() < 0.2
    assert abs(left[20] - (smooth[20].sum() - smooth[20, INDEX["hips"]]) / 2) < 0.02
    assert left[0] < 0.02
    assert left[-1] > 0.5
