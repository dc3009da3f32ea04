"""Random humanoids: bodies of the bank in random proportions and poses, robots of solids, and mixtures, with props."""

from collections.abc import Sequence

import numpy as np
from cloud import LABELS, Cloud, empty, from_bank, wobble
from poses import WHERE, Posed, random_pose, random_scales
from props import props
from robots import Measures, robot


def person(rng: np.random.Generator, bank: Sequence[dict[str, np.ndarray]], plain: bool = False) -> Cloud:
    """Any humanoid."""
    entry = bank[int(rng.integers(len(bank)))]
    scales = random_scales(rng)
    posed = Posed(entry["rest"], random_pose(rng), scales)
    kind = rng.choice(["body", "mixed", "robot"], p=[0.58, 0.14, 0.28])
    m = Measures(rng, posed, scales, kind == "robot")
    stature = np.ptp(posed.at[:, 1])
    if kind == "robot":
        cloud = empty(posed.at[WHERE], 1.0)
        cloud.add(rng, robot(rng, m), 1400 / stature**2, bool(rng.random() < 0.6))
        cloud.height = float(np.ptp(cloud.points[:, 1]))
    else:
        cloud = from_bank(rng, entry, posed)
        if kind == "mixed":
            only: set[str] = set()
            if rng.random() < 0.4:
                only |= {"head"}
            for group in (("Hand",), ("LowerArm",), ("UpperArm",), ("Foot",), ("LowerLeg",), ("UpperLeg",)):
                if rng.random() < 0.35:
                    only |= {s + g for s in ("left", "right") for g in group}
            if rng.random() < 0.2:
                only |= {"hips", "spine", "chest", "upperChest"}
            gone = np.isin(cloud.label, [LABELS[n] for n in only])
            if "leftFoot" in only:
                gone |= np.isin(cloud.label, [LABELS["leftToes"], LABELS["rightToes"]])
            cloud.keep(~gone)
            cloud.add(rng, robot(rng, m, only), 1400 / stature**2, bool(rng.random() < 0.5))
    if not plain and rng.random() < 0.75:
        floor = float(np.quantile(cloud.points[:, 1], 0.002))
        extra = props(rng, m, floor, float(rng.choice([0.5, 1.0, 2.0])))
        cloud.add(rng, extra, 1000 / stature**2, bool(rng.random() < 0.6))
    if rng.random() < 0.5:
        wobble(rng, cloud, abs(rng.normal(0, 0.02)))
    return cloud
