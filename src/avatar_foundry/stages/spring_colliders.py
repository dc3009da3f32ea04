"""Spheres and capsules in the body that springs keep out of, fitted to the surface around each bone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import Collider, Part, Skeleton, Spring

F64 = NDArray[np.float64]
# group, bone, where it starts and ends: a joint, or two joints and the share of the way between them
LIMBS = (
    ("legs", "leftUpperLeg", "leftLowerLeg"),
    ("legs", "rightUpperLeg", "rightLowerLeg"),
    ("legs", "leftLowerLeg", "leftFoot"),
    ("legs", "rightLowerLeg", "rightFoot"),
)
CLEAR = 0.002  # metres between a collider and what it keeps out at rest
LEAST = 0.01  # metres: a smaller collider keeps nothing out
WITHIN = 0.4  # quantile of the surface's distance from the axis


def body_colliders(parts: Sequence[Part], skeleton: Skeleton) -> tuple[Collider, ...]:
    """Colliders for head, torso, hips and legs, as far as the skeleton has these bones."""
    at = dict(zip(skeleton.names, skeleton.rest[:, :3, 3].astype(np.float64), strict=True))
    out: list[Collider] = []
    if "head" in at:
        cloud = around(parts, skeleton, ("head",))
        if len(cloud):
            eyes = at["leftEye"][1] if "leftEye" in at else float(cloud[:, 1].mean())
            middle = np.array([at["head"][0], eyes + 0.01, 0.5 * (cloud[:, 2].min() + cloud[:, 2].max())])
            out.append(_fit("head", "head", middle, middle, cloud))
    if {"leftUpperArm", "rightUpperArm", "leftUpperLeg", "rightUpperLeg"} <= at.keys():
        left, right = at["leftUpperArm"], at["rightUpperArm"]
        drop = np.array([0.0, -0.03, 0.0])
        for bone in ("upperChest", "chest"):
            if bone in at:
                level = left * 0 + at[bone] if bone == "chest" else 0.5 * (left + right) + drop
                half = 0.3 * (left - right) * (1, 0, 0)
                cloud = around(parts, skeleton, (bone,))
                if len(cloud):
                    level = np.array([level[0], level[1], 0.5 * (cloud[:, 2].min() + cloud[:, 2].max())])
                    out.append(_fit("torso", bone, level + half, level - half, cloud))
        cloud = around(parts, skeleton, ("hips",))
        if len(cloud) and "hips" in at:
            out.append(_fit("hips", "hips", at["leftUpperLeg"], at["rightUpperLeg"], cloud))
    for group, bone, end in LIMBS:
        if bone in at and end in at:
            cloud = around(parts, skeleton, (bone, f"{bone}Twist"))
            if len(cloud):
                out.append(_fit(group, bone, at[bone], at[end], cloud))
    return tuple(out)


def clear_of(colliders: Sequence[Collider], springs: Sequence[Spring], skeleton: Skeleton) -> tuple[Collider, ...]:
    """The colliders that some spring minds, small enough to leave every such spring alone at rest."""
    at = dict(zip(skeleton.names, skeleton.rest[:, :3, 3].astype(np.float64), strict=True))
    out = []
    for c in colliders:
        mine = [s for s in springs if c.group in s.groups]
        gaps = [float(distance_to(np.array([at[n] for n in s.joints[1:]]), c).min()) - s.radius - CLEAR for s in mine]
        if mine and (least := min(c.radius, *gaps)) > LEAST:
            out.append(replace(c, radius=round(least, 5)))
    return tuple(out)


def around(parts: Sequence[Part], skeleton: Skeleton, bones: Sequence[str]) -> F64:
    """(N, 3) vertices of the body, or else of clothes, that hang mostly on one of `bones`."""
    wanted = [skeleton.names.index(b) for b in bones if b in skeleton.names]
    for roles in (("body",), ("underwear", "garment", "shoes", "armour", "body")):
        clouds = [
            p.mesh.positions[np.isin(p.mesh.joints[:, 0], wanted)]
            for p in parts
            if p.role in roles and p.mesh.joints is not None
        ]
        if sum(map(len, clouds)) >= 12:
            return np.concatenate(clouds).astype(np.float64)
    return np.zeros((0, 3))


def _fit(group: str, bone: str, start: F64, end: F64, cloud: F64) -> Collider:
    a, b = (tuple(float(round(c, 5)) for c in p) for p in (start, end))
    probe = Collider(group, bone, (a[0], a[1], a[2]), (b[0], b[1], b[2]), 0.0)
    radius = float(np.quantile(distance_to(cloud, probe), WITHIN))
    return Collider(group, bone, probe.start, probe.end, round(min(radius, 0.2), 5))


def distance_to(points: NDArray[Any], c: Collider) -> F64:
    """(N,) metres from points (N, 3) to the collider's axis."""
    a, b = np.array(c.start), np.array(c.end)
    along = b - a
    share = np.clip((points - a) @ along / max(float(along @ along), 1e-12), 0, 1)
    return np.asarray(np.linalg.norm(points - a - share[:, None] * along, axis=1), np.float64)
