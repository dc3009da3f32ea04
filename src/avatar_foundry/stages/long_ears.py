"""Long ears twitch: a stiff chain of two joints from where each grows out of the head to its tip.

An ear is what the data's own target turns when it sets the ear further out. How far a vertex lies from the head is the
smaller of two lengths: along the line from the ear's root to its tip, and straight to the nearest vertex where the ear
grows out of the skin; so the whole seam stays with the head, also where it runs along the ear. All of it is measured on
the base mesh, which has every vertex whatever is hidden and however coarse a level is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from ..avatar import F32, I32, Avatar, Mesh, Part, Skeleton
from ..body import base_vertices, body_mesh
from ..body.targets import sparse_target
from ..geometry.memo import freeze
from .spring_joints import F64, Line, Manner, heaviest, smooth, spread

EAR = Manner("ear", "head", stiffness=4.0, drag=0.6, radius=0.004, groups=("head",))
SIDES = {"left": "l", "right": "r"}
BONES = 2  # joints per ear that carry weights
LONG = 0.06  # metres from root to tip: people's ears have up to 0.056, an elf's about 0.1
FASTENED = 0.5  # of the length: where the head's weights have faded out
FEWEST = 12  # vertices that tell where an ear is


@dataclass(frozen=True)
class Ear:
    """One ear. depth: (B,) metres of each base vertex from the head, 0 off the ear.  length: the tip's depth.
    joints: (BONES + 1, 3) metres, in the avatar's rest pose."""

    name: str
    depth: F64
    length: float
    joints: F64


@dataclass(frozen=True)
class Ears:
    """All long ears of an avatar."""

    parts: tuple[Part, ...]
    ears: tuple[Ear, ...]
    manner: Manner = EAR

    def lines(self, skeleton: Skeleton) -> list[Line]:
        """Their chains."""
        return [Line(ear.name, self.manner.bone, ear.joints) for ear in self.ears]

    def rehang(self, mesh: Mesh, first: int) -> Mesh:
        """The mesh with the ears on their chains, whose joints are numbered from `first`: four joints per vertex, sums
        1, descending."""
        if mesh.joints is None or mesh.weights is None:
            return mesh
        numbers = base_vertices(mesh)
        joints, weights = mesh.joints.copy(), mesh.weights.copy()
        for k, ear in enumerate(self.ears):
            along = np.where(numbers >= 0, ear.depth[numbers], 0.0) / ear.length
            rows = np.flatnonzero(along > 0)
            loose = smooth(np.clip(along[rows] / FASTENED, 0, 1))[:, None]
            joint, share = spread(along[rows] * BONES, first + k * (BONES + 1), BONES)
            joints[rows], weights[rows] = heaviest(
                np.concatenate([mesh.joints[rows].astype(np.int64), joint], axis=1),
                np.concatenate([mesh.weights[rows].astype(np.float64) * (1 - loose), share * loose], axis=1),
            )
        return replace(mesh, joints=joints, weights=weights)


def long_ears(avatar: Avatar) -> Iterator[Ears]:
    """The ears, if they are long and to be seen. Uploads have none: they bring joints of their own."""
    parts = tuple(p for p in avatar.parts if p.role == "body" and p.mesh.joints is not None and p.mesh.uvs is not None)
    if avatar.base is None or avatar.skeleton is None or EAR.bone not in avatar.skeleton.names or not parts:
        return
    found = [ear for side in SIDES if (ear := measure(side, avatar.base, parts)) is not None]
    if found:
        yield Ears(parts, tuple(found))


def measure(side: str, base: F32, parts: tuple[Part, ...]) -> Ear | None:
    """The ear on one side, None when it is short or covered. base: (B, 3) metres, in the data's own pose."""
    index, seam = auricle(SIDES[side])
    points = base[index].astype(np.float64)
    grown = base[seam].astype(np.float64)
    root = grown.mean(axis=0)
    far = np.linalg.norm(points - root, axis=1)
    tip = points[far.argmax()]
    if (length := float(far.max())) < LONG:
        return None
    depth = np.zeros(len(base))
    along = (points - root) @ (tip - root) / length
    depth[index] = np.clip(np.minimum(along, cKDTree(grown).query(points)[0]), 0, None)
    longest = float(depth.max())
    placed, shown = seen(parts, len(base))
    there = index[shown[index]]
    if len(there) < FEWEST or not (depth[there] > 0.5 * longest).any():
        return None
    # the head is rigid: the rest pose moved the whole ear as one
    middle, here = base[there].mean(axis=0, dtype=np.float64), placed[there].mean(axis=0)
    turn = Rotation.align_vectors(placed[there] - here, base[there] - middle)[0]
    joints = root + np.linspace(0, 1, BONES + 1)[:, None] * (tip - root)
    return Ear(f"{side}Ear", depth, longest, turn.apply(joints - middle) + here)


def seen(parts: tuple[Part, ...], count: int) -> tuple[F64, NDArray[np.bool_]]:
    """Where the base vertices are in the avatar's rest pose (count, 3), and which of them are still there (count,)."""
    placed, shown = np.zeros((count, 3)), np.zeros(count, bool)
    for part in parts:
        numbers = base_vertices(part.mesh)
        own = numbers >= 0
        placed[numbers[own]] = part.mesh.positions[own]
        shown[numbers[own]] = True
    return placed, shown


@lru_cache(maxsize=2)
def auricle(side: str) -> tuple[I32, I32]:
    """Base vertices of the ear on side "l" or "r", and those of them along which it grows out of the head."""
    index, _ = sparse_target(f"ears/{side}-ear-wing-incr")
    faces = body_mesh().faces
    inside = np.isin(faces, index)
    edge = faces[inside.any(axis=1) & ~inside.all(axis=1)]
    return freeze((index, np.intersect1d(edge, index).astype(np.int32)))
