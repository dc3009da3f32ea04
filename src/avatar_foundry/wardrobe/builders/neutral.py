"""The neutral body on which every garment is drawn once: an even mix of the young adults, made mirror symmetric."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...avatar import F32, I32
from ...pack import Pack, open_pack

MIX = {
    **{
        f"macrodetails/{origin}-{sex}-young": 1 / 6
        for origin in ("african", "asian", "caucasian")
        for sex in ("female", "male")
    },
    **{f"macrodetails/universal-{sex}-young-averagemuscle-averageweight": 0.5 for sex in ("female", "male")},
    "breast/female-young-averagemuscle-averageweight-averagecup-averagefirmness": 0.25,
}
BODY = 13380
"""Vertices below this number are the body proper."""


@dataclass(frozen=True, eq=False)
class Neutral:
    """base: (B, 3). groups: name -> (F, 3) triangles. joints: name -> (3,), "l-" side only and centre."""

    base: F32
    triangles: dict[str, I32]
    joints: dict[str, NDArray[np.float64]]

    def joint(self, name: str) -> NDArray[np.float64]:
        """Centre of a joint cube."""
        return self.joints[name]


@lru_cache(maxsize=2)
def _neutral(digest: str) -> Neutral:
    pack = open_pack()
    base = pack.array("base/positions").astype(np.float64)
    names = {n: i for i, n in enumerate(pack.meta["targets"]["names"])}
    offsets, index, delta = (pack.array(f"targets/{k}") for k in ("offsets", "index", "delta"))
    for name, weight in MIX.items():
        if (t := names.get(name)) is not None:
            span = slice(int(offsets[t]), int(offsets[t + 1]))
            base[index[span].astype(np.int64)] += delta[span] * (weight * 1e-4)
    mirrored = base[np.asarray(pack.array("base/mirror"), np.int64)] * (-1.0, 1.0, 1.0)
    base = (base + mirrored) / 2
    faces, group = pack.array("base/faces"), pack.array("base/face_group")
    triangles: dict[str, I32] = {}
    joints: dict[str, NDArray[np.float64]] = {}
    for number, name in enumerate(pack.meta["base"]["groups"]):
        quads = faces[group == number]
        if name.startswith("joint-"):
            joints[name.removeprefix("joint-")] = base[np.unique(quads)].mean(0)
        elif len(quads):
            triangles[name] = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    return Neutral(base.astype(np.float32), triangles, joints)


def neutral() -> Neutral:
    """The neutral body of the open pack."""
    pack: Pack = open_pack()
    return _neutral(pack.digest)
