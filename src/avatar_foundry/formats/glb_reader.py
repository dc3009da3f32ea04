"""Read GLB 2.0 into an Avatar: model space, +Y up, rest pose as the file shows it, one skeleton.

Vertices stay split as the file has them (`uv_faces` equals `faces`); welding is a stage of its own.
"""

import re
from collections.abc import Iterator

from ..avatar import Avatar, Clip, Mesh, Part
from ..errors import SourceError
from .glb_container import Json
from .glb_read_animation import read_clips
from .glb_read_material import read_materials
from .glb_read_mesh import read_mesh
from .glb_scene import Manner, Scene, between, read_skeleton, show_bind_pose
from .glb_source import Source, integer

MAX_PARTS = 4096
MAX_DRAWN = 60_000_000  # triangles or vertices and moved vertices, of all instances together


def read_glb(data: bytes) -> Avatar:
    """The avatar in a GLB file. Raises SourceError, with a hint where there is one, for every fault of the file."""
    try:
        return assemble(Source(data))
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as error:
        # JSON of the wrong shape somewhere: the checks name the likely faults, this catches the rest
        raise SourceError("The file is damaged: its structure is not glTF", hint="Export the model again.") from error


def assemble(source: Source, manner: Manner | None = None) -> Avatar:
    """The avatar of a parsed file."""
    scene = Scene(source, manner or Manner())
    if scene.manner.bind:
        scene.manner.reposed = show_bind_pose(source, scene)
    materials = read_materials(source)
    skeleton, number = read_skeleton(source, scene)
    parts = tuple(read_parts(source, scene, number, tuple(m.name for m in materials)))
    if not parts:
        raise SourceError("The file holds no triangles", hint="Export the mesh along with the armature.")
    clips: tuple[Clip, ...] = ()
    if skeleton is not None:
        clips = read_clips(source, skeleton, number, between(scene, number))
    extras = source.document["asset"].get("extras")
    scenes = source.items("scenes")
    return Avatar(
        name=str(scenes[0].get("name") or "avatar") if scenes else "avatar",
        parts=parts,
        skeleton=skeleton,
        materials=materials,
        clips=clips,
        extras=extras if isinstance(extras, dict) else {},
    )


def read_parts(source: Source, scene: Scene, number: dict[int, int], materials: tuple[str, ...]) -> Iterator[Part]:
    """One part per primitive of each shown mesh node; MSFT_lod's coarser nodes become its lods."""
    names: dict[str, int] = {}
    drawn = count = 0
    for i in scene.order:
        if i not in scene.shown or scene.nodes[i].get("mesh") is None:
            continue
        levels = [i, *lower_levels(scene.nodes[i], len(scene.nodes))]
        shown = source.item("meshes", scene.nodes[i]["mesh"])
        title = str(scene.nodes[i].get("name") or shown.get("name") or f"part_{i}")
        if len(levels) > 1:
            title = re.sub(r"_LOD0$", "", title)
        primitives = shown.get("primitives") or []
        for k, primitive in enumerate(primitives):
            lods: list[Mesh] = []
            off = scene.off
            for level in levels:
                mesh = source.item("meshes", scene.nodes[level].get("mesh"))
                same = mesh.get("primitives") or []
                if k < len(same) and (read := read_mesh(source, scene, level, mesh, same[k], number)) is not None:
                    off = off if lods else scene.off
                    lods.append(read)
                    drawn += max(len(read.faces), len(read.positions)) + sum(len(m.index) for m in read.morphs)
                    count += 1
                    if drawn > MAX_DRAWN or count > MAX_PARTS:
                        raise SourceError("The file shows too much, instances counted", hint="Reduce the model.")
            if not lods:
                scene.manner.skipped += 1
                continue
            name = title if len(primitives) == 1 else f"{title}_{k}"
            names[name] = names.get(name, 0) + 1
            if names[name] > 1:
                name = f"{name}_{names[name]}"
            if off[0]:
                scene.manner.unnormalised[name] = off[0]
            if len(off[1]):
                scene.manner.unbound[name] = off[1]
            at = primitive.get("material")
            material = materials[integer(at, "a material", len(materials) - 1)] if at is not None else ""
            yield Part(name, "body" if name.lower() == "body" else "garment", tuple(lods), material)


def lower_levels(node: Json, count: int) -> list[int]:
    """Nodes of the coarser levels of detail."""
    extension = (node.get("extensions") or {}).get("MSFT_lod") or {}
    return [integer(i, "a level of detail", count - 1) for i in extension.get("ids") or ()]
