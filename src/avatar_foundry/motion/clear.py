"""Arms that hang or swing are kept off hips, belly, clothes and the floor."""

import numpy as np
from numpy.typing import NDArray

from ..humanoid import INDEX
from .curves import envelope
from .figure import SIDES, Figure
from .girdle import Trunk, arm_angles, girdle, socket
from .reach import Reach
from .take import Take
from .turning import apply, transposed

F64 = NDArray[np.float64]
#: Metres of air between a hanging arm and the body, per metre of arm.
AIR = 0.02


def clearance(take: Take, body: Figure, reach: Reach, trunk: Trunk, side: int) -> tuple[F64, F64]:
    """(T,) degrees of swing and out to add so that elbow, wrist and hand stay off hips and chest; smooth over time."""
    name, sign, limb = SIDES[side], 1.0 if side == 0 else -1.0, body.arms[side]
    lower, hand, middle = (INDEX[name + b] for b in ("LowerArm", "Hand", "MiddleProximal"))
    palm = float(np.linalg.norm(body.at[middle] - body.at[hand]))
    (a, b), length = limb.lengths, limb.reach
    swing, out = np.zeros(len(take.times)), np.zeros(len(take.times))
    free = 1.0 - np.clip(sum(take[f"{name}Arm.{p}"] for p in ("chest", "lap", "hip")), 0.0, 1.0)
    if not free.any():
        return swing, out
    window = max(1, round(0.1 * take.fps))
    upright = 1.0 - np.clip(take["root.lie"] * 4.0, 0.0, 1.0)
    # a bent finger reaches half the palm's length towards the body
    curled = 0.42 * palm * np.clip(take[f"{name}Arm.curl"] / 0.26, 0.0, 1.0)
    # stations along the forearm: metres from the elbow, and how thick the arm is there
    along = np.array([0.0, 0.6 * b, b, b + palm, b + 1.6 * palm])[:, None, None]
    forearm, flesh = reach.girths[lower], reach.girths[hand]
    thick = np.stack([0.9 * forearm + 0 * curled, 0.8 * forearm + 0 * curled, flesh + 0 * curled,
                      flesh + 0.3 * curled, 0.5 * flesh + curled]) + AIR * length  # fmt: skip
    chest_from_hips = body.at[INDEX["upperChest"]] - body.at[0]
    to_hips = transposed(trunk.hips) @ trunk.chest
    between = apply(transposed(trunk.hips), trunk.chest_at - trunk.hips_at)
    for _ in range(4):
        bones = arm_angles(take, side, (swing, out))
        from_chest = socket(body, side, girdle(bones.upper, side, 0.0 * out)) + a * bones.upper + along * bones.lower
        inside = between + apply(to_hips, from_chest)
        blend = np.clip(inside[..., 1:2] / max(reach.high, 1e-3) * 1.5, 0.0, 1.0)
        p = inside * (1.0 - blend) + (from_chest + chest_from_hips) * blend
        angle, r = np.arctan2(p[..., 0], p[..., 2]), np.hypot(p[..., 0], p[..., 2])
        # arms longer than the figure is tall: their ends are led outwards, off the floor
        height = (trunk.chest_at[:, 1] + (trunk.chest[:, 1:2] @ from_chest[..., None])[..., 0, 0]) - reach.floor
        grounded = np.clip((thick - height).max(axis=0), 0.0, 0.5 * length) * upright
        spread = np.degrees(np.arccos(1.0 - grounded / (length + 1.6 * palm)))
        sunk = np.clip(reach.around(p[..., 1], angle) + thick - r, 0.0, 0.4 * length)
        if max(sunk.max(), grounded.max()) < 1e-4:
            break
        push = np.degrees(sunk / (a + along[..., 0]))
        # what stands out to the front goes on to the front; most goes to the side
        ahead, aside = push * np.cos(angle), push * np.abs(np.sin(angle)) * (sign * p[..., 0] > 0.0)
        behind = 0.6 * np.maximum(-ahead, 0.0).max(axis=0)
        swing = swing + 0.35 * envelope(np.maximum(ahead, 0.0).max(axis=0), window, take.loop) * free
        out = out + envelope(np.maximum.reduce([aside.max(axis=0), behind, spread]), window, take.loop) * free
    return swing, out
