"""Which branches of a solid are its arms and legs: the pairs that look most like them."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .tree import Branch, Tree, branches, mean_thickness
from .volume import F64, Volume

SHORTEST = 0.07  # of the height: a limb is longer
ROBED = 0.66  # score of legs that a robe hides
HIGHEST = 0.95  # of the height: arms start lower


@dataclass(frozen=True, eq=False, slots=True)
class Limb:
    """The centre line of a limb from where it leaves the body to its tip.

    points (K, 3); radius (K,) of the largest ball in each ring; area (K,) of the sections. rings: (K,) in the tree.
    """

    points: F64
    radius: F64
    area: F64
    rings: tuple[int, ...]
    tip: F64

    @property
    def length(self) -> float:
        """Along the centre line."""
        return float(np.sqrt((np.diff(self.points, axis=0) ** 2).sum(axis=1)).sum())


@dataclass(frozen=True, eq=False, slots=True)
class Limbs:
    """Arms and legs, left (+x) first; None when there is no such pair. score 0..1 of each pair.

    crotch, armpit: heights at which the legs part and at which the arms leave the body.
    """

    legs: tuple[Limb, Limb] | None
    arms: tuple[Limb, Limb] | None
    leg_score: float
    arm_score: float
    others: int


def chains(tree: Tree, found: list[Branch]) -> list[list[int]]:
    """For each branch the rings from the root to its tip."""
    out = []
    for branch in found:
        path, r = [], branch.rings[0]
        r = int(tree.parent[r])
        while r >= 0:
            path.append(r)
            r = int(tree.parent[r])
        out.append(path[::-1] + list(branch.rings))
    return out


def shared(a: list[int], b: list[int]) -> int:
    """How many rings two chains have in common from the root."""
    n = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        n += 1
    return n


def _bell(x: float, width: float) -> float:
    return float(np.exp(-0.5 * (x / width) ** 2))


def hidden_legs(volume: Volume) -> tuple[Limb, Limb] | None:
    """Legs where people have them, if a robe that reaches the ground hides them; None when there is none.

    A robe is one wide piece without a gap in the middle from the ground to the thighs, widest at the ground.
    """
    p = volume.points
    level = np.floor(p[:, 1] / 0.02).astype(np.int64)
    lines: list[list[F64]] = [[], []]
    for k in range(2, 23):
        band = p[level == k]
        middle = band[np.abs(band[:, 0]) < 0.015]
        if len(band) < 12 or not len(middle):
            return None
        wide, deep = np.quantile(np.abs(band[:, 0]), 0.95), np.ptp(middle[:, 2])
        if wide < (0.1 if k < 7 else 0.07) or deep < 0.06:
            return None
        z = 0.5 * float(np.quantile(band[:, 2], 0.05) + np.quantile(band[:, 2], 0.95))
        for line, side in zip(lines, (1.0, -1.0), strict=True):
            line.append(np.array([side * 0.055, 0.02 * (k + 0.5), z]))
    made = []
    for line in lines:
        points = np.array(line[::-1])
        points[:, 2] = points[:, 2].mean()
        radius = np.full(len(points), 0.035)
        made.append(Limb(points, radius, np.pi * radius**2, (), points[-1] + np.array([0.0, -0.04, 0.05])))
    return made[0], made[1]


def find_limbs(tree: Tree, volume: Volume) -> Limbs:
    """The pairs of branches most like legs and arms. Space: +Y up, ground at 0, height 1, symmetric about x = 0."""
    found = branches(tree, volume, SHORTEST)[:16]
    lines = chains(tree, found)
    thick = mean_thickness(tree, volume)
    step = tree.step / volume.cell  # voxels
    count = tree.count / step  # voxels per section
    compact = np.clip(np.pi * (thick / volume.cell) ** 2 / np.maximum(count, 1), 0, 1)

    def own(i: int, after: int) -> list[int]:
        return lines[i][after:]

    def tip(i: int) -> F64:
        return found[i].tip

    splits = 0, 0
    best: tuple[float, tuple[int, int] | None, tuple[int, int] | None, float, float] = (-1.0, None, None, 0.0, 0.0)
    legs, arms = [], []
    for i, j in combinations(range(len(found)), 2):
        a, b = tip(i), tip(j)
        n = shared(lines[i], lines[j])
        mine, yours = own(i, n), own(j, n)
        if min(len(mine), len(yours)) < 3:
            continue
        long_i, long_j = len(mine) * tree.step, len(yours) * tree.step
        even = _bell(np.log(long_i / long_j), 0.35)
        solid = float(min(np.median(compact[mine]), np.median(compact[yours])))
        solid = float(np.clip((solid - 0.12) / 0.3, 0.05, 1))
        opposite = float(np.clip(0.5 - a[0] * b[0] / (a[0] ** 2 + b[0] ** 2 + 1e-9), 0, 1))
        lateral = min(abs(tree.centre[mine][:, 0]).mean(), abs(tree.centre[yours][:, 0]).mean())
        apart = opposite * (1.0 if np.sign(a[0]) != np.sign(b[0]) else 0.3)
        low, high = sorted((max(float(a[1]) - 0.03, 0.0), max(float(b[1]) - 0.03, 0.0)))
        down = _bell(low, 0.05) * _bell(high, 0.16)
        drop = min(tree.centre[mine[0], 1] - a[1], tree.centre[yours[0], 1] - b[1])
        steep = float(np.clip(drop / max(0.6 * min(long_i, long_j), 1e-9), 0, 1))
        behind = _bell(abs(a[2] - b[2]), 0.3)
        score = (even * solid * max(apart, 0.15) * down * steep * behind) ** (1 / 3)
        legs.append((score, i, j, n))
        wide = float(np.clip((lateral - 0.03) / 0.08, 0, 1))
        level = _bell(a[1] - b[1], 0.25)
        score = (even * solid * apart * wide * level) ** (1 / 3)
        arms.append((score, i, j, n))
    legs, arms = sorted(legs, reverse=True)[:12], sorted(arms, reverse=True)[:30]
    for ls, li, lj, ln in legs:
        if ls > best[0] - 1 and ls * 0.6 > best[0]:
            best = (ls * 0.6, (li, lj), None, ls, 0.0)
        for as_, ai, aj, _ in arms:
            if {ai, aj} & {li, lj}:
                continue
            ni, nj = (max(shared(lines[k], lines[li]), shared(lines[k], lines[lj])) for k in (ai, aj))
            if max(ni, nj) > ln:  # arms must not grow from a leg
                continue
            start = min(
                tree.centre[lines[ai][min(ni, len(lines[ai]) - 1)], 1],
                tree.centre[lines[aj][min(nj, len(lines[aj]) - 1)], 1],
            )
            crotch = tree.centre[lines[li][ln - 1], 1]
            above = float(np.clip((start - crotch + 0.05) / 0.1, 0, 1))
            above *= float(np.clip((HIGHEST - start) / 0.06, 0, 1))  # horns and ears start higher
            reach = min(len(lines[ai]) - ni, len(lines[aj]) - nj) * tree.step
            length = float(np.clip(reach / 0.25, 0.2, 1)) ** 0.5
            total = ls * 0.6 + 0.4 * as_ * above * length
            if total > best[0]:
                best = (total, (li, lj), (ai, aj), ls, as_ * above * min(1.0, reach / 0.12))
    robed = hidden_legs(volume) if best[0] < 0.8 else None
    if robed is not None:
        for as_, ai, aj, n in arms:
            low_ones = [k for k in range(len(found)) if k not in (ai, aj) and found[k].tip[1] < 0.08]
            ni, nj = (max([shared(lines[k], lines[t]) for t in low_ones], default=n) for k in (ai, aj))
            start = min(tree.centre[lines[k][min(m, len(lines[k]) - 1)], 1] for k, m in ((ai, ni), (aj, nj)))
            reach = min(len(lines[ai]) - ni, len(lines[aj]) - nj) * tree.step
            fit = as_ * float(np.clip((start - 0.45) / 0.1, 0, 1) * np.clip((HIGHEST - start) / 0.06, 0, 1))
            fit *= min(1.0, reach / 0.2) if min(len(lines[ai]) - ni, len(lines[aj]) - nj) >= 3 else 0.0
            if 0.6 * ROBED + 0.4 * fit > best[0] and fit > 0.6:
                best = (0.6 * ROBED + 0.4 * fit, None, (ai, aj), ROBED, fit)
                splits = ni, nj
    _, leg_pair, arm_pair, leg_score, arm_score = best

    def limb(i: int, after: int) -> Limb:
        rings = own(i, after)
        return Limb(tree.centre[rings], thick[rings], count[rings] * volume.cell**2, tuple(rings), tip(i))

    def pair(a: int, b: int, na: int, nb: int) -> tuple[Limb, Limb]:
        x, y = limb(a, na), limb(b, nb)
        return (x, y) if x.points[:, 0].mean() > y.points[:, 0].mean() else (y, x)

    leg_limbs = arm_limbs = None
    if leg_pair:
        n = shared(lines[leg_pair[0]], lines[leg_pair[1]])
        leg_limbs = pair(*leg_pair, n, n)
        if arm_pair:
            trunk = [lines[k] for k in leg_pair]
            na, nb = (max(shared(lines[k], t) for t in trunk) for k in arm_pair)
            arm_limbs = pair(*arm_pair, na, nb)
    elif arm_pair and robed is not None:
        leg_limbs, arm_limbs = robed, pair(*arm_pair, *splits)
    return Limbs(leg_limbs, arm_limbs, leg_score, arm_score, len(found))
