"""The learned proposal: what it must do on bodies of our own, on things, and (with the corpus) on strangers."""

import numpy as np
import pytest

from avatar_foundry.autorig.proposal import propose
from avatar_foundry.autorig.proposal_network import JOINTS, PROP, weights
from avatar_foundry.autorig.proposal_points import MIDDLE, POINTS, arrange, spread
from avatar_foundry.body import body_part, evaluate
from avatar_foundry.humanoid import INDEX
from avatar_foundry.rig import place_skeleton


def surface_points(
    positions: np.ndarray, faces: np.ndarray, count: int, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Area-uniform points and face normals."""
    rng = np.random.default_rng(seed)
    a, b, c = positions[faces].transpose(1, 0, 2).astype(np.float64)
    cross = np.cross(b - a, c - a)
    area = np.linalg.norm(cross, axis=1)
    pick = rng.choice(len(faces), count, p=area / area.sum())
    u = rng.random((count, 2))
    root = np.sqrt(u[:, :1])
    points = (1 - root) * a[pick] + root * (1 - u[:, 1:]) * b[pick] + root * u[:, 1:] * c[pick]
    return points.astype(np.float32), (cross[pick] / area[pick, None]).astype(np.float32)


def about_y(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


@pytest.fixture(scope="module")
def body() -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Points, normals, true joints and height of a middling body."""
    base = evaluate({"body.age": 33.0, "body.gender": 0.8})
    mesh = body_part(base).mesh
    points, normals = surface_points(mesh.positions, mesh.faces, 3072)
    truth = place_skeleton(base).rest[[INDEX[n] for n in JOINTS], :3, 3]
    return points, normals, truth, float(np.ptp(mesh.positions[:, 1]))


def errors(got: object, truth: np.ndarray, height: float) -> np.ndarray:
    at = np.stack([got.joints[n] for n in JOINTS])  # type: ignore[attr-defined]
    return np.linalg.norm(at - truth, axis=1) / height


def test_joints_of_a_body_of_ours_lie_within_a_few_percent(body) -> None:  # type: ignore[no-untyped-def]
    points, normals, truth, height = body
    got = propose(points, normals)
    error = errors(got, truth, height)
    assert error.mean() < 0.03
    assert error.max() < 0.08
    assert got.humanoid > 0.5
    assert abs(got.yaw) < np.radians(8)


@pytest.mark.parametrize("yaw", [90.0, 180.0, -135.0])
def test_a_turned_scaled_and_moved_body_gets_the_same_joints(body, yaw: float) -> None:  # type: ignore[no-untyped-def]
    points, normals, truth, height = body
    turn, scale, shift = about_y(yaw), 37.0, np.array([5.0, -2.0, 11.0])
    got = propose((scale * points @ turn.T + shift).astype(np.float32), (normals @ turn.T).astype(np.float32))
    assert errors(got, scale * truth @ turn.T + shift, scale * height).mean() < 0.035
    assert abs((np.degrees(got.yaw) - yaw + 180) % 360 - 180) < 8
    assert np.allclose(got.turn @ turn, np.eye(3), atol=0.15)


def test_up_is_found_when_it_is_not_known(body) -> None:  # type: ignore[no-untyped-def]
    points, normals, truth, height = body
    lying = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]) @ about_y(40)
    got = propose((points @ lying.T).astype(np.float32), (normals @ lying.T).astype(np.float32), upright=False)
    assert (got.turn @ lying)[1, 1] > 0.97
    assert errors(got, truth @ lying.T, height).mean() < 0.05


def test_the_same_points_give_the_same_bytes(body) -> None:  # type: ignore[no-untyped-def]
    points, normals, _, _ = body
    a, b = propose(points, normals), propose(points.copy(), normals.copy())
    assert all(a.joints[n].tobytes() == b.joints[n].tobytes() for n in JOINTS)
    assert a.parts.tobytes() == b.parts.tobytes()
    assert dict(a.sigma) == dict(b.sigma)


def test_few_points_and_no_normals_still_give_an_answer(body) -> None:  # type: ignore[no-untyped-def]
    points, _, truth, height = body
    got = propose(points[:250])
    assert np.isfinite(np.stack(list(got.joints.values()))).all()
    assert errors(got, truth, height).mean() < 0.12


def test_points_on_one_spot_do_not_break_it() -> None:
    got = propose(np.zeros((10, 3), np.float32))
    assert all(np.isfinite(v).all() for v in got.joints.values())
    assert got.humanoid < 0.5


def test_a_cube_is_no_humanoid() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (3000, 3)).astype(np.float32)
    normals = np.zeros_like(points)
    axis = rng.integers(0, 3, 3000)
    sign = rng.choice([-1.0, 1.0], 3000)
    points[np.arange(3000), axis] = sign
    normals[np.arange(3000), axis] = sign
    assert propose(points, normals).humanoid < 0.2


def test_parts_are_probabilities_at_points_of_the_surface(body) -> None:  # type: ignore[no-untyped-def]
    points, normals, truth, height = body
    got = propose(points, normals)
    assert got.parts.shape == (len(got.anchors), PROP + 1)
    assert np.allclose(got.parts.sum(axis=1), 1, atol=1e-5)
    head = got.anchors[:, 1] > truth[JOINTS.index("head"), 1] + 0.05 * height
    assert (got.parts[head].argmax(axis=1) == JOINTS.index("head")).mean() > 0.9


def test_the_farthest_points_come_first_and_never_twice() -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(size=(POINTS, 3)).astype(np.float32)
    points[100:] = points[0]
    chosen = spread(points, MIDDLE)
    assert len(set(chosen.tolist())) == MIDDLE
    assert set(range(1, 100)) <= set(chosen.tolist())
    seen = arrange(points, np.zeros_like(points))
    assert sorted(seen.order.tolist()) == list(range(POINTS))
    assert np.allclose(seen.rows[:, :3] * seen.scale + seen.centre, points[seen.order], atol=1e-5)


def test_the_weights_are_small_and_finite() -> None:
    assert all(np.isfinite(w).all() for w in weights().values())
    assert sum(w.size for w in weights().values()) < 1_000_000
