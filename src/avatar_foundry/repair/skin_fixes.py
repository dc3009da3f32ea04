"""The repairs of skin weights, on every level of every part."""

from collections.abc import Callable
from dataclasses import replace

from ..avatar import Mesh
from . import weights
from .work import Numbers, Work


def _each(work: Work, fix: Callable[[Mesh], tuple[Mesh, dict[str, float]]]) -> Numbers:
    total: Numbers = {}
    parts = []
    for part in work.avatar.parts:
        lods = []
        for level, mesh in enumerate(part.lods):
            out, numbers = fix(mesh)
            lods.append(out)
            for key, value in numbers.items() if level == 0 else ():
                total[key] = (
                    max(total.get(key, 0), value) if key.startswith(("worst", "largest")) else total.get(key, 0) + value
                )
            if level and out is not mesh:
                total.setdefault("levels", 1)
        parts.append(
            replace(part, lods=tuple(lods)) if any(a is not b for a, b in zip(lods, part.lods, strict=True)) else part
        )
    if any(a is not b for a, b in zip(parts, work.avatar.parts, strict=True)):
        work.avatar = replace(work.avatar, parts=tuple(parts))
    return total


def limit_influences(work: Work) -> Numbers:
    """Four joints per vertex."""
    return _each(work, weights.limit_influences)


def normalise_weights(work: Work) -> Numbers:
    """Sums of 1, falling, none negative."""
    return _each(work, weights.normalise_weights)


def bind_loose(work: Work) -> Numbers:
    """Vertices without weights get those of the nearest bound vertex of their part."""
    return _each(work, weights.bind_loose)
