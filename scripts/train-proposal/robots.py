"""Figures of solids, and the sizes that solids are cut to."""

from collections.abc import Sequence

import numpy as np
from cloud import LABELS
from poses import Posed
from solids import Solid, along, turned

from avatar_foundry.humanoid import INDEX


class Measures:
    """Sizes of a figure that solids are cut to: half sizes of head, chest and hips, girths of limbs; metres."""

    def __init__(self, rng: np.random.Generator, posed: Posed, scales: np.ndarray, robot: bool) -> None:
        self.posed, self.scales = posed, scales
        vary = 0.28 if robot else 0.12

        def v() -> float:
            return float(np.exp(rng.normal(0, vary)))

        s = {
            n: scales[INDEX[n]]
            for n in (
                "hips",
                "chest",
                "upperChest",
                "head",
                "leftUpperArm",
                "leftLowerArm",
                "leftUpperLeg",
                "leftLowerLeg",
                "leftFoot",
                "leftHand",
                "neck",
            )
        }
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

    def put(
        name: str,
        centre: np.ndarray,
        frame: np.ndarray,
        half: Sequence[float] | np.ndarray,
        p: Sequence[float] | None = None,
    ) -> None:
        if only is not None and name not in only:
            return
        style = one or str(rng.choice(styles, p=p))
        taper = (
            rng.uniform(0.55, 1.3)
            if style == "cone"
            else 1.0
            if style != "box" or rng.random() < 0.5
            else rng.uniform(0.7, 1.2)
        )
        half = np.maximum(np.asarray(half, float), 0.004)
        if style == "ball":
            half = half * 1.15
        out.append(Solid("cylinder" if style == "cone" else style, centre, frame, half, LABELS[name], taper))

    right = np.array([1.0, 0, 0])
    hips, spine, chest, neck, head = (m.joint(n) for n in ("hips", "spine", "chest", "neck", "head"))
    put("hips", hips - m.turn("hips")[:, 1] * m.hips[1] * 0.2, m.turn("hips"), m.hips)
    single = rng.random() < 0.5
    if single:  # one block from waist to neck
        frame, length = along(hips, neck, right)
        put(
            "chest", hips + 0.56 * (neck - hips), frame, (m.chest[0], 0.5 * length * rng.uniform(0.85, 1.1), m.chest[2])
        )
    else:
        frame, length = along(spine, chest, right)
        put(
            "spine",
            0.5 * (hips + chest),
            frame,
            (m.chest[0] * rng.uniform(0.6, 1.0), length * 0.9 * gap, m.chest[2] * rng.uniform(0.6, 1.0)),
        )
        frame, length = along(chest, neck, right)
        put("upperChest", 0.5 * (chest + neck), frame, (m.chest[0], 0.55 * length * gap, m.chest[2]))
    frame, length = along(neck, head, right)
    if rng.random() < 0.8:
        put("neck", 0.5 * (neck + head), frame, (m.neck, length * 0.65, m.neck))
    put(
        "head",
        m.head_centre,
        m.turn("head") @ turned(rng, 4),
        m.head * rng.uniform(0.9, 1.25, 3),
        (0.3, 0.5, 0.15, 0.05),
    )
    for side in ("left", "right"):
        for bone, child in (
            ("UpperArm", "LowerArm"),
            ("LowerArm", "Hand"),
            ("UpperLeg", "LowerLeg"),
            ("LowerLeg", "Foot"),
        ):
            a, b = m.joint(side + bone), m.joint(side + child)
            frame, length = along(a, b, m.turn(side + bone)[:, 0])
            g = m.girth[bone]
            put(side + bone, 0.5 * (a + b), frame, (g, 0.5 * length * gap, g * rng.uniform(0.85, 1.15)))
        if rng.random() < 0.35:
            put(
                side + "Shoulder",
                m.joint(side + "UpperArm"),
                m.turn(side + "Shoulder"),
                np.full(3, m.girth["UpperArm"] * rng.uniform(1.1, 1.8)),
            )
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
