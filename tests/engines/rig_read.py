"""What an importer sees of a figure, from bytes alone: transforms, which of them carry skin, meshes and shapes."""

from typing import Any, NamedTuple

import numpy as np

from avatar_foundry.formats.glb_container import Json
from avatar_foundry.formats.glb_source import Source
from avatar_foundry.formats.readers import read_upload


class Rig(NamedTuple):
    """names, parents: of all transforms in the file's order, parents by place, -1 at the top.  world: (4, 4) by name of
    those that are joints, metres, +Y up, the figure's left at +X.  weighted: names of joints that carry skin.
    meshes: names of the nodes that show one.  shapes: name -> metres that it moves at most.  clips: names.
    document: the JSON of a GLB, empty for FBX."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    world: dict[str, np.ndarray]
    weighted: frozenset[str]
    influences: int
    meshes: tuple[str, ...]
    shapes: dict[str, float]
    clips: tuple[str, ...]
    document: Json

    def children(self, at: int) -> list[int]:
        return [i for i, p in enumerate(self.parents) if p == at]

    def step(self, bone: str, child: str) -> np.ndarray:
        """From one joint to another, metres."""
        out: np.ndarray = self.world[child][:3, 3] - self.world[bone][:3, 3]
        return out


def read_rig(data: bytes, name: str) -> Rig:
    """The rig in a GLB or FBX. Raises SourceError."""
    upload = read_upload(name, data)
    avatar, source = upload.avatar, upload.source
    skeleton = avatar.skeleton
    assert skeleton is not None, f"{name} has no skeleton"
    scale = source.unit_metres or 1.0
    world = {}
    for joint, rest in zip(skeleton.names, skeleton.rest.astype(np.float64), strict=True):
        world[joint] = rest.copy()
        world[joint][:3, 3] *= scale
    used: set[str] = set()
    shapes: dict[str, float] = {}
    for part in avatar.parts:
        mesh = part.mesh
        if mesh.joints is not None and mesh.weights is not None:
            used.update(skeleton.names[j] for j in np.unique(mesh.joints[mesh.weights > 0]).tolist())
        for m in mesh.morphs:
            reach = float(np.linalg.norm(m.delta, axis=1).max(initial=0.0)) * scale
            shapes[m.name] = max(shapes.get(m.name, 0.0), reach)
    document: Json = Source(data).document if data[:4] == b"glTF" else {}
    return Rig(
        tuple(n.name for n in source.nodes),
        tuple(n.parent for n in source.nodes),
        world,
        frozenset(used),
        int(source.counts.get("influences", 0)),
        tuple(n.name for n in source.nodes if n.kind == "mesh"),
        shapes,
        tuple(c.name for c in avatar.clips),
        document,
    )


def degrees(a: Any, b: Any) -> float:
    """Between two directions."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))
