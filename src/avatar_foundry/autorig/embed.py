"""The parametric body in somebody else's pose and proportions: every bone turned, stretched and widened to fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..body import BODY_VERTICES, body_mesh, evaluate
from ..geometry import vertex_normals
from ..humanoid import INDEX, NAMES, PARENTS
from ..pack import open_pack
from ..rig import base_weights, joint_points
from ..rig.frames import turn_between
from ..rig.joints import POINTS
from .torso import neck_height
from .volume import F64, I64, sample_surface

SIDES = ("left", "right")
TORSO = ("hips", "spine", "chest", "upperChest", "neck", "head")
LIMBS = ("Shoulder", "UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot", "Toes")
SEGMENTS = (*TORSO, *(s + b for s in SIDES for b in LIMBS))
NUMBER = {name: i for i, name in enumerate(SEGMENTS)}
NEXT = {
    **{"hips": "spine", "spine": "chest", "chest": "upperChest", "upperChest": "neck", "neck": "head", "head": "crown"},
    **{
        s + a: s + b
        for s in SIDES
        for a, b in (
            ("Shoulder", "UpperArm"),
            ("UpperArm", "LowerArm"),
            ("LowerArm", "Hand"),
            ("Hand", "HandEnd"),
            ("UpperLeg", "LowerLeg"),
            ("LowerLeg", "Foot"),
            ("Foot", "Toes"),
            ("Toes", "ToesEnd"),
        )
    },
}
ABOVE = {NEXT[a]: a for a in SEGMENTS}
MOST, LEAST = 4.0, 0.25  # bounds of every stretch, against the figure's size


@dataclass(frozen=True, eq=False, slots=True)
class Template:
    """The average adult body: base (B, 3) of height 1, its joints and ends, weights (B, S) of SEGMENTS, normals (B, 3).

    owner (B,): the strongest segment. radius: median distance of a segment's skin from its axis. across: the same
    along the frame's x and z for the torso. faces: (F, 3) of the skin.
    """

    base: F64
    joints: Mapping[str, F64]
    weights: NDArray[np.float32]
    owner: I64
    radius: Mapping[str, float]
    across: Mapping[str, tuple[float, float]]
    normals: F64
    faces: NDArray[np.int32]


def _segment_of(bone: str) -> int:
    while bone not in NUMBER:
        bone = NAMES[PARENTS[INDEX[bone]]]
    return NUMBER[bone]


@lru_cache(maxsize=1)
def template() -> Template:
    """The body that is fitted, once per process."""
    body = evaluate({"body.age": 28.0, "body.gender": 0.55}).astype(np.float64)
    skin = body[:BODY_VERTICES]
    low, size = float(skin[:, 1].min()), float(np.ptp(skin[:, 1]))
    shift = np.array([0.0, -low, 0.0])
    base = (body + shift) / size
    points = joint_points(((body + shift) / size).astype(np.float32))
    joints = {name: points[i] for i, name in enumerate(POINTS)}
    joints["crown"] = np.array([0.0, 1.0, joints["head"][2]])
    for side in SIDES:
        joints[side + "HandEnd"] = joints[side + "MiddleEnd"]
    full = base_weights()
    weights = np.zeros((len(base), len(SEGMENTS)), np.float32)
    for i, bone in enumerate(NAMES):
        weights[:, _segment_of(bone)] += full[:, i]
    owner = weights.argmax(axis=1)
    radius = {}
    for i, name in enumerate(SEGMENTS):
        mine = base[:BODY_VERTICES][owner[:BODY_VERTICES] == i]
        a, b = joints[name], joints[NEXT[name]]
        inner, off = offsets(mine, a, b)
        off = off[(inner > 0.1) & (inner < 0.9)] if ((inner > 0.1) & (inner < 0.9)).sum() > 20 else off
        radius[name] = float(np.median(np.sqrt((off**2).sum(axis=1))))
    faces = body_mesh().faces
    skin = sample_surface(base[:BODY_VERTICES], faces, 0.006)[0]
    joints["nape"] = np.array([0.0, neck_height(skin, float(joints["leftUpperArm"][1]), 1.0)[0], 0.0])
    joints["nape"][2] = _nape_depth(skin, float(joints["nape"][1]))
    joints["face"] = _head_middle(skin, float(joints["nape"][1]))
    across = _bands(joints, skin)
    normals = np.zeros_like(base)
    normals[:BODY_VERTICES] = vertex_normals(base[:BODY_VERTICES].astype(np.float32), faces)
    return Template(base, joints, weights, owner, radius, across, normals, faces)


def offsets(points: F64, a: F64, b: F64) -> tuple[F64, F64]:
    """Share along a..b (N,) and what is left across it (N, 3)."""
    way = b - a
    share = (points - a) @ way / max(float(way @ way), 1e-12)
    return share, points - a - share[:, None] * way


def complete(joints: Mapping[str, F64], tips: Mapping[str, F64], samples: F64) -> dict[str, F64]:
    """All joints and ends that `embed` needs; what is missing is taken from the template by its neighbours.

    samples (N, 3): on the surface; they give the box of the head.
    """
    model = template().joints
    known = {**joints, **tips}
    out: dict[str, F64] = {}
    for name in ("hips", *[n for s in SEGMENTS for n in (s, NEXT[s])]):
        if name in out:
            continue
        if name in known:
            out[name] = np.asarray(known[name], np.float64)
            continue
        parent = ABOVE.get(name, "hips")
        parent = parent if parent in out else "hips"
        out[name] = out.get(parent, model["hips"]) + model[name] - model[parent]
    shoulder = 0.5 * float(out["leftUpperArm"][1] + out["rightUpperArm"][1])
    nape = min(max(neck_height(samples, shoulder, 1.0)[0], shoulder + 0.01), 0.97)
    out["nape"] = np.array([0.0, nape, _nape_depth(samples, nape)])
    out["face"] = _head_middle(samples, nape)
    out["crown"] = np.array([0.0, 1.0, out["face"][2]])
    return out


def measure_widths(joints: Mapping[str, F64], samples: F64) -> dict[str, tuple[float, float]]:
    """How much wider than the template (at height 1) each segment is, along x and along z.

    joints: `complete`; samples (N, 3): on the surface. A sample belongs to the segment that is nearest in radii.
    """
    model = template()
    share, across = [], []
    near = np.full((len(SEGMENTS), len(samples)), np.inf)
    for i, name in enumerate(SEGMENTS):
        s, off = offsets(samples, joints[name], joints[NEXT[name]])
        share.append(s)
        across.append(off)
        beyond = np.clip(s, 0, 1) - s
        length = float(np.linalg.norm(joints[NEXT[name]] - joints[name]))
        near[i] = np.sqrt((off**2).sum(axis=1) + (beyond * length) ** 2) / max(model.radius[name], 1e-3)
    mine = near.argmin(axis=0)
    out = {}
    for i, name in enumerate(SEGMENTS):
        inner = (mine == i) & (share[i] > 0.15) & (share[i] < 0.85) & (near[i] < 3.5)
        off = across[i][inner]
        if len(off) < 12:
            out[name] = (1.0, 1.0)
        else:
            ratio = float(np.median(np.sqrt((off**2).sum(axis=1)))) / model.radius[name]
            out[name] = (ratio, ratio)
    seen, own = _bands(joints, samples), model.across
    for name in TORSO:
        x, z = (a / b for a, b in zip(seen[name], own[name], strict=True))
        out[name] = x, z
    for side in SIDES:
        out[side + "Shoulder"] = out[side + "UpperArm"]
    return {k: (float(np.clip(x, 0.4, 3.0)), float(np.clip(z, 0.4, 3.0))) for k, (x, z) in out.items()}


def _nape_depth(samples: F64, height: float) -> float:
    """The middle of the neck from front to back."""
    z = samples[(np.abs(samples[:, 1] - height) < 0.012) & (np.abs(samples[:, 0]) < 0.1), 2]
    return 0.5 * float(np.quantile(z, 0.1) + np.quantile(z, 0.9)) if len(z) > 5 else 0.0


def _head_middle(samples: F64, nape: float) -> F64:
    """(3,) the middle of the head's box above the neck: half width, half height over the nape, middle depth."""
    p = samples[samples[:, 1] > nape + 0.2 * (1.0 - nape)]
    if len(p) < 12:
        return np.array([0.05, 0.5 * (1.0 - nape), 0.0])
    back, front = np.quantile(p[:, 2], (0.06, 0.94))
    return np.array([float(np.quantile(np.abs(p[:, 0]), 0.85)), 0.5 * float(front - back), 0.5 * float(front + back)])


def _bands(joints: Mapping[str, F64], samples: F64) -> dict[str, tuple[float, float]]:
    """Half width and half depth of the trunk and the head, each in the band of heights that its segment spans.

    Arms are left out by staying within the shoulders; what sticks out behind or in front counts half.
    """
    reach = 1.1 * max(abs(float(joints[s + "UpperArm"][0])) for s in SIDES)
    out: dict[str, tuple[float, float]] = {}
    for name in TORSO:
        low, high = float(joints[name][1]), float(joints[NEXT[name]][1])
        middle, half = 0.5 * (low + high), max(0.5 * abs(high - low), 0.015)
        inside = np.abs(samples[:, 1] - middle) < half
        if name != "head":
            inside &= np.abs(samples[:, 0]) < reach
        p = samples[inside]
        if len(p) < 12:
            out[name] = out.get("spine", (0.08, 0.06))
            continue
        z = p[np.abs(p[:, 0]) < 0.6 * np.quantile(np.abs(p[:, 0]), 0.9), 2]
        z = z if len(z) > 8 else p[:, 2]
        back, front = np.quantile(z, (0.15, 0.85))
        out[name] = float(np.quantile(np.abs(p[:, 0]), 0.85)), 0.5 * float(front - back)
    return out


def _affines(joints: Mapping[str, F64], widths: Mapping[str, tuple[float, float]]) -> tuple[F64, F64]:
    """(S, 3, 3) linear parts and (S, 3) anchors in the target of every segment."""
    model = template()
    turns: dict[str, F64] = {}
    linear, anchor = np.zeros((len(SEGMENTS), 3, 3)), np.zeros((len(SEGMENTS), 3))
    for i, name in enumerate(SEGMENTS):
        a, b = model.joints[name], model.joints[NEXT[name]]
        p, q = joints[name], joints[NEXT[name]]
        if name in TORSO:
            pair = ("UpperLeg",) if name in ("hips", "spine") else ("UpperArm",) if name != "head" else ()
            turn = np.eye(3)
            for bone in pair:
                turn = turn_between(
                    model.joints["left" + bone] - model.joints["right" + bone],
                    joints["left" + bone] - joints["right" + bone],
                )
            parent = turn
        else:
            above = ABOVE.get(name)
            parent = turns[above] if above in turns else turns["hips" if "Leg" in name else "upperChest"]
        turn = turn_between(parent @ (b - a), q - p) @ parent
        turns[name] = turn
        long = float(np.clip(np.linalg.norm(q - p) / max(float(np.linalg.norm(b - a)), 1e-9), LEAST, MOST))
        x, z = widths[name]
        if name == "head":  # hangs between nape and crown, as wide and deep as the head is
            long = (1.0 - joints["nape"][1]) / (1.0 - model.joints["nape"][1])
            x, z = (float(np.clip(joints["face"][k] / model.joints["face"][k], 0.4 * long, 2.5 * long)) for k in (0, 1))
            linear[i] = np.diag([x, long, z])
            middle = np.array([0.0, 1.0, model.joints["face"][2]])
            target = np.array([joints["crown"][0], joints["crown"][1], joints["face"][2]])
            anchor[i] = target + linear[i] @ (a - middle)
            continue
        if name.endswith(("Hand", "Foot", "Toes")):
            x = z = long if name.endswith("Hand") else 0.5 * (long + x)
        y = (b - a) / np.linalg.norm(b - a)
        across = np.eye(3) - np.outer(y, y)
        stretch = long * np.outer(y, y) + across @ np.diag([x, 0.5 * (x + z), z]) @ across
        linear[i], anchor[i] = turn @ stretch, p
    return linear, anchor


def embed(joints: Mapping[str, F64], widths: Mapping[str, tuple[float, float]]) -> F64:
    """(B, 3) the template on `joints` (as `complete` gives them), each segment as wide as `widths` says."""
    model = template()
    linear, anchor = _affines(joints, widths)  # anchor: where each segment's joint goes
    heads = np.array([model.joints[name] for name in SEGMENTS])
    move = anchor - np.einsum("sij,sj->si", linear, heads)
    table = np.concatenate([linear, move[:, :, None]], axis=2).reshape(len(SEGMENTS), 12)
    blended = (model.weights @ table.astype(np.float32)).reshape(-1, 3, 4).astype(np.float64)
    return np.asarray(np.einsum("bij,bj->bi", blended[:, :, :3], model.base) + blended[:, :, 3])


@lru_cache(maxsize=1)
def joint_cubes() -> Mapping[str, I64]:
    """Base vertices of the helper cubes whose means are joints, by the data's name without "joint-"."""
    pack = open_pack()
    groups, faces, group = pack.meta["base"]["groups"], pack.array("base/faces"), pack.array("base/face_group")
    return {
        name.removeprefix("joint-"): np.unique(faces[group == i]).astype(np.int64)
        for i, name in enumerate(groups)
        if name.startswith("joint-")
    }
