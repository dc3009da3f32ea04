"""From a take to the rotations of one skeleton: trunk, legs to the floor, arms off the body, twists by their rule."""

import numpy as np
from numpy.typing import NDArray

from ..humanoid import INDEX, NAMES, PARENTS
from .arms import put_arm
from .clear import clearance
from .curves import envelope
from .feet import foot_way
from .figure import SIDES, Figure
from .girdle import Trunk
from .legs import lower_hips, put_leg, standing_height
from .reach import Reach
from .take import Take
from .turning import about, apply, roll_about_y, transposed

F64 = NDArray[np.float64]
_SPINE = (("spine", 0.38, 0.0), ("chest", 0.34, 0.03), ("upperChest", 0.28, 0.06))  # share of the trunk's turn, lag
_NECK = (("neck", 0.42, 0.03), ("head", 0.58, 0.06))
# which bone's roll each twist bone follows, and how much of it: docs/skeleton.md, rules of movement
_TWISTS = (("UpperArm", "UpperArm", -0.5), ("LowerArm", "Hand", 0.5), ("UpperLeg", "UpperLeg", -0.5),
           ("LowerLeg", "Foot", 0.5))  # fmt: skip
#: Metres below the floor that are left alone: rounding of soles and cloth.
ALLOWED = 0.002
#: Attempts to solve a take; after each but the last one, what lies too low is raised.
LAST = 5
_LEGS = [INDEX[s + b] for s in SIDES for b in ("LowerLeg", "Foot", "Toes")]
_OFFSETS_FROM = np.array([max(p, 0) for p in PARENTS])


def solve_take(take: Take, body: Figure, reach: Reach) -> tuple[F64, F64]:
    """Model-space rotations (T, 65, 3, 3) and joints (T, 65, 3) of the take, its way over the floor taken off."""
    count = len(take.times)
    out = np.zeros((count, len(NAMES), 3, 3))
    at = np.empty((count, len(NAMES), 3))
    ways = (foot_way(take, body, reach, 0), foot_way(take, body, reach, 1))
    hips_turn = about(1, take["hips.yaw"]) @ about(0, take["hips.pitch"]) @ about(2, take["hips.roll"])
    _put_trunk(take, body, out, hips_turn)
    hips = np.tile(body.at[0], (count, 1))
    hips[:, 1] = standing_height(body, ways)
    hips += body.leg * np.stack([take["hips.x"], take["hips.y"], take["hips.z"]], axis=-1)
    lift, sink = np.zeros(count), np.zeros(count)
    clear: list[tuple[F64, F64]] = []
    for attempt in range(LAST + 1):
        raised = lower_hips(take, body, ways, hips + lift[:, None] * [0.0, 1.0, 0.0], hips_turn)
        raised[:, 1] += sink
        at[:, 0] = raised
        _place_trunk(body, out, at)
        for side in (0, 1):
            put_leg(take, body, ways[side], out, at, side)
        upper = INDEX["upperChest"]
        trunk = Trunk(hips_turn, out[:, upper] @ body.rest[upper].T, at[:, 0], at[:, upper])
        clear = clear or [clearance(take, body, reach, trunk, side) for side in (0, 1)]
        for side in (0, 1):
            put_arm(take, body, reach, trunk, out, at, side, clear[side])
        _place_all(body, out, at)
        if attempt == LAST:
            break
        low, lie = lowest(body, reach, out, at, all_over=take.floor), np.clip(take["root.lie"], 0.0, 1.0)
        deep = np.maximum(-low - ALLOWED, 0.0) * (1.0 - lie)
        if deep.max() < 1e-3 and np.abs(low * lie).max() < 1e-3:
            break
        rise = envelope(deep, max(1, round(0.1 * take.fps)), take.loop)
        lift = lift + 2.0 * rise
        # planted feet hold the hips down; who falls is rather lifted off them than sunk
        sink = sink - low * lie + (rise if take.floor and attempt >= 2 else 0.0)
    _put_twists(body, out)
    _place_all(body, out, at)
    return out, at


def _shares(body: Figure, chain: tuple[tuple[str, float, float], ...]) -> list[tuple[int, float, float]]:
    """The joints of a chain with their shares; what a missing joint would have done the others do."""
    own = [(INDEX[n], s, lag) for n, s, lag in chain if body.present[INDEX[n]]]
    total = sum(s for _, s, _ in own) or 1.0
    kept = {i: s / total for i, s, _ in own}
    return [(INDEX[n], kept.get(INDEX[n], 0.0), lag) for n, _, lag in chain]


def _put_trunk(take: Take, body: Figure, out: F64, hips: F64) -> None:
    turn = hips
    out[:, 0] = turn @ body.t[0]
    breath = take["trunk.breath"]
    for bone, share, lag in _shares(body, _SPINE):
        bend, yaw, lean = (take.late(f"trunk.{c}", lag) * share for c in ("bend", "turn", "lean"))
        bend = bend + breath * {"spine": 0.5, "chest": -1.5, "upperChest": -0.6}[NAMES[bone]]
        turn = turn @ about(1, yaw) @ about(0, bend) @ about(2, lean)
        out[:, bone] = turn @ body.t[bone]
    level = take["head.level"]
    back = {
        "bend": take.late("hips.pitch", 0.03) + take.late("trunk.bend", 0.06) - 1.6 * breath,
        "turn": take.late("hips.yaw", 0.03) + take.late("trunk.turn", 0.06),
        "lean": take.late("hips.roll", 0.03) + take.late("trunk.lean", 0.06),
    }
    for bone, share, lag in _shares(body, _NECK):
        bend, yaw, lean = (share * (take.late(f"head.{c}", lag) - level * back[c]) for c in ("bend", "turn", "lean"))
        turn = turn @ about(1, yaw) @ about(0, bend) @ about(2, lean)
        out[:, bone] = turn @ body.t[bone]
    gaze = turn @ about(1, take["eyes.turn"]) @ about(0, take["eyes.nod"])
    for name in ("leftEye", "rightEye", "jaw"):
        out[:, INDEX[name]] = (turn if name == "jaw" else gaze) @ body.t[INDEX[name]]


def _place_trunk(body: Figure, out: F64, at: F64) -> None:
    for name in ("spine", "chest", "upperChest", "neck", "head"):
        i, p = INDEX[name], PARENTS[INDEX[name]]
        at[:, i] = at[:, p] + apply(out[:, p] @ body.rest[p].T, body.at[i] - body.at[p])


def _place_all(body: Figure, out: F64, at: F64) -> None:
    """Joint positions from the hips' and all rotations."""
    moved = out @ transposed(body.rest)
    step = apply(moved[:, _OFFSETS_FROM], body.at - body.at[_OFFSETS_FROM])
    for i, parent in enumerate(PARENTS):
        if parent >= 0:
            at[:, i] = at[:, parent] + step[:, i]


def lowest(body: Figure, reach: Reach, out: F64, at: F64, *, all_over: bool = True) -> F64:
    """(T,) metres of the lowest outermost point above the floor, of the whole body or of legs and hem."""
    moved = (out @ transposed(body.rest))[:, :, 1]  # (T, 65, 3): the row that gives heights
    asked = slice(None) if all_over else np.isin(reach.owners, _LEGS)
    owners = reach.owners[asked]
    from_joint = reach.points[asked] - body.at[owners]
    low = (np.einsum("tpa,pa->tp", moved[:, owners], from_joint) + at[:, owners, 1]).min(axis=1, initial=np.inf)
    if len(reach.hem):
        carried = reach.hem[:, None] - body.at[reach.hem_bones]
        each = np.einsum("thka,hka->thk", moved[:, reach.hem_bones], carried) + at[:, reach.hem_bones, 1]
        low = np.minimum(low, (each * reach.hem_weights).sum(axis=-1).min(axis=1))
    return np.asarray(low - reach.floor)


def _put_twists(body: Figure, out: F64) -> None:
    """Twist bones take their share of the roll between the bone of their rule and its parent."""
    for side in SIDES:
        for bone, roller, share in _TWISTS:
            own, roll = INDEX[side + bone], INDEX[side + roller]
            parent, twist = PARENTS[roll], INDEX[f"{side}{bone}Twist"]
            t = body.t
            turn = transposed(out[:, parent] @ t[parent].T @ t[roll]) @ out[:, roll]
            out[:, twist] = out[:, own] @ (t[own].T @ t[twist]) @ roll_about_y(turn, share)
