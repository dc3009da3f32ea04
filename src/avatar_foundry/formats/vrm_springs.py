"""Springs and colliders as VRM writes them: VRMC_springBone, and secondaryAnimation of the old format."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..avatar import Avatar, Collider

BEADS = 4  # spheres that stand for a capsule in the old format, which knows spheres only


def _local(avatar: Avatar, bone: str, point: tuple[float, float, float]) -> list[float]:
    """A point of model space in the rest frame of `bone`."""
    assert avatar.skeleton is not None
    rest = avatar.skeleton.rest[avatar.skeleton.names.index(bone)].astype(np.float64)
    at = rest[:3, :3].T @ (np.array(point) - rest[:3, 3])
    return [round(float(c), 6) + 0.0 for c in at]


def _groups(avatar: Avatar, bones: Mapping[str, str]) -> dict[str, list[Collider]]:
    """Colliders by group, those of bones that are there, `bone` by its name in the file."""
    assert avatar.skeleton is not None
    groups: dict[str, list[Collider]] = {}
    for c in avatar.colliders:
        if bones.get(c.bone, c.bone) in avatar.skeleton.names:
            groups.setdefault(c.group, []).append(c)
    return groups


def new_springs(avatar: Avatar, nodes: Mapping[str, int], bones: Mapping[str, str]) -> dict[str, Any] | None:
    """VRMC_springBone, or None without springs. nodes: joint name -> node; bones: canonical -> name in the file."""
    if not avatar.springs:
        return None
    groups = _groups(avatar, bones)
    colliders: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    for name, members in groups.items():
        first = len(colliders)
        for c in members:
            bone = bones.get(c.bone, c.bone)
            ball = {"offset": _local(avatar, bone, c.start), "radius": c.radius}
            shape = {"sphere": ball} if c.start == c.end else {"capsule": {**ball, "tail": _local(avatar, bone, c.end)}}
            colliders.append({"node": nodes[bone], "shape": shape})
        entries.append({"name": name, "colliders": list(range(first, len(colliders)))})
    number = {name: i for i, name in enumerate(groups)}
    springs = []
    for s in avatar.springs:
        joint = {
            "hitRadius": s.radius,
            "stiffness": s.stiffness,
            "gravityPower": s.gravity,
            "gravityDir": [0.0, -1.0, 0.0],
            "dragForce": s.drag,
        }
        spring: dict[str, Any] = {"name": s.name, "joints": [{"node": nodes[n], **joint} for n in s.joints]}
        if minds := [number[g] for g in s.groups if g in number]:
            spring["colliderGroups"] = minds
        springs.append(spring)
    out: dict[str, Any] = {"specVersion": "1.0", "springs": springs}
    return {**out, "colliders": colliders, "colliderGroups": entries} if colliders else out


def _unity(point: list[float]) -> dict[str, float]:
    """The old format counts offsets in Unity's axes: z the other way."""
    return {"x": point[0], "y": point[1], "z": -point[2] + 0.0}


def old_springs(avatar: Avatar, nodes: Mapping[str, int], bones: Mapping[str, str]) -> dict[str, Any]:
    """VRM 0's secondaryAnimation: one group of spheres per bone, one bone group per kind of spring."""
    by_bone: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for name, members in _groups(avatar, bones).items():
        for c in members:
            bone = bones.get(c.bone, c.bone)
            a, b = np.array(c.start), np.array(c.end)
            beads = np.linspace(a, b, 1 if c.start == c.end else BEADS)
            balls = [
                {"offset": _unity(_local(avatar, bone, (p[0], p[1], p[2]))), "radius": c.radius} for p in beads.tolist()
            ]
            by_bone.setdefault((name, bone), []).extend(balls)
    groups = [{"node": nodes[bone], "colliders": balls} for (_, bone), balls in by_bone.items()]
    kinds: dict[tuple[Any, ...], list[int]] = {}
    for s in avatar.springs:
        key = (s.part, s.stiffness, s.drag, s.gravity, s.radius, s.groups)
        kinds.setdefault(key, []).append(nodes[s.joints[0]])
    return {
        "boneGroups": [
            {
                "comment": part,
                "stiffiness": stiffness,
                "gravityPower": gravity,
                "gravityDir": {"x": 0.0, "y": -1.0, "z": 0.0},
                "dragForce": drag,
                "center": -1,
                "hitRadius": radius,
                "bones": roots,
                "colliderGroups": [i for i, (name, _) in enumerate(by_bone) if name in minds],
            }
            for (part, stiffness, drag, gravity, radius, minds), roots in kinds.items()
        ],
        "colliderGroups": groups,
    }
