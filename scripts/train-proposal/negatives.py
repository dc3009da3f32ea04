"""What is not one whole humanoid: furniture and heaps, beasts, two people, parts of people."""

from collections.abc import Sequence

import numpy as np
from cloud import AT, PROP, Cloud, empty, wobble
from poses import JOINTS
from solids import Solid, rotation, turned

from figures import person


def things(rng: np.random.Generator) -> Cloud:
    """A random heap or piece of furniture: no humanoid."""
    solids: list[Solid] = []
    u = rng.uniform
    kind = rng.choice(["heap", "chair", "single", "tower", "car"])
    if kind == "chair":
        s, h, t = u(0.2, 0.5), u(0.2, 0.6), u(0.01, 0.05)
        solids.append(Solid("box", np.array([0, h, 0]), np.eye(3), np.array([s, t, s * u(0.7, 1.3)]), PROP))
        for x in (-1, 1):
            for z in (-1, 1):
                solids.append(  # noqa: PERF401
                    Solid("box", np.array([x * s * 0.9, h / 2, z * s * 0.9]), np.eye(3), np.array([t, h / 2, t]), PROP)
                )
        if rng.random() < 0.7:
            solids.append(
                Solid("box", np.array([0, h + u(0.2, 0.5), -s]), np.eye(3), np.array([s, u(0.2, 0.5), t]), PROP)
            )
        if rng.random() < 0.3:
            solids.extend(
                Solid("box", np.array([x * s, h + 0.2, 0]), np.eye(3), np.array([t, t, s]), PROP) for x in (-1, 1)
            )
    elif kind == "car":
        solids.append(
            Solid("box", np.array([0, 0.35, 0]), np.eye(3), np.array([0.4, u(0.1, 0.3), u(0.6, 1.2)]), PROP, u(0.8, 1))
        )
        solids.append(
            Solid(
                "box",
                np.array([0, 0.7, u(-0.2, 0.2)]),
                np.eye(3),
                np.array([0.35, u(0.1, 0.3), u(0.3, 0.6)]),
                PROP,
                u(0.5, 1),
            )
        )
        flat = rotation(np.array([0, 0, np.pi / 2]))
        for x in (-1, 1):
            for z in (-1, 1):
                solids.append(  # noqa: PERF401
                    Solid("cylinder", np.array([x * 0.4, 0.18, z * 0.6]), flat, np.array([0.18, 0.06, 0.18]), PROP)
                )
    else:
        count = 1 if kind == "single" else int(rng.integers(2, 9))
        for k in range(count):
            half = u(0.05, 0.5, 3)
            centre = rng.normal(0, 0.4, 3) if kind == "heap" else np.array([u(-0.1, 0.1), 0.5 * k, u(-0.1, 0.1)])
            solids.append(
                Solid(
                    str(rng.choice(["box", "ball", "cylinder"])),
                    centre,
                    turned(rng, 40) if kind == "heap" else np.eye(3),
                    half,
                    PROP,
                    u(0.1, 1.2),
                )
            )
    cloud = empty(np.zeros((22, 3)), 1.0)
    cloud.add(rng, solids, 2500 / sum(s.area() for s in solids), bool(rng.random() < 0.5))
    cloud.humanoid = 0.0
    return cloud


def quadruped(rng: np.random.Generator) -> Cloud:
    """A beast of solids on four legs, facing +Z."""
    u = rng.uniform
    solids = []
    length, leg, girth = u(0.5, 1.3), u(0.25, 0.8), u(0.1, 0.3)
    across = rotation(np.array([np.pi / 2, 0, 0]))
    style = str(rng.choice(["ball", "cylinder", "box"]))
    solids.append(
        Solid(
            style, np.array([0, leg + girth * 0.6, 0]), across, np.array([girth * u(0.6, 1.1), length / 2, girth]), PROP
        )
    )
    reach = u(0.1, 0.5)
    up = u(-0.1, 1.2)
    neck = rotation(np.array([np.pi / 2 - up, 0, 0]))
    start = np.array([0, leg + girth, length / 2 * 0.85])
    solids.append(
        Solid(
            "cylinder",
            start + neck[:, 1] * reach / 2,
            neck,
            np.array([girth * 0.45, reach / 2 + 0.05, girth * 0.45]),
            PROP,
        )
    )
    solids.append(Solid("ball", start + neck[:, 1] * reach + [0, 0, 0.1], across, u(0.07, 0.22, 3) * [1, 1.6, 1], PROP))
    for x in (-1, 1):
        for z in (-1, 1):
            tilt = rotation(np.array([rng.normal(0, 0.25), 0, rng.normal(0, 0.08)]))
            r = u(0.03, 0.1)
            solids.append(
                Solid(
                    "cylinder",
                    np.array([x * girth * 0.6, leg / 2, z * length * 0.4]),
                    tilt,
                    np.array([r, leg / 2, r]),
                    PROP,
                    u(0.8, 1.6),
                )
            )
    if rng.random() < 0.7:
        solids.append(
            Solid(
                "cylinder",
                np.array([0, leg + girth, -length / 2 - 0.1]),
                rotation(np.array([u(0.5, 2.5), 0, 0])),
                np.array([0.03, u(0.1, 0.4), 0.03]),
                PROP,
            )
        )
    if rng.random() < 0.4:
        solids.extend(
            Solid(
                "cylinder",
                start + neck[:, 1] * reach + [x * 0.1, 0.15, 0.1],
                np.eye(3),
                np.array([0.03, 0.1, 0.03]),
                PROP,
                0.2,
            )
            for x in (-1, 1)
        )
    cloud = empty(np.zeros((22, 3)), 1.0)
    cloud.add(rng, solids, 2500 / sum(s.area() for s in solids), bool(rng.random() < 0.7))
    cloud.humanoid = 0.0
    wobble(rng, cloud, abs(rng.normal(0, 0.03)))
    return cloud


def not_one_person(rng: np.random.Generator, bank: Sequence[dict[str, np.ndarray]]) -> Cloud:
    """Two people, a part of one, a beast, a thing."""
    kind = rng.choice(["two", "part", "beast", "fours", "things"], p=[0.2, 0.3, 0.17, 0.08, 0.25])
    if kind == "beast":
        return quadruped(rng)
    if kind == "things":
        return things(rng)
    a = person(rng, bank, plain=bool(rng.random() < 0.5))
    if kind == "two":
        b = person(rng, bank)
        yaw = rotation(np.array([0, rng.uniform(0, 2 * np.pi), 0]))
        scale = a.height / max(b.height, 1e-3) * np.exp(rng.normal(0, 0.15))
        middle = b.points.mean(axis=0)
        b.points, b.normals = (b.points - middle) @ yaw.T * scale, b.normals @ yaw.T
        away = rng.uniform(0, 2 * np.pi)
        b.points += a.points.mean(axis=0) + rng.uniform(0.3, 0.9) * a.height * np.array([np.cos(away), 0, np.sin(away)])
        b.points[:, 1] += a.points[:, 1].min() - b.points[:, 1].min()
        a.points, a.normals = np.concatenate([a.points, b.points]), np.concatenate([a.normals, b.normals])
        a.label, a.weight = np.concatenate([a.label, b.label]), np.concatenate([a.weight, b.weight * scale**2])
    elif kind == "part":
        y, x = a.points[:, 1], a.points[:, 0]
        which = rng.choice(["head", "bust", "legs", "hand", "half"])
        at = {n: a.joints[AT[n]] for n in JOINTS}
        if which == "head":
            keep = a.label == AT["head"]
            keep |= (a.label == AT["neck"]) if rng.random() < 0.5 else keep
        elif which == "bust":
            keep = y > at["chest"][1] + rng.uniform(-0.1, 0.15)
        elif which == "legs":
            keep = y < at["spine"][1] + rng.uniform(-0.1, 0.1)
        elif which == "hand":
            keep = np.isin(a.label, [AT["leftLowerArm"], AT["leftHand"], AT["leftUpperArm"]])
        else:
            keep = x > at["hips"][0] + rng.normal(0, 0.02)
        if keep.sum() < 60:
            return things(rng)
        a.keep(keep)
    else:  # on all fours: body turned over, limbs left as they are, as a crude beast
        tip = rotation(np.array([np.pi / 2 * rng.uniform(0.8, 1.1), 0, 0]))
        trunk = ~np.isin(
            a.label, [AT[n] for n in JOINTS if n.startswith(("left", "right")) and not n.endswith("Shoulder")]
        )
        hip, neck = a.joints[AT["hips"]], a.joints[AT["neck"]]
        legs = np.isin(
            a.label, [AT[s + b] for s in ("left", "right") for b in ("UpperLeg", "LowerLeg", "Foot", "Toes")]
        )
        arms = ~trunk & ~legs
        hung = tip @ (neck - hip) + hip
        a.points[trunk] = (a.points[trunk] - hip) @ tip.T + hip
        a.normals[trunk] = a.normals[trunk] @ tip.T
        front = a.points[legs].copy()
        a.keep(~arms)
        copy = np.flatnonzero(
            np.isin(a.label, [AT[s + b] for s in ("left", "right") for b in ("UpperLeg", "LowerLeg", "Foot", "Toes")])
        )
        a.points = np.concatenate([a.points, front[: len(copy)] + (hung - hip) * [0, 0, 1]])
        a.normals = np.concatenate([a.normals, a.normals[copy]])
        a.label, a.weight = np.concatenate([a.label, a.label[copy]]), np.concatenate([a.weight, a.weight[copy]])
    a.humanoid = 0.0
    return a
