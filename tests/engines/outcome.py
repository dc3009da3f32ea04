"""What a check says of one subject, and how far an engine's vertices lie from ours."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .asked import Surfaces
from .subject import Subject

CLOSE = 0.1  # mm; float32 leaves about 0.001, half a millimetre can be seen


class Outcome(NamedTuple):
    """cell: what the table shows.  problems: in words; none when all is well."""

    cell: str
    problems: tuple[str, ...] = ()


class Check(Protocol):
    """One column of the table."""

    title: str

    def version(self) -> str:
        """The engine's, known after the first check; "" for checks of our own."""
        ...

    def check(self, subject: Subject) -> Outcome | None:
        """None when it has nothing to look at."""
        ...


def distances(
    meshes: Sequence[Mapping[str, Any]],
    values: NDArray[Any],
    expected: Sequence[tuple[str, Surfaces]],
    part_of: Callable[[str], str] = str,
) -> dict[str, float]:
    """{title: mm} of the coordinate that is farthest off; infinite where vertices are missing.

    meshes: name and count of what the engine drew.  values: (N, 3) metres, for each title all meshes in that order.
    part_of: an engine's name of a mesh -> the part's.
    """
    out: dict[str, float] = {}
    at = 0
    for title, surfaces in expected:
        worst = 0.0 if meshes else np.inf
        for mesh in meshes:
            got, want = values[at : at + mesh["count"]], surfaces.get(part_of(mesh["name"]))
            at += mesh["count"]
            same = want is not None and len(got) == len(want) > 0
            worst = max(worst, 1000 * float(np.abs(got - want).max()) if same else np.inf)
        out[title] = worst
    return out if at == len(values) else dict.fromkeys(out, np.inf)


def far_shapes(moved: Mapping[str, Mapping[str, float]], shapes: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """{shape: mm} by which the farthest that it moves any part differs from ours; infinite for one that is missing."""
    out = {
        name: max(1000 * abs(moved.get(name, {}).get(part, np.inf) - far) for part, far in parts.items())
        for name, parts in shapes.items()
    }
    return out | dict.fromkeys(moved.keys() - shapes.keys(), np.inf)


def judged(far: Mapping[str, float], problems: Sequence[str] = ()) -> Outcome:
    """The worst of these distances (mm) as an outcome."""
    off = [f"{title} is {mm:.3f} mm off" for title, mm in far.items() if not mm <= CLOSE]
    return Outcome(f"{max(far.values(), default=np.inf):.4f}", (*problems, *off[:6]))
