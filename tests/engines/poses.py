"""Our own evaluation of a posed file, and the same pose as local rotations that any engine takes."""

from dataclasses import replace
from typing import Any

import numpy as np
from tests.acceptance.gltf import Gltf

from avatar_foundry.avatar import Avatar, Mesh, Part
from avatar_foundry.cli.canonical import to_canonical
from avatar_foundry.formats import read_glb
from avatar_foundry.rig import POSES, pose_matrices, skin_positions

CHOSEN = ("arms_up", "squat", "head_turned_60")


def ours(data: bytes, pose: str) -> tuple[dict[str, np.ndarray], dict[str, list[float]], dict[str, list[float]]]:
    """({mesh name: (V, 3) metres posed}, {bone: local rotation xyzw}, {bone: local translation}) of a GLB in `pose`."""
    posed = posed_parts(read_glb(data), pose)
    rotations, translations = locals_of(Gltf(data), skinning(data, pose))
    return posed, rotations, translations


def posed_parts(avatar: Avatar, pose: str) -> dict[str, np.ndarray]:
    """{part: (V, 3) metres} of a platform's avatar in `pose`."""
    canonical = to_canonical(avatar)
    assert canonical is not None
    assert canonical.skeleton is not None
    matrices = pose_matrices(canonical.skeleton, POSES[pose])
    return {p.name: skin_positions(p.mesh, matrices) for p in canonical.parts}


def skinning(data: bytes, pose: str) -> dict[str, np.ndarray]:
    """{bone of the file: (4, 4) skinning matrix in `pose`}."""
    return skinning_of(read_glb(data), pose)


def skinning_of(avatar: Avatar, pose: str) -> dict[str, np.ndarray]:
    """{bone: (4, 4) skinning matrix in `pose`} of a platform's avatar.

    A bone of the platform's own follows the canonical bone that it hangs on.
    """
    assert avatar.skeleton is not None
    count = len(avatar.skeleton.names)
    joints, weights = np.zeros((count, 4), np.uint16), np.zeros((count, 4), np.float32)
    joints[:, 0], weights[:, 0] = np.arange(count), 1
    probe = Mesh(np.zeros((count, 3), np.float32), np.zeros((0, 3), np.int32), joints=joints, weights=weights)
    mapped = to_canonical(replace(avatar, parts=(Part("probe", "body", (probe,)),)))
    assert mapped is not None
    assert mapped.skeleton is not None
    matrices = pose_matrices(mapped.skeleton, POSES[pose])
    told = mapped.parts[0].mesh.joints
    assert told is not None
    return {name: matrices[told[i, 0]].astype(np.float64) for i, name in enumerate(avatar.skeleton.names)}


def locals_of(file: Gltf, skinning: dict[str, np.ndarray]) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Local rotations and translations that put every joint where its skinning matrix takes it."""
    nodes, rest = file.document["nodes"], file.world()
    parent = {c: i for i, n in enumerate(nodes) for c in n.get("children", ())}
    world = [skinning[n["name"]] @ rest[i] if n["name"] in skinning else rest[i] for i, n in enumerate(nodes)]
    rotations: dict[str, Any] = {}
    translations: dict[str, Any] = {}
    for i in file.document["skins"][0]["joints"]:
        local = np.linalg.inv(world[parent[i]]) @ world[i] if i in parent else world[i]
        rotations[nodes[i]["name"]] = quaternion(local[:3, :3]).tolist()
        translations[nodes[i]["name"]] = local[:3, 3].tolist()
    return rotations, translations


def quaternion(turn: np.ndarray) -> np.ndarray:
    """xyzw of a rotation (3, 3): the eigenvector of Bar-Itzhack's matrix."""
    m = turn
    k = np.array(
        [
            [m[0, 0] - m[1, 1] - m[2, 2], m[1, 0] + m[0, 1], m[2, 0] + m[0, 2], m[2, 1] - m[1, 2]],
            [m[1, 0] + m[0, 1], m[1, 1] - m[0, 0] - m[2, 2], m[2, 1] + m[1, 2], m[0, 2] - m[2, 0]],
            [m[2, 0] + m[0, 2], m[2, 1] + m[1, 2], m[2, 2] - m[0, 0] - m[1, 1], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], m[0, 0] + m[1, 1] + m[2, 2]],
        ]
    )
    values, vectors = np.linalg.eigh(k)
    return vectors[:, np.argmax(values)]
