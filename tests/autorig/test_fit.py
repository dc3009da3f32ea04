"""Skeletons found in bodies that our own generator made, whose joints are known, and in things that are no figures."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_foundry.autorig.fit import Fit, fit, metres_per_unit
from avatar_foundry.autorig.surface import Surface
from avatar_foundry.body import BODY_VERTICES, body_mesh, evaluate
from avatar_foundry.rig import place_skeleton

LIMBS = ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")
F64 = NDArray[np.float64]


def surface(positions: Any, faces: Any) -> Surface:
    return Surface(np.array(positions, np.float32), np.array(faces, np.int32), np.zeros(len(faces), np.int32))


def box(centre: tuple[float, ...], size: tuple[float, ...]) -> tuple[F64, NDArray[np.int32]]:
    corners = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]
    return np.array(centre) + corners * np.array(size), np.array(faces, np.int32)


def joined(*pieces: tuple[F64, NDArray[np.int32]]) -> Surface:
    starts = np.cumsum([0] + [len(v) for v, _ in pieces[:-1]])
    return surface(
        np.concatenate([v for v, _ in pieces]),
        np.concatenate([f + s for (_, f), s in zip(pieces, starts, strict=True)]),
    )


@lru_cache(maxsize=4)
def body(gender: float = 0.3, age: float = 30.0) -> tuple[F64, NDArray[np.int32], dict[str, F64]]:
    """Skin, its triangles and its joints, feet on the ground."""
    base = evaluate({"body.gender": gender, "body.age": age})
    skeleton = place_skeleton(base)
    ground = np.array([0.0, base[:BODY_VERTICES, 1].min(), 0.0])
    at = skeleton.rest[:, :3, 3].astype(np.float64) - ground
    return base[:BODY_VERTICES] - ground, body_mesh().faces, dict(zip(skeleton.names, at, strict=True))


def errors(found: Fit, truth: dict[str, F64], move: Callable[[F64], F64]) -> dict[str, float]:
    """Distances of limb joints from where they are, in shares of the height."""
    height = float(np.ptp(body()[0][:, 1]))
    unit = float(np.linalg.norm(move(np.array([0.0, 1.0, 0.0])) - move(np.zeros(3))))
    out = {}
    for side in ("left", "right"):
        for limb in LIMBS:
            back = found.turn.T @ ((found.joints[side + limb] - found.shift) / found.scale)
            out[side + limb] = float(np.linalg.norm(back - move(truth[side + limb]))) / (unit * height)
    return out


def about_y(degrees: float) -> F64:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


@pytest.mark.parametrize(
    ("turn", "scale", "shift"),
    [
        (np.eye(3), 1.0, (0, 0, 0)),
        (about_y(180.0), 100.0, (300, -20, 5)),
        (about_y(37.0), 39.37, (0, 0, 9)),
        (Z_UP @ about_y(90.0), 0.01, (1, 2, 3)),
    ],
    ids=["as it is", "backwards in centimetres", "askew in inches", "Z up and tiny"],
)
def test_limbs_are_found_whatever_the_orientation_and_the_unit(turn: F64, scale: float, shift: Any) -> None:
    skin, faces, truth = body()

    def move(p: F64) -> F64:
        return np.asarray(scale * p @ turn.T + shift)

    found = fit(surface(move(skin), faces))
    wrong = errors(found, truth, move)
    assert np.mean(list(wrong.values())) < 0.025, wrong
    assert max(wrong.values()) < 0.06, wrong
    assert found.humanoid > 0.9
    assert not found.reasons
    upright = found.scale * move(skin) @ found.turn.T + found.shift
    assert abs(upright[:, 1].min()) < 0.01 * np.ptp(upright[:, 1])
    assert np.linalg.det(found.turn) == pytest.approx(1.0)


def test_the_fitted_body_lies_on_the_surface() -> None:
    skin, faces, _ = body(0.9, 40.0)
    found = fit(surface(skin, faces))
    assert found.base is not None
    from scipy.spatial import cKDTree

    placed = found.scale * skin @ found.turn.T + found.shift
    gap = cKDTree(placed).query(found.base[:BODY_VERTICES])[0]
    height = np.ptp(placed[:, 1])
    assert np.mean(gap) < 0.01 * height
    assert np.quantile(gap, 0.95) < 0.02 * height


def test_the_same_surface_gives_the_same_fit() -> None:
    skin, faces, _ = body()
    one, two = fit(surface(skin, faces)), fit(surface(skin, faces))
    assert one.base is not None
    assert two.base is not None
    assert one.base.tobytes() == two.base.tobytes()
    assert all(np.array_equal(one.joints[n], two.joints[n]) for n in one.joints)
    assert one.confidence == two.confidence


def test_hints_are_kept_and_certain() -> None:
    skin, faces, _ = body()
    plain = fit(surface(skin, faces))
    wanted = plain.turn.T @ ((plain.joints["leftUpperArm"] - plain.shift) / plain.scale) + np.array([0.02, 0.01, 0.0])
    hinted = fit(surface(skin, faces), {"leftUpperArm": wanted})
    assert np.allclose(hinted.joints["leftUpperArm"], hinted.scale * hinted.turn @ wanted + hinted.shift)
    assert hinted.confidence["leftUpperArm"] == 1.0
    assert np.linalg.norm(hinted.joints["leftLowerArm"] - plain.joints["leftLowerArm"]) > 0.001


def chair() -> Surface:
    legs = [box((x, 0.22, z), (0.05, 0.45, 0.05)) for x in (-0.2, 0.2) for z in (-0.2, 0.2)]
    return joined(box((0, 0.45, 0), (0.45, 0.05, 0.45)), box((0, 0.75, -0.2), (0.45, 0.6, 0.05)), *legs)


def dog() -> Surface:
    legs = [box((x, 0.25, z), (0.08, 0.5, 0.1)) for x in (-0.1, 0.1) for z in (-0.35, 0.35)]
    return joined(
        box((0, 0.58, 0), (0.3, 0.25, 0.85)), box((0, 0.82, 0.5), (0.22, 0.25, 0.35)), *legs,
        box((0, 0.75, -0.5), (0.05, 0.3, 0.05)),
    )  # fmt: skip


def two_people() -> Surface:
    skin, faces, _ = body()
    return joined((skin, faces), (skin + np.array([1.2, 0.0, 0.1]), faces))


def only_head() -> Surface:
    skin, faces, truth = body()
    kept = skin[:, 1] > truth["neck"][1] + 0.03
    number = np.cumsum(kept) - 1
    return surface(skin[kept], number[faces[kept[faces].all(axis=1)]])


@pytest.mark.parametrize(
    "make", [lambda: joined(box((0, 0, 0), (1, 1, 1))), chair, dog, two_people, only_head],
    ids=["cube", "chair", "dog", "two people", "head"],
)  # fmt: skip
def test_what_is_no_figure_is_refused_with_a_reason(make: Callable[[], Surface]) -> None:
    found = fit(make())
    assert found.humanoid < 0.3
    assert found.reasons


def test_units_by_plausible_height() -> None:
    assert metres_per_unit(1.8) == 1.0
    assert metres_per_unit(180.0) == 0.01
    assert metres_per_unit(1750.0) == 0.001
    assert metres_per_unit(70.0) == pytest.approx(0.01)
    assert metres_per_unit(1e7) * 1e7 == pytest.approx(1.7)
