"""Things that hang and swing: hair, skirts, robes and capes, and the chains of joints for them.

Each loose thing is described by two numbers per vertex: how far it hangs from where it is fastened (`depth`) and on
which side of the body (`angle`). Chains lie evenly over the angles, joints evenly over the depth, at the mean of the
vertices there. A vertex shares itself out between the two chains and the two joints next to it; where it is fastened it
keeps the weights it had. At rest nothing moves: joints bring their own rest pose.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Mesh, Part, Skeleton
from ..wardrobe import ITEMS
from .spring_joints import F64, Line, Manner, heaviest, smooth, spread

LOOSE = 1.2  # skull radii from its middle beyond which hair hangs free
SHORTEST = 0.10  # metres: what hangs less does not swing
FLARED = 1.12  # a skirt swings when its hem is this much wider than its hips; tight ones follow the legs
REACH = 0.98  # quantile of the depth at which a chain ends
FRONT = 1.75  # radians from behind where the front of a skirt begins
FASTENED = 0.5  # of the first segment: where the old weights have faded out


@dataclass(frozen=True)
class Hanging(Manner):
    """How many chains a thing gets. chains: at most.  spread: radians between them, about.  segment: metres between
    joints, about."""

    chains: int
    spread: float
    segment: float


HAIR = Hanging("hair", "head", 1.5, 0.35, 0.012, ("head", "torso"), 6, 0.9, 0.11)
SKIRT = Hanging("skirt", "hips", 3.0, 0.4, 0.012, ("hips", "legs"), 6, 1.0, 0.22)
CAPE = Hanging("cape", "upperChest", 2.0, 0.35, 0.012, ("torso", "hips", "legs"), 4, 0.7, 0.24)


@dataclass(frozen=True)
class Chart:
    """Where vertices hang. centre: (3,) of the angles.  start: depth 0 lies here (a height, or a radius for hair).
    holds: (J,) joints that keep their vertices: sleeves of an A-pose reach down to where a skirt swings."""

    manner: Hanging
    centre: F64
    start: float
    skull: float = 0.0
    holds: NDArray[np.bool_] | None = None

    def depth(self, points: NDArray[Any]) -> F64:
        """(V,) metres below where it is fastened; negative above."""
        if self.skull:
            away = np.linalg.norm(points - self.centre, axis=1) - self.start
            high = (points[:, 1] - self.centre[1]) / self.skull
            return np.asarray(away - np.clip(high - 0.5, 0, 1) * 0.3, np.float64)  # what stands up stays
        return np.asarray(self.start - points[:, 1], np.float64)

    def angle(self, points: NDArray[Any]) -> F64:
        """(V,) radians around the body: 0 behind, positive on its left."""
        flat = points - self.centre
        return np.arctan2(flat[:, 0].astype(np.float64), -flat[:, 2].astype(np.float64))


@dataclass(frozen=True)
class Chains:
    """The chains of one thing. at: (C,) angles.  length: (C,) metres.  joints: (C, N + 1, 3)."""

    chart: Chart
    parts: tuple[Part, ...]
    at: F64
    closed: bool
    length: F64
    joints: F64

    @property
    def manner(self) -> Manner:
        """How it swings."""
        return self.chart.manner

    @property
    def bones(self) -> int:
        """N, joints per chain that carry weights."""
        return int(self.joints.shape[1]) - 1

    def sides(self, points: NDArray[Any]) -> F64:
        """(V, C) share of each chain in each vertex by its angle; rows sum to 1, at most two are not zero."""
        angle, count = self.chart.angle(points), len(self.at)
        out = np.zeros((len(points), count))
        rows = np.arange(len(points))
        if count == 1:
            out[:] = 1.0
            return out
        step = self.at[1] - self.at[0]
        along = (angle - self.at[0]) / step
        along = along % count if self.closed else np.clip(along, 0, count - 1)
        low = np.minimum(np.floor(along).astype(int), count - 1)
        share = along - low
        out[rows, low] = 1 - share
        out[rows, (low + 1) % count] += share
        return out

    def lines(self, skeleton: Skeleton) -> list[Line]:
        """Its chains, as joints that the skeleton carries."""
        manner = self.chart.manner
        carried = [carrier(manner, angle, skeleton) for angle in self.at.tolist()]
        return [
            Line(f"{manner.part}_{k + 1}", bone, joints)
            for k, (bone, joints) in enumerate(zip(carried, self.joints, strict=True))
        ]

    def rehang(self, mesh: Mesh, first: int) -> Mesh:
        """The mesh with its loose vertices on the chains, whose joints are numbered from `first`: four joints per
        vertex, sums 1, descending."""
        if mesh.joints is None or mesh.weights is None:
            return mesh
        depth = self.chart.depth(mesh.positions)
        rows = np.flatnonzero((depth > 0) & (freedom(mesh, self.chart.holds) > 0.5))
        if not len(rows):
            return mesh
        sides = self.sides(mesh.positions[rows])
        two = np.argsort(-sides, axis=1, kind="stable")[:, :2]
        numbers = [mesh.joints[rows].astype(np.int64)]
        along = depth[rows, None] / self.length * self.bones  # (K, C)
        loose = smooth(np.clip((along * sides).sum(axis=1) / FASTENED, 0, 1))
        shares = [mesh.weights[rows].astype(np.float64) * (1 - loose)[:, None]]
        each = np.arange(len(rows))
        for chain in two.T:
            joint, share = spread(along[each, chain], first + chain * (self.bones + 1), self.bones)
            numbers.append(joint)
            shares.append(share * (sides[each, chain] * loose)[:, None])
        joints, weights = mesh.joints.copy(), mesh.weights.copy()
        joints[rows], weights[rows] = heaviest(np.concatenate(numbers, axis=1), np.concatenate(shares, axis=1))
        return replace(mesh, joints=joints, weights=weights)


def hanging_things(avatar: Avatar, skeleton: Skeleton) -> Iterator[Chains]:
    """The chains of all hair and cloth that hangs far enough to swing."""
    for chart, parts in loose_things(avatar, skeleton):
        if (chains := lay_chains(chart, parts)) is not None:
            yield chains


def loose_things(avatar: Avatar, skeleton: Skeleton) -> Iterator[tuple[Chart, list[Part]]]:
    """What may swing on this avatar, with the parts that it is made of."""
    at = dict(zip(skeleton.names, skeleton.rest[:, :3, 3].astype(np.float64), strict=True))
    parts = [p for p in avatar.parts if p.mesh.joints is not None and len(p.mesh.positions)]
    if "head" in at and (hair := [p for p in parts if p.role == "hair"]):
        centre, radius = skull_of(avatar, skeleton, at)
        yield Chart(HAIR, centre, LOOSE * radius, radius), hair
    if "hips" in at and (skirt := [p for p in parts if is_skirt(p)]):
        arms = below(skeleton, ("leftUpperArm", "rightUpperArm"))
        cloud = np.concatenate([p.mesh.positions[freedom(p.mesh, arms) > 0.5] for p in skirt]).astype(np.float64)
        top = at["hips"][1] - 0.03
        hem = cloud[cloud[:, 1] < cloud[:, 1].min() + 0.08]
        hip = cloud[np.abs(cloud[:, 1] - top) < 0.06]
        if len(hem) and len(hip) and width(hem, at["hips"]) > FLARED * width(hip, at["hips"]):
            yield Chart(SKIRT, at["hips"] * (1, 0, 1), top, holds=arms), skirt
    if "upperChest" in at and (cape := [p for p in parts if item_of(p, "cape")]):
        low = at["chest"] if "chest" in at else at["upperChest"]
        yield Chart(CAPE, at["upperChest"] * (1, 0, 1), float(low[1])), cape


def width(points: F64, middle: F64) -> float:
    """Mean distance of points from the upright line through `middle`, metres."""
    return float(np.hypot(points[:, 0] - middle[0], points[:, 2] - middle[2]).mean())


def item_of(part: Part, slot: str) -> bool:
    """Whether the part belongs to an item of the wardrobe in this slot."""
    item = ITEMS.get(part.name.partition(".")[0])
    return item is not None and item.slot == slot


def is_skirt(part: Part) -> bool:
    """Whether the part is a skirt, or cloth of a robe or dress that has one."""
    name, _, piece = part.name.partition(".")
    item = ITEMS.get(name)
    if item is None or item.slot == "cape":
        return False
    if "skirt" in item.pieces:
        return piece == "skirt" or len(item.pieces) == 1
    cloth = item.pieces.get("cloth")
    return bool({"robe", "dress"} & set(item.tags)) and cloth is not None and part.layer >= cloth.layer


def skull_of(avatar: Avatar, skeleton: Skeleton, at: dict[str, F64]) -> tuple[F64, float]:
    """(middle, radius) of the head without the jaw: at the height of the eyes, as high as what lies above them."""
    number = skeleton.names.index("head")
    cloud = [
        p.mesh.positions[(p.mesh.joints[:, 0] == number) & (p.mesh.weights[:, 0] > 0.9)]
        for p in avatar.parts
        if p.role == "body" and p.mesh.joints is not None and p.mesh.weights is not None
    ]
    points = np.concatenate(cloud).astype(np.float64) if cloud else np.zeros((0, 3))
    if len(points) < 8:
        return at["head"] + (0, 0.09, 0.01), 0.11
    eyes = at["leftEye"][1] if "leftEye" in at else float(points[:, 1].mean())
    upper = points[points[:, 1] > eyes]
    if len(upper) < 8:
        return at["head"] + (0, 0.09, 0.01), 0.11
    middle = np.array([at["head"][0], eyes, 0.5 * (upper[:, 2].min() + upper[:, 2].max())])
    return middle, float(points[:, 1].max() - eyes)


def lay_chains(chart: Chart, parts: Sequence[Part]) -> Chains | None:
    """Chains through the mean of what hangs there; None when nothing hangs far enough."""
    manner = chart.manner
    points = np.concatenate([p.mesh.positions for p in parts]).astype(np.float64)
    free = np.concatenate([freedom(p.mesh, chart.holds) for p in parts])
    depth, angle = chart.depth(points), chart.angle(points)
    loose = (depth > 0) & (free > 0.5)
    if loose.sum() < 12 or float(np.quantile(depth[loose], REACH)) < SHORTEST:
        return None
    longest = float(np.quantile(depth[loose], REACH))
    far = loose & (depth > 0.3 * longest)
    low, high = np.quantile(angle[far], (0.03, 0.97))
    closed = bool(high - low > 1.8 * np.pi and _covered(angle[far]))
    most = manner.chains
    if closed:
        count = most
        at = -np.pi + 2 * np.pi * (np.arange(count) + 0.5) / count
    else:
        count = int(np.clip(round((high - low) / manner.spread) + (high - low > 0.5), 1, most))
        half = max(abs(low), abs(high)) if low < 0 < high else 0.0
        low, high = (-half, half) if half else (low, high)  # both sides alike
        at = np.linspace(low, high, count) if count > 1 else np.array([0.5 * (low + high)])
    bones = int(np.clip(round(longest / manner.segment), 2, 4))
    plan = Chains(chart, tuple(parts), at, closed, np.full(count, longest), np.zeros((count, bones + 1, 3)))
    sides = plan.sides(points)
    length = np.array([_reach(depth[loose], sides[loose, k], longest) for k in range(count)])
    joints = np.zeros((count, bones + 1, 3))
    for k in range(count):
        along = depth / length[k] * bones
        for n in range(bones + 1):
            share = sides[:, k] ** 2 * np.clip(1 - np.abs(along - n), 0, 1) * (free > 0.5)
            if share.sum() > 1e-6:
                joints[k, n] = share @ points / share.sum()
            else:
                joints[k, n] = joints[k, n - 1] + (0, -length[k] / bones, 0) if n else chart.centre
    return replace(plan, length=length, joints=joints)


def _covered(angle: F64) -> bool:
    """Whether every sixteenth of the circle has something."""
    return bool((np.bincount(((angle + np.pi) / (2 * np.pi) * 16).astype(int) % 16, minlength=16) > 0).all())


def _reach(depth: F64, share: F64, longest: float) -> float:
    mine = depth[share > 0.5]
    return max(float(np.quantile(mine, REACH)), 0.35 * longest) if len(mine) > 8 else longest


def below(skeleton: Skeleton, roots: tuple[str, ...]) -> NDArray[np.bool_]:
    """(J,) whether a joint is one of `roots` or hangs below one."""
    out = np.isin(skeleton.names, roots)
    for i, up in enumerate(skeleton.parents.tolist()):
        out[i] |= up >= 0 and out[up]
    return out


def freedom(mesh: Mesh, holds: NDArray[np.bool_] | None) -> F64:
    """(V,) share of a vertex that may swing: what does not hang on joints that hold it (J,)."""
    if holds is None or mesh.joints is None or mesh.weights is None:
        return np.ones(len(mesh.positions))
    return np.asarray(np.where(holds[mesh.joints], 0.0, mesh.weights).sum(axis=1), np.float64)


def carrier(manner: Hanging, angle: float, skeleton: Skeleton) -> str:
    """The bone that carries a chain. In front a skirt goes with the thighs: it lies on them when they rise, also where
    nothing simulates springs; colliders alone would let a knee slip through between two chains."""
    thigh = f"{'left' if angle > 0 else 'right'}UpperLeg"
    front = manner is SKIRT and FRONT < abs(angle) < np.pi - 0.1
    return thigh if front and thigh in skeleton.names else manner.bone
