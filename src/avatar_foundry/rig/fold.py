"""Skin weights of the base mesh: the data's 163-bone weights folded into AXIS-65."""

import re
from functools import lru_cache

import numpy as np

from ..avatar import F32
from ..cache import cached_arrays
from ..humanoid import INDEX, NAMES
from ..pack import open_pack
from .refine import refine

# First pattern that matches a bone of the data's rig says where its weight goes: {our bone: share}. "*" is the side.
_RULES: tuple[tuple[str, dict[str, float]], ...] = (
    (r"(root|pelvis|spine05)", {"hips": 1}),
    (r"spine0[34]", {"spine": 1}),
    (r"spine02", {"chest": 1}),
    (r"breast", {"chest": 0.4, "upperChest": 0.6}),
    (r"spine01", {"upperChest": 1}),
    (r"neck0[12]", {"neck": 1}),
    (r"neck03", {"neck": 0.5, "head": 0.5}),
    (r"clavicle", {"*Shoulder": 1}),
    (r"shoulder01", {"*Shoulder": 0.8, "*UpperArm": 0.2}),
    (r"upperarm0", {"*UpperArm": 1}),
    (r"lowerarm0", {"*LowerArm": 1}),
    (r"(wrist|metacarpal)", {"*Hand": 1}),
    (r"finger1-1", {"*ThumbMetacarpal": 1}),
    (r"finger1-2", {"*ThumbProximal": 1}),
    (r"finger1-3", {"*ThumbDistal": 1}),
    *(
        (rf"finger{i}-{j}", {f"*{finger}{segment}": 1.0})
        for i, finger in enumerate(("Index", "Middle", "Ring", "Little"), 2)
        for j, segment in enumerate(("Proximal", "Intermediate", "Distal"), 1)
    ),
    (r"upperleg0", {"*UpperLeg": 1}),
    (r"lowerleg0", {"*LowerLeg": 1}),
    (r"foot", {"*Foot": 1}),
    (r"toe", {"*Toes": 1}),
    (r"(jaw|special04|oris0[12]$|oris0[67]\.|tongue)", {"jaw": 1}),
    (r"risorius03", {"head": 0.75, "jaw": 0.25}),
    (r".", {"head": 1}),  # the other bones of the face: morphs move it
)
# Helper groups that hang on one bone entirely.
_RIGID = {
    "helper-l-eye": "leftEye",
    "helper-r-eye": "rightEye",
    "helper-upper-teeth": "head",
    "helper-lower-teeth": "jaw",
    "helper-tongue": "jaw",
    "helper-l-eyelashes-1": "head",
    "helper-l-eyelashes-2": "head",
    "helper-r-eyelashes-1": "head",
    "helper-r-eyelashes-2": "head",
}


def fold_matrix(bones: list[str]) -> np.ndarray:
    """(len(bones), 65) shares of each bone of the data's rig in AXIS-65; rows sum to 1."""
    matrix = np.zeros((len(bones), len(NAMES)))
    for row, bone in enumerate(bones):
        side = {".L": "left", ".R": "right"}.get(bone[-2:], "")
        shares = next(shares for pattern, shares in _RULES if re.match(pattern, bone))
        for name, share in shares.items():
            matrix[row, INDEX[name.replace("*", side)]] = share
    return matrix


def base_weights() -> F32:
    """(B, 65) f32, read-only: the weight of every joint on every base-mesh vertex; rows sum to 1.

    Eyes hang on their eye bones, the lower teeth and the tongue on the jaw, the upper teeth on the head; twist bones
    and the bends of elbow, knee and shoulder are shaped by `refine`. They do not depend on the body's shape.
    """
    return _weights(True)


def bake_weights() -> F32:
    """(B, 65) f32, read-only: the weights that straighten the data's bent arms into the rest pose.

    As `base_weights`, but with soft elbows: hinges that keep a bent elbow full would dent the back of the arm when it
    straightens.
    """
    return _weights(False)


@lru_cache(maxsize=2)
def _weights(hinges: bool) -> F32:
    key = f"rig/weights/{open_pack().digest}/{hinges}"
    return cached_arrays(key, lambda: {"weights": _make_weights(hinges)})["weights"]


def _make_weights(hinges: bool) -> F32:
    pack = open_pack()
    names = list(pack.meta["rigs"]["default"]["names"])
    vertex, bone = pack.array("rigs/default/weight_vertex"), pack.array("rigs/default/weight_bone")
    count = len(pack.array("base/positions"))
    full = np.zeros((count, len(names)))
    np.add.at(full, (vertex, bone), pack.array("rigs/default/weight").astype(np.float64))
    weights = full @ fold_matrix(names)
    total = weights.sum(axis=1, keepdims=True)
    weights = np.where(total > 0, weights / np.maximum(total, 1e-12), 0.0)
    weights[total[:, 0] == 0, INDEX["hips"]] = 1.0
    groups, faces, group = pack.meta["base"]["groups"], pack.array("base/faces"), pack.array("base/face_group")
    for name, joint in _RIGID.items():
        if name in groups:
            rows = np.unique(faces[group == groups.index(name)])
            weights[rows] = 0.0
            weights[rows, INDEX[joint]] = 1.0
    weights = refine(weights, pack, hinges)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
