"""A skeleton as motion sees it: all 65 joints, those that it lacks included, and the lengths that scale every clip."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..avatar import Skeleton
from ..humanoid import INDEX, NAMES, PARENTS
from ..rig.frames import t_frames
from ..rig.pose import t_rotations

F64 = NDArray[np.float64]
SIDES = ("left", "right")
_T = t_frames()


@dataclass(frozen=True, eq=False, slots=True)
class Limb:
    """Two bones and what hangs on them. lengths: upper, lower. frames: (2, 3, 3) at rest, +Y along, +X the hinge."""

    joints: tuple[int, int, int]
    lengths: tuple[float, float]
    frames: F64

    @property
    def reach(self) -> float:
        """Metres from the first joint to the third when straight."""
        return sum(self.lengths)


@dataclass(frozen=True, eq=False, slots=True)
class Figure:
    """skeleton: as given; whole: with all 65 joints.

    rest, t: (65, 3, 3) rotations at rest and in the T-pose. at: (65, 3) joints at rest, metres.

    present: (65,) bool: the skeleton has the joint; the others stand where it would be and turn with their parent.
    source: (65,) index into the skeleton's joints, -1 where it has none.
    """

    skeleton: Skeleton
    whole: Skeleton
    rest: F64
    t: F64
    at: F64
    present: NDArray[np.bool_]
    source: NDArray[np.int64]
    arms: tuple[Limb, Limb]
    legs: tuple[Limb, Limb]
    floor: float

    @property
    def leg(self) -> float:
        """Metres of a straight leg, hip to ankle; the mean of both."""
        return (self.legs[0].reach + self.legs[1].reach) / 2.0

    @property
    def arm(self) -> float:
        """Metres of a straight arm, shoulder to wrist; the mean of both."""
        return (self.arms[0].reach + self.arms[1].reach) / 2.0

    @property
    def hip(self) -> float:
        """Metres from the middle to a hip joint."""
        legs = [leg.joints[0] for leg in self.legs]
        return float(np.abs(self.at[legs[0], 0] - self.at[legs[1], 0])) / 2.0


def _limb(at: F64, rest: F64, side: str, bones: tuple[str, str, str]) -> Limb:
    a, b, c = (INDEX[side + bone] for bone in bones)
    ways = np.stack([at[b] - at[a], at[c] - at[b]])
    lengths = np.maximum(np.linalg.norm(ways, axis=1), 1e-4)
    hinge = rest[b, :, 0]
    out = np.empty((2, 3, 3))
    for k, (way, length) in enumerate(zip(ways, lengths, strict=True)):
        y = way / length
        x = hinge - (hinge @ y) * y
        x /= max(float(np.linalg.norm(x)), 1e-9)
        out[k] = np.stack([x, y, np.cross(x, y)], axis=1)
    return Limb((a, b, c), (float(lengths[0]), float(lengths[1])), out)


def figure(skeleton: Skeleton) -> Figure:
    """The figure of a skeleton with AXIS-65's names; at least VRM's required bones. Raises KeyError without hips."""
    where = {name: k for k, name in enumerate(skeleton.names)}
    source = np.array([where.get(name, -1) for name in NAMES])
    if source[0] < 0:
        raise KeyError("hips")
    present = source >= 0
    rest, at = np.tile(np.eye(3), (len(NAMES), 1, 1)), np.zeros((len(NAMES), 3))
    for i, (k, parent) in enumerate(zip(source.tolist(), PARENTS, strict=True)):
        if k >= 0:
            m = skeleton.rest[k].astype(np.float64)
            rest[i] = m[:3, :3] / np.maximum(np.linalg.norm(m[:3, :3], axis=0), 1e-9)
            at[i] = m[:3, 3]
        else:
            rest[i] = rest[parent] @ _T[parent].T @ _T[i]
            at[i] = at[parent]
    for side in SIDES:
        hand, foot = INDEX[f"{side}Hand"], INDEX[f"{side}Foot"]
        shin = np.linalg.norm(at[foot] - at[INDEX[f"{side}LowerLeg"]])
        low = min(at[foot, 1], *(at[INDEX[f"{side}{b}"], 1] for b in ("Toes", "ToesEnd")))
        for bone, ahead in (("Toes", 0.3), ("ToesEnd", 0.45)):
            if not present[i := INDEX[side + bone]]:
                at[i] = [at[foot, 0], min(low, at[foot, 1] - 0.12 * shin), at[foot, 2] + ahead * shin]
        forearm = np.linalg.norm(at[hand] - at[INDEX[f"{side}LowerArm"]])
        for finger in ("Index", "Middle", "Ring", "Little"):
            if not present[i := INDEX[f"{side}{finger}Proximal"]]:
                at[i] = at[hand] + 0.36 * forearm * rest[hand, :, 1]
    matrices = np.tile(np.eye(4), (len(NAMES), 1, 1))
    matrices[:, :3, :3], matrices[:, :3, 3] = rest, at
    whole = Skeleton(NAMES, np.array(PARENTS, np.int16), matrices.astype(np.float32))
    arms = tuple(_limb(at, rest, side, ("UpperArm", "LowerArm", "Hand")) for side in SIDES)
    legs = tuple(_limb(at, rest, side, ("UpperLeg", "LowerLeg", "Foot")) for side in SIDES)
    return Figure(
        skeleton, whole, rest, t_rotations(whole), at, present, source, (arms[0], arms[1]), (legs[0], legs[1]),
        float(at[[INDEX[f"{s}{b}"] for s in SIDES for b in ("Toes", "ToesEnd")], 1].min()) - 0.02,
    )  # fmt: skip
