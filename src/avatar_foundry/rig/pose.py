"""Poses as joint angles relative to the T-pose, and the skinning matrices that put any skeleton into them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np

from ..avatar import F32, Frozen, Skeleton
from ..humanoid import INDEX, NAMES, PARENTS
from .frames import t_frames

# How much of the upper arm's way the shoulder girdle takes: beyond horizontal, below it, and towards the front.
ABOVE, BELOW, FORWARD = 1.0 / 3.0, 0.16, 0.2
#: A matrix nearer to the identity than this is rounding of the float32 rest (a hundredth of a millimetre at most).
STILL = 5e-6
_TWISTS = {"UpperArm": -0.5, "UpperLeg": -0.5, "LowerArm": 0.5, "LowerLeg": 0.5}
_ROLLER = {"UpperArm": "UpperArm", "UpperLeg": "UpperLeg", "LowerArm": "Hand", "LowerLeg": "Foot"}
_SIDES = ("left", "right")


@dataclass(frozen=True, eq=False, slots=True)
class Pose(Frozen):
    """A pose relative to the T-pose, whatever pose the skeleton rests in.

    turns: (65, 3, 3) f64 rotation of each bone against its parent, in the bone's own T-pose axes, before the shoulder
    girdle takes its share and the twist bones follow. feet: the lowest foot joint keeps its height (squat, stride).
    """

    name: str
    title: str
    turns: np.ndarray
    feet: bool = False


def rotation(axis: int, degrees: float) -> np.ndarray:
    """(3, 3) turn about the local X (0), Y (1) or Z (2) axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    out = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out[i, i], out[i, j], out[j, i], out[j, j] = c, -s, s, c
    return out


def joint_turn(bend: float = 0.0, roll: float = 0.0, tilt: float = 0.0) -> np.ndarray:
    """(3, 3) roll about +Y first, then bend about +X, then tilt about +Z; degrees."""
    return np.asarray(rotation(2, tilt) @ rotation(0, bend) @ rotation(1, roll))


def roll_of(turn: np.ndarray, share: float) -> np.ndarray:
    """(3, 3) `share` of the roll about +Y in `turn` = swing after roll (the twist of its quaternion about Y)."""
    angle = 2.0 * np.arctan2(turn[0, 2] - turn[2, 0], 1.0 + np.trace(turn))
    angle = (angle + np.pi) % (2.0 * np.pi) - np.pi
    return rotation(1, float(np.degrees(share * angle)))


def girdle(arm: np.ndarray) -> np.ndarray:
    """(3, 3) turn of the left shoulder bone, in its T-pose axes, that goes with an upper arm pointing along `arm`."""
    raised = np.degrees(np.arcsin(np.clip(arm[1], -1.0, 1.0)))
    forward = np.degrees(np.arcsin(np.clip(arm[2], -1.0, 1.0)))
    return joint_turn(bend=raised * (ABOVE if raised > 0 else BELOW), tilt=-FORWARD * max(forward, 0.0))


def _load() -> Mapping[str, Pose]:
    raw = tomllib.loads(files(__package__).joinpath("poses.toml").read_text("utf-8"))
    poses = {}
    for name, entry in raw.items():
        turns = np.tile(np.eye(3), (len(NAMES), 1, 1))
        for joint, angles in entry.get("joints", {}).items():
            turn = joint_turn(**angles)
            if joint in INDEX:
                turns[INDEX[joint]] = turn
                continue
            for side, other in ((s, s == "right") for s in _SIDES):
                flip = np.array([1.0, -1.0, -1.0])  # X means the same on both sides, Y and Z change sign
                turns[INDEX[side + joint[0].upper() + joint[1:]]] = turn * flip[:, None] * flip if other else turn
        poses[name] = Pose(name, entry["title"], turns, bool(entry.get("feet", False)))
    return MappingProxyType(poses)


#: The twelve test poses of poses.toml by name, in the file's order.
POSES: Mapping[str, Pose] = _load()


@lru_cache(maxsize=1)
def _t_constants() -> np.ndarray:
    return t_frames()


def t_rotations(skeleton: Skeleton) -> np.ndarray:
    """(65, 3, 3) f64 rotations in which this skeleton stands in the T-pose.

    Arms and hands take the axes of `humanoid.T_AXES`, the shoulder girdle gives back what it took to get into the rest
    pose, everything else keeps its rest.
    """
    rest = skeleton.rest[:, :3, :3].astype(np.float64)
    out, constant = rest.copy(), _t_constants()
    for side in _SIDES:
        arm = INDEX[f"{side}UpperArm"]
        taken = girdle(rest[arm, :, 1] * ([1, 1, 1] if side == "left" else [-1, 1, 1]))
        flip = np.array([1.0, 1.0, 1.0] if side == "left" else [1.0, -1.0, -1.0])
        shoulder = INDEX[f"{side}Shoulder"]
        out[shoulder] = rest[shoulder] @ (taken * flip[:, None] * flip).T
        last = INDEX[f"{side}UpperArmTwist"]
        out[arm : last + 1] = constant[arm : last + 1]
    return out


def posed_rotations(skeleton: Skeleton, pose: Pose) -> np.ndarray:
    """(65, 3, 3) f64 model-space rotations of the bones in `pose`, girdle and twists included."""
    t = t_rotations(skeleton)
    out = np.empty_like(t)
    turns = pose.turns.copy()
    for i, name in enumerate(NAMES):
        parent = PARENTS[i]
        if parent < 0:
            out[i] = t[i] @ turns[i]
            continue
        carried = out[parent] @ t[parent].T @ t[i]
        if name.endswith("Shoulder"):
            side = name[: -len("Shoulder")]
            arm = INDEX[f"{side}UpperArm"]
            wanted = carried @ turns[i] @ t[i].T @ t[arm] @ turns[arm]  # where the arm goes if the girdle stays
            aim = (out[parent] @ t[parent].T).T @ wanted[:, 1]
            flip = np.array([1.0, 1.0, 1.0] if side == "left" else [1.0, -1.0, -1.0])
            share = girdle(aim * ([1, 1, 1] if side == "left" else [-1, 1, 1])) * flip[:, None] * flip
            out[i] = carried @ turns[i] @ share
            turns[arm] = t[arm].T @ t[i] @ out[i].T @ wanted
            continue
        if name.endswith("Twist"):
            bone = name[: -len("Twist")]
            kind = bone.removeprefix("left").removeprefix("right")
            roller = bone.removesuffix(kind) + _ROLLER[kind]
            share = _TWISTS[kind]
            turns[i] = roll_of(turns[INDEX[roller]], share)
        out[i] = carried @ turns[i]
    return out


def pose_matrices(skeleton: Skeleton, pose: Pose) -> F32:
    """(65, 4, 4) f32 skinning matrices: model space at rest to model space in `pose`.

    skeleton: AXIS-65 in any rest pose; poses are absolute, so the result looks the same from each.
    The hips stay where they are, unless the pose keeps its feet down: then the whole body follows the lower foot.
    """
    rest = skeleton.rest.astype(np.float64)
    rotations = posed_rotations(skeleton, pose)
    turn = rotations @ np.swapaxes(rest[:, :3, :3], 1, 2)
    at = rest[:, :3, 3].copy()
    for i, parent in enumerate(PARENTS):
        if parent >= 0:
            at[i] = at[parent] + turn[parent] @ (rest[i, :3, 3] - rest[parent, :3, 3])
    if pose.feet:
        toes = [INDEX[n] for n in ("leftFoot", "rightFoot", "leftToesEnd", "rightToesEnd")]
        at[:, 1] += rest[toes, 1, 3].min() - at[toes, 1].min()
    out = np.tile(np.eye(4), (len(NAMES), 1, 1))
    out[:, :3, :3] = turn
    out[:, :3, 3] = at - np.einsum("jab,jb->ja", turn, rest[:, :3, 3])
    still = np.abs(out - np.eye(4)).max(axis=(1, 2)) < STILL
    out[still] = np.eye(4)  # so that what does not move stays bit for bit
    return out.astype(np.float32)
