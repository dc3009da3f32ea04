"""Random figures as labelled point clouds: bodies of the bank in random proportions, robots of solids, props, negatives."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from avatar_foundry.humanoid import INDEX
from poses import JOINTS, PART_OF, WHERE, Posed, random_pose, random_scales
from solids import Solid, along, rotation, turned

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
                    if other != k and np.linalg.norm(o.centre - solid.centre) < o.half.max() * 1.8 + solid.half.max() * 1.8:
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


class Measures:
    """Sizes of a figure that solids are cut to: half sizes of head, chest and hips, girths of limbs; metres."""

    def __init__(self, rng: np.random.Generator, posed: Posed, scales: np.ndarray, robot: bool) -> None:
        self.posed, self.scales = posed, scales
        vary = 0.28 if robot else 0.12

        def v() -> float:
            return float(np.exp(rng.normal(0, vary)))

        s = {n: scales[INDEX[n]] for n in ("hips", "chest", "upperChest", "head", "leftUpperArm", "leftLowerArm", "leftUpperLeg", "leftLowerLeg", "leftFoot", "leftHand", "neck")}
        self.head = np.array([0.085, 0.125, 0.1]) * s["head"] * (v() if robot else 1.0)
        self.chest = np.array([0.16 * s["chest"][0], 0, 0.12 * s["chest"][2]]) * v()
        self.hips = np.array([0.165 * s["hips"][0], 0.09 * s["hips"][1], 0.125 * s["hips"][2]]) * v()
        self.neck = 0.055 * s["neck"][0] * v()
        arm, leg = v(), v()
        self.girth = {
            "UpperArm": 0.048 * s["leftUpperArm"][0] * arm,
            "LowerArm": 0.042 * s["leftLowerArm"][0] * arm * v(),
            "UpperLeg": 0.082 * s["leftUpperLeg"][0] * leg,
            "LowerLeg": 0.058 * s["leftLowerLeg"][0] * leg * v(),
        }
        self.hand = np.array([0.045, 0.085, 0.025]) * s["leftHand"][0] * v()
        self.foot = np.array([0.05, 0.13, 0.045]) * s["leftFoot"][0] * v()

    def joint(self, name: str) -> np.ndarray:
        return self.posed.at[INDEX[name]]

    def turn(self, name: str) -> np.ndarray:
        return self.posed.turn[INDEX[name]]

    @property
    def head_centre(self) -> np.ndarray:
        return self.joint("head") + self.turn("head") @ (np.array([0, 0.75, 0.12]) * self.head)


def robot(rng: np.random.Generator, m: Measures, only: set[str] | None = None) -> list[Solid]:
    """Solids for the parts of a figure: the same kind for all limbs or a mixture. `only`: names of parts."""
    out: list[Solid] = []
    styles = ("box", "ball", "cylinder", "cone")
    one = str(rng.choice(styles)) if rng.random() < 0.6 else ""
    gap = rng.uniform(0.82, 1.12)

    def put(name: str, centre: np.ndarray, frame: np.ndarray, half: Sequence[float] | np.ndarray, p: Sequence[float] | None = None) -> None:
        if only is not None and name not in only:
            return
        style = one or str(rng.choice(styles, p=p))
        taper = rng.uniform(0.55, 1.3) if style == "cone" else 1.0 if style != "box" or rng.random() < 0.5 else rng.uniform(0.7, 1.2)
        half = np.maximum(np.asarray(half, float), 0.004)
        if style == "ball":
            half = half * 1.15
        out.append(Solid("cylinder" if style == "cone" else style, centre, frame, half, LABELS[name], taper))

    right = np.array([1.0, 0, 0])
    hips, spine, chest, upper, neck, head = (m.joint(n) for n in ("hips", "spine", "chest", "upperChest", "neck", "head"))
    put("hips", hips - m.turn("hips")[:, 1] * m.hips[1] * 0.2, m.turn("hips"), m.hips)
    single = rng.random() < 0.5
    if single:  # one block from waist to neck
        frame, length = along(hips, neck, right)
        put("chest", hips + 0.56 * (neck - hips), frame, (m.chest[0], 0.5 * length * rng.uniform(0.85, 1.1), m.chest[2]))
    else:
        frame, length = along(spine, chest, right)
        put("spine", 0.5 * (hips + chest), frame, (m.chest[0] * rng.uniform(0.6, 1.0), length * 0.9 * gap, m.chest[2] * rng.uniform(0.6, 1.0)))
        frame, length = along(chest, neck, right)
        put("upperChest", 0.5 * (chest + neck), frame, (m.chest[0], 0.55 * length * gap, m.chest[2]))
    frame, length = along(neck, head, right)
    if rng.random() < 0.8:
        put("neck", 0.5 * (neck + head), frame, (m.neck, length * 0.65, m.neck))
    put("head", m.head_centre, m.turn("head") @ turned(rng, 4), m.head * rng.uniform(0.9, 1.25, 3), (0.3, 0.5, 0.15, 0.05))
    for side in ("left", "right"):
        for bone, child in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot")):
            a, b = m.joint(side + bone), m.joint(side + child)
            frame, length = along(a, b, m.turn(side + bone)[:, 0])
            g = m.girth[bone]
            put(side + bone, 0.5 * (a + b), frame, (g, 0.5 * length * gap, g * rng.uniform(0.85, 1.15)))
        if rng.random() < 0.35:
            put(side + "Shoulder", m.joint(side + "UpperArm"), m.turn(side + "Shoulder"), np.full(3, m.girth["UpperArm"] * rng.uniform(1.1, 1.8)))
        hand = m.turn(side + "Hand")
        put(side + "Hand", m.joint(side + "Hand") + hand[:, 1] * m.hand[1], hand, m.hand, (0.35, 0.45, 0.15, 0.05))
        ankle, toes = m.joint(side + "Foot"), m.joint(side + "Toes")
        flat = toes - ankle
        flat[1] = 0
        frame, _ = along(np.zeros(3), flat, right)  # +Y forward along the sole
        sole = min(ankle[1], toes[1]) - 0.035 * m.scales[INDEX["leftFoot"]][1]
        centre = ankle + frame[:, 1] * m.foot[1] * rng.uniform(0.35, 0.6)
        centre[1] = sole + m.foot[2]
        put(side + "Foot", centre, frame, m.foot, (0.6, 0.3, 0.1, 0.0))
    return out


def props(rng: np.random.Generator, m: Measures, floor: float, per: float) -> list[Solid]:
    """What figures wear and carry, crudely: each with chance `per`."""
    out: list[Solid] = []

    def chance(p: float) -> bool:
        return bool(rng.random() < p * per)

    def solid(kind: str, centre: np.ndarray, frame: np.ndarray, half: Sequence[float] | np.ndarray, label: str | None, **more: float) -> None:
        out.append(Solid(kind, centre, frame, np.maximum(np.asarray(half, float), 0.003), PROP if label is None else LABELS[label], **more))

    u = rng.uniform
    head, top, fh = m.head_centre, m.turn("head"), m.head
    chest, ct = m.joint("upperChest"), m.turn("upperChest")
    hips, ht = m.joint("hips"), m.turn("hips")
    girth = m.girth
    if chance(0.16):  # hair: a cap, with or without balls
        solid("ball", head + top @ (fh * [0, 0.15, -0.15]), top, fh * u(1.02, 1.4), "head", open_below=u(-0.9, 0.2))
    if chance(0.14):
        r = fh.mean() * u(0.25, 0.9)
        way = np.array([u(0.5, 1.2), u(-0.6, 1.1), u(-0.8, 0.2)])
        for sign in (1, -1):
            solid("ball", head + top @ (fh * way * [sign, 1, 1]), top, r * u(0.7, 1.3, 3), "head")
    if chance(0.07):  # bun or tail
        solid("ball", head + top @ (fh * [0, u(-1.5, 0.8), -u(0.9, 1.5)]), top, fh.mean() * np.array([u(0.3, 0.8), u(0.3, 1.5), u(0.3, 0.7)]), "head")
    if chance(0.07):  # long hair
        solid("sheet", head + top @ (fh * [0, -u(0.5, 1.5), -u(0.8, 1.2)]), top, (fh[0] * u(0.7, 1.3), fh[1] * u(0.8, 1.9), 1), "head", bow=u(-1, 0) * fh[2])
    if chance(0.12):  # helmets
        kind = str(rng.choice(["ball", "box", "cylinder"]))
        solid(kind, head + top @ (fh * [0, 0.1, 0]), top, fh * u(1.05, 1.4, 3), "head")
    if chance(0.09):  # hats
        r = u(1.0, 2.2)
        solid("cylinder", head + top @ (fh * [0, u(0.3, 0.8), 0]), top, (fh[0] * r, fh[1] * u(0.03, 0.2), fh[2] * r), "head")
        solid("cylinder", head + top @ (fh * [0, u(0.8, 1.3), 0]), top, (fh[0] * u(0.7, 1), fh[1] * u(0.2, 1.1), fh[2] * u(0.7, 1)), "head", taper=u(0.03, 1.1))
    if chance(0.1):  # horns, ears, antennae
        size = fh.mean() * np.array([u(0.05, 0.35), u(0.3, 1.1), u(0.05, 0.35)])
        tilt = rotation(np.array([u(-0.5, 0.5), 0, u(-1.2, 0.2)]))
        x, y = u(0.3, 1.0), u(0.5, 1.1)
        for sign in (1, -1):
            flip = np.array([sign, 1, 1.0])
            frame = top @ (tilt * flip[:, None] * flip)
            solid("cylinder", head + top @ (fh * [sign * x, y, 0]) + frame[:, 1] * size[1] * 0.7, frame, size, "head", taper=u(0.05, 1.0))
    if chance(0.08):  # visor, nose, beard
        solid(str(rng.choice(["box", "ball"])), head + top @ (fh * [0, u(-0.9, 0.3), u(0.8, 1.1)]), top, fh * u(0.15, 0.6, 3), "head")
    if chance(0.16):  # shoulder pads
        size = girth["UpperArm"] * np.array([u(1.2, 2.4), u(1.0, 2.2), u(1.2, 2.4)])
        kind = str(rng.choice(["ball", "box"]))
        for side in ("left", "right"):
            if rng.random() < 0.95:
                solid(kind, m.joint(side + "UpperArm") + ct @ [0, size[1] * u(0, 0.5), 0], ct, size, side + "Shoulder")
    if chance(0.1):  # gloves, sleeves, bracers
        r, length, kind = u(1.15, 2.4), u(0.4, 1.0), "cylinder"
        for side in ("left", "right"):
            a, b = m.joint(side + "LowerArm"), m.joint(side + "Hand")
            frame, full = along(b, a, ct[:, 0])
            solid(kind, b + (a - b) * length / 2, frame, (girth["LowerArm"] * r, full * length / 2, girth["LowerArm"] * r), side + "LowerArm", taper=u(0.5, 1.1))
    if chance(0.1):  # boots, flares
        r, length = u(1.1, 2.2), u(0.4, 1.0)
        for side in ("left", "right"):
            a, b = m.joint(side + "LowerLeg"), m.joint(side + "Foot")
            frame, full = along(b, a, ct[:, 0])
            solid("cylinder", b + (a - b) * length / 2, frame, (girth["LowerLeg"] * r, full * length / 2, girth["LowerLeg"] * r), side + "LowerLeg", taper=u(0.6, 1.1))
    if chance(0.12):  # chest plates, jackets, bellies
        k = u(1.02, 1.4)
        solid(str(rng.choice(["box", "ball", "cylinder"])), 0.5 * (chest + m.joint("chest")), ct, (m.chest[0] * k, np.linalg.norm(m.joint("neck") - m.joint("spine")) * u(0.4, 0.65), m.chest[2] * k * u(0.9, 1.2)), "chest")
    if chance(0.17):  # skirts and robes: cones from the waist
        start = m.joint("spine") + (hips - m.joint("spine")) * u(-0.5, 1.0)
        end = floor + (hips[1] - floor) * (u(0.0, 0.2) if rng.random() < 0.4 else u(0.2, 0.75))
        tall = max(start[1] - end, 0.05)
        wide = u(1.2, 2.6)
        x, z = m.hips[0] * u(0.8, 1.05), m.hips[2] * u(0.85, 1.1)
        kind = "box" if rng.random() < 0.15 else "cylinder"
        # the cylinder's half sizes are those of its lower end
        solid(kind, np.array([hips[0], end + tall / 2, hips[2]]), np.eye(3) @ turned(rng, 2), (x * wide, tall / 2, z * wide), "hips", taper=1 / wide, caps=bool(rng.random() < 0.5))
    if chance(0.1):  # belts, pouches
        solid("cylinder", hips + ht[:, 1] * u(-0.3, 1) * m.hips[1], ht, (m.hips[0] * u(1.05, 1.3), u(0.015, 0.06), m.hips[2] * u(1.05, 1.3)), "hips")
        if rng.random() < 0.4:
            solid("box", hips + ht @ [rng.choice([-1, 1]) * m.hips[0] * 1.1, u(-0.1, 0.05), u(-0.1, 0.1)], ht, u(0.02, 0.08, 3), None)
    if chance(0.15):  # capes
        tall = chest[1] - floor
        length = tall * u(0.3, 0.95)
        tilt = rotation(np.array([u(0.0, 0.35), 0, 0]))
        solid("sheet", chest + ct @ [0, u(0, 0.1), -m.chest[2] * u(0.9, 1.4)] + (ct @ tilt)[:, 1] * (-length / 2), ct @ tilt, (m.chest[0] * u(0.8, 2.0), length / 2, 1), None, taper=u(0.4, 1.0), bow=u(-1.0, 1.0) * m.chest[2])
    if chance(0.07):  # collars and scarves
        solid("cylinder", m.joint("neck"), ct, (m.chest[0] * u(0.5, 1), u(0.02, 0.12), m.chest[2] * u(0.6, 1.2)), "upperChest", taper=u(0.6, 1.3), caps=False)
    if chance(0.1):  # backpacks, wings
        size = np.array([m.chest[0] * u(0.4, 1.2), u(0.08, 0.3), u(0.03, 0.15)])
        solid(str(rng.choice(["box", "cylinder", "ball"])), chest + ct @ [0, -u(0, 0.25), -m.chest[2] - size[2] * 0.7], ct, size, None)
    if chance(0.04):
        for sign in (1, -1):
            solid("sheet", chest + ct @ [sign * u(0.3, 0.6), u(-0.2, 0.3), -m.chest[2] * 1.4], ct @ turned(rng, 15), (u(0.15, 0.45), u(0.15, 0.5), 1), None, bow=u(-0.1, 0.1))
    for side in ("left", "right"):
        hand = m.turn(side + "Hand")
        grip = m.joint(side + "Hand") + hand[:, 1] * m.hand[1]
        if chance(0.06):  # swords, staffs, guns
            frame = hand @ rotation(np.array([u(0, 1) * np.pi, 0, u(-0.4, 0.4)])) @ turned(rng, 20)
            size = np.array([u(0.01, 0.06), u(0.15, 0.85), u(0.01, 0.06)])
            solid(str(rng.choice(["box", "cylinder"])), grip + frame[:, 1] * size[1] * u(-0.2, 0.9), frame, size, None, taper=u(0.2, 1.2))
        if chance(0.04):  # shields
            solid(str(rng.choice(["box", "ball"])), grip + hand @ [0, -u(0, 0.2), u(-0.12, 0.12)], hand @ turned(rng, 15), (u(0.15, 0.35), u(0.15, 0.4), u(0.015, 0.05)), None)
    if chance(0.04):  # tails
        way = rotation(np.array([u(0.5, 2.2), u(-0.5, 0.5), 0]))
        size = np.array([u(0.02, 0.09), u(0.15, 0.5), u(0.02, 0.09)])
        solid("cylinder", hips + ht @ [0, 0, -m.hips[2]] - way[:, 1] * size[1] * -1.0, way, size, None, taper=u(0.1, 1.0))
    if chance(0.07):  # pedestals, ground
        size = np.array([u(0.2, 0.7), u(0.01, 0.12), u(0.2, 0.7)])
        middle = np.array([hips[0], floor - size[1], hips[2]])
        solid(str(rng.choice(["box", "cylinder"])), middle, np.eye(3), size, None)
    if chance(0.05):  # scraps somewhere
        for _ in range(int(rng.integers(1, 4))):
            solid(str(rng.choice(["box", "ball", "cylinder"])), hips + rng.normal(0, 0.45, 3), turned(rng, 60), u(0.01, 0.09, 3), None)
    return out


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


def empty(joints: np.ndarray, height: float) -> Cloud:
    return Cloud(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, int), np.zeros(0), joints, height)


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
                solids.append(Solid("box", np.array([x * s * 0.9, h / 2, z * s * 0.9]), np.eye(3), np.array([t, h / 2, t]), PROP))
        if rng.random() < 0.7:
            solids.append(Solid("box", np.array([0, h + u(0.2, 0.5), -s]), np.eye(3), np.array([s, u(0.2, 0.5), t]), PROP))
        if rng.random() < 0.3:
            solids.extend(Solid("box", np.array([x * s, h + 0.2, 0]), np.eye(3), np.array([t, t, s]), PROP) for x in (-1, 1))
    elif kind == "car":
        solids.append(Solid("box", np.array([0, 0.35, 0]), np.eye(3), np.array([0.4, u(0.1, 0.3), u(0.6, 1.2)]), PROP, u(0.8, 1)))
        solids.append(Solid("box", np.array([0, 0.7, u(-0.2, 0.2)]), np.eye(3), np.array([0.35, u(0.1, 0.3), u(0.3, 0.6)]), PROP, u(0.5, 1)))
        flat = rotation(np.array([0, 0, np.pi / 2]))
        for x in (-1, 1):
            for z in (-1, 1):
                solids.append(Solid("cylinder", np.array([x * 0.4, 0.18, z * 0.6]), flat, np.array([0.18, 0.06, 0.18]), PROP))
    else:
        count = 1 if kind == "single" else int(rng.integers(2, 9))
        for k in range(count):
            half = u(0.05, 0.5, 3)
            centre = rng.normal(0, 0.4, 3) if kind == "heap" else np.array([u(-0.1, 0.1), 0.5 * k, u(-0.1, 0.1)])
            solids.append(Solid(str(rng.choice(["box", "ball", "cylinder"])), centre, turned(rng, 40) if kind == "heap" else np.eye(3), half, PROP, u(0.1, 1.2)))
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
    solids.append(Solid(style, np.array([0, leg + girth * 0.6, 0]), across, np.array([girth * u(0.6, 1.1), length / 2, girth]), PROP))
    reach = u(0.1, 0.5)
    up = u(-0.1, 1.2)
    neck = rotation(np.array([np.pi / 2 - up, 0, 0]))
    start = np.array([0, leg + girth, length / 2 * 0.85])
    solids.append(Solid("cylinder", start + neck[:, 1] * reach / 2, neck, np.array([girth * 0.45, reach / 2 + 0.05, girth * 0.45]), PROP))
    solids.append(Solid("ball", start + neck[:, 1] * reach + [0, 0, 0.1], across, u(0.07, 0.22, 3) * [1, 1.6, 1], PROP))
    for x in (-1, 1):
        for z in (-1, 1):
            tilt = rotation(np.array([rng.normal(0, 0.25), 0, rng.normal(0, 0.08)]))
            r = u(0.03, 0.1)
            solids.append(Solid("cylinder", np.array([x * girth * 0.6, leg / 2, z * length * 0.4]), tilt, np.array([r, leg / 2, r]), PROP, u(0.8, 1.6)))
    if rng.random() < 0.7:
        solids.append(Solid("cylinder", np.array([0, leg + girth, -length / 2 - 0.1]), rotation(np.array([u(0.5, 2.5), 0, 0])), np.array([0.03, u(0.1, 0.4), 0.03]), PROP))
    if rng.random() < 0.4:
        solids.extend(Solid("cylinder", start + neck[:, 1] * reach + [x * 0.1, 0.15, 0.1], np.eye(3), np.array([0.03, 0.1, 0.03]), PROP, 0.2) for x in (-1, 1))
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
        trunk = ~np.isin(a.label, [AT[n] for n in JOINTS if n.startswith(("left", "right")) and not n.endswith("Shoulder")])
        hip, neck = a.joints[AT["hips"]], a.joints[AT["neck"]]
        legs = np.isin(a.label, [AT[s + b] for s in ("left", "right") for b in ("UpperLeg", "LowerLeg", "Foot", "Toes")])
        arms = ~trunk & ~legs
        hung = tip @ (neck - hip) + hip
        a.points[trunk] = (a.points[trunk] - hip) @ tip.T + hip
        a.normals[trunk] = a.normals[trunk] @ tip.T
        front = a.points[legs].copy()
        a.keep(~arms)
        copy = np.flatnonzero(np.isin(a.label, [AT[s + b] for s in ("left", "right") for b in ("UpperLeg", "LowerLeg", "Foot", "Toes")]))
        a.points = np.concatenate([a.points, front[: len(copy)] + (hung - hip) * [0, 0, 1]])
        a.normals = np.concatenate([a.normals, a.normals[copy]])
        a.label, a.weight = np.concatenate([a.label, a.label[copy]]), np.concatenate([a.weight, a.weight[copy]])
    a.humanoid = 0.0
    return a
