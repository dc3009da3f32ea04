"""Built garments: one topology for all bodies, clear of the body, rigid where they are of steel, small enough."""

import numpy as np
import pytest

from avatar_foundry.avatar import F32, Part
from avatar_foundry.body import evaluate
from avatar_foundry.humanoid import NAMES
from avatar_foundry.wardrobe import ITEMS, fit
from avatar_foundry.wardrobe.builders.chart import cast
from avatar_foundry.wardrobe.builders.sheet import Sheet, fold, mirrored, sheet_faces
from avatar_foundry.wardrobe.builders.warp import make_spline, make_warp
from avatar_foundry.wardrobe.contact import candidates, shell, signed_distance
from avatar_foundry.wardrobe.neutral import BODY, body_faces

BUILT = ("plate_armour", "mage_robe", "tunic", "helmet", "cape", "leather_boots")
TRIANGLES = {
    "plate_armour": 45_000, "mage_robe": 29_000, "tunic": 31_000, "helmet": 5_000, "cape": 6_000,
    "leather_boots": 9_000,
}  # fmt: skip
BODIES = {
    "man": {"body.gender": 1.0, "body.age": 30.0, "body.muscle": 0.8},
    "woman": {"body.gender": 0.0, "body.age": 25.0, "body.bust": 0.7},
    "child": {"body.gender": 0.5, "body.age": 9.0},
    "fat": {"body.gender": 1.0, "body.age": 40.0, "body.weight": 1.0},
    "thin": {"body.gender": 1.0, "body.age": 30.0, "body.weight": 0.0, "body.muscle": 0.1},
}


@pytest.fixture(scope="module")
def bodies() -> dict[str, F32]:
    """Bases by name."""
    return {name: evaluate(values) for name, values in BODIES.items()}


@pytest.mark.parametrize("item", BUILT)
def test_topology_is_the_same_for_all_bodies(item: str, bodies: dict[str, F32]) -> None:
    worn = [fit(item, base) for base in bodies.values()]
    for parts in worn[1:]:
        for a, b in zip(worn[0], parts, strict=True):
            assert a.mesh.faces is b.mesh.faces
            assert a.mesh.uv_faces is b.mesh.uv_faces
            assert a.binding is b.binding
            assert a.name == b.name
            assert a.mesh.positions.shape == b.mesh.positions.shape


@pytest.mark.parametrize("item", BUILT)
def test_parts_are_well_formed(item: str, bodies: dict[str, F32]) -> None:
    parts = fit(item, bodies["woman"])
    assert {p.name.partition(".")[2] for p in parts} == set(ITEMS[item].pieces)
    assert sum(len(p.mesh.faces) for p in parts) <= TRIANGLES[item]
    assert len(parts) <= 5
    for part in parts:
        _check(part)


def _check(part: Part) -> None:
    mesh = part.mesh
    assert np.isfinite(mesh.positions).all()
    assert mesh.faces.min() >= 0
    assert mesh.faces.max() < len(mesh.positions)
    assert mesh.uvs is not None
    assert mesh.uv_faces is not None
    assert mesh.uvs.min() >= 0
    assert mesh.uvs.max() <= 1
    assert mesh.uv_faces.max() < len(mesh.uvs)
    assert mesh.uv_faces.shape == mesh.faces.shape
    p = mesh.positions.astype(np.float64)
    a, b, c = (p[mesh.faces[:, k]] for k in range(3))
    assert (np.linalg.norm(np.cross(b - a, c - a), axis=1) > 1e-11).all()
    assert part.binding is not None
    assert np.allclose(part.binding.weights.sum(1), 1, atol=1e-5)
    if mesh.weights is not None:
        assert mesh.joints is not None
        assert mesh.joints.max() < len(NAMES)
        assert np.allclose(mesh.weights.sum(1), 1, atol=1e-5)
        assert (np.diff(mesh.weights, axis=1) <= 1e-6).all()


@pytest.mark.parametrize("item", ["plate_armour", "mage_robe", "tunic"])
@pytest.mark.parametrize("who", BODIES)
def test_nothing_lies_inside_the_visible_body(item: str, who: str, bodies: dict[str, F32]) -> None:
    base = bodies[who]
    parts = fit(item, base)
    hides = parts[0].hides
    assert hides is not None
    surface = shell(np.ascontiguousarray(base[:BODY]), body_faces())
    inside = total = 0
    for part in parts:
        points = part.mesh.positions
        _, near = candidates(points, surface.positions, count=8)
        touch = signed_distance(points, near, surface, 1.0)
        shown = ~hides[touch.corners].all(axis=1)
        inside += int((shown & (touch.height < -0.002) & (touch.square > 0.7)).sum())
        total += len(points)
    assert inside <= 0.003 * total


def test_equal_bodies_give_equal_bytes(bodies: dict[str, F32]) -> None:
    one, two = (fit("plate_armour", bodies["man"].copy()) for _ in range(2))
    assert all(a.mesh.positions.tobytes() == b.mesh.positions.tobytes() for a, b in zip(one, two, strict=True))


def test_armour_is_symmetric_on_a_symmetric_body() -> None:
    from avatar_foundry.wardrobe.builders.neutral import neutral

    for part in fit("plate_armour", neutral().base):
        if part.name.endswith("steel"):
            p = part.mesh.positions
            from scipy.spatial import cKDTree

            gap, _ = cKDTree(p).query(p * (-1, 1, 1))
            assert np.quantile(gap, 0.99) < 0.004


def test_the_neutral_body_gets_what_was_drawn() -> None:
    rng = np.random.default_rng(3)
    base = rng.uniform(-1, 1, (400, 3)).astype(np.float32)
    points = rng.uniform(-1, 1, (50, 3))
    warp = make_warp(make_spline(base, np.arange(400, dtype=np.int32), 120), points)
    assert np.abs(warp(base) - points).max() < 1e-3


def test_a_warp_follows_any_affine_change_exactly() -> None:
    rng = np.random.default_rng(4)
    base = rng.uniform(-1, 1, (300, 3)).astype(np.float32)
    points = rng.uniform(-1, 1, (60, 3))
    turn = np.array([[1.2, 0.1, 0], [-0.1, 0.7, 0.2], [0, 0.1, 1.5]])
    warp = make_warp(make_spline(base, np.arange(300, dtype=np.int32), 80), points)
    moved = (base @ turn.T + (0.3, -0.2, 0.5)).astype(np.float32)
    assert np.abs(warp(moved) - (points @ turn.T + (0.3, -0.2, 0.5))).max() < 2e-3


def test_fold_goes_back_and_forth() -> None:
    assert fold(np.array([0, 0.25, 1, 1.25, 2, 3.5])) == pytest.approx([0, 0.25, 1, 0.75, 0, 0.5])


def test_mirroring_turns_faces_the_right_way_round() -> None:
    u, w = np.meshgrid(np.arange(4.0), np.arange(3.0), indexing="ij")
    sheet = Sheet(np.stack([u, w, 0 * u], -1), "steel", "left.arm", {"leftHand": 1.0})
    other = mirrored(sheet)
    faces, _ = sheet_faces(4, 3, False)

    def facing_z(s: Sheet) -> np.ndarray:
        p = s.points.reshape(-1, 3)[faces]
        return np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])[:, 2]

    assert (facing_z(sheet) > 0).all()
    assert (facing_z(other) > 0).all()
    assert other.region == "right.arm"
    assert dict(other.weights) == {"rightHand": 1.0}


def test_rays_meet_a_box_from_inside_and_from_outside() -> None:
    corner = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    tri = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    both = np.concatenate([corner[tri], corner[tri] * 0.5])
    rays = np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, 1]])
    start = np.full((3, 3), 0.01)
    assert cast(start, rays, both) == pytest.approx([0.49, 0.51, 0.49], abs=1e-5)
    assert cast(start, rays, both, far=True) == pytest.approx([0.99, 1.01, 0.99], abs=1e-5)
