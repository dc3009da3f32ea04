"""All parts of an avatar as one surface on welded places: what findings and repairs look at."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Avatar, Mesh
from . import sites, topology
from .clean import second_copies
from .rays import Rays

Flags = NDArray[np.bool_]
FLAT = 1e-6  # a face lower than this share of its longest edge, or than a hundredth of the weld, has no area


class Whole:
    """The full detail of every part, side by side. What is costly is computed on first use and kept.

    positions: (V, 3).  faces: (F, 3) into them.  first_vertex, first_face: (P + 1,) where each part begins.
    """

    def __init__(self, meshes: Sequence[Mesh], like: "Whole | None" = None) -> None:
        self.meshes = tuple(meshes)
        self.answers: dict[object, Any] = {}  # what others found out about this surface, by their own keys
        if like is not None and _same_places(like.meshes, self.meshes):  # only faces changed
            self.__dict__.update({k: like.__dict__[k] for k in ("size", "step", "site", "sight") if k in like.__dict__})
        self.first_vertex = np.cumsum([0, *(len(m.positions) for m in meshes)]).astype(np.int64)
        self.first_face = np.cumsum([0, *(len(m.faces) for m in meshes)]).astype(np.int64)
        self.positions: F32 = np.concatenate([m.positions for m in meshes]) if meshes else np.zeros((0, 3), np.float32)
        self.faces: I32 = (
            np.concatenate([m.faces + np.int32(at) for m, at in zip(meshes, self.first_vertex, strict=False)])
            if meshes
            else np.zeros((0, 3), np.int32)
        )

    @cached_property
    def size(self) -> float:
        """Diagonal of the bounding box."""
        return sites.size_of(self.positions)

    @cached_property
    def step(self) -> float:
        """Distance within which vertices count as one."""
        return sites.step_of(self.size)

    @cached_property
    def site(self) -> I32:
        """(V,) place of each vertex."""
        return sites.coincident(self.positions, self.step)

    @cached_property
    def sited(self) -> I32:
        """(F, 3) faces by place."""
        return np.asarray(self.site[self.faces], np.int32)

    @cached_property
    def part(self) -> I32:
        """(F,) the part that each face belongs to."""
        return np.repeat(np.arange(len(self.meshes), dtype=np.int32), np.diff(self.first_face))

    @cached_property
    def cross(self) -> NDArray[np.float64]:
        """(F, 3) twice the area times the normal."""
        p = np.where(np.isfinite(self.positions), self.positions, 0).astype(np.float64)
        a = p[self.faces[:, 0]]
        return np.asarray(np.cross(p[self.faces[:, 1]] - a, p[self.faces[:, 2]] - a))

    @cached_property
    def double_area(self) -> NDArray[np.float64]:
        """(F,) twice the area."""
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", self.cross, self.cross)))

    @cached_property
    def collapsed(self) -> Flags:
        """(F,) faces two of whose corners lie at one place, or are not finite."""
        a, b, c = self.sited.T
        lost = ~sites.finite_rows(self.positions)
        return np.asarray((a == b) | (b == c) | (c == a) | lost[self.faces].any(axis=1))

    @cached_property
    def degenerate(self) -> Flags:
        """(F,) faces without area: collapsed, or their corners lie on one line."""
        p = np.where(np.isfinite(self.positions), self.positions, 0)[self.faces]
        edges = p - p[:, [1, 2, 0]]
        longest = np.einsum("fki,fki->fk", edges, edges).max(axis=1).astype(np.float64)
        # height over the longest edge = double area / edge
        low = np.maximum(FLAT * longest, 0.01 * self.step * np.sqrt(longest))
        return np.asarray(self.collapsed | (self.double_area <= low))

    @cached_property
    def twins(self) -> Flags:
        """(F,) faces that lie back to back with another: surfaces drawn from both sides on purpose."""
        return self.copies[1]

    @cached_property
    def copies(self) -> tuple[Flags, Flags]:
        """(F,) faces that lie on an earlier one of their part and look the same way, and (F,) `twins`."""
        return second_copies(self.sited, self.part[:, None], ~self.collapsed)

    @cached_property
    def sight(self) -> Rays:
        """As `rays`, but perhaps of an earlier state of the same vertices: trust the distances, not the faces."""
        return self.rays

    @cached_property
    def rays(self) -> Rays:
        """What rays can hit: the faces that have an area."""
        return Rays(np.where(np.isfinite(self.positions), self.positions, np.float32(0)), self.faces, ~self.degenerate)

    @cached_property
    def edges(self) -> topology.Edges:
        """Edges of the faces that are not collapsed, by place."""
        return topology.edges_of(self.sited, ~self.collapsed)

    @cached_property
    def pairs(self) -> topology.Pairs:
        """Neighbours over edges of two faces."""
        return topology.pairs_of(self.edges, self.sited)

    @cached_property
    def border(self) -> I32:
        """Half-edges with a face on one side only."""
        return topology.border(self.edges)

    @cached_property
    def loops(self) -> list[topology.Loop]:
        """Borders, longest first."""
        return topology.loops_of(self.border, self.sited)

    @cached_property
    def piece(self) -> I32:
        """(F,) number of the connected piece of each face."""
        return topology.face_pieces(self.sited, int(self.site.max(initial=-1)) + 1)


def _same_places(a: tuple[Mesh, ...], b: tuple[Mesh, ...]) -> bool:
    return len(a) == len(b) and all(m.positions is n.positions for m, n in zip(a, b, strict=True))


def whole_of(avatar: Avatar) -> Whole:
    """The avatar's full detail."""
    return Whole([p.mesh for p in avatar.parts])
