"""What Unreal's mannequin wants of a file, judged from its bytes alone: names, parents, places, axes, units.

Everything is said in Unreal's own space: left-handed, centimetres, +Z up, the figure faces +Y. Its importers come
there from glTF by (x, z, y) and from FBX (+Z up) by (x, -y, z), for the world and for each joint's axes.
Names and hierarchy: public dumps of the mannequin; axes: docs/decisions/unreal-axes.md.
"""

from collections.abc import Iterator

import numpy as np
from tests.engines.joints_read import Joints, fbx_joints, glb_joints

FROM_GLTF = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])
FROM_FBX = np.diag([1.0, -1.0, 1.0])
TREE = """root: pelvis ik_foot_root ik_hand_root interaction center_of_mass
pelvis: spine_01 thigh_* | spine_01: spine_02 | spine_02: spine_03 | spine_03: spine_04 | spine_04: spine_05
spine_05: neck_01 clavicle_* | neck_01: neck_02 | neck_02: head
clavicle_*: upperarm_* | upperarm_*: lowerarm_* upperarm_twist_01_* upperarm_twist_02_*
lowerarm_*: hand_* lowerarm_twist_01_* lowerarm_twist_02_*
hand_*: index_metacarpal_* middle_metacarpal_* ring_metacarpal_* pinky_metacarpal_* thumb_01_*
index_metacarpal_*: index_01_* | index_01_*: index_02_* | index_02_*: index_03_*
middle_metacarpal_*: middle_01_* | middle_01_*: middle_02_* | middle_02_*: middle_03_*
ring_metacarpal_*: ring_01_* | ring_01_*: ring_02_* | ring_02_*: ring_03_*
pinky_metacarpal_*: pinky_01_* | pinky_01_*: pinky_02_* | pinky_02_*: pinky_03_*
thumb_01_*: thumb_02_* | thumb_02_*: thumb_03_*
thigh_*: calf_* thigh_twist_01_* thigh_twist_02_* | calf_*: foot_* calf_twist_01_* calf_twist_02_* | foot_*: ball_*
ik_foot_root: ik_foot_* | ik_hand_root: ik_hand_gun | ik_hand_gun: ik_hand_*"""
OURS = {"eye_l": "head", "eye_r": "head", "jaw": "head"}  # beyond the mannequin's 89
LEFT, UP, FRONT = np.eye(3)[0], np.eye(3)[2], np.eye(3)[1]
AXES = {  # bones -> their +X, +Y, +Z in the T-pose
    "pelvis spine_01 spine_02 spine_03 spine_04 spine_05 neck_01 neck_02 head": (UP, FRONT, -LEFT),
    "clavicle_l upperarm_l lowerarm_l": (LEFT, FRONT, UP),
    "clavicle_r upperarm_r lowerarm_r": (LEFT, -FRONT, -UP),
    "hand_l index_01_l middle_02_l pinky_03_l": (LEFT, UP, -FRONT),
    "hand_r index_01_r middle_02_r pinky_03_r": (LEFT, -UP, FRONT),
    "thigh_l calf_l foot_l": (UP, FRONT, -LEFT),
    "thigh_r calf_r foot_r": (-UP, -FRONT, -LEFT),
    "ball_l": (FRONT, -UP, -LEFT),
    "ball_r": (-FRONT, UP, -LEFT),
}
ALONG = {  # child -> the sign of its place on its parent's X
    **{"spine_02": 1, "spine_04": 1, "neck_01": 1, "neck_02": 1, "head": 1, "ball_l": 0, "ball_r": 0},
    **{"upperarm_l": 1, "lowerarm_l": 1, "hand_l": 1, "index_02_l": 1, "calf_l": -1, "foot_l": -1},
    **{"upperarm_r": -1, "lowerarm_r": -1, "hand_r": -1, "index_02_r": -1, "calf_r": 1, "foot_r": 1},
}
THIRDS = {  # twist bone -> (end of its segment, share of the way)
    f"{limb}_twist_0{n}_{side}": (f"{end}_{side}", share if n == 1 else 1 - share)
    for limb, end, share in (
        *(("lowerarm", "hand", 2 / 3), ("calf", "foot", 2 / 3)),
        *(("upperarm", "lowerarm", 1 / 3), ("thigh", "calf", 1 / 3)),
    )
    for n in (1, 2)
    for side in "lr"
}
ARM = ("upperarm", "lowerarm", "hand", "index", "middle", "ring", "pinky")
SLANT = 40.0  # degrees between a bone of a living body and the axis that the table has for it


def mannequin() -> dict[str, str]:
    """Name -> parent of the 89 joints."""
    out = {"root": ""}
    for line in TREE.replace(" | ", "\n").splitlines():
        parent, _, children = line.partition(": ")
        for side in ("l", "r"):
            for child in children.split():
                out[child.replace("*", side)] = parent.replace("*", side)
    return out


def glb_faults(data: bytes) -> list[str]:
    """What is wrong with a GLB for Unreal; empty when nothing is."""
    return list(_faults(_in_unreal(glb_joints(data), FROM_GLTF, 100.0)))


def fbx_faults(data: bytes) -> list[str]:
    """What is wrong with an FBX for Unreal; empty when nothing is."""
    joints = fbx_joints(data)
    wanted = {"UpAxis": 2, "UpAxisSign": 1, "FrontAxis": 1, "FrontAxisSign": -1, "CoordAxis": 0, "UnitScaleFactor": 1.0}
    wrong = [f"{k} is {joints.settings.get(k)}" for k, v in wanted.items() if joints.settings.get(k) != v]
    return [*wrong, *_faults(_in_unreal(joints, FROM_FBX, 1.0))]


def _in_unreal(joints: Joints, turn: np.ndarray, scale: float) -> Joints:
    change = np.eye(4)
    change[:3, :3] = turn

    def moved(m: np.ndarray) -> np.ndarray:
        out = change @ m @ change.T
        out[:3, 3] *= scale
        return out

    world = {n: moved(m) for n, m in joints.world.items()}
    local = {n: moved(m) for n, m in joints.local.items()}
    return Joints(joints.parents, world, local, joints.settings)


def _faults(joints: Joints) -> Iterator[str]:
    known = mannequin()
    for name, parent in known.items():
        if joints.parents.get(name) != parent:
            yield f"{name} hangs on {joints.parents.get(name)!r}, not on {parent!r}"
    for name in set(joints.parents) - set(known) - set(OURS):
        yield f"{name} is no bone of the mannequin's"
    if any(n not in joints.world for n in known):
        return
    if np.abs(joints.world["root"] - np.eye(4)).max() > 1e-4:
        yield "root does not stand at the origin along the world's axes"
    at = {n: m[:3, 3] for n, m in joints.world.items()}
    if not 50 < at["head"][2] < 250:
        yield f"the head is at {at['head'][2]:.2f}: not centimetres, or not +Z up"
    if at["ball_l"][1] <= at["foot_l"][1] or at["hand_l"][0] <= at["hand_r"][0]:
        yield "the figure does not face +Y with its left at +X"
    hang = {side: _hang(at[f"hand_{side}"] - at[f"upperarm_{side}"]) for side in "lr"}
    for names, axes in AXES.items():
        for name in names.split():
            turn = hang[name[-1]] if name.startswith(ARM) else np.eye(3)
            for letter, axis, column in zip("XYZ", (turn @ a for a in axes), joints.world[name][:3, :3].T, strict=True):
                if (angle := np.degrees(np.arccos(np.clip(column @ axis, -1, 1)))) > SLANT:
                    yield f"{letter} of {name} is {angle:.0f} degrees off"
    for name, sign in ALONG.items():
        x, y, z = joints.local[name][:3, 3]
        aside = 0.8 if name.startswith(("spine", "neck", "head")) else 0.2  # trunk bones stand as the mannequin's do
        if sign and (x * sign <= 0 or np.hypot(y, z) > aside * abs(x) + 0.05):
            yield f"{name} lies at {x:.2f} {y:.2f} {z:.2f} in its parent, not along X"
    for name, (end, share) in THIRDS.items():
        if np.abs(joints.local[name][:3, 3] - share * joints.local[end][:3, 3]).max() > 0.05:
            yield f"{name} is not at {share:.2f} of the way to {end}"
    for name, model in (
        ("ik_hand_gun", "hand_r"),
        *((f"ik_{b}_{s}", f"{b}_{s}") for b in ("hand", "foot") for s in "lr"),
    ):
        if np.abs(joints.world[name] - joints.world[model]).max() > 0.01:
            yield f"{name} does not stand as {model} does"


def _hang(arm: np.ndarray) -> np.ndarray:
    """(3, 3): the turn about the front that takes a level arm to where this one hangs: an A-pose is no fault."""
    along = arm * (1, 0, 1) * np.sign(arm[0])
    c, _, s = along / np.linalg.norm(along)
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def check(data: bytes, name: str) -> list[str]:
    """What is wrong with a file for Unreal; empty when nothing is."""
    return fbx_faults(data) if name.endswith(".fbx") else glb_faults(data)
