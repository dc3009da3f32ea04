"""Rest frames of AXIS-65 from joint positions alone: +Y to the main child, +X the flexion axis."""

from math import sqrt

import numpy as np

from ..humanoid import INDEX, MAIN_CHILD, NAMES, PARENTS, T_AXES, mirror

LEFT, RIGHT = "left", "right"
_FLIP = np.array([-1.0, 1.0, 1.0])
_STRAIGHT = 0.09  # sine of 5 degrees: an elbow straighter than this says nothing about its own axis
_FINGERS = ("Thumb", "Index", "Middle", "Ring", "Little")


def unit(v: np.ndarray) -> np.ndarray:
    """(3,) `v` divided by its length; zero stays zero."""
    return np.asarray(v / max(sqrt(float(v @ v)), 1e-12))


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(3,) cross product; for single vectors a tenth of what NumPy's general one takes."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def frame(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(3, 3) rotation whose columns are the frame with +Y along `y` and +X as near to `x` as that allows."""
    y = unit(y)
    x = x - (x @ y) * y
    x = unit(x) if x @ x > 1e-8 else unit(cross(y, np.array([0.3, 0.5, 0.8])))
    return np.stack([x, y, cross(x, y)], axis=1)


def turn_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(3, 3) smallest rotation that takes direction `a` to direction `b`."""
    a, b = unit(a), unit(b)
    c, axis = float(a @ b), cross(a, b)
    if c < -0.999999:  # opposite: any perpendicular axis serves
        axis = frame(a, np.array([0.3, 0.5, 0.8]))[:, 0]
        return np.asarray(2.0 * np.outer(axis, axis) - np.eye(3))
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.asarray(np.eye(3) + k + k @ k / (1.0 + c))


def t_frames() -> np.ndarray:
    """(65, 3, 3) the rotations of `T_AXES`."""
    return np.stack([frame(np.array(y), np.array(x)) for x, y in T_AXES.values()])


def mirrored(rotation: np.ndarray) -> np.ndarray:
    """The frame of the same bone on the other side: Y and Z mirrored, X mirrored as a turning axis."""
    return np.asarray(rotation * _FLIP[:, None] * np.array([-1.0, 1.0, 1.0]))


def rest_frames(positions: np.ndarray, tips: dict[str, np.ndarray]) -> np.ndarray:
    """(65, 3, 3) rest rotations.

    positions: (65, 3), metres, any pose between arms down and arms out.
    tips: leaf bone -> the point it aims at; leaves without one go on in their parent's direction.
    The elbow's own bend gives the axis of both arm bones, the knuckles the palm; fingers take the smallest turn
    from the flat hand. On a straight elbow the axis is the T-pose's, carried along with the arm.
    """
    out = np.tile(np.eye(3), (len(NAMES), 1, 1))
    t = t_frames()

    def aim(name: str) -> np.ndarray:
        target = positions[INDEX[MAIN_CHILD[name]]] if name in MAIN_CHILD else tips[name]
        return unit(target - positions[INDEX[name]])

    for name in ("hips", "spine", "chest", "upperChest", "neck", "head", "jaw"):
        out[INDEX[name]] = frame(aim(name), t[INDEX[name]][:, 0])
    for side in (LEFT, RIGHT):
        flip = 1.0 if side == LEFT else _FLIP

        def put(bone: str, rotation: np.ndarray, side: str = side) -> None:
            out[INDEX[side + bone]] = rotation if side == LEFT else mirrored(rotation)

        # everything below is worked out for the left; the right is mirrored in and out
        at = {n.removeprefix(side): positions[INDEX[n]] * flip for n in NAMES if n.startswith(side)}
        way = {
            n.removeprefix(side): aim(n) * flip for n in NAMES if n.startswith(side) and (n in MAIN_CHILD or n in tips)
        }
        ref = {n: t[INDEX[LEFT + n]] for n in at}
        put("Shoulder", frame(way["Shoulder"], ref["Shoulder"][:, 0]))
        upper, lower = way["UpperArm"], way["LowerArm"]
        straight = turn_between(ref["UpperArm"][:, 1], upper) @ ref["LowerArm"][:, 0]
        bend = cross(upper, lower)
        share = min(float(np.linalg.norm(bend)) / _STRAIGHT, 1.0)
        axis = unit(share * unit(bend) + (1.0 - share) * straight)
        put("UpperArm", frame(upper, cross(upper, axis)))
        lower_arm = frame(lower, axis)
        put("LowerArm", lower_arm)
        palm = cross(at["LittleProximal"] - at["IndexProximal"], way["Hand"])
        hand = frame(way["Hand"], cross(way["Hand"], palm))
        put("Hand", hand)
        for finger in _FINGERS:
            parent, flat = hand, ref["Hand"]
            segments = ("Metacarpal", "Proximal", "Distal") if finger == "Thumb" else (
                "Proximal", "Intermediate", "Distal")  # fmt: skip
            for segment in segments:
                bone = finger + segment
                carried = parent @ flat.T @ ref[bone]
                parent = turn_between(carried[:, 1], way[bone]) @ carried
                flat = ref[bone]
                put(bone, parent)
        for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes"):
            put(bone, frame(way[bone], ref[bone][:, 0]))
        put("ToesEnd", frame(way["Toes"], ref["ToesEnd"][:, 0]))
    for i, name in enumerate(NAMES):
        if name.endswith("Twist"):
            out[i] = out[PARENTS[i]]
        if name.endswith("Eye"):
            out[i] = np.eye(3)
    assert mirror(LEFT) == RIGHT
    return out
