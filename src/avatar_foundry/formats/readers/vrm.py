"""What VRM 0.x and 1.0 say beyond glTF: which joint is which bone, who may use the model, its faces."""

from collections.abc import Iterator
from typing import Any

from ...avatar import Avatar
from ..glb_container import Json
from ..glb_source import Source as Document
from ..glb_source import integer
from ..names import unique_names
from .upload import Expression, Vrm

PLAIN = (str, int, float, bool)


def read_vrm(document: Document, avatar: Avatar) -> Vrm | None:
    """The VRM part of a file, or None when it has none."""
    held = document.document.get("extensions") or {}
    names = joint_names(document)
    if isinstance(new := held.get("VRMC_vrm"), dict):
        bones = {
            str(bone): names[entry["node"]]
            for bone, entry in ((new.get("humanoid") or {}).get("humanBones") or {}).items()
            if isinstance(entry, dict) and entry.get("node") in names
        }
        meta = plain(new.get("meta") or {})
        licence = str(meta.get("licenseUrl") or meta.get("otherLicenseUrl") or "")
        return Vrm("1", bones, meta, licence, tuple(new_expressions(document, new.get("expressions") or {})))
    if isinstance(old := held.get("VRM"), dict):
        bones = {
            str(entry.get("bone")): names[entry["node"]]
            for entry in (old.get("humanoid") or {}).get("humanBones") or ()
            if isinstance(entry, dict) and entry.get("node") in names
        }
        meta = plain(old.get("meta") or {})
        licence = str(meta.get("licenseName") or "")
        if licence in ("", "Other"):
            licence = str(meta.get("otherLicenseUrl") or licence)
        return Vrm("0", bones, meta, licence, tuple(old_expressions(document, old.get("blendShapeMaster") or {})))
    return None


def plain(meta: Json) -> dict[str, Any]:
    """Texts, numbers and lists of texts; pictures by number mean nothing outside the file."""
    out: dict[str, Any] = {}
    for key, value in list(meta.items())[:60]:
        if isinstance(value, PLAIN):
            out[str(key)] = value[:2000] if isinstance(value, str) else value
        elif isinstance(value, list) and all(isinstance(v, str) for v in value):
            out[str(key)] = [v[:500] for v in value[:50]]
    return out


def joint_names(document: Document) -> dict[Any, str]:
    """Node number -> joint name, as the reader made it unique."""
    order = document.joint_order
    names = unique_names([str(document.items("nodes")[n].get("name") or f"joint_{n}") for n in order])
    return dict(zip(order, names, strict=True))


def shape_name(document: Document, mesh: Json, number: Any) -> str | None:
    """The name of a mesh's shape."""
    primitives = mesh.get("primitives") or [{}]
    targets = primitives[0].get("targets") or []
    if not isinstance(number, int) or not 0 <= number < len(targets):
        return None
    for holder in (mesh, primitives[0]):
        titles = (holder.get("extras") or {}).get("targetNames") if isinstance(holder.get("extras"), dict) else None
        if isinstance(titles, list) and len(titles) == len(targets):
            return unique_names([str(t) for t in titles])[number]
    return f"morph_{number}"


def binds(document: Document, entries: Any, scale: float, by_node: bool) -> Iterator[tuple[str, str, float]]:
    """(mesh name, shape name, weight) of an expression's binds that exist."""
    for entry in list(entries or ())[:2000]:
        number = entry.get("mesh")
        if by_node:
            nodes = document.items("nodes")
            number = nodes[integer(entry.get("node"), "an expression's node", len(nodes) - 1)].get("mesh")
        if number is None or not isinstance(number, int) or number < 0:
            continue
        mesh = document.item("meshes", number)
        shape = shape_name(document, mesh, entry.get("index"))
        weight = entry.get("weight", 1.0 / scale)
        if shape is not None and isinstance(weight, int | float):
            yield str(mesh.get("name") or f"mesh_{number}"), shape, min(max(float(weight) * scale, 0.0), 1.0)


def old_expressions(document: Document, master: Json) -> Iterator[Expression]:
    """VRM 0 blend shape groups."""
    for group in list(master.get("blendShapeGroups") or ())[:500]:
        found = tuple(binds(document, group.get("binds"), 0.01, False))
        yield Expression(str(group.get("name") or "")[:200], str(group.get("presetName") or "")[:50], found)


def new_expressions(document: Document, held: Json) -> Iterator[Expression]:
    """VRM 1 expressions, presets and the author's own."""
    for kind in ("preset", "custom"):
        for name, entry in list((held.get(kind) or {}).items())[:500]:
            found = tuple(binds(document, entry.get("morphTargetBinds"), 1.0, True))
            yield Expression(str(name)[:200], str(name)[:50] if kind == "preset" else "", found)
