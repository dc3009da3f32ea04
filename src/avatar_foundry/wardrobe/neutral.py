"""Two average young adults on which garments were cut: what depends on topology alone is worked out on them, once."""

from functools import lru_cache

import numpy as np

from ..avatar import F32, I32
from ..geometry import triangulate
from ..pack import open_pack

BODY = 13380
"""Vertices below this number are the body proper; above lie the helpers."""


def _mix(sex: str) -> dict[str, float]:
    mix = {f"macrodetails/{origin}-{sex}-young": 1 / 3 for origin in ("african", "asian", "caucasian")}
    mix[f"macrodetails/universal-{sex}-young-averagemuscle-averageweight"] = 1.0
    if sex == "female":
        mix["breast/female-young-averagemuscle-averageweight-averagecup-averagefirmness"] = 1.0
    return mix


@lru_cache(maxsize=4)
def _base(digest: str, sex: str) -> F32:
    pack = open_pack()
    mixes = [_mix("male"), _mix("female")] if sex == "any" else [_mix(sex)]
    base = pack.array("base/positions").astype(np.float64)
    names = {name: t for t, name in enumerate(pack.meta["targets"]["names"])}
    offsets, index, delta = (pack.array(f"targets/{key}") for key in ("offsets", "index", "delta"))
    for mix in mixes:
        for name, weight in mix.items():
            if (t := names.get(name)) is not None:
                span = slice(int(offsets[t]), int(offsets[t + 1]))
                base[index[span].astype(np.int64)] += delta[span] * (weight * 1e-4 / len(mixes))
    out = base.astype(np.float32)
    out.flags.writeable = False
    return out


def neutral_base(sex: str = "any") -> F32:
    """(B, 3) metres: the average young man ("male"), woman ("female") or their mean ("any")."""
    return _base(open_pack().digest, sex)


@lru_cache(maxsize=2)
def _body_faces(digest: str) -> I32:
    pack = open_pack()
    group = pack.meta["base"]["groups"].index("body")
    faces = triangulate(pack.array("base/faces")[pack.array("base/face_group") == group])
    faces.flags.writeable = False
    return faces


def body_faces() -> I32:
    """(F, 3) the closed triangle surface of the body over base vertices."""
    return _body_faces(open_pack().digest)
