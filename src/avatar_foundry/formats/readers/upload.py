"""What reading an upload gives: the avatar in it, and what the file said about itself."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...avatar import I32, Avatar


class Node(NamedTuple):
    """A node of the file's tree. kind: "joint", "mesh" or ""; parent: place in the list, -1 for a root."""

    name: str
    parent: int
    kind: str


class Expression(NamedTuple):
    """A named face of a VRM: which shapes of which mesh it mixes. binds: (mesh name, morph name, weight 0..1)."""

    name: str
    preset: str
    binds: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class Vrm:
    """What a VRM says beyond glTF.

    version: "0" (faces -Z) or "1" (faces +Z).  bones: VRM humanoid bone -> joint of the avatar's skeleton.
    meta:    title, author, licence and permissions as the file has them; licence: the licence's name or address.
    """

    version: str
    bones: Mapping[str, str]
    meta: Mapping[str, Any]
    licence: str
    expressions: tuple[Expression, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """What a file said about itself. None stands for "not said": nothing here is guessed.

    format:      "glb", "gltf", "vrm", "fbx", "obj", "ply", "stl", "dae", "usd"; container: "zip" or "".
    unit_metres: length of one unit of the avatar's positions in metres.
    up:          the file's own up axis ("+Z"); positions were turned so that it is +Y.
    front:       where the format or the file says that the model faces, in the avatar's axes; nothing was turned.
    counts:      numbers of what was read: files, nodes, meshes, vertices, triangles, joints, morphs, materials,
                 textures, clips, influences (largest per vertex in the file), and what was left out.
    notes:       sentences for a person: what was left out, mended or assumed.
    nodes:       the file's node tree.
    unbound:     part name -> (K,) i32 vertices of a skinned part that had no weight (they are bound to joint 0).
    unnormalised: part name -> how many vertices had weights that did not sum to 1 (they do now).
    """

    format: str
    unit_metres: float | None = None
    up: str | None = None
    front: str | None = None
    container: str = ""
    version: str = ""
    generator: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    unbound: Mapping[str, I32] = field(default_factory=dict)
    unnormalised: Mapping[str, int] = field(default_factory=dict)
    vrm: Vrm | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Upload:
    """An upload that was read. `avatar` is in the file's units, turned to +Y up only where the file says how."""

    avatar: Avatar
    source: Source


@dataclass(eq=False, slots=True)
class Log:
    """What a reader notes down while it reads; becomes the Source's counts and notes."""

    notes: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unbound: dict[str, I32] = field(default_factory=dict)
    unnormalised: dict[str, int] = field(default_factory=dict)
    drawn: int = 0  # triangles or vertices, instances counted

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.notes and len(self.notes) < 100:
            self.notes.append(text)


def counted(avatar: Avatar, log: Log) -> dict[str, int]:
    """The counts of a finished avatar, over those that the reader kept."""
    meshes = [p.mesh for p in avatar.parts]
    textures = {id(t) for m in avatar.materials for t in (m.base, m.normal, m.orm) if t is not None}
    found = {
        "parts": len(meshes),
        "vertices": sum(len(m.positions) for m in meshes),
        "triangles": sum(len(m.faces) for m in meshes),
        "joints": len(avatar.skeleton.names) if avatar.skeleton is not None else 0,
        "morphs": len({m.name for mesh in meshes for m in mesh.morphs}),
        "materials": len(avatar.materials),
        "textures": len(textures),
        "clips": len(avatar.clips),
    }
    return {**found, **{k: int(v) for k, v in sorted(log.counts.items())}}
