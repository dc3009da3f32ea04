"""VRChat's performance rank of a file, from nothing but the file. Limits: facts, section 1.5 (VRChat's own page).

Textures are counted as Unity compresses them, at one byte per pixel (BC7, ASTC 4x4) with all mip levels: the larger of
the usual choices. A spring chain is counted as one PhysBone component, its joints as transforms.
"""

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from ..formats.glb_source import Source

RANKS = ("Excellent", "Good", "Medium", "Poor")
LIMITS: Mapping[str, Mapping[str, tuple[float, float, float, float]]] = {
    "pc": {
        "triangles": (32_000, 70_000, 70_000, 70_000),
        "texture_mb": (40, 75, 110, 150),
        "skinned_meshes": (1, 2, 8, 16),
        "basic_meshes": (4, 8, 16, 24),
        "materials": (4, 8, 16, 32),
        "bones": (75, 150, 256, 400),
        "physbones": (4, 8, 16, 32),
        "physbone_transforms": (16, 64, 128, 256),
        "physbone_colliders": (4, 8, 16, 32),
        "physbone_checks": (32, 128, 256, 512),
        "constraints": (100, 250, 300, 350),
    },
    "mobile": {
        "triangles": (7_500, 10_000, 15_000, 20_000),
        "texture_mb": (10, 18, 25, 40),
        "skinned_meshes": (1, 1, 2, 2),
        "basic_meshes": (1, 1, 2, 2),
        "materials": (1, 1, 2, 4),
        "bones": (75, 90, 150, 150),
        "physbones": (0, 4, 6, 8),
        "physbone_transforms": (0, 16, 32, 64),
        "physbone_colliders": (0, 4, 8, 16),
        "physbone_checks": (0, 16, 32, 64),
        "constraints": (30, 60, 120, 150),
    },
}
BYTES_PER_PIXEL = 4 / 3  # one, and a third for the mip levels


class Rank(NamedTuple):
    """rank: of the whole.  worst: the statistics that keep it there.  values: all that was counted."""

    rank: str
    worst: tuple[str, ...]
    values: Mapping[str, float]


def rank(data: bytes, device: str) -> Rank:
    """The rank of a GLB or VRM on "pc" or "mobile"."""
    values = statistics(data)
    ranks = {name: _rank(values[name], limits) for name, limits in LIMITS[device].items()}
    lowest = max(ranks.values())
    worst = tuple(n for n, r in ranks.items() if r == lowest and lowest > 0)
    return Rank((*RANKS, "Very Poor")[lowest], worst, values)


def _rank(value: float, limits: tuple[float, ...]) -> int:
    return int(np.searchsorted(limits, value, side="left"))


def statistics(data: bytes) -> dict[str, float]:
    """What VRChat counts, of the default scene. Raises SourceError when the file cannot be read."""
    source = Source(data)
    document = source.document
    nodes, meshes = source.items("nodes"), source.items("meshes")
    shown = [nodes[i] for i in _scene(document, nodes) if "mesh" in nodes[i]]
    drawn = [(node, p) for node in shown for p in meshes[node["mesh"]]["primitives"]]
    accessors = source.items("accessors")
    images: dict[int, int] = {}
    for i in _images(document, {p.get("material") for _, p in drawn}):
        with Image.open(io.BytesIO(source.bytes_of(source.items("images")[i]["bufferView"]))) as image:
            images[i] = image.width * image.height
    held = document.get("extensions", {}).get("VRMC_springBone", {})
    springs = held.get("springs", [])
    members = [len(g["colliders"]) for g in held.get("colliderGroups", [])]
    moved = [len(s["joints"]) - 1 for s in springs]
    checks = sum(n * sum(members[g] for g in s.get("colliderGroups", [])) for n, s in zip(moved, springs, strict=True))
    return {
        "triangles": sum(accessors[p["indices"]]["count"] // 3 for _, p in drawn),
        "texture_mb": round(sum(images.values()) * BYTES_PER_PIXEL / 2**20, 2),
        "skinned_meshes": sum("skin" in node for node in shown),
        "basic_meshes": sum("skin" not in node for node in shown),
        "materials": len(drawn),
        "bones": len({j for s in source.items("skins") for j in s["joints"]}),
        "physbones": len(springs),
        "physbone_transforms": sum(moved),
        "physbone_colliders": len(held.get("colliders", [])),
        "physbone_checks": checks,
        "constraints": sum("VRMC_node_constraint" in n.get("extensions", {}) for n in nodes),
    }


def _scene(document: Mapping[str, Any], nodes: list[Any]) -> list[int]:
    """Numbers of the nodes in the default scene."""
    todo = list(document["scenes"][document.get("scene", 0)]["nodes"])
    out = []
    while todo:
        out.append(todo.pop())
        todo += nodes[out[-1]].get("children", [])
    return out


def _images(document: Mapping[str, Any], materials: set[Any]) -> list[int]:
    """Numbers of the images that these materials show."""
    found: set[int] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key.endswith("Texture") and isinstance(inner, dict) and "index" in inner:
                    entry = document["textures"][inner["index"]]
                    webp = entry.get("extensions", {}).get("EXT_texture_webp", {})
                    found.add(int(webp.get("source", entry.get("source", -1))))
                else:
                    walk(inner)

    for i in materials - {None}:
        walk(document["materials"][i])
    return sorted(found - {-1})
