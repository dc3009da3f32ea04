"""What engines are asked to evaluate, and what they should find by our own evaluation."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from avatar_foundry.avatar import Avatar, Mesh
from avatar_foundry.formats import read_glb

from ..acceptance.gltf import Gltf
from .poses import CHOSEN, locals_of, posed_parts, skinning_of

EXPRESSIONS = ("jawOpen", "mouthSmileLeft", "eyeBlinkRight")
Surfaces = dict[str, NDArray[Any]]  # part -> (V, 3) metres


class Asked(NamedTuple):
    """avatar: as read or written.  request: for the engine, plain data.  expected: title and surfaces, in the order in
    which engines answer: rest, poses, expressions."""

    avatar: Avatar
    request: dict[str, Any]
    expected: list[tuple[str, Surfaces]]

    @property
    def shapes(self) -> dict[str, dict[str, float]]:
        """{shape: {part: how far it moves a coordinate at most, metres}}."""
        out: dict[str, dict[str, float]] = {}
        for part in self.avatar.parts:
            for m in part.mesh.morphs:
                out.setdefault(m.name, {})[part.name] = float(np.abs(m.delta).max())
        return out


def of_avatar(avatar: Avatar) -> Asked:
    """Skinning matrices, as Blender takes them: for a file that keeps the avatar's own vertices."""
    assert avatar.skeleton is not None
    poses: list[tuple[str, dict[str, NDArray[Any]], Surfaces]] = [
        ("rest", {n: np.eye(4) for n in avatar.skeleton.names}, {p.name: p.mesh.positions for p in avatar.parts})
    ]
    poses += [(name, skinning_of(avatar, name), posed_parts(avatar, name)) for name in CHOSEN]
    there = {m.name for p in avatar.parts for m in p.mesh.morphs}
    expressions = [e for e in EXPRESSIONS if e in there]
    request = {
        "poses": [{"name": n, "matrices": {b: m.ravel().tolist() for b, m in ms.items()}} for n, ms, _ in poses],
        "expressions": expressions,
    }
    expected = [(name, surfaces) for name, _, surfaces in poses]
    expected += [(e, {p.name: expressed(p.mesh, e) for p in avatar.parts}) for e in expressions]
    return Asked(avatar, request, expected)


def of_glb(data: bytes) -> Asked:
    """The same for the vertices of a GLB, with the bones' local rotations and translations besides."""
    asked = of_avatar(read_glb(data))
    file = Gltf(data)
    for pose in asked.request["poses"]:
        matrices = {bone: np.array(m).reshape(4, 4) for bone, m in pose["matrices"].items()}
        pose["rotations"], pose["translations"] = locals_of(file, matrices)
    return asked


def expressed(mesh: Mesh, name: str) -> NDArray[Any]:
    """(V, 3): a mesh at rest with one shape at full weight."""
    out = mesh.positions.copy()
    for m in mesh.morphs:
        if m.name == name:
            out[m.index] += m.delta
    return out
