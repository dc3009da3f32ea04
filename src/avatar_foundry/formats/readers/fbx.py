"""FBX 7.x, binary and ASCII, by a reader of our own (docs/decisions/fbx-reader.md says why)."""

from dataclasses import replace

import numpy as np

from ...avatar import Avatar
from ...errors import SourceError
from .bundle import Bundle
from .fbx_animation import read_motions
from .fbx_geometry import read_geometry, read_skin
from .fbx_material import Paints
from .fbx_objects import Graph, Object, properties
from .fbx_transform import axes, geometric, local_matrix
from .fbx_tree import Arrays, Record, read_tree
from .pieces import Piece
from .scene import Placed, Tree, assemble, draw
from .upload import Log, Source

BONES = ("LimbNode", "Limb", "Root")


def read_fbx(name: str, data: bytes, bundle: Bundle, log: Log) -> tuple[Avatar, Source]:
    """The model of an FBX file, and what the file says about itself."""
    root, version = read_tree(data)
    graph, arrays = Graph(root), Arrays()
    settings = settings_of(root)
    turn, up, front = axes(settings)
    tree, nodes, above = read_nodes(graph)
    paints = Paints(graph, bundle, log)
    placed = []
    read: dict[int, Piece | None] = {}
    for id, node in nodes.items():
        model = graph.objects[id]
        slots = [paints.number[m.id] for m, _ in graph.below(id, "Material") if m.id in paints.number]
        for geometry, _ in graph.below(id, "Geometry"):
            if geometry.sort != "Mesh":
                log.note(f"The {geometry.sort or 'shape'} {geometry.name} is no mesh and was left out.")
                continue
            if geometry.id not in read:
                read[geometry.id] = read_geometry(geometry, graph, arrays, log)
            if (piece := read[geometry.id]) is None:
                continue
            draw(piece, log)
            table = np.array([*slots, -1], np.int32)
            if piece.material is not None:
                worn = table[np.where((piece.material >= 0) & (piece.material < len(slots)), piece.material, -1)]
            else:
                worn = np.full(len(piece.faces), table[0], np.int32)
            piece = replace(piece, name=model.name or piece.name, material=worn)
            skin = read_skin(geometry, graph, arrays, nodes, len(piece.positions))
            if skin is not None:  # bind matrices take the mesh, not what the geometric transform makes of it
                own = geometric(model)
                skin.inverse = skin.inverse @ own
            placed.append(Placed(node, piece, skin, geometric(model)))
    if not placed:
        raise SourceError("The file holds no meshes", hint="Export the mesh along with the armature.")
    motions = list(read_motions(graph, arrays, nodes, above, log))
    avatar, listed = assemble(name, tree, placed, paints.materials, log, turn=turn, motions=motions)
    unit = settings.number("UnitScaleFactor", 0.0) / 100.0 if settings is not None else 0.0
    return avatar, Source(
        "fbx",
        unit_metres=unit if 0.0 < unit < 1e6 else None,
        up=up,
        front="+Z" if front is not None else None,
        version=str(version),
        generator=generator(root),
        nodes=listed,
    )


def settings_of(root: Record) -> Object | None:
    """The GlobalSettings."""
    record = root.first("GlobalSettings")
    return Object(0, "GlobalSettings", "", "", record, properties(record)) if record is not None else None


def generator(root: Record) -> str:
    """The program that wrote the file."""
    head = root.first("FBXHeaderExtension")
    creator = head.text("Creator") if head is not None else ""
    return (creator or root.text("Creator"))[:200]


def read_nodes(graph: Graph) -> tuple[Tree, dict[int, int], dict[int, Object | None]]:
    """(the node tree, model id -> node, model id -> model above)."""
    above: dict[int, Object | None] = {}
    below: dict[int, list[int]] = {}
    for model in graph.kind("Model"):
        holder = next((o for o, target in graph.above(model.id, "Model") if not target), None)
        above[model.id] = holder
        below.setdefault(holder.id if holder is not None else 0, []).append(model.id)
    tree, nodes = Tree(), dict[int, int]()
    pending = list(reversed(below.get(0, [])))
    while pending:
        id = pending.pop()
        model, holder = graph.objects[id], above[id]
        nodes[id] = tree.add(
            model.name,
            nodes[holder.id] if holder is not None else -1,
            local_matrix(model, holder),
            model.sort in BONES,
        )
        pending.extend(reversed(below.get(id, ())))
    if len(nodes) < len(above):
        raise SourceError("The file is damaged: its nodes form a ring")
    return tree, nodes, above
