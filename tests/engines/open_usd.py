"""OpenUSD: its validators find nothing in a USDZ, and UsdSkel evaluates what we do: rest, three poses, expressions."""

from importlib.util import find_spec

import numpy as np

from .asked import Surfaces, of_avatar
from .outcome import Outcome, judged
from .subject import Subject


class OpenUsd:
    title = "OpenUSD"

    def __init__(self) -> None:
        self._version = ""

    def version(self) -> str:
        return self._version

    def check(self, subject: Subject) -> Outcome | None:
        files = subject.paths(".usdz")
        if not files or find_spec("pxr") is None:
            return None
        from pxr import Usd

        from . import usd

        self._version = ".".join(f"{n:02}" for n in Usd.GetVersion()[1:])
        asked = of_avatar(subject.avatar)
        assert asked.avatar.skeleton is not None
        poses = {p["name"]: p["matrices"] for p in asked.request["poses"]}
        far: dict[str, float] = {}
        for title, surfaces in asked.expected:
            stage = usd.opened(files[0])
            if title in poses:
                matrices = {bone: np.array(m).reshape(4, 4) for bone, m in poses[title].items()}
                usd.pose(stage, asked.avatar.skeleton, matrices)
            else:
                usd.express(stage, {title: 1.0})
            far[title] = farthest(usd.evaluated(stage), surfaces)
        return judged(far, usd.problems(files[0]))


def farthest(found: Surfaces, wanted: Surfaces) -> float:
    """mm; infinite when the meshes are others."""
    named = {name.replace(".", "_"): points for name, points in wanted.items()}
    seen = {name.replace(".", "_"): points for name, points in found.items()}
    if seen.keys() != named.keys() or any(len(seen[n]) != len(named[n]) for n in named):
        return float("inf")
    return max(1000 * float(np.abs(seen[n] - named[n]).max()) for n in named)
