"""The nineteen attachments: small unrotated meshes called NAME_Att, where accessories hang. Only files with cages may
have them. Places: create.roblox.com, character bodies: specifications."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Mesh, Part
from .cages import PLAIN

F64 = NDArray[np.float64]

RADIUS = 0.006  # metres, of the mesh that stands for an attachment
Share = tuple[float, float, float]
#: Attachment -> piece and where in its box, 0..1 from low to high. Left is +X.
PLACES: dict[str, tuple[str, Share]] = {
    "FaceCenter": ("Head", (0.5, 0.5, 0.5)),
    "FaceFront": ("Head", (0.5, 0.45, 0.98)),
    "Hat": ("Head", (0.5, 0.98, 0.5)),
    "Hair": ("Head", (0.5, 0.9, 0.5)),
    "LeftCollar": ("UpperTorso", (0.75, 0.95, 0.5)),
    "RightCollar": ("UpperTorso", (0.25, 0.95, 0.5)),
    "Neck": ("UpperTorso", (0.5, 0.98, 0.5)),
    "BodyBack": ("UpperTorso", (0.5, 0.6, 0.05)),
    "BodyFront": ("UpperTorso", (0.5, 0.6, 0.95)),
    "WaistFront": ("LowerTorso", (0.5, 0.6, 0.95)),
    "WaistBack": ("LowerTorso", (0.5, 0.6, 0.05)),
    "WaistCenter": ("LowerTorso", (0.5, 0.6, 0.5)),
    "LeftShoulder": ("LeftUpperArm", (0.5, 0.95, 0.5)),
    "RightShoulder": ("RightUpperArm", (0.5, 0.95, 0.5)),
    "LeftGrip": ("LeftHand", (0.5, 0.5, 0.5)),
    "RightGrip": ("RightHand", (0.5, 0.5, 0.5)),
    "LeftFoot": ("LeftFoot", (0.5, 0.1, 0.5)),
    "RightFoot": ("RightFoot", (0.5, 0.1, 0.5)),
}
ROOT = "Root"  # exactly at the origin
NAMES = tuple(sorted(f"{n}_Att" for n in (*PLACES, ROOT)))


def attachments(meshes: Mapping[str, Mesh]) -> list[Part]:
    """The attachments of a body whose pieces are `meshes`."""
    spots: dict[str, F64] = {ROOT: np.zeros(3)}
    for name, (piece, share) in PLACES.items():
        if piece in meshes:
            low, high = meshes[piece].positions.min(axis=0), meshes[piece].positions.max(axis=0)
            spots[name] = low + np.array(share) * (high - low)
    return [mark(f"{name}_Att", spot) for name, spot in sorted(spots.items())]


def mark(name: str, spot: F64) -> Part:
    """An octahedron around a spot, its node at the spot."""
    corners: F32 = np.concatenate([np.eye(3), -np.eye(3)]).astype(np.float32) * np.float32(RADIUS)
    faces: I32 = np.array(
        [[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]], np.int32
    )
    place = spot.astype(np.float32)
    x, y, z = (float(v) for v in place)
    return Part(name, "attachment", (Mesh(place + corners, faces),), PLAIN.name, place=(x, y, z))
