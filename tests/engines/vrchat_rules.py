"""VRChat's rules for an avatar's file, read from its bytes alone and counted apart from the product's own count.

Limits: VRChat's page on performance ranks; rig and visemes: its pages on rigs and on `Viseme`.
"""

import io
from typing import Any

import numpy as np
from PIL import Image

from avatar_foundry.platforms.vrchat_rank import LIMITS, RANKS
from avatar_foundry.platforms.vrchat_rank import rank as own_rank

from ..acceptance.gltf import Gltf

VISEMES = ("sil", "pp", "ff", "th", "dd", "kk", "ch", "ss", "nn", "rr", "aa", "e", "ih", "oh", "ou")
NEEDED = ("Hips", "Spine", "Chest", "Neck", "Head", "LeftShoulder", "RightShoulder")
NEEDED += tuple(f"{side}{bone}" for side in ("Left", "Right") for bone in ("UpperArm", "LowerArm", "Hand"))
NEEDED += tuple(f"{side}{bone}" for side in ("Left", "Right") for bone in ("UpperLeg", "LowerLeg", "Foot"))
FIRST = {"UpperArm": "LowerArm", "LowerArm": "Hand", "UpperLeg": "LowerLeg", "LowerLeg": "Foot"}
MIPS = 4 / 3
BYTES = {"rgba": 4.0, "bc7": 1.0, "dxt1": 0.5, "astc 4x4": 1.0, "astc 6x6": 16 / 36}  # per pixel
ASKED = {"_mobile": ("mobile", "Good"), "": ("pc", "Good")}  # ending of the name -> device, the rank it must reach
MOBILE_DOWNLOAD = 10_000_000  # bytes
BOUNDS = {"mobile": 4.0, "pc": 4.0}  # metres along each axis, for Good
TOLERANCE = 0.01


def check(data: bytes, name: str) -> list[str]:
    """Problems, in words."""
    file = Gltf(data)
    device, least = ASKED["_mobile" if "_mobile." in name else ""]
    told = own_rank(data, device)
    seen = counts(file)
    out = [f"we count {told.values[k]:g} {k}, the file has {n:g}" for k, n in seen.items() if told.values[k] != n]
    ranks = {k: int(np.searchsorted(LIMITS[device][k], n, side="left")) for k, n in seen.items()}
    memory = texture_mb(file)
    if device == "mobile":  # even where nothing compresses them
        ranks["texture_mb"] = int(np.searchsorted(LIMITS[device]["texture_mb"], memory["rgba"], side="left"))
    out += [f"{k} ranks below {least} on {device}" for k, r in ranks.items() if r > RANKS.index(least)]
    if device == "mobile" and len(data) > MOBILE_DOWNLOAD:
        out.append(f"{len(data)} bytes are too many to download")
    if max(size(file)) > BOUNDS[device]:
        out.append(f"it measures {size(file)} m")
    return out + rig(file) + visemes(file)


def counts(file: Gltf) -> dict[str, float]:
    """What the ranks count, but textures."""
    drawn = file.primitives()
    accessors = file.document["accessors"]
    springs = file.document.get("extensions", {}).get("VRMC_springBone", {})
    swinging = [len(s["joints"]) - 1 for s in springs.get("springs", [])]
    skinned = {n for n, node, _ in drawn if "skin" in node}
    return {
        "triangles": sum(accessors[p["indices"]]["count"] for _, _, p in drawn) / 3,
        "skinned_meshes": len(skinned),
        "basic_meshes": len({n for n, _, _ in drawn} - skinned),
        "materials": len(drawn),
        "bones": len({j for s in file.document["skins"] for j in s["joints"]}),
        "physbones": len(swinging),
        "physbone_transforms": sum(swinging),
        "physbone_colliders": len(springs.get("colliders", [])),
    }


def texture_mb(file: Gltf) -> dict[str, float]:
    """Memory of the textures that materials use, with all their levels, by the way they are compressed."""
    used = {texture["source"] for texture in file.document.get("textures", [])}
    pixels = 0
    for image in (file.document["images"][i] for i in used):
        view = file.document["bufferViews"][image["bufferView"]]
        start = view.get("byteOffset", 0)
        with Image.open(io.BytesIO(file.binary[start : start + view["byteLength"]])) as picture:
            pixels += picture.width * picture.height
    return {way: pixels * each * MIPS / 2**20 for way, each in BYTES.items()}


def size(file: Gltf) -> list[float]:
    """Metres along each axis at rest."""
    ends: list[Any] = [file.document["accessors"][p["attributes"]["POSITION"]] for _, _, p in file.primitives()]
    low, high = np.min([e["min"] for e in ends], axis=0), np.max([e["max"] for e in ends], axis=0)
    return [round(float(v), 3) for v in high - low]


def rig(file: Gltf) -> list[str]:
    """The hierarchy that VRChat's own inverse kinematics expects."""
    nodes, world = file.document["nodes"], file.world()
    number = {n.get("name"): i for i, n in enumerate(nodes)}
    if lost := [n for n in NEEDED if n not in number]:
        return [f"bones missing: {lost}"]
    children = {n.get("name"): [nodes[c]["name"] for c in n.get("children", ())] for n in nodes}
    parent = {child: name for name, below in children.items() for child in below}
    out = []
    for side in ("Left", "Right"):
        for upper, lower in FIRST.items():
            if children[side + upper][:1] != [side + lower]:
                out.append(f"{side}{lower} is not the first child of {side}{upper}")
        if parent[f"{side}Shoulder"] not in ("Chest", "UpperChest"):
            out.append(f"{side}Shoulder does not hang on the chest")
        if (eye := number.get(f"{side}Eye")) is not None and not np.allclose(
            world[eye][:3, :3], np.eye(3), atol=TOLERANCE
        ):
            out.append(f"{side}Eye does not look along +Z with +Y up")
    if parent["Neck"] not in ("Chest", "UpperChest"):
        out.append("Neck does not hang on the chest")
    for bone in NEEDED[1:]:
        above = parent.get(bone)
        while above not in (None, "Hips"):
            above = parent.get(above)
        if above is None:
            out.append(f"{bone} does not hang below Hips")
    return out


def visemes(file: Gltf) -> list[str]:
    """All fifteen by the names that the SDK finds; faces without shapes need none."""
    there = {n for m in file.document["meshes"] for n in m.get("extras", {}).get("targetNames", ())}
    return [f"vrc.v_{v} is missing" for v in VISEMES if there and f"vrc.v_{v}" not in there]
