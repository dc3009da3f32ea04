"""What figures wear and carry, crudely: hair, helmets, skirts, capes, shields, pedestals."""

from collections.abc import Sequence

import numpy as np
from cloud import LABELS, PROP
from robots import Measures
from solids import Solid, along, rotation, turned


def props(rng: np.random.Generator, m: Measures, floor: float, per: float) -> list[Solid]:
    """What figures wear and carry, crudely: each with chance `per`."""
    out: list[Solid] = []

    def chance(p: float) -> bool:
        return bool(rng.random() < p * per)

    def solid(
        kind: str,
        centre: np.ndarray,
        frame: np.ndarray,
        half: Sequence[float] | np.ndarray,
        label: str | None,
        **more: float,
    ) -> None:
        out.append(
            Solid(
                kind,
                centre,
                frame,
                np.maximum(np.asarray(half, float), 0.003),
                PROP if label is None else LABELS[label],
                **more,
            )
        )

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
        solid(
            "ball",
            head + top @ (fh * [0, u(-1.5, 0.8), -u(0.9, 1.5)]),
            top,
            fh.mean() * np.array([u(0.3, 0.8), u(0.3, 1.5), u(0.3, 0.7)]),
            "head",
        )
    if chance(0.07):  # long hair
        solid(
            "sheet",
            head + top @ (fh * [0, -u(0.5, 1.5), -u(0.8, 1.2)]),
            top,
            (fh[0] * u(0.7, 1.3), fh[1] * u(0.8, 1.9), 1),
            "head",
            bow=u(-1, 0) * fh[2],
        )
    if chance(0.12):  # helmets
        kind = str(rng.choice(["ball", "box", "cylinder"]))
        solid(kind, head + top @ (fh * [0, 0.1, 0]), top, fh * u(1.05, 1.4, 3), "head")
    if chance(0.09):  # hats
        r = u(1.0, 2.2)
        solid(
            "cylinder",
            head + top @ (fh * [0, u(0.3, 0.8), 0]),
            top,
            (fh[0] * r, fh[1] * u(0.03, 0.2), fh[2] * r),
            "head",
        )
        solid(
            "cylinder",
            head + top @ (fh * [0, u(0.8, 1.3), 0]),
            top,
            (fh[0] * u(0.7, 1), fh[1] * u(0.2, 1.1), fh[2] * u(0.7, 1)),
            "head",
            taper=u(0.03, 1.1),
        )
    if chance(0.1):  # horns, ears, antennae
        size = fh.mean() * np.array([u(0.05, 0.35), u(0.3, 1.1), u(0.05, 0.35)])
        tilt = rotation(np.array([u(-0.5, 0.5), 0, u(-1.2, 0.2)]))
        x, y = u(0.3, 1.0), u(0.5, 1.1)
        for sign in (1, -1):
            flip = np.array([sign, 1, 1.0])
            frame = top @ (tilt * flip[:, None] * flip)
            solid(
                "cylinder",
                head + top @ (fh * [sign * x, y, 0]) + frame[:, 1] * size[1] * 0.7,
                frame,
                size,
                "head",
                taper=u(0.05, 1.0),
            )
    if chance(0.08):  # visor, nose, beard
        solid(
            str(rng.choice(["box", "ball"])),
            head + top @ (fh * [0, u(-0.9, 0.3), u(0.8, 1.1)]),
            top,
            fh * u(0.15, 0.6, 3),
            "head",
        )
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
            solid(
                kind,
                b + (a - b) * length / 2,
                frame,
                (girth["LowerArm"] * r, full * length / 2, girth["LowerArm"] * r),
                side + "LowerArm",
                taper=u(0.5, 1.1),
            )
    if chance(0.1):  # boots, flares
        r, length = u(1.1, 2.2), u(0.4, 1.0)
        for side in ("left", "right"):
            a, b = m.joint(side + "LowerLeg"), m.joint(side + "Foot")
            frame, full = along(b, a, ct[:, 0])
            solid(
                "cylinder",
                b + (a - b) * length / 2,
                frame,
                (girth["LowerLeg"] * r, full * length / 2, girth["LowerLeg"] * r),
                side + "LowerLeg",
                taper=u(0.6, 1.1),
            )
    if chance(0.12):  # chest plates, jackets, bellies
        k = u(1.02, 1.4)
        solid(
            str(rng.choice(["box", "ball", "cylinder"])),
            0.5 * (chest + m.joint("chest")),
            ct,
            (
                m.chest[0] * k,
                np.linalg.norm(m.joint("neck") - m.joint("spine")) * u(0.4, 0.65),
                m.chest[2] * k * u(0.9, 1.2),
            ),
            "chest",
        )
    if chance(0.17):  # skirts and robes: cones from the waist
        start = m.joint("spine") + (hips - m.joint("spine")) * u(-0.5, 1.0)
        end = floor + (hips[1] - floor) * (u(0.0, 0.2) if rng.random() < 0.4 else u(0.2, 0.75))
        tall = max(start[1] - end, 0.05)
        wide = u(1.2, 2.6)
        x, z = m.hips[0] * u(0.8, 1.05), m.hips[2] * u(0.85, 1.1)
        kind = "box" if rng.random() < 0.15 else "cylinder"
        # the cylinder's half sizes are those of its lower end
        solid(
            kind,
            np.array([hips[0], end + tall / 2, hips[2]]),
            np.eye(3) @ turned(rng, 2),
            (x * wide, tall / 2, z * wide),
            "hips",
            taper=1 / wide,
            caps=bool(rng.random() < 0.5),
        )
    if chance(0.1):  # belts, pouches
        solid(
            "cylinder",
            hips + ht[:, 1] * u(-0.3, 1) * m.hips[1],
            ht,
            (m.hips[0] * u(1.05, 1.3), u(0.015, 0.06), m.hips[2] * u(1.05, 1.3)),
            "hips",
        )
        if rng.random() < 0.4:
            solid(
                "box",
                hips + ht @ [rng.choice([-1, 1]) * m.hips[0] * 1.1, u(-0.1, 0.05), u(-0.1, 0.1)],
                ht,
                u(0.02, 0.08, 3),
                None,
            )
    if chance(0.15):  # capes
        tall = chest[1] - floor
        length = tall * u(0.3, 0.95)
        tilt = rotation(np.array([u(0.0, 0.35), 0, 0]))
        solid(
            "sheet",
            chest + ct @ [0, u(0, 0.1), -m.chest[2] * u(0.9, 1.4)] + (ct @ tilt)[:, 1] * (-length / 2),
            ct @ tilt,
            (m.chest[0] * u(0.8, 2.0), length / 2, 1),
            None,
            taper=u(0.4, 1.0),
            bow=u(-1.0, 1.0) * m.chest[2],
        )
    if chance(0.07):  # collars and scarves
        solid(
            "cylinder",
            m.joint("neck"),
            ct,
            (m.chest[0] * u(0.5, 1), u(0.02, 0.12), m.chest[2] * u(0.6, 1.2)),
            "upperChest",
            taper=u(0.6, 1.3),
            caps=False,
        )
    if chance(0.1):  # backpacks, wings
        size = np.array([m.chest[0] * u(0.4, 1.2), u(0.08, 0.3), u(0.03, 0.15)])
        solid(
            str(rng.choice(["box", "cylinder", "ball"])),
            chest + ct @ [0, -u(0, 0.25), -m.chest[2] - size[2] * 0.7],
            ct,
            size,
            None,
        )
    if chance(0.04):
        for sign in (1, -1):
            solid(
                "sheet",
                chest + ct @ [sign * u(0.3, 0.6), u(-0.2, 0.3), -m.chest[2] * 1.4],
                ct @ turned(rng, 15),
                (u(0.15, 0.45), u(0.15, 0.5), 1),
                None,
                bow=u(-0.1, 0.1),
            )
    for side in ("left", "right"):
        hand = m.turn(side + "Hand")
        grip = m.joint(side + "Hand") + hand[:, 1] * m.hand[1]
        if chance(0.06):  # swords, staffs, guns
            frame = hand @ rotation(np.array([u(0, 1) * np.pi, 0, u(-0.4, 0.4)])) @ turned(rng, 20)
            size = np.array([u(0.01, 0.06), u(0.15, 0.85), u(0.01, 0.06)])
            solid(
                str(rng.choice(["box", "cylinder"])),
                grip + frame[:, 1] * size[1] * u(-0.2, 0.9),
                frame,
                size,
                None,
                taper=u(0.2, 1.2),
            )
        if chance(0.04):  # shields
            solid(
                str(rng.choice(["box", "ball"])),
                grip + hand @ [0, -u(0, 0.2), u(-0.12, 0.12)],
                hand @ turned(rng, 15),
                (u(0.15, 0.35), u(0.15, 0.4), u(0.015, 0.05)),
                None,
            )
    if chance(0.04):  # tails
        way = rotation(np.array([u(0.5, 2.2), u(-0.5, 0.5), 0]))
        size = np.array([u(0.02, 0.09), u(0.15, 0.5), u(0.02, 0.09)])
        solid(
            "cylinder", hips + ht @ [0, 0, -m.hips[2]] - way[:, 1] * size[1] * -1.0, way, size, None, taper=u(0.1, 1.0)
        )
    if chance(0.07):  # pedestals, ground
        size = np.array([u(0.2, 0.7), u(0.01, 0.12), u(0.2, 0.7)])
        middle = np.array([hips[0], floor - size[1], hips[2]])
        solid(str(rng.choice(["box", "cylinder"])), middle, np.eye(3), size, None)
    if chance(0.05):  # scraps somewhere
        for _ in range(int(rng.integers(1, 4))):
            solid(
                str(rng.choice(["box", "ball", "cylinder"])),
                hips + rng.normal(0, 0.45, 3),
                turned(rng, 60),
                u(0.01, 0.09, 3),
                None,
            )
    return out
