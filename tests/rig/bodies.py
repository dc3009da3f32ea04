"""Bodies that the rig tests share: built once, read-only."""

from collections.abc import Mapping
from functools import cache, lru_cache

import numpy as np

from avatar_foundry.avatar import Avatar, Binding, Mesh, Morph, Part
from avatar_foundry.body import evaluate
from avatar_foundry.geometry import triangulate, vertex_normals
from avatar_foundry.pack import open_pack
from avatar_foundry.rig import bind_weights, place_skeleton

SHAPES: Mapping[str, Mapping[str, float]] = {
    "man": {"body.gender": 1.0, "body.age": 30},
    "woman": {"body.gender": 0.0, "body.age": 28},
    "child": {"body.gender": 0.5, "body.age": 9},
    "infant": {"body.gender": 0.5, "body.age": 1},
    "giant": {"body.gender": 1.0, "body.age": 30, "body.height": 2.4, "body.muscle": 1.0},
    "heavy": {"body.gender": 1.0, "body.age": 50, "body.weight": 1.0},
    "thin": {"body.gender": 0.0, "body.age": 70, "body.weight": 0.0, "body.muscle": 0.0},
}
BODY = 13380


@cache
def body(name: str) -> np.ndarray:
    base = evaluate(SHAPES[name])
    base.flags.writeable = False
    return base


@lru_cache(maxsize=1)
def body_triangles() -> np.ndarray:
    pack = open_pack()
    group = pack.meta["base"]["groups"].index("body")
    return triangulate(pack.array("base/faces")[pack.array("base/face_group") == group])


@cache
def avatar(name: str) -> Avatar:
    """The bare body, bound, with one morph on the face and one on a hand."""
    base = body(name)
    positions = base[:BODY].copy()
    binding = Binding(np.arange(BODY, dtype=np.int32)[:, None], np.ones((BODY, 1), np.float32))
    joints, weights = bind_weights(binding)
    face = np.flatnonzero(positions[:, 1] > np.quantile(positions[:, 1], 0.98)).astype(np.int32)
    hand = np.flatnonzero(positions[:, 0] > positions[:, 0].max() - 0.05).astype(np.int32)
    morphs = tuple(
        Morph(label, index, np.tile(np.float32([0.001, 0.002, 0.003]), (len(index), 1)))
        for label, index in (("face", face), ("hand", hand))
    )
    triangles = body_triangles()
    mesh = Mesh(
        positions,
        triangles,
        normals=vertex_normals(positions, triangles),
        joints=joints,
        weights=weights,
        morphs=morphs,
    )
    part = Part("body", "body", (mesh,), binding=binding)
    return Avatar(parts=(part,), skeleton=place_skeleton(base), base=base)
