"""Random poses and proportions, and the matrices that put a body of the bank into them."""

import numpy as np

from avatar_foundry.avatar import Skeleton
from avatar_foundry.humanoid import INDEX, NAMES, PARENTS
from avatar_foundry.rig import Pose
from avatar_foundry.rig.pose import joint_turn, posed_rotations

FLIP = np.array([1.0, -1.0, -1.0])
TORSO = ("hips", "spine", "chest", "upperChest")
#: The 22 joints that are proposed, in the network's order.
JOINTS: tuple[str, ...] = (
    *TORSO,
    "neck",
    "head",
    *(
        side + bone
        for side in ("left", "right")
        for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes", "Shoulder", "UpperArm", "LowerArm", "Hand")
    ),
)
WHERE = np.array([INDEX[n] for n in JOINTS])
MIRRORED = np.array(
    [JOINTS.index(n.replace("left", "#").replace("right", "left").replace("#", "right")) for n in JOINTS]
)


def _owner(name: str) -> int:
    while name not in JOINTS:
        name = NAMES[PARENTS[INDEX[name]]]
    return JOINTS.index(name)


#: (65,) the proposed joint whose part a bone belongs to.
PART_OF = np.array([_owner(n) for n in NAMES])


def random_pose(rng: np.random.Generator) -> Pose:
    """Arms from hanging to T to forward to anywhere, elbows and knees bent, legs apart or striding, head turned."""
    turns = np.tile(np.eye(3), (len(NAMES), 1, 1))
    arms = rng.choice(["T", "A", "down", "front", "any"], p=[0.38, 0.25, 0.17, 0.08, 0.12])
    legs = rng.choice(["still", "wide", "stride", "bent"], p=[0.58, 0.17, 0.17, 0.08])

    def arm() -> dict[str, np.ndarray]:
        bend, tilt = rng.normal(0, 7), rng.normal(0, 6)
        elbow = abs(rng.normal(0, 8)) if rng.random() < 0.7 else rng.uniform(5, 60)
        if arms == "A":
            bend = rng.uniform(20, 62)
        elif arms == "down":
            bend, tilt = rng.uniform(55, 84), rng.normal(0, 10)
        elif arms == "front":
            bend, tilt = rng.uniform(-20, 60), rng.uniform(25, 90)
        elif arms == "any":
            bend, tilt, elbow = rng.uniform(-65, 80), rng.uniform(-35, 80), rng.uniform(0, 115)
        return {
            "UpperArm": joint_turn(bend, rng.normal(0, 25), tilt),
            "LowerArm": joint_turn(elbow, 0, 0),
            "Hand": joint_turn(rng.normal(0, 14), rng.normal(0, 40), rng.normal(0, 8)),
            "Shoulder": joint_turn(rng.normal(0, 4), 0, rng.normal(0, 4)),
        }

    def leg(sign: float) -> dict[str, np.ndarray]:
        bend, tilt, knee = rng.normal(0, 3), rng.normal(1, 2.5), abs(rng.normal(0, 4))
        if legs == "wide":
            tilt = rng.uniform(0, 24)
        elif legs == "stride":
            bend, knee = sign * rng.uniform(5, 42), rng.uniform(0, 45)
        elif legs == "bent":
            bend = rng.uniform(0, 75)
            knee, tilt = bend * rng.uniform(0.8, 1.4), rng.uniform(0, 20)
        return {
            "UpperLeg": joint_turn(bend, rng.normal(0, 8), tilt),
            "LowerLeg": joint_turn(knee, 0, 0),
            "Foot": joint_turn(rng.normal(0, 6) + (knee - bend) * 0.6, rng.normal(0, 6), 0),
        }

    both = {**arm(), **leg(1.0)}
    other = {**arm(), **leg(-1.0)} if rng.random() < 0.35 or legs == "stride" or arms == "any" else both
    for bone, turn in both.items():
        turns[INDEX["left" + bone]] = turn
        turns[INDEX["right" + bone]] = other[bone] * FLIP[:, None] * FLIP
    curl = rng.uniform(0, 70) if rng.random() < 0.4 else rng.uniform(0, 15)
    for name in NAMES:
        if name.endswith(("Proximal", "Intermediate", "Distal")) and "Thumb" not in name:
            turns[INDEX[name]] = joint_turn(curl)
    loose = 10.0 if rng.random() < 0.2 else 2.5
    for name in ("spine", "chest", "upperChest", "neck"):
        turns[INDEX[name]] = joint_turn(rng.normal(0, loose), rng.normal(0, loose), rng.normal(0, loose * 0.6))
    far = 22.0 if rng.random() < 0.2 else 4.0
    turns[INDEX["head"]] = joint_turn(rng.normal(0, far * 0.6), rng.normal(0, far), rng.normal(0, far * 0.4))
    return Pose("random", "Random", turns)


def random_scales(rng: np.random.Generator) -> np.ndarray:
    """(65, 3) scale of every bone along its own axes (width, length, depth): real people to chibis and brutes."""
    style = rng.choice(["real", "mild", "chibi", "lanky", "brute"], p=[0.25, 0.27, 0.28, 0.08, 0.12])

    def near(centre: float, spread: float) -> float:
        return float(centre * np.exp(rng.normal(0, spread)))

    spread = {"real": 0.05, "mild": 0.17}.get(style, 0.13)
    head, hand, foot = near(1.0, spread), near(1.0, spread * 1.2), near(1.0, spread * 1.2)
    leg, arm, torso, neck = near(1.0, spread), near(1.0, spread), near(1.0, spread), near(1.0, spread * 2)
    leg_girth, arm_girth, wide = near(1.0, spread * 1.3), near(1.0, spread * 1.3), near(1.0, spread)
    deep = wide * near(1.0, spread)
    if style == "mild":
        head *= near(1.12, 0.2)
    elif style == "chibi":
        head, hand, foot = rng.uniform(1.4, 4.0), rng.uniform(0.8, 2.2), rng.uniform(0.8, 1.9)
        leg, arm, torso = rng.uniform(0.22, 0.95), rng.uniform(0.45, 1.15), rng.uniform(0.5, 1.15)
        neck = rng.uniform(0.1, 0.9)
        leg_girth, arm_girth, wide = rng.uniform(0.7, 1.9), rng.uniform(0.7, 1.9), rng.uniform(0.7, 1.4)
        deep = wide * rng.uniform(0.8, 1.3)
    elif style == "lanky":
        leg, arm, torso = rng.uniform(1.1, 1.7), rng.uniform(1.0, 1.6), rng.uniform(0.8, 1.2)
        leg_girth, arm_girth, wide = rng.uniform(0.5, 0.95), rng.uniform(0.5, 0.95), rng.uniform(0.6, 1.0)
        head = rng.uniform(0.6, 1.3)
    elif style == "brute":
        head, hand, foot = rng.uniform(0.5, 1.3), rng.uniform(1.0, 2.2), rng.uniform(0.9, 1.8)
        arm, leg, arm_girth = rng.uniform(0.9, 1.6), rng.uniform(0.5, 1.0), rng.uniform(1.1, 2.2)
        wide, deep, leg_girth = rng.uniform(1.1, 1.8), rng.uniform(1.1, 1.8), rng.uniform(0.8, 1.8)
        neck = rng.uniform(0.2, 1.0)
    taper = near(1.0, spread * 1.2)  # of the second segment against the first: girth, then lengths of arms and legs
    longer = {"Arm": near(1.0, spread * 1.2), "Leg": near(1.0, spread * 1.2)}
    astride = rng.uniform(1.1, 2.2) if style != "real" and rng.random() < 0.25 else near(1.0, spread)
    out = np.ones((len(NAMES), 3))
    shoulder = near(1.0, spread)
    pieces = {n: (near(1.0, spread * 0.6), near(1.0, spread * 0.7)) for n in TORSO}
    skull = head * np.array([near(1, spread * 0.7), near(1, spread * 0.7), near(1, spread * 0.7)])
    for i, name in enumerate(NAMES):
        bone = name.removeprefix("left").removeprefix("right").removesuffix("Twist")
        if name in TORSO:
            w, length = pieces[name]
            out[i] = wide * w * (astride if name == "hips" else 1.0), torso * length, deep * w
        elif bone == "neck":
            out[i] = near(1.0, spread), neck, near(1.0, spread)
            out[i, [0, 2]] = np.sqrt(head * arm_girth) * out[i, 0]
        elif bone in ("head", "jaw", "Eye"):
            out[i] = skull
        elif bone == "Shoulder":
            out[i] = wide, wide * shoulder, deep
        elif bone in ("UpperArm", "LowerArm"):
            t = taper if bone == "LowerArm" else 1.0
            out[i] = arm_girth * t, arm * (longer["Arm"] if bone == "LowerArm" else 1.0), arm_girth * t
        elif bone in ("UpperLeg", "LowerLeg"):
            t = taper if bone == "LowerLeg" else 1.0
            out[i] = leg_girth * t, leg * (longer["Leg"] if bone == "LowerLeg" else 1.0), leg_girth * t
        elif bone in ("Foot", "Toes", "ToesEnd"):
            out[i] = foot
        else:
            out[i] = hand
    return out


class Posed:
    """A body of the bank in a pose and in proportions.

    turn: (65, 3, 3) bone rotations; at: (65, 3) joints; matrix: (65, 3, 4) rest to posed; normal: (65, 3, 3).
    """

    def __init__(self, rest: np.ndarray, pose: Pose, scales: np.ndarray) -> None:
        skeleton = Skeleton(NAMES, np.array(PARENTS, np.int16), rest)
        self.turn = posed_rotations(skeleton, pose)
        r, x = rest[:, :3, :3].astype(np.float64), rest[:, :3, 3].astype(np.float64)
        linear = (self.turn * scales[:, None, :]) @ np.swapaxes(r, 1, 2)
        self.normal = (self.turn / scales[:, None, :]) @ np.swapaxes(r, 1, 2)
        self.at = x.copy()
        for i, parent in enumerate(PARENTS):
            if parent >= 0:
                self.at[i] = self.at[parent] + linear[parent] @ (x[i] - x[parent])
        self.matrix = np.concatenate([linear, (self.at - np.einsum("jab,jb->ja", linear, x))[:, :, None]], axis=2)
        self.volume = scales.prod(axis=1)
