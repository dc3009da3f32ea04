"""Chains of joints that swing: hair, skirts, robes and capes follow the body with a delay.

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

from ..avatar import Avatar, Clip, Mesh, Part, Skeleton, Spring
from ..geometry.rotations import quaternions
from ..pipeline import stage
from ..wardrobe import ITEMS
from .spring_colliders import body_colliders, distance_to

F64 = NDArray[np.float64]
LOOSE = 1.2  # skull radii from its middle beyond which hair hangs free
SHORTEST = 0.10  # metres: what hangs less does not swing
FLARED = 1.12  # a skirt swings when its hem is this much wider than its hips; tight ones follow the legs
REACH = 0.98  # quantile of the depth at which a chain ends
FRONT = 1.75  # radians from behind where the front of a skirt begins
FASTENED = 0.5  # of the first segment: where the old weights have faded out


@dataclass(frozen=True)
class Manner:
    """How a kind of thing swings. part: its name. bone: what carries its chains. chains: at most."""

    part: str
    bone: str
    chains: int
    spread: float  # radians between chains, about
    segment: float  # metres between joints, about
    stiffness: float
    drag: float
    radius: float
    groups: tuple[str, ...]


HAIR = Manner("hair", "head", 6, 0.9, 0.11, 1.5, 0.35, 0.012, ("head", "torso"))
SKIRT = Manner("skirt", "hips", 6, 1.0, 0.22, 3.0, 0.4, 0.012, ("hips", "legs"))
CAPE = Manner("cape", "upperChest", 4, 0.7, 0.24, 2.0, 0.35, 0.012, ("torso", "hips", "legs"))


@dataclass(frozen=True)
class Chart:
    """Where vertices hang. centre: (3,) of the angles.  start: depth 0 lies here (a height, or a radius for hair).
    holds: (J,) joints that keep their vertices: sleeves of an A-pose reach down to where a skirt swings."""

    manner: Manner
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
    """The chains of one thing. at: (C,) angles.  length: (C,) metres.  joints: (C, N + 1, 3).  first: joint number."""

    chart: Chart
    at: F64
    closed: bool
    length: F64
    joints: F64
    first: int = 0

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


@stage("rigging", cost=10)
def add_springs(avatar: Avatar) -> Avatar:
    """Give hair, skirts and capes joints that swing."""
    skeleton = avatar.skeleton
    if skeleton is None or avatar.springs:
        return avatar
    groups = [(chart, parts) for chart, parts in loose_things(avatar, skeleton) if parts]
    made: list[tuple[Chains, list[Part]]] = []
    for chart, parts in groups:
        first = len(skeleton.names) + sum(c.joints.shape[0] * c.joints.shape[1] for c, _ in made)
        if (chains := lay_chains(chart, parts, first)) is not None:
            made.append((chains, parts))
    if not made:
        return avatar
    grown = skeleton
    springs: list[Spring] = []
    for chains, _ in made:
        grown, more = grow(grown, chains)
        springs += more
    owner = {id(p): c for c, parts in made for p in parts}

    def hang(part: Part) -> Part:
        chains = owner.get(id(part))
        return part if chains is None else replace(part, lods=tuple(rehang(m, chains) for m in part.lods))

    still = [p for p in avatar.parts if id(p) not in owner]
    colliders = body_colliders(still, skeleton)
    radius = {s.part: s.radius for s in springs}
    clear = []
    for c in colliders:
        near = [c.radius]
        for chains, _ in made:
            manner = chains.chart.manner
            if c.group in manner.groups:
                gap = distance_to(chains.joints[:, 1:].reshape(-1, 3), c) - radius[manner.part] - 0.002
                near.append(float(gap.min()))
        if (least := min(near)) > 0.01:
            clear.append(replace(c, radius=round(least, 5)))
    used = {g for s in springs for g in s.groups}
    return replace(
        avatar.map_parts(hang),
        skeleton=grown,
        clips=tuple(extend_clip(c, grown) for c in avatar.clips),
        springs=tuple(springs),
        colliders=tuple(c for c in clear if c.group in used),
    )


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


def lay_chains(chart: Chart, parts: Sequence[Part], first: int) -> Chains | None:
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
    plan = Chains(chart, at, closed, np.full(count, longest), np.zeros((count, bones + 1, 3)))
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
    return replace(plan, length=length, joints=joints, first=first)


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


def grow(skeleton: Skeleton, chains: Chains) -> tuple[Skeleton, list[Spring]]:
    """The skeleton with the chains' joints behind all others, and the springs that move them."""
    manner = chains.chart.manner
    names, parents, rest = list(skeleton.names), skeleton.parents.tolist(), [skeleton.rest]
    springs = []
    for k, line in enumerate(chains.joints):
        root = skeleton.names.index(carrier(manner, float(chains.at[k]), skeleton))
        mine = [f"{manner.part}_{k + 1}_{n + 1}" for n in range(chains.bones)] + [f"{manner.part}_{k + 1}_end"]
        for n, name in enumerate(mine):
            parents.append(len(names) - 1 if n else root)
            names.append(name)
        rest.append(frames(line))
        radius = manner.radius
        springs.append(
            Spring(
                f"{manner.part}_{k + 1}",
                tuple(mine),
                stiffness=manner.stiffness,
                drag=manner.drag,
                radius=radius,
                groups=manner.groups,
                part=manner.part,
            )
        )
    return Skeleton(tuple(names), np.array(parents, np.int16), np.concatenate(rest).astype(np.float32)), springs


def carrier(manner: Manner, angle: float, skeleton: Skeleton) -> str:
    """The bone that carries a chain. In front a skirt goes with the thighs: it lies on them when they rise, also where
    nothing simulates springs; colliders alone would let a knee slip through between two chains."""
    thigh = f"{'left' if angle > 0 else 'right'}UpperLeg"
    front = manner is SKIRT and FRONT < abs(angle) < np.pi - 0.1
    return thigh if front and thigh in skeleton.names else manner.bone


def frames(line: F64) -> NDArray[np.float32]:
    """(N, 4, 4) rest transforms along points (N, 3): +Y to the next joint, +X level; the end keeps the last axes."""
    along = np.diff(line, axis=0)
    y = np.concatenate([along, along[-1:]])
    y /= np.maximum(np.linalg.norm(y, axis=1, keepdims=True), 1e-9)
    x = np.cross(y, (0.0, 0.0, 1.0))
    x += (np.linalg.norm(x, axis=1, keepdims=True) < 1e-3) * np.array([1.0, 0.0, 0.0])
    x -= y * np.einsum("nc,nc->n", x, y)[:, None]
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    out = np.tile(np.eye(4), (len(line), 1, 1))
    out[:, :3, 0], out[:, :3, 1], out[:, :3, 2], out[:, :3, 3] = x, y, np.cross(x, y), line
    return out.astype(np.float32)


def rehang(mesh: Mesh, chains: Chains) -> Mesh:
    """The mesh with its loose vertices on the chains: four joints per vertex, sums 1, descending."""
    if mesh.joints is None or mesh.weights is None:
        return mesh
    depth = chains.chart.depth(mesh.positions)
    rows = np.flatnonzero((depth > 0) & (freedom(mesh, chains.chart.holds) > 0.5))
    if not len(rows):
        return mesh
    points, bones = mesh.positions[rows], chains.bones
    sides = chains.sides(points)
    two = np.argsort(-sides, axis=1, kind="stable")[:, :2]
    numbers = [mesh.joints[rows].astype(np.int64)]
    along = depth[rows, None] / chains.length * bones  # (K, C)
    loose = smooth(np.clip((along * sides).sum(axis=1) / FASTENED, 0, 1))
    shares = [mesh.weights[rows].astype(np.float64) * (1 - loose)[:, None]]
    for c in range(two.shape[1]):
        chain = two[:, c]
        mine = sides[np.arange(len(rows)), chain] * loose
        place = np.clip(along[np.arange(len(rows)), chain] - 0.5, 0, bones - 1)
        low = np.minimum(place.astype(int), bones - 1)
        share = place - low
        base = chains.first + chain * (bones + 1)
        numbers.append(np.stack([base + low, base + np.minimum(low + 1, bones - 1)], axis=1))
        shares.append(np.stack([mine * (1 - share), mine * share], axis=1))
    joint, weight = np.concatenate(numbers, axis=1), np.concatenate(shares, axis=1)
    order = np.argsort(-weight, axis=1, kind="stable")[:, :4]
    weight = np.take_along_axis(weight, order, axis=1)
    weight /= weight.sum(axis=1, keepdims=True)
    joints, weights = mesh.joints.copy(), mesh.weights.copy()
    joints[rows] = np.where(weight > 0, np.take_along_axis(joint, order, axis=1), 0)
    weights[rows] = weight
    return replace(mesh, joints=joints, weights=weights)


def smooth(x: F64) -> F64:
    """0..1 -> 0..1 with level ends."""
    return x * x * (3 - 2 * x)


def extend_clip(clip: Clip, skeleton: Skeleton) -> Clip:
    """The clip with the new joints at rest."""
    have = clip.rotations.shape[1]
    world = skeleton.rest[:, :3, :3].astype(np.float64)
    local = np.swapaxes(world[skeleton.parents[have:]], 1, 2) @ world[have:]
    rest = np.broadcast_to(quaternions(local), (len(clip.times), len(local), 4))
    return replace(clip, rotations=np.concatenate([clip.rotations, rest.astype(np.float32)], axis=1))
