"""What is in a GLB, as plain data: what `avatar-foundry inspect FILE` shows."""

from typing import Any

from ..avatar import Avatar
from .glb_reader import read_glb
from .glb_source import Source


def inspect_glb(data: bytes) -> dict[str, Any]:
    """Counts, names, sizes and licences of a GLB. Raises SourceError when it cannot be read."""
    avatar = read_glb(data)
    return {**describe(avatar), "file": file_facts(Source(data), len(data))}


def describe(avatar: Avatar) -> dict[str, Any]:
    """The same of an avatar in memory."""
    heights = [p.mesh.positions[:, 1] for p in avatar.parts if len(p.mesh.positions)]
    skeleton = avatar.skeleton
    return {
        "name": avatar.name,
        "vertices": sum(len(p.mesh.positions) for p in avatar.parts),
        "triangles": sum(len(p.mesh.faces) for p in avatar.parts),
        "height": round(float(max(h.max() for h in heights) - min(h.min() for h in heights)), 4) if heights else 0.0,
        "bones": list(skeleton.names) if skeleton is not None else [],
        "morphs": list(dict.fromkeys(m.name for p in avatar.parts for m in p.mesh.morphs)),
        "parts": [
            {
                "name": p.name,
                "material": p.material,
                "vertices": len(p.mesh.positions),
                "triangles": [len(m.faces) for m in p.lods],
                "morphs": len(p.mesh.morphs),
                "skinned": p.mesh.joints is not None,
            }
            for p in avatar.parts
        ],
        "materials": [
            {
                "name": m.name,
                "alpha": m.alpha_mode,
                "double_sided": m.double_sided,
                "extensions": sorted(m.extensions),
                "textures": {
                    slot: f"{t.width}x{t.height} {t.mime}"
                    for slot, t in (("base", m.base), ("normal", m.normal), ("orm", m.orm))
                    if t is not None
                },
            }
            for m in avatar.materials
        ],
        "clips": [
            {
                "name": c.name,
                "seconds": round(float(c.times[-1] - c.times[0]), 3),
                "keys": len(c.times),
                "loop": c.loop,
                "shapes": sorted(c.shapes),
            }
            for c in avatar.clips
        ],
        "extras": dict(avatar.extras),
    }


def file_facts(source: Source, size: int) -> dict[str, Any]:
    """Bytes by what they are for, extensions, generator."""
    document = source.document
    use: dict[int, str] = {}
    for image in source.items("images"):
        use[image.get("bufferView", -1)] = "textures"

    def mark(index: Any, kind: str) -> None:
        entry = source.item("accessors", index)
        sparse = entry.get("sparse") or {}
        for holder in (entry, sparse.get("indices") or {}, sparse.get("values") or {}):
            if isinstance(view := holder.get("bufferView"), int):
                use.setdefault(view, kind)

    for mesh in source.items("meshes"):
        for primitive in mesh.get("primitives") or ():
            for index in (primitive.get("attributes") or {}).values():
                mark(index, "vertices")
            if primitive.get("indices") is not None:
                mark(primitive["indices"], "indices")
            for target in primitive.get("targets") or ():
                for index in target.values():
                    mark(index, "morphs")
    for animation in source.items("animations"):
        for sampler in animation.get("samplers") or ():
            mark(sampler.get("input"), "animations")
            mark(sampler.get("output"), "animations")
    sizes = dict.fromkeys(("vertices", "indices", "morphs", "textures", "animations", "other"), 0)
    for i, view in enumerate(source.items("bufferViews")):
        stored = next((e for e in (view.get("extensions") or {}).values() if "byteLength" in e), view)
        sizes[use.get(i, "other")] += int(stored.get("byteLength", 0))
    sizes["json"] = size - sum(sizes.values())
    return {
        "bytes": size,
        "by_use": sizes,
        "generator": str(document["asset"].get("generator", "")),
        "extensions_used": sorted(map(str, document.get("extensionsUsed") or ())),
        "extensions_required": sorted(map(str, document.get("extensionsRequired") or ())),
    }
