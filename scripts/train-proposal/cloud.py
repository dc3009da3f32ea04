"""Labelled point clouds: a body of the bank in its pose, solids glued on, warps and facets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from poses import JOINTS, PART_OF, WHERE, Posed
from scipy.spatial import cKDTree
from solids import Solid

PROP = len(JOINTS)  # label of what belongs to no joint
AT = {n: i for i, n in enumerate(JOINTS)}
LABELS = {name: AT[name] for name in JOINTS}


@dataclass
class Cloud:
    """points, normals (N, 3); label (N,) index into JOINTS or PROP; weight (N,) area that a point stands for.

    joints: (22, 3); height: of the body without props; humanoid: 1 or 0.
    """

    points: np.ndarray
    normals: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    joints: np.ndarray
    height: float
    humanoid: float = 1.0

    def keep(self, chosen: np.ndarray) -> None:
        for name in ("points", "normals", "label", "weight"):
            setattr(self, name, getattr(self, name)[chosen])

    def add(self, rng: np.random.Generator, solids: Sequence[Solid], per_area: float, hollow: bool) -> None:
        """Glue solids on; `per_area` points each square metre; with `hollow` nothing stays inside of another."""
        made = []
        for k, solid in enumerate(solids):
            area = solid.area()
            n = int(np.clip(per_area * area, 24, 1800))
            p, m = solid.sample(rng, n)
            w = np.full(len(p), area / n)
            if hollow:
                inner = np.zeros(len(p), bool)
                for other, o in enumerate(solids):
                    if (
                        other != k
                        and np.linalg.norm(o.centre - solid.centre) < o.half.max() * 1.8 + solid.half.max() * 1.8
                    ):
                        inner |= o.inside(p)
                p, m, w = p[~inner], m[~inner], w[~inner]
            made.append((p, m, np.full(len(p), solid.label), w))
        if hollow and len(self.points):
            inner = np.zeros(len(self.points), bool)
            for solid in solids:
                inner |= solid.inside(self.points)
            self.keep(~inner)
        if made:
            self.points = np.concatenate([self.points, *(p for p, _, _, _ in made)])
            self.normals = np.concatenate([self.normals, *(m for _, m, _, _ in made)])
            self.label = np.concatenate([self.label, *(k for _, _, k, _ in made)])
            self.weight = np.concatenate([self.weight, *(w for _, _, _, w in made)])


def empty(joints: np.ndarray, height: float) -> Cloud:
    return Cloud(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, int), np.zeros(0), joints, height)


def from_bank(rng: np.random.Generator, entry: dict[str, np.ndarray], posed: Posed) -> Cloud:
    """A body of the bank in its pose."""
    pick = rng.permutation(len(entry["points"]))[:3600]
    rest, normal = entry["points"][pick], entry["normals"][pick].astype(np.float64)
    joints, weights = entry["joints"][pick], entry["weights"][pick]
    flat = posed.matrix.reshape(-1, 12)
    matrix = np.einsum("nk,nkm->nm", weights, flat[joints]).reshape(-1, 3, 4)
    points = np.einsum("nab,nb->na", matrix[:, :, :3], rest) + matrix[:, :, 3]
    normals = np.einsum("nk,nkm->nm", weights, posed.normal.reshape(-1, 9)[joints]).reshape(-1, 3, 3)
    normals = np.einsum("nab,nb->na", normals, normal)
    stretch = np.linalg.norm(normals, axis=1)
    normals /= np.maximum(stretch, 1e-9)[:, None]
    area = (weights * posed.volume[joints]).sum(axis=1) * stretch
    stature = np.ptp(entry["points"][:, 1])
    area *= 2.3 * (stature / 1.72) ** 2 / len(pick)
    label = PART_OF[joints[:, 0]].copy()
    kind = entry["kind"][pick]
    label[(kind == 1) | (kind == 2)] = AT["head"]
    label[kind == 4] = PROP
    at = posed.at[WHERE]
    body = points[kind == 0]
    return Cloud(points, normals, label, area, at, float(np.ptp(body[:, 1])) if len(body) > 100 else 1.6)


def wobble(rng: np.random.Generator, cloud: Cloud, amount: float) -> None:
    """A smooth random warp of space: points and joints move together."""
    size = np.ptp(cloud.points, axis=0).max()
    waves = rng.normal(size=(4, 3)) * 2 * np.pi / size * 0.9
    phase = rng.uniform(0, 2 * np.pi, 4)
    push = rng.normal(size=(4, 3)) * amount * size / 2

    def move(p: np.ndarray) -> np.ndarray:
        return p + np.sin(p @ waves.T + phase) @ push

    def turn(p: np.ndarray, n: np.ndarray) -> np.ndarray:
        slope = np.einsum("nk,kc,kd->ncd", np.cos(p @ waves.T + phase), push, waves) + np.eye(3)
        return np.linalg.solve(np.swapaxes(slope, 1, 2), n[:, :, None])[:, :, 0]

    cloud.normals = turn(cloud.points, cloud.normals)
    cloud.normals /= np.maximum(np.linalg.norm(cloud.normals, axis=1, keepdims=True), 1e-9)
    cloud.points, cloud.joints = move(cloud.points), move(cloud.joints)


def facet(rng: np.random.Generator, cloud: Cloud) -> None:
    """Make it low-poly: points fall onto the planes of a few hundred or dozen anchors."""
    n = int(rng.integers(70, 500))
    anchor = rng.choice(len(cloud.points), min(n, len(cloud.points)), replace=False)
    squeeze = np.concatenate([cloud.points, 0.08 * cloud.normals], axis=1)  # front and back of thin parts stay apart
    _, near = cKDTree(squeeze[anchor]).query(squeeze)
    p, m = cloud.points[anchor][near], cloud.normals[anchor][near]
    cloud.points = cloud.points - ((cloud.points - p) * m).sum(axis=1, keepdims=True) * m * 0.9
    cloud.normals = m
