"""Bodies from parameters: heights, volumes, symmetry, children."""

import numpy as np
import pytest

from avatar_foundry.body import (
    BODY_VERTICES,
    PARAMETERS,
    body_mesh,
    body_part,
    evaluate,
    evaluate_batch,
    natural_height,
    stature,
)
from avatar_foundry.geometry import is_closed, signed_volume
from avatar_foundry.pack import Pack


def random_values(rng: np.random.Generator, lateral: bool = False) -> dict[str, float]:
    """Anything within bounds, every parameter set."""
    return {
        name: float(rng.uniform(p.minimum, p.maximum)) for name, p in PARAMETERS.items() if lateral or not p.lateral
    }


def test_300_random_bodies_are_sound() -> None:
    rng = np.random.default_rng(7)
    faces = body_mesh().faces
    for _ in range(6):
        recipes = [random_values(rng, lateral=True) for _ in range(50)]
        for values, base in zip(recipes, evaluate_batch(recipes), strict=True):
            assert np.isfinite(base).all()
            assert stature(base) == pytest.approx(values["body.height"], abs=1e-4)
            volume = signed_volume(base[:BODY_VERTICES], faces)
            assert 0.004 < volume / values["body.height"] ** 3 < 0.05


def test_without_asymmetry_bodies_are_symmetric(pack: Pack) -> None:
    """The data's own asymmetry is 0.3 mm in one target; random details add up to at most a millimetre."""
    mirror = pack.array("base/mirror")
    rng = np.random.default_rng(3)
    for base in evaluate_batch([random_values(rng) for _ in range(20)]):
        assert np.abs(base[mirror] * np.float32((-1, 1, 1)) - base)[:BODY_VERTICES].max() < 1e-3 * stature(base)


@pytest.mark.parametrize("height", [0.5, 0.9, 1.2, 1.5, 1.75, 2.1, 2.6])
@pytest.mark.parametrize("years", [4.0, 12.0, 18.0, 25.0, 70.0])
def test_the_asked_height_is_met(height: float, years: float) -> None:
    base = evaluate({"body.height": height, "body.age": years, "body.gender": 0.8, "body.thigh_length": 0.5})
    assert stature(base) == pytest.approx(height, abs=1e-4)


def test_batch_equals_single() -> None:
    rng = np.random.default_rng(1)
    recipes = [random_values(rng), {}, {"body.age": 6.0}]
    for one, base in zip(recipes, evaluate_batch(recipes), strict=True):
        assert np.abs(evaluate(one) - base).max() < 2e-6


def test_the_same_values_give_the_same_bytes() -> None:
    values = random_values(np.random.default_rng(5))
    assert evaluate(values).tobytes() == evaluate(dict(reversed(values.items()))).tobytes()


def test_natural_heights_are_human() -> None:
    assert natural_height({"body.gender": 1.0}) == pytest.approx(1.730, abs=2e-3)
    assert natural_height({"body.gender": 0.0}) == pytest.approx(1.590, abs=2e-3)
    assert natural_height({"body.gender": 1.0, "body.age": 3.0}) == pytest.approx(0.95, abs=0.03)
    assert natural_height({"body.gender": 0.0, "body.age": 10.0}) == pytest.approx(1.36, abs=0.04)
    heights = [natural_height({"body.gender": 1.0, "body.age": years}) for years in np.arange(1.0, 26.0, 0.5)]
    assert (np.diff(heights) > -1e-3).all()
    assert max(np.diff(heights)) < 0.09


def test_adult_parameters_leave_children_alone() -> None:
    child = {"body.age": 9.0, "body.gender": 0.2}
    adult = {name: p.maximum for name, p in PARAMETERS.items() if p.adult}
    assert np.array_equal(evaluate(child), evaluate({**child, **adult}))


def test_the_body_surface_is_a_closed_sphere() -> None:
    mesh = body_mesh()
    assert is_closed(mesh.faces)
    edges = np.unique(np.sort(mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0)
    assert BODY_VERTICES - len(edges) + len(mesh.faces) == 2
    assert np.array_equal(np.unique(mesh.faces), np.arange(BODY_VERTICES))
    assert mesh.uv_faces.max() + 1 == len(mesh.uvs)
    assert mesh.uvs.min() >= 0.0
    assert mesh.uvs.max() <= 1.0


def test_the_body_part_hangs_on_itself() -> None:
    base = evaluate({})
    part = body_part(base)
    assert part.binding is not None
    assert np.array_equal(base[part.binding.refs[:, 0]], part.mesh.positions)
    assert (part.role, part.material) == ("body", "skin")


def test_elf_ears_grow_steadily() -> None:
    ears = [evaluate({"face.ear_point": p, "body.height": 1.7}) for p in (0.0, 0.5, 1.0)]
    tips = [float(e[:BODY_VERTICES][np.abs(e[:BODY_VERTICES, 0]) > 0.06][:, 1].max()) for e in ears]
    moved = [float(np.linalg.norm(e - ears[0], axis=1).max()) for e in ears]
    assert tips[0] <= tips[1] <= tips[2]
    assert 0.01 < moved[1] < moved[2] < 0.09
