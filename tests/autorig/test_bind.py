"""Weights for meshes that hang on nothing: simple bodies of boxes and tubes, whose right answer is known."""

import itertools
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from scipy.spatial import cKDTree

from avatar_foundry.autorig.adopt import skeleton_from
from avatar_foundry.autorig.bind import bind
from avatar_foundry.autorig.surface import Surface
from avatar_foundry.autorig.weights_cloth import find_skirt
from avatar_foundry.autorig.weights_voxels import neighbours, sampler, solid_cells
from avatar_foundry.avatar import Skeleton
from avatar_foundry.geometry import triangulate
from avatar_foundry.humanoid import INDEX, NAMES
from avatar_foundry.pack import Pack
from avatar_foundry.rig import base_weights, place_skeleton

JOINTS = {
    "hips": (0, 0.95, 0),
    "spine": (0, 1.05, 0),
    "chest": (0, 1.2, 0),
    "upperChest": (0, 1.33, 0),
    "neck": (0, 1.46, 0),
    "head": (0, 1.54, 0),
    **{
        side + bone: (sign * x, y, z)
        for side, sign in (("left", 1), ("right", -1))
        for bone, (x, y, z) in {
            "Shoulder": (0.04, 1.42, 0),
            "UpperArm": (0.18, 1.4, 0),
            "LowerArm": (0.45, 1.4, 0),
            "Hand": (0.7, 1.4, 0),
            "UpperLeg": (0.1, 0.9, 0),
            "LowerLeg": (0.1, 0.5, 0),
            "Foot": (0.1, 0.08, 0),
            "Toes": (0.1, 0.03, 0.12),
            "ToesEnd": (0.1, 0.03, 0.2),
        }.items()
    },
}


def box(low: tuple[float, ...], high: tuple[float, ...], step: float = 0.03) -> tuple[np.ndarray, np.ndarray]:
    """A closed box of small triangles."""
    lo, hi = np.array(low), np.array(high)
    n = np.maximum(np.ceil((hi - lo) / step).astype(int), 1)
    points: list[np.ndarray] = []
    faces: list[np.ndarray] = []
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        i, j = np.meshgrid(np.arange(n[a] + 1), np.arange(n[b] + 1), indexing="ij")
        for end in (0, 1):
            p = np.empty((i.size, 3))
            p[:, axis] = (lo, hi)[end][axis]
            p[:, a] = lo[a] + (hi - lo)[a] * i.ravel() / n[a]
            p[:, b] = lo[b] + (hi - lo)[b] * j.ravel() / n[b]
            k = (np.arange(n[a])[:, None] * (n[b] + 1) + np.arange(n[b])).ravel()
            quad = np.stack([k, k + n[b] + 1, k + n[b] + 2, k + 1], axis=1)
            quad = quad if end else quad[:, ::-1]
            faces.append(np.concatenate([quad[:, :3], quad[:, [0, 2, 3]]]) + sum(map(len, points)))
            points.append(p)
    return np.concatenate(points), np.concatenate(faces)


def weld(*pieces: tuple[np.ndarray, np.ndarray]) -> Surface:
    points = np.concatenate([p for p, _ in pieces])
    starts = np.cumsum([0, *(len(p) for p, _ in pieces)])
    faces = np.concatenate([f + s for (_, f), s in zip(pieces, starts, strict=False)])
    part = np.concatenate([np.full(len(f), k) for k, (_, f) in enumerate(pieces)])
    key = np.round(points * 1e5).astype(np.int64)
    key = np.concatenate([key, np.repeat(np.arange(len(pieces)), [len(p) for p, _ in pieces])[:, None]], axis=1)
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    faces = inverse.ravel()[faces]
    return Surface(points[first].astype(np.float32), faces.astype(np.int32), part.astype(np.int32))


def union(*boxes: tuple[tuple[float, ...], tuple[float, ...]]) -> Surface:
    """Boxes that run into each other, as one part of several pieces with open seams nowhere."""
    return weld(*(box(*b) for b in boxes))


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return skeleton_from({n: np.array(p, float) for n, p in JOINTS.items()})


@pytest.fixture(scope="module")
def body() -> Surface:
    """One skin: the surface of the solid that the boxes make together."""
    boxes = [((-0.15, 0.85, -0.1), (0.15, 1.45, 0.1)), ((-0.09, 1.44, -0.1), (0.09, 1.75, 0.1))]
    for s in (1, -1):
        (a, b), (c, d) = sorted((s * 0.13, s * 0.8)), sorted((s * 0.03, s * 0.16))
        boxes += [((a, 1.35, -0.05), (b, 1.45, 0.05)), ((c, 0.0, -0.07), (d, 0.9, 0.07))]
    step = 0.02
    grid = np.zeros((90, 95, 20), bool)
    origin = np.array([-0.9, -0.04, -0.2])
    for low, high in boxes:
        a, b = (np.round((np.array(v) - origin) / step).astype(int) for v in (low, high))
        grid[a[0] : b[0], a[1] : b[1], a[2] : b[2]] = True
    points: list[np.ndarray] = []
    for axis, sign in itertools.product(range(3), (0, 1)):
        other = np.roll(grid, 1 if sign == 0 else -1, axis)
        cells = np.argwhere(grid & ~other)
        u, v = np.eye(3, dtype=int)[(axis + 1) % 3], np.eye(3, dtype=int)[(axis + 2) % 3]
        corner = cells + (np.eye(3, dtype=int)[axis] if sign else 0)
        quad = np.stack([corner, corner + u, corner + u + v, corner + v], axis=1)
        points.append(quad if sign else quad[:, ::-1])
    quads = np.concatenate(points)
    flat, inverse = np.unique(quads.reshape(-1, 3), axis=0, return_inverse=True)
    q = inverse.reshape(-1, 4)
    faces = np.concatenate([q[:, :3], q[:, [0, 2, 3]]])
    return Surface((origin + flat * step).astype(np.float32), faces.astype(np.int32), np.zeros(len(faces), np.int32))


def full(surface: Surface, skeleton: Skeleton) -> dict[str, np.ndarray]:
    joints, weights = bind(surface, skeleton)
    dense = np.zeros((len(joints), len(skeleton.names)))
    np.add.at(dense, (np.arange(len(joints))[:, None], joints), weights)
    return {n: dense[:, i] for i, n in enumerate(skeleton.names)}


def limb(w: dict[str, np.ndarray], name: str) -> np.ndarray:
    return w[name] + w.get(f"{name}Twist", 0.0)


def test_rows_are_normalised_and_descend(body: Surface, skeleton: Skeleton) -> None:
    joints, weights = bind(body, skeleton)
    assert joints.dtype == np.uint16
    assert weights.dtype == np.float32
    assert np.abs(weights.sum(axis=1) - 1.0).max() < 1e-6
    assert (np.diff(weights, axis=1) <= 0).all()
    assert (joints[weights == 0] == 0).all()


def test_same_input_gives_the_same_bytes(body: Surface, skeleton: Skeleton) -> None:
    a, b = bind(body, skeleton), bind(body, skeleton)
    assert a[0].tobytes() == b[0].tobytes()
    assert a[1].tobytes() == b[1].tobytes()


def test_each_bone_has_the_middle_of_its_flesh(body: Surface, skeleton: Skeleton) -> None:
    w = full(body, skeleton)
    tree = cKDTree(body.positions)
    for bone, place in {
        "leftUpperArm": (0.33, 1.45, 0.0),
        "leftLowerArm": (0.57, 1.45, 0.0),
        "rightUpperLeg": (-0.16, 0.7, 0.0),
        "rightLowerLeg": (-0.16, 0.25, 0.0),
        "head": (0.0, 1.75, 0.0),
        "hips": (0.0, 0.95, 0.1),
    }.items():
        at = tree.query(place)[1]
        assert limb(w, bone)[at] > 0.9, bone


def test_legs_do_not_pull_each_other(body: Surface, skeleton: Skeleton) -> None:
    w = full(body, skeleton)
    left = sum(limb(w, f"left{n}") for n in ("UpperLeg", "LowerLeg", "Foot"))
    right_leg = (body.positions[:, 0] < -0.02) & (body.positions[:, 1] < 0.8)
    assert left[right_leg].max() < 0.01


def test_joints_blend_smoothly(body: Surface, skeleton: Skeleton) -> None:
    w = limb(full(body, skeleton), "leftLowerArm")
    rows = (
        (body.positions[:, 1] > 1.41)
        & (body.positions[:, 1] < 1.47)
        & (np.abs(body.positions[:, 2]) < 0.001)
        & (body.positions[:, 0] > 0.25)
    )
    rows &= body.positions[:, 0] < 0.58
    line = w[rows][np.argsort(body.positions[rows, 0])]
    assert (np.diff(line) > -0.01).all()
    assert np.diff(line).max() < 0.6
    assert line[0] < 0.01
    assert line[-1] > 0.9


def test_left_and_right_mirror(body: Surface, skeleton: Skeleton) -> None:
    w = full(body, skeleton)
    mirror = cKDTree(body.positions).query(body.positions * np.array([-1, 1, 1], np.float32))[1]
    for name in ("UpperArm", "Hand", "UpperLeg", "Foot"):
        assert np.abs(limb(w, f"left{name}") - limb(w, f"right{name}")[mirror]).mean() < 0.02


def test_a_helmet_follows_the_head_alone(body: Surface, skeleton: Skeleton) -> None:
    helmet = box((-0.14, 1.5, -0.15), (0.14, 1.85, 0.15))
    both = weld((body.positions, body.faces), helmet)
    w = full(both, skeleton)
    rows = np.unique(both.faces[both.part == 1])
    assert (w["head"][rows] == 1.0).all()


def test_a_plate_follows_one_bone(body: Surface, skeleton: Skeleton) -> None:
    plate = box((0.09, 0.6, 0.08), (0.15, 0.75, 0.1), 0.02)
    both = weld((body.positions, body.faces), plate)
    joints, weights = bind(both, skeleton)
    rows = np.unique(both.faces[both.part == 1])
    assert (weights[rows, 0] == 1.0).all()
    assert len(np.unique(joints[rows, 0])) == 1


def cone() -> tuple[np.ndarray, np.ndarray]:
    """An open skirt around both legs, waist to shin."""
    turns, rings = 48, 24
    a, k = np.meshgrid(np.linspace(0, 2 * np.pi, turns, endpoint=False), np.linspace(0, 1, rings), indexing="ij")
    r = 0.17 + 0.2 * k
    points = np.stack([r * np.sin(a), 0.98 - 0.68 * k, 0.8 * r * np.cos(a)], axis=-1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(turns), np.arange(rings - 1), indexing="ij")
    p = (i * rings + j).ravel()
    q = ((i + 1) % turns * rings + j).ravel()
    return points, np.concatenate([np.stack([p, p + 1, q + 1], 1), np.stack([p, q + 1, q], 1)])


def test_a_skirt_bridges_both_legs(body: Surface, skeleton: Skeleton) -> None:
    both = weld((body.positions, body.faces), cone())
    w = full(both, skeleton)
    rows = np.unique(both.faces[both.part == 1])
    front = rows[np.abs(both.positions[rows, 0]) < 0.012]
    low = front[both.positions[front, 1] < 0.7]
    left, right = (sum(limb(w, f"{s}{n}") for n in ("UpperLeg", "LowerLeg")) for s in ("left", "right"))
    assert np.abs(left[low] - right[low]).max() < 0.25
    ends = both.faces[both.part == 1][:, [0, 1, 1, 2]].reshape(-1, 2)
    assert np.abs(left[ends[:, 0]] - left[ends[:, 1]]).max() < 0.35
    assert sum(w[f"{s}{n}"][rows] for s in ("left", "right") for n in ("Foot", "Toes")).max() < 1e-6
    legs = np.unique(both.faces[both.part == 0])
    inside = legs[(both.positions[legs, 0] < -0.05) & (both.positions[legs, 1] < 0.75)]
    assert left[inside].max() < 0.02


def test_trousers_are_no_skirt(body: Surface, skeleton: Skeleton) -> None:
    cells = solid_cells(body.positions, body.faces, 0.016)
    at = {n: skeleton.rest[i, :3, 3].astype(float) for i, n in enumerate(skeleton.names)}
    assert not find_skirt(body.positions.astype(float), body.faces, cells, at).any()


def test_a_cape_leaves_arms_and_legs_alone(body: Surface, skeleton: Skeleton) -> None:
    cape = box((-0.3, 0.4, -0.16), (0.3, 1.42, -0.15))
    both = weld((body.positions, body.faces), cape)
    w = full(both, skeleton)
    rows = np.unique(both.faces[both.part == 1])
    trunk = sum(w[n][rows] for n in ("hips", "spine", "chest", "upperChest"))
    assert trunk.min() > 0.999


def test_a_staff_beside_the_hand_stays_stiff(body: Surface, skeleton: Skeleton) -> None:
    staff = box((0.74, 1.0, 0.08), (0.76, 1.7, 0.1), 0.02)
    both = weld((body.positions, body.faces), staff)
    joints, weights = bind(both, skeleton)
    rows = np.unique(both.faces[both.part == 1])
    assert (weights[rows, 0] == 1.0).all()
    assert {skeleton.names[j] for j in joints[rows, 0]} == {"leftHand"}


def test_a_pedestal_follows_no_foot(body: Surface, skeleton: Skeleton) -> None:
    base = box((-0.3, -0.1, -0.2), (0.3, -0.005, 0.2), 0.05)
    both = weld((body.positions, body.faces), base)
    w = full(both, skeleton)
    assert (w["hips"][np.unique(both.faces[both.part == 1])] == 1.0).all()


def test_a_hem_is_no_pedestal(body: Surface, skeleton: Skeleton) -> None:
    points, faces = cone()
    ring = points.copy()
    ring[:, 1] = 0.03 + 0.03 * (ring[:, 1] - 0.3)
    both = weld((body.positions, body.faces), (points, faces), (ring, faces))
    w = full(both, skeleton)
    assert w["hips"][np.unique(both.faces[both.part == 2])].max() < 0.5


def test_a_trim_goes_with_its_skirt(body: Surface, skeleton: Skeleton) -> None:
    points, faces = cone()
    side = (points[faces][:, :, 0] > 0.05).all(axis=1) & (points[faces][:, :, 1] < 0.8).all(axis=1)
    strip = points * np.array([1.03, 1.0, 1.03])
    both = weld((body.positions, body.faces), (points, faces), (strip, faces[side]))
    w = full(both, skeleton)
    cloth, trim = (np.unique(both.faces[both.part == k]) for k in (1, 2))
    near = cloth[cKDTree(both.positions[cloth]).query(both.positions[trim])[1]]
    assert max(np.quantile(np.abs(w[n][trim] - w[n][near]), 0.98) for n in w) < 0.02


def test_a_soup_of_triangles_does_not_crack(body: Surface, skeleton: Skeleton) -> None:
    soup = body.positions[body.faces].reshape(-1, 3)
    faces = np.arange(len(soup), dtype=np.int32).reshape(-1, 3)
    loose = full(Surface(soup, faces, np.zeros(len(faces), np.int32)), skeleton)
    whole = full(body, skeleton)
    assert max(np.abs(loose[n] - whole[n][body.faces.ravel()]).max() for n in whole) < 0.02


def test_what_has_no_surface_follows_the_nearest_bone(skeleton: Skeleton) -> None:
    points = np.array([(0.6, 1.4, 0.05), (0.1, 0.3, 0.0)], np.float32)
    joints, weights = bind(Surface(points, np.zeros((0, 3), np.int32), np.zeros(0, np.int32)), skeleton)
    assert [skeleton.names[j] for j in joints[:, 0]] == ["leftLowerArm", "leftLowerLeg"]
    assert (weights[:, 0] == 1.0).all()
    none = bind(Surface(points[:0], np.zeros((0, 3), np.int32), np.zeros(0, np.int32)), skeleton)
    assert none[0].shape == (0, 4)


def test_fingers_take_their_own(skeleton: Skeleton) -> None:
    fingers = {}
    for side, s in (("left", 1), ("right", -1)):
        for finger, z in (("Index", 0.04), ("Middle", 0.0), ("Ring", -0.04)):
            for k, part in enumerate(("Proximal", "Intermediate", "Distal")):
                fingers[f"{side}{finger}{part}"] = np.array([s * (0.8 + 0.03 * k), 1.4, z])
    rig = skeleton_from({**{n: np.array(p, float) for n, p in JOINTS.items()}, **fingers})
    pieces = [((-0.15, 0.0, -0.1), (0.15, 1.75, 0.1)), ((0.1, 1.36, -0.06), (0.8, 1.44, 0.06))]
    pieces += [((0.79, 1.39, z - 0.012), (0.9, 1.41, z + 0.012)) for z in (0.04, 0.0, -0.04)]
    hand = weld(*(box(a, b, 0.012) for a, b in pieces))
    w = full(hand, rig)
    tip = np.flatnonzero((hand.positions[:, 0] > 0.88) & (np.abs(hand.positions[:, 2] - 0.04) < 0.02))
    assert len(tip)
    assert w["leftIndexDistal"][tip].min() > 0.9
    assert sum(w[f"left{f}{p}"][tip] for f in ("Middle", "Ring") for p in ("Proximal", "Distal")).max() < 1e-6


def test_open_and_doubled_faces_do_not_matter(body: Surface, skeleton: Skeleton) -> None:
    rng = np.random.default_rng(7)
    holes = rng.random(len(body.faces)) > 0.04
    faces = np.concatenate([body.faces[holes], body.faces[:50], body.faces[:50, ::-1]])
    broken = replace(body, faces=faces.astype(np.int32), part=np.zeros(len(faces), np.int32))
    a, b = full(body, skeleton), full(broken, skeleton)
    assert np.mean([np.abs(a[n] - b[n]).mean() for n in a]) < 0.01


def test_cells_fill_what_is_closed_and_follow_what_is_not() -> None:
    points, faces = box((0, 0, 0), (1, 1, 1), 0.25)
    cells = solid_cells(points.astype(np.float32), faces.astype(np.int32), 0.1)
    middle = ((np.array([0.5, 0.5, 0.5]) - cells.origin) / cells.size).astype(int)
    assert cells.number[tuple(middle)] >= 0
    keep = ~(points[faces][:, :, 1] > 0.99).all(axis=1)  # no lid
    open_ = solid_cells(points.astype(np.float32), faces[keep].astype(np.int32), 0.1)
    assert open_.number[tuple(middle)] >= 0
    first, second, length = neighbours(cells, diagonal=True)
    assert (first != second).all()
    assert length.min() == pytest.approx(0.1)
    rows = sampler(cells, points.astype(np.float32))
    assert np.abs(np.asarray(rows.sum(axis=1)).ravel() - 1.0).max() < 1e-9


def test_every_canonical_joint_may_be_there(body: Surface, skeleton: Skeleton) -> None:
    assert set(skeleton.names) <= set(NAMES)
    assert [INDEX[n] for n in skeleton.names] == sorted(INDEX[n] for n in skeleton.names)


def test_the_fitted_body_has_its_say(pack: Pack) -> None:
    base = np.asarray(pack.array("base/positions"))
    rig = place_skeleton(base)
    corners = body_triangles(pack)
    used, faces = np.unique(corners, return_inverse=True)
    skin = Surface(base[used], faces.reshape(-1, 3).astype(np.int32), np.zeros(len(corners), np.int32))
    right = base_weights()[used]

    def off(fit: FitOf | None) -> float:
        joints, weights = bind(skin, rig, fit)
        dense = np.zeros_like(right)
        np.add.at(dense, (np.arange(len(dense))[:, None], joints), weights)
        return float(np.abs(dense - right).sum(axis=1).mean())

    alone, told = off(None), off(FitOf(base))
    assert told < 0.75 * alone
    far = base + np.array([0, 0, 3.0], np.float32)
    assert abs(off(FitOf(far)) - alone) < 1e-6


class FitOf(NamedTuple):
    base: np.ndarray


def body_triangles(pack: Pack) -> np.ndarray:
    groups = pack.meta["base"]["groups"]
    body = pack.array("base/face_group") == groups.index("body")
    return np.asarray(triangulate(pack.array("base/faces")[body]))
