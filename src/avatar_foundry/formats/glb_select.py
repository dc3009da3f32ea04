"""Drop shapes or clips from a GLB of ours without building it again: what is left has the values that it had."""

import json
from collections.abc import Container
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .glb_compact import compacted
from .glb_container import Chunk, Json, pack
from .glb_source import Source, chunks


def keep_shapes(data: bytes, keep: Container[str]) -> bytes:
    """`data` with only those morph targets whose names are in `keep`; accessors and views that nothing uses go.

    data: a GLB that `write_glb` made (any compression). Same input, same bytes.
    """
    text, binary = chunks(data)
    document: Json = json.loads(text)
    rows = _weights_of_kept(data, document, keep)
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
    return _without_unused(document, Source(data), binary, rows)


def keep_clips(data: bytes, keep: Container[str]) -> bytes:
    """`data` with only those animations whose names are in `keep`; as `keep_shapes`."""
    text, binary = chunks(data)
    document: Json = json.loads(text)
    document["animations"] = [a for a in document.get("animations", ()) if a["name"] in keep]
    return _without_unused(document, Source(data), binary, [])


Rows = list[NDArray[np.float32]]


def _weights_of_kept(data: bytes, document: Json, keep: Container[str]) -> Rows:
    """Outputs of animated weights hold a column per shape: those that lose columns are made anew.

    Their samplers then name -1 - (number in the list that is returned). Channels without columns go.
    """
    names = [mesh.get("extras", {}).get("targetNames", []) for mesh in document.get("meshes", ())]
    source, made, told = Source(data), list[NDArray[np.float32]](), dict[tuple[int, int], int]()
    for animation in document.get("animations", ()):
        channels, samplers = [], []
        for channel in animation["channels"]:
            sampler = animation["samplers"][channel["sampler"]]
            if channel["target"]["path"] == "weights":
                mesh = document["nodes"][channel["target"]["node"]]["mesh"]
                kept = [i for i, name in enumerate(names[mesh]) if name in keep]
                if not kept:
                    continue
                if len(kept) < len(names[mesh]):
                    key = (sampler["output"], mesh)
                    if key not in told:
                        whole = source.accessor(sampler["output"], "SCALAR").astype(np.float32)
                        made.append(np.ascontiguousarray(whole.reshape(-1, len(names[mesh]))[:, kept]).reshape(-1))
                        told[key] = -len(made)
                    sampler = {**sampler, "output": told[key]}
            samplers.append(sampler)
            channels.append({**channel, "sampler": len(samplers) - 1})
        animation["samplers"], animation["channels"] = samplers, channels
    document["animations"] = [a for a in document.get("animations", ()) if a["channels"]]
    return made


def _without_unused(document: Json, source: Source, binary: bytes, rows: Rows) -> bytes:
    """source: the file as it was.  rows: of accessors that are new; places that ask for them hold -1, -2 .."""
    old_accessors, old_views = document.pop("accessors", []), document.pop("bufferViews", [])
    accessors = _Renumbered()
    for owner, key in _accessor_places(document):
        owner[key] = accessors.new(owner[key])
    fresh = {k: rows[-1 - old] for k, old in enumerate(accessors.order) if old < 0}
    views, chunk = _Renumbered(), Chunk()
    made = [json.loads(json.dumps(old_accessors[i])) if i >= 0 else {} for i in accessors.order]
    fewer = compacted(source, old_views, made)
    for entry in made:
        for holder in (entry, *(entry.get("sparse", {}).get(k, {}) for k in ("indices", "values"))):
            if "bufferView" in holder:
                holder["bufferView"] = views.new(holder["bufferView"])
    for image in document.get("images", ()):
        if "bufferView" in image:
            image["bufferView"] = views.new(image["bufferView"])
    for k, entry in enumerate(made):
        chunk.append(entry if k not in fresh else {})
    for i in views.order:
        view: Json = json.loads(json.dumps(fewer[i].view if i in fewer else old_views[i]))
        # Compressed bytes lie where the extension says; the view itself then speaks of a buffer without bytes.
        place = next((e for e in view.get("extensions", {}).values() if "byteLength" in e), view)
        start = place.get("byteOffset", 0)
        stored = fewer[i].packed if i in fewer else binary[start : start + place["byteLength"]]
        place["byteOffset"] = chunk.add(stored)
        chunk.views.append(view)
    for k, values in fresh.items():
        entry = {"bufferView": chunk.view(values), "componentType": 5126, "count": len(values), "type": "SCALAR"}
        chunk.replace(k, entry)
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
