"""Measure bodies as a tailor would: girths with a tape (convex sections), lengths between landmarks. ISO 8559-1 names.

Landmarks are vertices of the base mesh, so they keep their anatomical place on every body. The levels of girths are the
centres of what the data's own measuring targets move.
"""

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32
from ..geometry import signed_volume
from ..geometry.hull import convex_hull
from ..pack import open_pack
from .evaluate import BODY_VERTICES, stature
from .surface import body_mesh
from .targets import base_positions, sparse_target

DENSITY = 1010.0  # kg/m3, body with air in the lungs (between 990 and 1070: Durnin & Womersley 1974)
UP = np.array((0.0, 1.0, 0.0), np.float32)
TORSO_LEVELS = {
    "chest girth": "breast/nipple-point-incr",
    "underbust girth": "torso/measure-underbust-circ-incr",
    "waist girth": "torso/measure-waist-circ-incr",
    "hip girth": "torso/measure-hips-circ-incr",
}
LEG_LEVELS = {
    "thigh girth": "legs/measure-thigh-circ-incr",
    "knee girth": "legs/measure-knee-circ-incr",
    "calf girth": "legs/measure-calf-circ-incr",
    "ankle girth": "feet/measure-ankle-circ-incr",
}
ARM_LEVELS = {
    "upper-arm girth": ("arms/measure-upperarm-circ-incr", "joint-l-shoulder", "joint-l-elbow"),
    "wrist girth": ("hands/measure-wrist-circ-incr", "joint-l-elbow", "joint-l-hand"),
}
NECK_LEVEL = "neck/measure-neck-circ-incr"
ARM_BONES = ("upperarm", "lowerarm", "wrist", "metacarpal", "finger")
LEG_BONES = ("upperleg", "lowerleg", "foot", "toe")
HEAD_PIECES = ("head", "jaw", "special", "temporalis", "oculi", "oris", "orbicularis", "levator", "risorius", "eye")


def measure(base: F32) -> dict[str, float]:
    """Measurements of the body `base` (B, 3), metres, by ISO 8559-1 names; and "mass", estimated, in kilograms.

    Girths are perimeters of the convex hull of planar sections, as a tape lies: torso, head and legs in level planes
    (arms left out), neck and arms in planes across the limb. Limbs are measured on the left, in the rest pose.
    """
    skin = base[:BODY_VERTICES]
    sole, crown = float(skin[:, 1].min()), float(skin[:, 1].max())
    marks = _landmarks()
    out = {"stature": stature(base)}
    for name, target in TORSO_LEVELS.items():
        out[name] = _girth(base, "torso", _centre(base, target), UP)
    out["neck girth"] = _girth(base, "neck", _centre(base, NECK_LEVEL), _joint(base, "head") - _joint(base, "neck"))
    out["head girth"] = _girth(base, "head", base[marks["glabella"]], UP)
    for name, (target, start, end) in ARM_LEVELS.items():
        out[name] = _girth(base, "left arm", _centre(base, target, left=True), _joint(base, end) - _joint(base, start))
    for name, target in LEG_LEVELS.items():
        out[name] = _girth(base, "left leg", _centre(base, target, left=True), UP)
    arm = [_joint(base, f"joint-l-{place}") for place in ("shoulder", "elbow", "hand")]
    out["arm length"] = float(sum(np.linalg.norm(b - a) for a, b in pairwise(arm)))
    out["shoulder width"] = float(np.linalg.norm(base[marks["left acromion"]] - base[marks["right acromion"]]))
    out["inside leg height"] = float(base[marks["crotch"], 1]) - sole
    out["waist height"] = float(_centre(base, TORSO_LEVELS["waist girth"])[1]) - sole
    out["hip height"] = float(_centre(base, TORSO_LEVELS["hip girth"])[1]) - sole
    out["head height"] = crown - float(base[marks["chin"], 1])
    foot = base[_region("left foot")]
    out["foot length"], out["foot width"] = float(np.ptp(foot[:, 2])), float(np.ptp(foot[:, 0]))
    out["mass"] = signed_volume(skin, body_mesh().faces) * DENSITY
    return out


def _girth(base: F32, region: str, point: F32, normal: F32) -> float:
    """Perimeter of the convex hull of the region's section by the plane through `point`, metres; 0 without section."""
    vertices, edges = _region_edges(region)
    n = normal / np.linalg.norm(normal)
    own = base[vertices]
    side = (own - point) @ n
    start, end = edges[:, 0], edges[:, 1]
    cut = (side[start] < 0.0) != (side[end] < 0.0)
    start, end = start[cut], end[cut]
    t = (side[start] / (side[start] - side[end]))[:, None]
    points = own[start] + t * (own[end] - own[start])
    across = np.cross(n, (0.0, 0.0, 1.0) if abs(n[2]) < 0.9 else (1.0, 0.0, 0.0))
    across /= np.linalg.norm(across)
    flat = np.stack([points @ across, points @ np.cross(n, across)], axis=1)
    hull = convex_hull(flat)
    return float(np.linalg.norm(hull - np.roll(hull, 1, axis=0), axis=1).sum()) if len(hull) > 2 else 0.0


def _centre(base: F32, target: str, left: bool = False) -> F32:
    """Centre of the skin that `target` moves, each vertex weighing its squared displacement."""
    index, weight = _level(target, left)
    return np.asarray(weight @ base[index], np.float32)


@lru_cache(maxsize=64)
def _level(target: str, left: bool) -> tuple[I32, F32]:
    index, delta = sparse_target(target)
    own = index < BODY_VERTICES
    if left:
        own &= base_positions()[index, 0] > 0.0
    weight = (delta[own] ** 2).sum(axis=1)
    return index[own], weight / weight.sum()


def _joint(base: F32, name: str) -> F32:
    return np.asarray(base[_cube(name if name.startswith("joint-") else f"joint-{name}")].mean(axis=0), np.float32)


@lru_cache(maxsize=64)
def _cube(group: str) -> I32:
    pack = open_pack()
    own = pack.array("base/face_group") == pack.meta["base"]["groups"].index(group)
    return np.unique(pack.array("base/faces")[own]).astype(np.int32)


@lru_cache(maxsize=1)
def _landmarks() -> dict[str, int]:
    """Skin vertices at anatomical points, found on the base shape."""
    skin = base_positions()[:BODY_VERTICES]
    x, y, z = skin.T
    midline = np.abs(x) < 1e-3
    eyes = base_positions()[14598:14742].mean(axis=0)
    hips = _joint(base_positions(), "pelvis")[1]

    def lowest(mask: NDArray[np.bool_]) -> int:
        return int(np.where(mask, y, np.inf).argmin())

    out = {
        "crotch": lowest(midline & (y > hips - 0.3)),
        "chin": lowest(midline & (z > eyes[2] - 0.01) & (y > eyes[1] - 0.14)),
        "glabella": int(np.where(midline & (np.abs(y - eyes[1] - 0.03) < 0.012), z, -np.inf).argmax()),
    }
    for side in ("left", "right"):
        joint = _joint(base_positions(), f"joint-{side[0]}-shoulder")
        near = (np.hypot(x - joint[0], z - joint[2]) < 0.015) & (y > joint[1])
        out[f"{side} acromion"] = int(np.where(near, y, -np.inf).argmax())
    return out


@lru_cache(maxsize=8)
def _region(name: str) -> I32:
    """Skin vertices of a part of the body, by the weights of the data's rig."""
    left = base_positions()[:BODY_VERTICES, 0] > 0.0
    masks = {
        "torso": lambda: _share(ARM_BONES) < 0.5,
        "left arm": lambda: (_share(ARM_BONES) >= 0.5) & left,
        "left leg": lambda: (_share(LEG_BONES) >= 0.5) & left,
        "left foot": lambda: (_share(("foot", "toe")) >= 0.5) & left,
        "head": lambda: _share(HEAD_PIECES) >= 0.5,
        "neck": lambda: np.isin(np.arange(BODY_VERTICES), sparse_target(NECK_LEVEL)[0]),
    }
    return np.flatnonzero(masks[name]()).astype(np.int32)


def _share(prefixes: tuple[str, ...]) -> NDArray[np.float64]:
    """Summed weight of the bones with these prefixes for each skin vertex, of all its weights."""
    pack = open_pack()
    names = pack.meta["rigs"]["default"]["names"]
    chosen = np.array([name.startswith(prefixes) for name in names])
    vertex, bone = pack.array("rigs/default/weight_vertex"), pack.array("rigs/default/weight_bone")
    weight = pack.array("rigs/default/weight").astype(np.float64)
    total = np.bincount(vertex, weight, BODY_VERTICES)[:BODY_VERTICES]
    some = np.bincount(vertex, weight * chosen[bone], BODY_VERTICES)[:BODY_VERTICES]
    return np.asarray(some / np.maximum(total, 1e-9))


@lru_cache(maxsize=8)
def _region_edges(name: str) -> tuple[I32, I32]:
    """Vertices of a region, and edges (E, 2) with both ends in it, as positions in that list."""
    vertices = _region(name)
    place = np.full(BODY_VERTICES, -1, np.int32)
    place[vertices] = np.arange(len(vertices), dtype=np.int32)
    edges = place[body_mesh().faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)]
    edges = edges[(edges >= 0).all(axis=1) & (edges[:, 0] < edges[:, 1])]
    return vertices, np.ascontiguousarray(edges, np.int32)
