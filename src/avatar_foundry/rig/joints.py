"""Where the joints of AXIS-65 lie in a body: means of base-mesh vertices, so they follow every shape."""

from functools import lru_cache

import numpy as np
from scipy.sparse import csr_matrix

from ..avatar import F32, Skeleton
from ..humanoid import INDEX, MAIN_CHILD, NAMES, PARENTS, mirror
from ..pack import open_pack
from .frames import LEFT, RIGHT, rest_frames

# Joint cubes of the base mesh (group "joint-<name>") whose mean is the joint. The spine takes five of the seven cubes
# so that hips, spine, chest, upper chest and neck divide the back evenly; toes lie on the ball, between three of them.
_CENTRE = {
    "hips": ("pelvis",),
    "spine": ("spine-4",),
    "chest": ("spine-2",),
    "upperChest": ("spine-1",),
    "neck": ("neck",),
    "head": ("head",),
    "jaw": ("mouth",),
    "headEnd": ("head-2",),
    "jawEnd": ("jaw",),
}
_LEFT = {
    "Eye": ("eye",),
    "Shoulder": ("clavicle",),
    "UpperArm": ("shoulder",),
    "LowerArm": ("elbow",),
    "Hand": ("hand",),
    "UpperLeg": ("upper-leg",),
    "LowerLeg": ("knee",),
    "Foot": ("ankle",),
    "Toes": ("toe-1-1", "toe-2-1", "toe-3-1"),
    "ToesEnd": ("toe-1-3", "toe-2-4", "toe-3-4"),
    **{
        f"{finger}{segment}": (f"finger-{i}-{j}",)
        for i, finger in enumerate(("Thumb", "Index", "Middle", "Ring", "Little"), 1)
        for j, segment in enumerate(
            ("Metacarpal", "Proximal", "Distal", "End")
            if finger == "Thumb"
            else ("Proximal", "Intermediate", "Distal", "End"),
            1,
        )
    },
}
#: Everything that is measured: joints without the twists, then the tips that only give a direction.
POINTS: tuple[str, ...] = (*_CENTRE, *(f"{side}{name}" for side in ("left", "right") for name in _LEFT))
_POINT = {name: i for i, name in enumerate(POINTS)}
_MIRRORED_POINT = np.array([_POINT[mirror(n)] for n in POINTS])

#: A body whose surface differs from its mirror image by less than this everywhere is symmetric; its joints become so.
SYMMETRIC = 2e-4  # metres


@lru_cache(maxsize=1)
def _sources() -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """(points, B) matrix of means; the body's vertices; their mirrored vertices."""
    pack = open_pack()
    groups, faces, group = pack.meta["base"]["groups"], pack.array("base/faces"), pack.array("base/face_group")
    order = np.argsort(group, kind="stable")
    start = np.searchsorted(group[order], np.arange(len(groups) + 1))
    vertices = {g: np.unique(faces[order[start[i] : start[i + 1]]]) for i, g in enumerate(groups)}
    cubes: list[tuple[str, ...]] = [_CENTRE[n] for n in _CENTRE]
    cubes += [tuple(f"{side}-{c}" for c in _LEFT[n]) for side in ("l", "r") for n in _LEFT]
    rows, columns, values = [], [], []
    for row, names in enumerate(cubes):
        for name in names:
            v = vertices[f"joint-{name}"]
            rows.append(np.full(len(v), row))
            columns.append(v)
            values.append(np.full(len(v), 1.0 / (len(v) * len(names))))
    count = len(pack.array("base/positions"))
    matrix = csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(len(cubes), count)
    )
    body = vertices["body"]
    return matrix, body, np.asarray(pack.array("base/mirror"))[body]


def joint_points(base: F32) -> np.ndarray:
    """The measured points of a body, (len(POINTS), 3) f64, metres, in the order of `POINTS`.

    base: (B, 3) f32. On a symmetric body the points are exactly symmetric.
    """
    matrix, body, mirrored = _sources()
    points = matrix @ base.astype(np.float64)
    flip = np.array([-1.0, 1.0, 1.0])
    if np.abs(base[body] - base[mirrored] * flip.astype(np.float32)).max() <= SYMMETRIC:
        points = 0.5 * (points + points[_MIRRORED_POINT] * flip)
    return np.asarray(points)


def place_skeleton(base: F32) -> Skeleton:
    """AXIS-65 inside a body, in the data's own relaxed pose.

    base: (B, 3) f32, metres. Returns rest transforms with the axes of `humanoid`: +Y to the main child, +X the flexion
    axis. A twist bone lies in the middle of its segment with its parent's axes. Leaf bones point where their flesh
    does: fingertips and toe tips, the crown for the head, the chin for the jaw.
    """
    points = joint_points(base)
    positions = np.empty((len(NAMES), 3))
    for i, name in enumerate(NAMES):
        if name.endswith("Twist"):
            parent = NAMES[PARENTS[i]]
            positions[i] = 0.5 * (points[_POINT[parent]] + points[_POINT[MAIN_CHILD[parent]]])
        else:
            positions[i] = points[_POINT[name]]
    tips = {n.removesuffix("End"): points[_POINT[n]] for n in POINTS if n.endswith("End") and n not in INDEX}
    rest = np.tile(np.eye(4), (len(NAMES), 1, 1))
    rest[:, :3, 3] = positions
    rest[:, :3, :3] = rest_frames(positions, _finger_tips(tips))
    return Skeleton(NAMES, np.array(PARENTS, np.int16), rest.astype(np.float32))


def _finger_tips(tips: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Leaf bone -> the point it aims at."""
    named = {"head": tips["head"], "jaw": tips["jaw"]}
    for side in (LEFT, RIGHT):
        for finger in ("Thumb", "Index", "Middle", "Ring", "Little"):
            named[f"{side}{finger}Distal"] = tips[f"{side}{finger}"]
    return named
