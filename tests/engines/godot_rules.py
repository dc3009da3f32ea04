"""What Godot 4's import and SkeletonProfileHumanoid want of a GLB, judged from its bytes alone.

`check` says what would not work at the first import with the profile chosen. `silhouette` says which bones do not lie
as in the profile's reference pose: those of an A-pose, which the import option Fix Silhouette turns.
"""

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
from tests.engines.rig_read import Rig, degrees, read_rig

# bone: children; * stands for Left and Right. SkeletonProfileHumanoid has these 56.
TREE = """Root: Hips | Hips: Spine *UpperLeg | Spine: Chest | Chest: UpperChest | UpperChest: Neck *Shoulder
Neck: Head | Head: *Eye Jaw | *UpperLeg: *LowerLeg | *LowerLeg: *Foot | *Foot: *Toes
*Shoulder: *UpperArm | *UpperArm: *LowerArm | *LowerArm: *Hand
*Hand: *ThumbMetacarpal *IndexProximal *MiddleProximal *RingProximal *LittleProximal
*ThumbMetacarpal: *ThumbProximal | *ThumbProximal: *ThumbDistal
*IndexProximal: *IndexIntermediate | *IndexIntermediate: *IndexDistal
*MiddleProximal: *MiddleIntermediate | *MiddleIntermediate: *MiddleDistal
*RingProximal: *RingIntermediate | *RingIntermediate: *RingDistal
*LittleProximal: *LittleIntermediate | *LittleIntermediate: *LittleDistal"""
NEEDED = ("Hips", "Spine", "Head", *(f"{s}{b}" for s in ("Left", "Right") for b in (
    "Shoulder", "UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")))  # fmt: skip
ORDERS = "noimp|col|convcol|colonly|convcolonly|navmesh|occ|occonly|vehicle|wheel|rigid"
READS = {
    "EXT_texture_webp",
    "KHR_lights_punctual",
    "KHR_materials_emissive_strength",
    "KHR_materials_pbrSpecularGlossiness",
    "KHR_materials_unlit",
    "KHR_mesh_quantization",
    "KHR_texture_basisu",
    "KHR_texture_transform",
}
ALONG = 12.0  # degrees between a bone's +Y and its child
STANCE = 20.0  # degrees between a bone and its place in the reference pose
# bones (left side) -> their direction in the reference pose; the figure's left is +X
REFERENCE: dict[str, tuple[str, tuple[float, float, float]]] = {
    "Shoulder": ("UpperArm", (1, 0, 0)),
    "UpperArm": ("LowerArm", (1, 0, 0)),
    "LowerArm": ("Hand", (1, 0, 0)),
    "Hand": ("MiddleProximal", (1, 0, 0)),
    "UpperLeg": ("LowerLeg", (0, -1, 0)),
    "LowerLeg": ("Foot", (0, -1, 0)),
    **{f"{f}Proximal": (f"{f}Intermediate", (1, 0, 0)) for f in ("Index", "Middle", "Ring", "Little")},
    **{f"{f}Intermediate": (f"{f}Distal", (1, 0, 0)) for f in ("Index", "Middle", "Ring", "Little")},
}


def _parents() -> dict[str, str]:
    out = {"Root": ""}
    for entry in re.split(r"\n| \| ", TREE):
        parent, _, children = entry.partition(": ")
        for child in children.split():
            for side in ("Left", "Right") if "*" in child else ("",):
                out[child.replace("*", side)] = parent.replace("*", side)
    return out


PROFILE = _parents()
assert len(PROFILE) == 56


def check(data: bytes, name: str) -> list[str]:
    """Problems of a GLB in Godot 4; none when it is empty."""
    rig = read_rig(data, name)
    return [*_names(rig), *_hierarchy(rig), *_axes(rig), *_facing(rig), *_shapes(rig), *_file(rig)]


def _names(rig: Rig) -> Iterator[str]:
    for bone in NEEDED:
        if bone not in rig.world:
            yield f"the bone {bone}, which the profile needs, is not there"
    for name, count in Counter(rig.names).items():
        if count > 1:
            yield f"{count} nodes are called {name}: later ones get a number"
        if re.search(r"[.:@/\"%]", name):
            yield f"the name {name} has characters that become underscores"
    for mesh in rig.meshes:
        if found := re.search(rf"[-$_]({ORDERS})$", mesh, re.IGNORECASE):
            yield f"the mesh {mesh} ends in {found[0]}, which the importer obeys"
        if re.search(r"_LOD\d+$", mesh):
            yield f"the mesh {mesh} is a level: Godot shows all levels at once"


def _hierarchy(rig: Rig) -> Iterator[str]:
    up = {n: rig.names[p] if p >= 0 else "" for n, p in zip(rig.names, rig.parents, strict=True)}
    for bone, parent in PROFILE.items():
        if bone in rig.world and parent and up[bone] != parent:
            yield f"{bone} hangs below {up[bone]}, not {parent}"
    if "Root" in rig.world and np.abs(rig.world["Root"] - np.eye(4)).max() > 1e-4:
        yield "Root does not lie at the origin, or is turned"


def _axes(rig: Rig) -> Iterator[str]:
    """+Y runs from a bone to its child; +X is where it bends: left and right, and the same on both sides mirrored."""
    for bone, parent in PROFILE.items():
        others = [b for b, p in PROFILE.items() if p == parent]
        if parent in ("", "Root", "Head", "Hips") or len(others) > 1 or not {bone, parent} <= rig.world.keys():
            continue
        step = rig.step(parent, bone)
        if np.linalg.norm(step) > 1e-4 and (angle := degrees(rig.world[parent][:3, 1], step)) > ALONG:
            yield f"+Y of {parent} is {angle:.0f} degrees off the way to {bone}"
    for bone in PROFILE:
        right = "Right" + bone.removeprefix("Left")
        if not bone.startswith("Left") or bone == "LeftEye" or not {bone, right} <= rig.world.keys():
            continue
        mirrored = rig.world[bone][:3, :3] * np.array([[-1], [1], [1]]) * (-1, 1, 1)
        mirrored[:, 2] = np.cross(mirrored[:, 0], mirrored[:, 1])
        angle = max(degrees(mirrored[:, k], rig.world[right][:3, k]) for k in (0, 1))
        if angle > ALONG:
            yield f"the axes of {right} are {angle:.0f} degrees off those of {bone}, mirrored"


def _facing(rig: Rig) -> Iterator[str]:
    if {"LeftUpperLeg", "RightUpperLeg"} <= rig.world.keys() and rig.step("RightUpperLeg", "LeftUpperLeg")[0] <= 0:
        yield "the figure does not face +Z: its left leg is not at +X"
    for side in ("Left", "Right"):
        if {f"{side}Foot", f"{side}Toes"} <= rig.world.keys() and rig.step(f"{side}Foot", f"{side}Toes")[2] <= 0:
            yield f"the {side} foot points backwards"


def silhouette(rig: Rig) -> list[str]:
    """Bones that do not lie as in the reference pose."""
    out = []
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        for bone, (child, aim) in REFERENCE.items():
            if {side + bone, side + child} <= rig.world.keys():
                angle = degrees(rig.step(side + bone, side + child), np.array(aim) * (sign, 1, 1))
                if angle > STANCE:
                    out.append(f"{side}{bone}: {angle:.0f} degrees off")
    return out


def _shapes(rig: Rig) -> Iterator[str]:
    for shape in rig.shapes:
        if ":" in shape or "/" in shape:
            yield f"the shape {shape} is renamed on import"


def _file(rig: Rig) -> Iterator[str]:
    if unread := sorted(set(rig.document.get("extensionsRequired", [])) - READS):
        yield f"the importer does not read {', '.join(unread)}"
    if rig.influences > 4:
        yield f"{rig.influences} joints per vertex need the flag for 8"
    for mesh in rig.document.get("meshes", []):
        targets = {len(p.get("targets", [])) for p in mesh["primitives"]}
        names = mesh.get("extras", {}).get("targetNames", [])
        if targets != {len(names)}:
            yield f"the mesh {mesh.get('name')} has {len(names)} names for {sorted(targets)} shapes"
