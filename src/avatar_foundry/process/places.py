"""Places in the file's own space, for people who look at the file: joints, and what findings speak of."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar
from ..rules.registry import Finding

F64 = NDArray[np.float64]
SHOWN = 32  # elements of a finding whose places are told
MOST = 2000  # and of all findings together


@dataclass(frozen=True, slots=True)
class Placing:
    """p' = scale * turn @ p + shift: from the file's space to where the figure stands, in its own pose."""

    scale: float = 1.0
    turn: F64 = field(default_factory=lambda: np.eye(3))
    shift: F64 = field(default_factory=lambda: np.zeros(3))

    def then(self, other: "Placing") -> "Placing":
        """First this, then `other`."""
        turned = other.scale * other.turn @ self.shift
        return Placing(other.scale * self.scale, other.turn @ self.turn, turned + other.shift)

    def at(self, point: F64) -> F64:
        """Where a point of the file stands."""
        return self.scale * self.turn @ point + self.shift

    def back(self, joints: Mapping[str, NDArray[np.floating]]) -> dict[str, F64]:
        """Standing places -> the file's."""
        return {name: self.turn.T @ ((p - self.shift) / self.scale) for name, p in joints.items()}

    def facts(self) -> dict[str, Any]:
        """As the answer has it: turn by rows."""
        return {
            "scale": short(self.scale),
            "turn": [[round(float(v), 7) for v in row] for row in self.turn],
            "shift": [short(v) for v in self.shift],
        }


def short(value: float) -> float:
    """Seven digits: what a file's own numbers have."""
    return float(f"{float(value):.7g}")


def listed(places: Mapping[str, F64]) -> dict[str, list[float]]:
    """Places as plain numbers."""
    return {name: [short(v) for v in p] for name, p in places.items()}


class Pointer:
    """Tells where the elements of findings are, up to `MOST` of them."""

    def __init__(self, avatar: Avatar) -> None:
        self._meshes = {f"parts/{p.name}/lods/0": p.mesh for p in avatar.parts}
        self._left = MOST

    def at(self, finding: Finding) -> dict[str, Any]:
        """{"faces": three corners each, "vertices": a point each} of the first elements, those nowhere left out."""
        mesh = self._meshes.get(finding.where)
        if mesh is None:
            return {}
        out: dict[str, Any] = {}
        for kind, rows, width in (("faces", mesh.faces, 3), ("vertices", None, 1)):
            wanted = np.asarray(list(finding.elements.get(kind, ())), np.int64)[: min(SHOWN, self._left)]
            if not len(wanted):
                continue
            limit = len(mesh.faces) if rows is not None else len(mesh.positions)
            wanted = wanted[(wanted >= 0) & (wanted < limit)]
            index = wanted if rows is None else rows[wanted]
            index = index[((index >= 0) & (index < len(mesh.positions))).reshape(len(index), width).all(axis=1)]
            points = mesh.positions[index].astype(np.float64).reshape(len(index), 3 * width)
            points = points[np.isfinite(points).all(axis=1)]
            if len(points):
                self._left -= len(points)
                out[kind] = [[short(v) for v in p] for p in points.tolist()]
        return out


def between(before: Avatar, after: Avatar) -> Placing:
    """The scale, turn and shift that made `after` of `before`, whose vertices are the same."""
    p = np.concatenate([part.mesh.positions for part in before.parts]).astype(np.float64)
    q = np.concatenate([part.mesh.positions for part in after.parts]).astype(np.float64)
    there = np.isfinite(p).all(axis=1) & np.isfinite(q).all(axis=1)
    p, q = p[there], q[there]
    a, b = p - p.mean(axis=0), q - q.mean(axis=0)
    u, _, v = np.linalg.svd(b.T @ a)
    turn = u @ np.diag([1.0, 1.0, np.linalg.det(u @ v)]) @ v
    scale = float(np.sqrt((b * b).sum() / (a * a).sum()))
    return Placing(scale, turn, q.mean(axis=0) - scale * turn @ p.mean(axis=0))


def box_of(avatar: Avatar) -> tuple[F64, F64] | None:
    """The corners of the box around all vertices that are somewhere, None when there is none."""
    points = [p.mesh.positions[np.isfinite(p.mesh.positions).all(axis=1)] for p in avatar.parts]
    points = [p for p in points if len(p)]
    if not points:
        return None
    low = np.min([p.min(axis=0) for p in points], axis=0).astype(np.float64)
    high = np.max([p.max(axis=0) for p in points], axis=0).astype(np.float64)
    return (low, high) if math.isfinite(float(np.ptp(np.stack([low, high])))) else None
