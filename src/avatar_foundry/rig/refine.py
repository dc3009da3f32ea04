"""Shape the folded weights at the joints: twist gradients along the limbs, fuller elbows, knees and shoulders.

Linear blending scales a bent limb's depth by |1 - w + w exp(i angle)|: at 120 degrees and w = 1/2 half of it is lost,
in every section where both sides of the limb blend alike. If the outer side follows the lower bone before the inner
does, in a blend that lies a distance c above the joint, a section of radius r keeps as much as
cos(angle / 2) + sin(angle / 2) c / r of its depth, so the joint keeps its mass: the skin over the elbow's tip and above
the kneecap moves with the lower bone, the crease with the upper.

Everything is worked out once, on the base mesh itself, and holds for every body because it has the same topology.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..humanoid import INDEX, NAMES, mirror
from ..pack import Pack
from .joints import POINTS, joint_points

Weights = NDArray[np.float64]


class Hinge(NamedTuple):
    """How the blend between two bones of a limb lies across their joint, in lengths of the lower bone.

    centre: how far below the joint the middle of the blend lies; slant: how much earlier the inner side blends
    (negative: above, and the outer side first);
    curve: how much earlier inner and outer side both blend than the flanks; width: from all upper to all lower bone.
    """

    upper: str
    lower: str
    end: str
    inner: float  # +1 when the limb folds to the front, -1 to the back
    centre: float
    slant: float
    width: float
    curve: float = 0.0


SOFT_ELBOW = Hinge("UpperArm", "LowerArm", "Hand", 1.0, 0.0, 0.0, 0.5)
ELBOW = Hinge("UpperArm", "LowerArm", "Hand", 1.0, -0.315, -0.72, 0.52, -0.65)
KNEE = Hinge("UpperLeg", "LowerLeg", "Foot", -1.0, -0.17, -0.251, 0.403, 1.256)

# Where a limb's twist bone takes over from the bone itself, as fractions of the segment: none before the first, all
# after the second. On the upper limbs the twist bone holds the end at the trunk, on the lower limbs the far end.
TWIST = {"UpperArm": (0.15, 0.95), "LowerArm": (0.05, 0.7), "UpperLeg": (0.1, 0.95), "LowerLeg": (0.1, 0.9)}

SEAT_DEPTH, SEAT_ROUNDS = 0.6, 30  # in half hip widths below the hip joints; rounds of averaging


def smooth_step(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 below 0, 1 above 1, 3 x^2 - 2 x^3 between."""
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x))


def refine(weights: Weights, pack: Pack, hinges: bool = True) -> Weights:
    """(B, 65) weights with twists, exact mirror symmetry and full or soft elbows."""
    base = pack.array("base/positions").astype(np.float64)
    points = dict(zip(POINTS, joint_points(pack.array("base/positions")), strict=True))
    weights = weights.copy()
    _split_hinge(weights, base, points, ELBOW if hinges else SOFT_ELBOW)
    _split_hinge(weights, base, points, KNEE)
    _smooth_seat(weights, points, pack)
    skirt = pack.array("base/face_group") == pack.meta["base"]["groups"].index("helper-skirt")
    rows = np.unique(pack.array("base/faces")[skirt])
    weights[rows] = blend_legs(weights[rows], base[rows, 0] / points["leftUpperLeg"][0])
    for bone, end in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot")):
        _split_twist(weights, base, points, bone, end)
    return symmetric(weights, pack)


def symmetric(weights: Weights, pack: Pack) -> Weights:
    """The left half of the weights, mirrored onto the right; the middle averaged."""
    flip = np.array([INDEX[mirror(n)] for n in NAMES])
    pair = np.asarray(pack.array("base/mirror"))
    return np.asarray(0.5 * (weights + weights[pair][:, flip]))


def _split_hinge(weights: Weights, base: Weights, points: dict[str, Weights], hinge: Hinge) -> None:
    for side in ("left", "right"):
        at, up, down = (points[side + n] for n in (hinge.lower, hinge.upper, hinge.end))
        length = float(np.linalg.norm(down - at))
        above, below = (at - up) / np.linalg.norm(at - up), (down - at) / length
        along = above + below
        along /= np.linalg.norm(along)
        # an arm is already bent the way it folds; a leg is straight, and folds to the back
        across = below - above if hinge.inner > 0 else np.array([0.0, 0.0, -1.0])
        across = across - (across @ along) * along
        across /= np.linalg.norm(across)
        t, u = (base - at) @ along / length, (base - at) @ across / length
        share = smooth_step((t - hinge.centre + hinge.slant * u + hinge.curve * u * u) / hinge.width + 0.5)
        a, b = INDEX[side + hinge.upper], INDEX[side + hinge.lower]
        both = weights[:, a] + weights[:, b]
        weights[:, a], weights[:, b] = both * (1.0 - share), both * share


def _split_twist(weights: Weights, base: Weights, points: dict[str, Weights], bone: str, end: str) -> None:
    low, high = TWIST[bone]
    for side in ("left", "right"):
        start, stop = points[side + bone], points[side + end]
        t = (base - start) @ (stop - start) / ((stop - start) @ (stop - start))
        share = smooth_step((t - low) / (high - low))
        if bone.startswith("Upper"):
            share = 1.0 - share
        column = INDEX[side + bone]
        weights[:, INDEX[f"{side}{bone}Twist"]] = weights[:, column] * share
        weights[:, column] *= 1.0 - share


def blend_legs(weights: Weights, x: NDArray[np.float64]) -> Weights:
    """(N, 65) weights in which the pull of the legs is shared by where a point lies between them, bone by bone.

    x: (N,) place across, -1 at the right leg and beyond, +1 at the left one. Sums stay.
    """
    left = smooth_step(0.5 * (x + 1.0))
    out = weights.copy()
    for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes", "ToesEnd", "LowerLegTwist", "UpperLegTwist"):
        a, b = INDEX[f"left{bone}"], INDEX[f"right{bone}"]
        both = out[:, a] + out[:, b]
        out[:, a], out[:, b] = both * left, both * (1.0 - left)
    return out


def _smooth_seat(weights: Weights, points: dict[str, Weights], pack: Pack) -> None:
    """Let the skin between the thighs go part of the way with them, so that it does not hang down in a squat.

    Averages the weights of neighbours over the body's surface, fully at the seat's lowest skin and less and less
    towards the hip joints.
    """
    groups = pack.meta["base"]["groups"]
    surfaces = [groups.index(name) for name in ("body", "helper-tights")]  # trousers hang on the latter
    quads = pack.array("base/faces")[np.isin(pack.array("base/face_group"), surfaces)]
    count = len(weights)
    ends = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    graph = csr_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    graph = graph + graph.T
    graph.data[:] = 1.0  # each neighbour once, however many faces share the edge
    degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1.0)
    base = pack.array("base/positions").astype(np.float64)
    hip = points["leftUpperLeg"]
    below = (hip[1] - base[:, 1]) / hip[0]
    aside = np.abs(base[:, 0]) / hip[0]
    share = (
        smooth_step(below / SEAT_DEPTH) * (1.0 - smooth_step((below - 1.2) / 0.8)) * (1.0 - smooth_step(aside - 0.2))
    )
    rows = np.flatnonzero((share > 0) & (np.bincount(quads.ravel(), minlength=count) > 0))
    local, mix = graph[rows], share[rows, None]
    for _ in range(SEAT_ROUNDS):
        weights[rows] += mix * ((local @ weights) / degree[rows, None] - weights[rows])
