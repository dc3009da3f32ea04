"""Drop shapes from a GLB of ours without building it again: what is left is byte for byte what it was."""

import json
from collections.abc import Container
from typing import Any

from .glb_container import Chunk, Json, pack
from .glb_source import chunks


def keep_shapes(data: bytes, keep: Container[str]) -> bytes:
    """`data` with only those morph targets whose names are in `keep`; accessors and views that nothing uses go.

    data: a GLB that `write_glb` made (any compression). Same input, same bytes.
    """
    text, binary = chunks(data)
    document: Json = json.loads(text)
    for mesh in document.get("meshes", ()):
        names = mesh.get("extras", {}).get("targetNames", [])
        kept = [i for i, name in enumerate(names) if name in keep]
        for primitive in mesh["primitives"]:
            primitive["targets"] = [primitive["targets"][i] for i in kept] if "targets" in primitive else []
            if not primitive["targets"]:
                del primitive["targets"]
        mesh.pop("weights", None)
        if kept:
            mesh["weights"] = [0.0] * len(kept)
            mesh["extras"]["targetNames"] = [names[i] for i in kept]
        elif names:
            del mesh["extras"]["targetNames"]
            if not mesh["extras"]:
                del mesh["extras"]
    return _without_unused(document, binary)


def _without_unused(document: Json, binary: bytes) -> bytes:
    old_accessors, old_views = document.pop("accessors", []), document.pop("bufferViews", [])
    accessors = _Renumbered()
    for owner, key in _accessor_places(document):
        owner[key] = accessors.new(owner[key])
    views, chunk = _Renumbered(), Chunk()
    made = [json.loads(json.dumps(old_accessors[i])) for i in accessors.order]
    for entry in made:
        for holder in (entry, *(entry.get("sparse", {}).get(k, {}) for k in ("indices", "values"))):
            if "bufferView" in holder:
                holder["bufferView"] = views.new(holder["bufferView"])
    for image in document.get("images", ()):
        if "bufferView" in image:
            image["bufferView"] = views.new(image["bufferView"])
    for entry in made:
        chunk.append(entry)
    for i in views.order:
        view: Json = json.loads(json.dumps(old_views[i]))
        # Compressed bytes lie where the extension says; the view itself then speaks of a buffer without bytes.
        place = next((e for e in view.get("extensions", {}).values() if "byteLength" in e), view)
        start = place.get("byteOffset", 0)
        place["byteOffset"] = chunk.add(binary[start : start + place["byteLength"]])
        chunk.views.append(view)
    return pack(document, chunk)


class _Renumbered:
    """Old numbers -> new ones, in the order of first use."""

    def __init__(self) -> None:
        self.order: list[int] = []
        self._new: dict[int, int] = {}

    def new(self, old: int) -> int:
        if old not in self._new:
            self._new[old] = len(self.order)
            self.order.append(old)
        return self._new[old]


def _accessor_places(document: Json) -> list[tuple[Any, Any]]:
    places: list[tuple[Any, Any]] = []
    for mesh in document.get("meshes", ()):
        for primitive in mesh["primitives"]:
            places += [(primitive["attributes"], k) for k in sorted(primitive["attributes"])]
            places += [(primitive, "indices")] if "indices" in primitive else []
            places += [(target, k) for target in primitive.get("targets", ()) for k in sorted(target)]
    places += [(s, "inverseBindMatrices") for s in document.get("skins", ()) if "inverseBindMatrices" in s]
    samplers = [s for a in document.get("animations", ()) for s in a["samplers"]]
    return places + [(s, k) for s in samplers for k in ("input", "output")]
