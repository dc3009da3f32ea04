"""The pose that a rig rests in: measured, judged, and changed without moving the surface against its bones."""

from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Avatar, Skeleton
from ..humanoid import INDEX, NAMES, PARENTS
from ..rig.bake import bake_mesh, moved_skeleton
from ..rig.frames import t_frames
from ..rig.pose import STILL, Pose, girdle, pose_matrices, rotation
from .adopt_places import complete, frames_of

F64 = NDArray[np.float64]
A_ANGLE = 45.0  # degrees below level of the arms in the A-pose
FIST = 60.0  # degrees; fingers bent more than this against the hand keep their bend
_SIDES = ("left", "right")


class PoseFacts(NamedTuple):
    """Angles in degrees, left and right.

    arm_below: upper arm below level, 0 in a T-pose. elbow, knee: bend, 0 straight. leg_apart: thigh aside from hanging
    down. leg_ahead: thigh to the front (positive) or back. lean: trunk off upright.
    """

    arm_below: tuple[float, float]
    elbow: tuple[float, float]
    knee: tuple[float, float]
    leg_apart: tuple[float, float]
    leg_ahead: tuple[float, float]
    lean: float

    @property
    def unsuitable(self) -> tuple[str, ...]:
        """What makes the pose a bad one to rig or to retarget from; empty for T, A and relaxed standing poses."""
        out = []
        for side, below, elbow, knee, apart, ahead in zip(
            _SIDES, self.arm_below, self.elbow, self.knee, self.leg_apart, self.leg_ahead, strict=True
        ):
            if below > 80.0:
                out.append(f"the {side} arm hangs along the body")
            if below < -20.0:
                out.append(f"the {side} arm is raised by {-below:.0f} degrees")
            if elbow > 50.0:
                out.append(f"the {side} elbow is bent by {elbow:.0f} degrees")
            if knee > 35.0:
                out.append(f"the {side} knee is bent by {knee:.0f} degrees")
            if apart > 35.0:
                out.append(f"the {side} leg stands {apart:.0f} degrees aside")
            if abs(ahead) > 30.0:
                out.append(f"the {side} leg is {abs(ahead):.0f} degrees {'ahead' if ahead > 0 else 'behind'}")
        if self.lean > 25.0:
            out.append(f"the body leans by {self.lean:.0f} degrees")
        return tuple(out)


def measure_pose(skeleton: Skeleton) -> PoseFacts:
    """The rest pose of a skeleton with canonical names, +Y up, facing +Z."""
    at = _places(skeleton)

    def way(a: str, b: str) -> F64:
        d = at[b] - at[a]
        return np.asarray(d / max(float(np.linalg.norm(d)), 1e-12))

    def between(u: F64, v: F64) -> float:
        return float(np.degrees(np.arccos(np.clip(u @ v, -1.0, 1.0))))

    below, elbow, knee, apart, ahead = [], [], [], [], []
    for side, sign in (("left", 1.0), ("right", -1.0)):
        arm, fore = way(f"{side}UpperArm", f"{side}LowerArm"), way(f"{side}LowerArm", f"{side}Hand")
        thigh, shin = way(f"{side}UpperLeg", f"{side}LowerLeg"), way(f"{side}LowerLeg", f"{side}Foot")
        below.append(float(np.degrees(np.arcsin(np.clip(-arm[1], -1.0, 1.0)))))
        elbow.append(between(arm, fore))
        knee.append(between(thigh, shin))
        apart.append(float(np.degrees(np.arctan2(sign * thigh[0], -thigh[1]))))
        ahead.append(float(np.degrees(np.arctan2(thigh[2], -thigh[1]))))
    lean = between(way("hips", "neck" if "neck" in at else "head"), np.array([0.0, 1.0, 0.0]))

    def pair(values: list[float]) -> tuple[float, float]:
        return round(values[0], 2), round(values[1], 2)

    return PoseFacts(pair(below), pair(elbow), pair(knee), pair(apart), pair(ahead), round(lean, 2))


def _places(skeleton: Skeleton) -> dict[str, F64]:
    return {n: skeleton.rest[i, :3, 3].astype(np.float64) for i, n in enumerate(skeleton.names) if n in INDEX}


def whole(skeleton: Skeleton) -> Skeleton:
    """All of AXIS-65: the skeleton's own bones as they are, the others where they would be. Extra joints stay out."""
    places = complete(_places(skeleton))
    rest = np.tile(np.eye(4), (len(NAMES), 1, 1))
    rest[:, :3, 3] = [places[n] for n in NAMES]
    rest[:, :3, :3] = frames_of(places)
    for i, name in enumerate(skeleton.names):
        if name in INDEX:
            rest[INDEX[name]] = skeleton.rest[i]
    return Skeleton(NAMES, np.array(PARENTS, np.int16), rest.astype(np.float32))


def pose_matrices_of(skeleton: Skeleton, pose: Pose) -> F32:
    """(J, 4, 4) f32 skinning matrices of any adopted skeleton in one of the test poses; extra joints go along.

    As `rig.pose_matrices`, for skeletons that lack bones of AXIS-65 or have more.
    """
    if skeleton.names == NAMES:
        return pose_matrices(skeleton, pose)
    full = pose_matrices(whole(skeleton), pose)
    out = np.empty((len(skeleton.names), 4, 4), np.float32)
    for i, name in enumerate(skeleton.names):
        up = int(skeleton.parents[i])
        out[i] = full[INDEX[name]] if name in INDEX else out[up] if up >= 0 else np.eye(4)
    return out


def rest_pose(avatar: Avatar, pose: Literal["T", "A"]) -> Avatar:
    """The avatar with a T- or A-pose as its rest pose; itself when it rests in that pose already.

    avatar: on an adopted skeleton, +Y up, facing +Z. Arms are levelled and straightened, palms down, fingers straight
    (fists stay fists); for A the arms are then lowered by 45 degrees. Everything else keeps its place. Meshes, normals
    and morphs turn with their own weights; extra joints go along with their bone. A shoulder bone takes its part of the
    way only where it has weight.
    """
    skeleton = avatar.skeleton
    if skeleton is None:
        return avatar
    turns = _new_rotations(avatar, skeleton, pose)
    rest = skeleton.rest.astype(np.float64)
    delta = np.empty_like(turns)
    at = rest[:, :3, 3].copy()
    for i, up in enumerate(skeleton.parents.tolist()):
        if skeleton.names[i] in INDEX:
            delta[i] = turns[i] @ rest[i, :3, :3].T
        else:
            delta[i] = delta[up] if up >= 0 else np.eye(3)
            turns[i] = delta[i] @ rest[i, :3, :3]
        if up >= 0:
            at[i] = at[up] + delta[up] @ (rest[i, :3, 3] - rest[up, :3, 3])
    matrices = np.tile(np.eye(4), (len(rest), 1, 1))
    matrices[:, :3, :3] = delta
    matrices[:, :3, 3] = at - np.einsum("jab,jb->ja", delta, rest[:, :3, 3])
    size = max(float(np.ptp(rest[:, :3, 3], axis=0).max()), 1.0)
    still = np.abs(matrices - np.eye(4)).max(axis=(1, 2)) < 4.0 * STILL * size
    if still.all():
        return avatar
    matrices[still] = np.eye(4)
    moved = matrices.astype(np.float32)
    bones = moved_skeleton(skeleton, moved, turns)
    return replace(avatar.map_meshes(lambda mesh: bake_mesh(mesh, moved)), skeleton=bones)


def _new_rotations(avatar: Avatar, skeleton: Skeleton, pose: Literal["T", "A"]) -> F64:
    """(J, 3, 3) model-space rotations of the bones in the new rest pose; extra joints keep theirs for now."""
    rest = skeleton.rest[:, :3, :3].astype(np.float64)
    out, constant = rest.copy(), t_frames()
    number = {n: i for i, n in enumerate(skeleton.names)}
    carried = _weights_of(avatar, len(rest))
    for side in _SIDES:
        flip3 = np.array([1.0, 1.0, 1.0] if side == "left" else [-1.0, 1.0, 1.0])
        flip = np.array([1.0, 1.0, 1.0] if side == "left" else [1.0, -1.0, -1.0])
        lower = rotation(2, (-A_ANGLE if side == "left" else A_ANGLE)) if pose == "A" else np.eye(3)
        arm = number[f"{side}UpperArm"]
        shoulder = number.get(f"{side}Shoulder", -1)
        if shoulder >= 0 and carried[shoulder]:
            taken = girdle(rest[arm, :, 1] * flip3) * flip[:, None] * flip
            out[shoulder] = rest[shoulder] @ taken.T
            if pose == "A":
                given = girdle((lower @ constant[INDEX[f"{side}UpperArm"]][:, 1]) * flip3) * flip[:, None] * flip
                out[shoulder] = out[shoulder] @ given
        for bone in ("UpperArm", "LowerArm", "Hand", "UpperArmTwist", "LowerArmTwist"):
            if (i := number.get(side + bone, -1)) >= 0:
                out[i] = lower @ constant[INDEX[side + bone]]
        hand = number[f"{side}Hand"]
        for name in NAMES:
            if not name.startswith(side) or name not in number:
                continue
            if not any(f in name for f in ("Thumb", "Index", "Middle", "Ring", "Little")):
                continue
            i = number[name]
            bend = np.degrees(np.arccos(np.clip(rest[hand, :, 1] @ rest[i, :, 1], -1.0, 1.0)))
            if bend > FIST or _is_fist(rest, number, side):
                out[i] = out[hand] @ rest[hand].T @ rest[i]
            else:
                out[i] = lower @ constant[INDEX[name]]
    return out


def _is_fist(rest: F64, number: dict[str, int], side: str) -> bool:
    """Whether the longest fingers of a hand are bent so far that straightening would tear them open."""
    hand = rest[number[f"{side}Hand"], :, 1]
    ends = [number[n] for f in ("Index", "Middle", "Ring") if (n := f"{side}{f}Intermediate") in number]
    bends = [np.degrees(np.arccos(np.clip(hand @ rest[i, :, 1], -1.0, 1.0))) for i in ends]
    return bool(bends) and float(np.median(bends)) > FIST


def _weights_of(avatar: Avatar, count: int) -> NDArray[np.bool_]:
    out = np.zeros(count, bool)
    for part in avatar.parts:
        if part.mesh.joints is not None and part.mesh.weights is not None:
            out[np.unique(part.mesh.joints[part.mesh.weights > 0.05])] = True
    return out
