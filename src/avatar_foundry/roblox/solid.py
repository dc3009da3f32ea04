"""The solid that layers of open clothes and a body enclose, as a field on a grid, cut into pieces that plug together.

The field is the signed distance to everything that shows, less RIM: thin sheets become as thick as twice that, gaps
narrower than it close, what no air from outside reaches is solid. Its zero is a closed surface, whatever came in.
Each piece is the field cut where the skin passes from one joint to the next; beyond the cut it goes on inside its
neighbour, tapering: a plug that fills the gap that opens when the joint bends.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..geometry.distance import closest_points
from ..geometry.isosurface import isosurface
from .surface import Surface

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

RIM = 0.62  # of a cell; above a half, so that a flood from node to node cannot leak through a sheet
BAND = 2.2  # cells from the surface within which distances are exact
MARGIN = 6  # cells around a piece
UNDER = 0.005  # metres that a core lies under its own surface
CLOSE = 0.03  # metres from the surface within which a core counts
SLIT = 0.02  # metres; openings up to twice as wide, as between a collar and a neck, let no air into what lies behind
PLUG = 0.045  # metres that a piece reaches into its neighbour
TAPER = 0.35  # metres inwards per metre beyond the cut
SOFT = 1.6  # cells over which cuts are smoothed


@dataclass(frozen=True, eq=False, slots=True)
class Solid:
    """field: (X, Y, Z) metres, negative inside.  label: (X, Y, Z) the piece that each node belongs to."""

    field: F32
    label: NDArray[np.int8]
    origin: F64
    cell: float


def solid(
    surface: Surface, cell: float, slit: float = SLIT, core: Surface | None = None, lean: F32 | None = None
) -> Solid:
    """The solid of `surface` on a grid with this distance between nodes, metres.

    core: a closed surface within, such as the head under hair: what it encloses is solid near `surface`, so that there
    is no lining between the two.  lean: (P,) added to the pieces' shares before the largest wins a node."""
    margin = (np.ceil(slit / cell) + 3) * cell
    low = surface.positions.min(axis=0).astype(np.float64) - margin
    shape = np.ceil((surface.positions.max(axis=0) + margin - low) / cell).astype(int) + 1
    near = np.zeros(shape, bool)
    near[tuple(np.rint((samples(surface, 0.7 * cell) - low) / cell).astype(np.int64).T)] = True
    near = ndimage.binary_dilation(near, ndimage.generate_binary_structure(3, 1), iterations=2)
    nodes = np.argwhere(near)
    found = closest_points(low + cell * nodes, surface.positions, surface.faces, settle=False, candidates=1)
    distance = np.full(shape, BAND * cell, np.float32)
    distance[near] = found.distance
    rim = np.float32(RIM * cell)
    open_ = distance > rim
    inside = open_ & (~air(distance, near, rim, cell, slit) | enclosed(~open_))
    field = np.where(inside, -distance - rim, distance - rim).astype(np.float32)
    if core is not None:
        field = np.minimum(
            field,
            np.maximum(depth(core, low, shape, cell), cell * (ndimage.distance_transform_edt(~near) - CLOSE / cell)),
        )
    skin = np.einsum("nc,ncp->np", found.weights, surface.skin[surface.faces[found.face]])
    label = np.zeros(shape, np.int8)
    label[near] = (skin if lean is None else skin + lean).argmax(axis=1)
    nearest = ndimage.distance_transform_edt(~near, return_distances=False, return_indices=True)
    return Solid(field, label[tuple(nearest)], low, cell)


def depth(core: Surface, low: F64, shape: NDArray[np.int64], cell: float) -> F32:
    """(X, Y, Z) metres, negative more than UNDER below a closed surface: by counting voxels, exact to a cell."""
    wall = np.zeros(shape, bool)
    at = np.rint((samples(core, 0.5 * cell) - low) / cell).astype(np.int64)
    wall[tuple(at[((at >= 0) & (at < shape)).all(axis=1)].T)] = True
    number, _ = ndimage.label(~wall)
    outside = np.zeros(int(number.max()) + 1, bool)
    for axis in range(3):  # what reaches the grid's border, save downwards, where a neck goes on
        for side in (0, -1):
            if (axis, side) != (1, 0):
                outside[np.unique(np.take(number, side, axis=axis))] = True
    inside = ~wall & ~outside[number]
    return np.asarray(UNDER - cell * ndimage.distance_transform_edt(inside), np.float32)


def air(distance: F32, near: NDArray[np.bool_], rim: np.float32, cell: float, slit: float) -> NDArray[np.bool_]:
    """Nodes that air reaches from outside: through what is wider than two slits, and from there a slit further.

    Skin under clothes is gone by now, so that the inside of a shirt would be open at the collar."""
    steps = int(np.ceil(slit / cell))
    wide = (distance > rim) & ~ndimage.binary_dilation(near & (distance <= rim), iterations=steps)
    number, _ = ndimage.label(wide)
    return np.asarray(
        ndimage.binary_dilation(number == number[0, 0, 0], iterations=steps + 2, mask=distance > rim), np.bool_
    )


def enclosed(wall: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Nodes with a wall on four sides in one plane: the room under a robe or in a sleeve. A game's robe is solid there,
    which spends no triangles on its lining and on legs that nobody sees."""
    sides = []
    for axis in range(3):
        before = np.logical_or.accumulate(wall, axis=axis)
        after = np.flip(np.logical_or.accumulate(np.flip(wall, axis), axis=axis), axis)
        sides.append(before & after)
    x, y, z = sides
    return np.asarray((x & z) | (y & z) | (x & y), np.bool_)


def pieces(solid: Solid, count: int) -> Iterator[tuple[int, F64, I32, F64]]:
    """Per piece that is there: its number, vertices (V, 3), faces (F, 3), and how far beyond the cut each vertex
    lies (V,), metres, negative in front of it."""
    cell = solid.cell
    reach = int(np.ceil(PLUG / cell)) + MARGIN
    for number in range(count):
        mine = solid.label == number
        body = np.argwhere(mine & (solid.field < 0))
        if not len(body):
            continue
        low = np.maximum(body.min(axis=0) - reach, 0)
        high = np.minimum(body.max(axis=0) + reach + 1, mine.shape)
        window = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
        beyond = cell * cut(mine[window])
        field = solid.field[window] + sunk(beyond, cell)
        field = np.maximum(field, beyond - PLUG)
        field = np.pad(field, 1, constant_values=cell)
        vertices, faces = isosurface(field, solid.origin + cell * (low - 1), cell)
        at = (vertices - solid.origin) / cell - low
        yield number, vertices, faces, np.asarray(ndimage.map_coordinates(beyond, at.T, order=1, mode="nearest"))


def cut(mine: NDArray[np.bool_]) -> F64:
    """How far each node lies beyond the border of a region, in cells, smoothed; negative within."""
    if mine.all():
        return np.full(mine.shape, -float(max(mine.shape)))
    out = ndimage.distance_transform_edt(~mine) - ndimage.distance_transform_edt(mine)
    return np.asarray(ndimage.gaussian_filter(out, SOFT))


def sunk(beyond: F64, cell: float) -> F64:
    """Metres that a plug lies below the surface, by how far it is beyond the cut."""
    past = np.maximum(beyond, 0.0)
    return np.asarray(np.minimum(past / cell, 1.0) * (RIM * cell + 0.001) + TAPER * past)


def samples(surface: Surface, step: float) -> F64:
    """Points on the surface (N, 3), no two neighbours farther apart than `step`."""
    corners = surface.positions[surface.faces].astype(np.float64)
    longest = np.sqrt(((corners - np.roll(corners, 1, axis=1)) ** 2).sum(-1)).max(axis=1)
    cuts = np.ceil(longest / step).astype(int)
    out = []
    for n in np.unique(cuts):
        i, j = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
        u, v = i[i + j <= n] / max(n, 1), j[i + j <= n] / max(n, 1)
        out.append(np.einsum("sc,fcj->fsj", np.stack([1 - u - v, u, v], axis=1), corners[cuts == n]).reshape(-1, 3))
    return np.concatenate(out)
