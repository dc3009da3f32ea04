"""What rules about uploads look at: the avatar as read, what its file said, and its surface analysed once."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..avatar import Avatar, Part
from ..repair import Options, Whole, apply_fixes, whole_of
from ..repair.guesses import UpGuess, guess_up
from ..repair.outward import Turns
from ..repair.surface_fixes import turns
from ..repair.work import Work
from .registry import Target

if TYPE_CHECKING:
    from ..formats.readers.upload import Source

FIRST = 64  # elements that a finding names


class Posture(Protocol):
    """What rules use of `autorig.Fit`, once there is one."""

    @property
    def turn(self) -> NDArray[np.float64]: ...
    @property
    def scale(self) -> float: ...
    @property
    def humanoid(self) -> float: ...


class Rows(NamedTuple):
    """Elements of one part: a pointer, the part, its elements (N,) in its own numbering."""

    where: str
    part: Part
    rows: NDArray[np.int64]


class Subject:
    """An upload under inspection.

    source:   what the file said; None when there is none (a file of our own).
    platform: where it will go; None for no platform in particular.
    fit:      the figure found in it, if that was done already: says which way is up and front for sure.
    bones:    canonical bone name -> its name in the avatar's skeleton, if it was recognised already.
    """

    def __init__(
        self,
        avatar: Avatar,
        source: "Source | None" = None,
        platform: Target | None = None,
        *,
        fit: Posture | None = None,
        bones: Mapping[str, str] | None = None,
    ) -> None:
        self.avatar = avatar
        self.source = source
        self.platform = platform
        self.fit = fit
        self.bones = bones

    @cached_property
    def stray(self) -> bool:
        """Whether a face names a vertex or a uv that does not exist."""
        for part in self.avatar.parts:
            m = part.mesh
            if m.faces.size and (m.faces.min() < 0 or m.faces.max() >= len(m.positions)):
                return True
            if m.uv_faces is None or m.uvs is None or not m.uv_faces.size:
                continue
            if len(m.uv_faces) != len(m.faces) or m.uv_faces.min() < 0 or m.uv_faces.max() >= len(m.uvs):
                return True
        return False

    @cached_property
    def sound(self) -> Avatar:
        """The avatar without faces that point nowhere: what can be analysed. Vertices keep their numbers."""
        return apply_fixes(self.avatar, ("sanitize",))[0] if self.stray else self.avatar

    @cached_property
    def whole(self) -> Whole:
        """The surface."""
        return whole_of(self.sound)

    @cached_property
    def work(self) -> Work:
        """For asking what a repair would do."""
        return Work(self.sound, Options(), self.whole)

    @cached_property
    def turns(self) -> Turns:
        """Faces that look the wrong way."""
        return turns(self.work)

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """(N, 3) the vertices that faces use."""
        used = np.zeros(len(self.whole.positions), bool)
        used[self.whole.faces] = True
        p = self.whole.positions[used]
        return np.asarray(np.where(np.isfinite(p), p, 0), np.float64)

    @cached_property
    def up(self) -> UpGuess:
        """Which way is up, as far as extents, symmetry and feet tell."""
        return guess_up(self.points)

    @cached_property
    def unit_metres(self) -> float:
        """Length of the file's unit, 1 when it does not say."""
        return self.source.unit_metres or 1.0 if self.source is not None else 1.0

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What the reader had to say."""
        return self.source.notes if self.source is not None else ()

    def by_part(self, flags: NDArray[np.bool_], per: str = "face") -> Iterator[Rows]:
        """Parts with any of their faces (or per "vertex") flagged, and which."""
        first = self.whole.first_face if per == "face" else self.whole.first_vertex
        rows = np.flatnonzero(flags)
        cuts = np.searchsorted(rows, first)
        for k, part in enumerate(self.avatar.parts):
            if cuts[k + 1] > cuts[k]:
                yield Rows(f"parts/{part.name}/lods/0", part, rows[cuts[k] : cuts[k + 1]] - first[k])


def some(rows: NDArray[Any]) -> list[int]:
    """The first of them as plain numbers."""
    return [int(r) for r in rows[:FIRST]]


def plural(count: int, one: str, many: str = "") -> str:
    """3 -> "3 faces"."""
    return f"{count} {one}" if count == 1 else f"{count} {many or one + 's'}"
