"""GLB, glTF with its files, and VRM: the engine's own reader, in the pose that skins were bound in."""

from dataclasses import replace
from typing import Any

from ...avatar import Avatar
from ...errors import SourceError
from ..glb_container import Json
from ..glb_reader import assemble
from ..glb_scene import Manner
from ..glb_source import Source as Document
from .bundle import Bundle
from .upload import Log, Node, Vrm
from .vrm import joint_names, read_vrm
from .vrm_springs import read_springs

INFLUENCES = 8


def read_gltf(data: bytes, bundle: Bundle, log: Log) -> tuple[Avatar, tuple[Node, ...], Vrm | None, Json]:
    """(avatar, nodes, what VRM says, the asset's own facts). References are looked up in the bundle alone."""
    try:
        document = Document(data, bundle.find)
        manner = Manner(influences=INFLUENCES, bind=True)
        avatar = assemble(document, manner)
        nodes = read_nodes(document)
        vrm = read_vrm(document, avatar)
        springs = read_springs(document, joint_names(document)) if vrm is not None else ()
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise SourceError("The file is damaged: its structure is not glTF", hint="Export the model again.") from error
    log.unbound.update(manner.unbound)
    log.unnormalised.update(manner.unnormalised)
    log.counts["nodes"], log.counts["influences"] = len(nodes), manner.most
    if manner.reposed:
        log.note(f"The file stands in another pose than its skin was bound in; {manner.reposed} joints were put back.")
        log.counts["joints_reposed"] = manner.reposed
    if manner.skipped:
        log.counts["meshes_without_triangles"] = manner.skipped
    if manner.most > INFLUENCES:
        log.note(f"Vertices have up to {manner.most} weights; the {INFLUENCES} largest were read.")
    for text in document.notes:
        log.note(text)
    return replace(avatar, extras={}, springs=springs), nodes, vrm, dict(document.document["asset"])


def read_nodes(document: Document) -> tuple[Node, ...]:
    """The node tree as the file has it."""
    nodes = document.items("nodes")
    parent = [-1] * len(nodes)
    for i, node in enumerate(nodes):
        for child in node.get("children") or ():
            parent[child] = i
    joints: set[Any] = {j for skin in document.items("skins") for j in skin.get("joints") or ()}
    return tuple(
        Node(
            str(node.get("name") or f"node_{i}")[:200],
            parent[i],
            "joint" if i in joints else "mesh" if node.get("mesh") is not None else "",
        )
        for i, node in enumerate(nodes)
    )
