"""What Unity's Humanoid import and glTFast want of a file, judged from its bytes alone.

`check` says what would not work at the first import. `t_pose` says what is outside the tolerances of a T-pose; arms of
an A-pose are among it, which Unity turns level by itself when it makes the avatar (Enforce T-Pose).
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from tests.engines.rig_read import Rig, degrees, read_rig
from tests.engines.unity_mapper import REQUIRED, ROLES, auto_map

READ_BY_GLTFAST = {
    "KHR_draco_mesh_compression",
    "KHR_materials_unlit",
    "KHR_materials_clearcoat",
    "KHR_mesh_quantization",
    "KHR_texture_basisu",
    "KHR_texture_transform",
}
VISIBLE = 1e-5  # metres
MOST_ABOVE = 2  # nodes between the model's root and the hips
MIRROR = np.array([-1.0, 1.0, 1.0])  # from our space to Unity's, left-handed with the left at -X

Aim = tuple[float, float, float]
# role (left side) -> child, ideal direction in Unity's space, tolerance in degrees
LIMBS: dict[str, tuple[str, Aim, float]] = {
    "UpperLeg": ("LowerLeg", (-0.05, -1, 0), 15),
    "LowerLeg": ("Foot", (-0.05, -1, -0.15), 20),
    "Foot": ("Toes", (-0.05, 0, 1), 20),
    "Shoulder": ("UpperArm", (-1, 0, 0), 20),
    "UpperArm": ("LowerArm", (-1, 0, 0), 5),
    "LowerArm": ("Hand", (-1, 0, 0), 5),
    "ThumbProximal": ("ThumbIntermediate", (-1, 0, 1), 10),
    "ThumbIntermediate": ("ThumbDistal", (-1, 0, 1), 5),
    **{f"{f}Proximal": (f"{f}Intermediate", (-1, 0, 0), 10) for f in ("Index", "Middle", "Ring", "Little")},
    **{f"{f}Intermediate": (f"{f}Distal", (-1, 0, 0), 5) for f in ("Index", "Middle", "Ring", "Little")},
}
MIDDLE = ("Spine", "Chest", "UpperChest", "Neck", "Head")


def check(data: bytes, name: str) -> list[str]:
    """Problems of a GLB or FBX in Unity; none when it is empty."""
    rig = read_rig(data, name)
    mapped = auto_map(rig)
    level = not any("Arm" in p for p in t_pose(rig, mapped))
    return [
        *_names(rig),
        *_mapping(rig, mapped),
        *(p for p in t_pose(rig, mapped) if level or not _of_an_a_pose(p, rig, mapped)),
        *_levels(rig),
        *_shapes(rig),
        *_gltf(rig),
    ]


def _names(rig: Rig) -> Iterator[str]:
    for name, count in Counter(rig.names).items():
        if count > 1:
            yield f"{count} transforms are called {name}: bones are found by name"


def _mapping(rig: Rig, mapped: dict[str, str]) -> Iterator[str]:
    """The roles that Unity needs are found, and each bone that is called as a role gets that role."""
    for role in REQUIRED:
        if role not in mapped:
            yield f"nothing is mapped to {role}"
    for role in ROLES:
        if role in rig.names and mapped.get(role) != role:
            yield f"{mapped.get(role, 'nothing')} is mapped to {role}, though a bone has that name"
    for bone, count in Counter(mapped.values()).items():
        if count > 1:
            yield f"{bone} is mapped to {count} roles"
    if "UpperChest" in mapped and "Chest" not in mapped:
        yield "UpperChest is mapped, and Chest is not"
    hips = rig.names.index(mapped["Hips"]) if "Hips" in mapped else -1
    up, depth = hips, 0
    while up >= 0 and rig.parents[up] >= 0:
        up, depth = rig.parents[up], depth + 1
    if depth > MOST_ABOVE:
        yield f"{depth} nodes lie above the hips: the mapper looks no deeper than {MOST_ABOVE}"


def t_pose(rig: Rig, mapped: dict[str, str] | None = None) -> list[str]:
    """What is not as in a T-pose, by Unity's own tolerances."""
    found = auto_map(rig) if mapped is None else mapped
    return [f"{role}: {angle:.1f} degrees off, {limit:.0f} are allowed" for role, angle, limit in _off(rig, found)] + [
        *_place(rig, found)
    ]


def _off(rig: Rig, mapped: dict[str, str]) -> Iterator[tuple[str, float, float]]:
    def along(role: str, child: str) -> np.ndarray | None:
        """Unity's space."""
        return rig.step(mapped[role], mapped[child]) * MIRROR if {role, child} <= mapped.keys() else None

    middle = [r for r in MIDDLE if r in mapped]
    for role, child in pairwise(middle):
        step = along(role, child)
        if step is not None and (angle := degrees(step, (0, 1, 0))) > 30:
            yield role, angle, 30
    for hand in ("Left", "Right"):
        sign = (1.0 if hand == "Left" else -1.0, 1.0, 1.0)
        for role, (child, aim, limit) in LIMBS.items():
            step = along(hand + role, hand + child)
            if step is None:
                continue
            seen = step * (1, 0, 1) if role == "Foot" else step
            if role.endswith(("Proximal", "Intermediate")):  # of the hand as it lies: turned as the forearm is
                seen = _as_if_level(step, along(f"{hand}LowerArm", f"{hand}Hand"), np.array((-1.0, 0, 0)) * sign)
            if (angle := degrees(seen, np.array(aim) * sign)) > limit:
                yield hand + role, angle, limit
        arm, palm = along(f"{hand}LowerArm", f"{hand}Hand"), along(f"{hand}Hand", f"{hand}MiddleProximal")
        if arm is not None and palm is not None and (angle := degrees(arm, palm)) > 10:
            yield f"{hand}Hand", angle, 10


def _as_if_level(step: np.ndarray, arm: np.ndarray | None, ideal: np.ndarray) -> np.ndarray:
    """`step` turned by what brings the forearm to its ideal direction."""
    if arm is None:
        return step
    arm = arm / np.linalg.norm(arm)
    axis, cosine = np.cross(arm, ideal), float(arm @ ideal)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return step
    axis = axis / sine
    turned: np.ndarray = step * cosine + np.cross(axis, step) * sine + axis * (axis @ step) * (1 - cosine)
    return turned


def _place(rig: Rig, mapped: dict[str, str]) -> Iterator[str]:
    """The hips over the origin, the toes near the ground."""
    if "Hips" not in mapped:
        return
    x, y, z = rig.world[mapped["Hips"]][:3, 3]
    if y <= 0 or abs(x) > 0.01 * y or abs(z) > 0.2 * y:
        yield f"the hips are off centre: {x:.3f}, {y:.3f}, {z:.3f}"
    toes = [rig.world[mapped[r]][1, 3] for r in ("LeftToes", "RightToes") if r in mapped]
    if toes and not -0.01 * y <= np.mean(toes) <= 0.1 * y:
        yield f"the toes lie {np.mean(toes):.3f} m above the ground"
    if {"LeftUpperLeg", "RightUpperLeg"} <= mapped.keys():
        across = rig.step(mapped["RightUpperLeg"], mapped["LeftUpperLeg"])
        if (angle := degrees(across * (1, 0, 1), (1, 0, 0))) > 15:
            yield f"the hips are turned {angle:.0f} degrees from +Z"


def _of_an_a_pose(problem: str, rig: Rig, mapped: dict[str, str]) -> bool:
    """Whether a problem is that both arms hang alike, as in an A-pose, and nothing else is."""
    if not re.match(r"(Left|Right)(Upper|Lower)Arm:|(Left|Right)Shoulder:", problem):
        return False
    roles = [f"{h}{r}" for h in ("Left", "Right") for r in ("UpperArm", "LowerArm", "Hand")]
    if not set(roles) <= mapped.keys():
        return False
    left, right = (
        rig.step(mapped[f"{h}UpperArm"], mapped[f"{h}Hand"]) * (1 if h == "Left" else -1, 1, 1)
        for h in ("Left", "Right")
    )
    droop = float(np.degrees(np.arctan2(-left[1], np.hypot(left[0], left[2]))))
    return degrees(left, right) < 3 and 5 < droop < 65


def _levels(rig: Rig) -> Iterator[str]:
    """NAME_LOD0, NAME_LOD1 .. without a gap: of them Unity makes one LOD Group."""
    groups: dict[str, set[int]] = {}
    for mesh in rig.meshes:
        if found := re.fullmatch(r"(.*)_LOD(\d+)", mesh):
            groups.setdefault(found[1], set()).add(int(found[2]))
    for stem, levels in groups.items():
        if levels != set(range(len(levels))):
            yield f"{stem} has the levels {sorted(levels)}"
        if stem in rig.meshes:
            yield f"{stem} is there without a level, beside {stem}_LOD0: it would always show"


def _shapes(rig: Rig) -> Iterator[str]:
    for shape, reach in rig.shapes.items():
        if reach < VISIBLE:
            yield f"the shape {shape} moves nothing: Unity removes it, and the numbers of later ones shift"
        if "." in shape and not shape.startswith("vrc."):
            yield f"the shape {shape} has a prefix"


def _gltf(rig: Rig) -> Iterator[str]:
    if unread := sorted(set(rig.document.get("extensionsRequired", [])) - READ_BY_GLTFAST):
        yield f"glTFast does not read {', '.join(unread)} without a package"
    if rig.influences > 4:
        yield f"{rig.influences} joints per vertex: Unity's default keeps 4"
