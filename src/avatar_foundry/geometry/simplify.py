"""Levels of detail whose vertices are a subset of the full mesh's, so that everything per vertex is only gathered."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import meshopt
from .channels import Shape, joint_channels, shape_channels
from .normals import vertex_normals
from .seams import split_seams
from .triangles import components, face_cross

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

# What a difference counts beside a position error of the mesh's whole extent. Tried on the body at 50, 25 and 12 %:
# normals and skin weights of 0.5 halve their own errors but nearly double the shape's at 12 %.
NORMAL, UV, SKIN, SHAPE, BUILD = 0.12, 0.5, 0.25, 4.0, 0.6
EVEN = meshopt.REGULARIZE_LIGHT  # halves the mean error at 50 % and bends better; costs little below
MANY = 12  # pieces that make a mesh a thicket of cards
CARD_ERROR = 0.05  # of the mesh's extent, normals and skin included: then whole cards go
GOLDEN = 0.6180339887498949
STUCK = 1.02  # further than this above the target a level is tried again with fewer scruples


class Weighting(NamedTuple):
    """What a difference counts beside a position error of the mesh's whole extent.

    permissive: seams may be crossed from the start; else only when a level cannot reach its target otherwise.
    """

    normal: float = NORMAL
    uv: float = UV
    skin: float = SKIN
    shape: float = SHAPE
    build: float = BUILD
    permissive: bool = False


class Level(NamedTuple):
    """faces and uv_faces (F', 3): rows of vertex and uv indices of the full mesh."""

    faces: I32
    uv_faces: I32 | None


def build_levels(
    positions: F32,
    faces: I32,
    targets: Sequence[int],
    *,
    uvs: F32 | None = None,
    uv_faces: I32 | None = None,
    normals: F32 | None = None,
    joints: NDArray[np.uint16] | None = None,
    weights: F32 | None = None,
    shapes: Sequence[Shape] = (),
    builds: Sequence[F32] = (),
    locks: Sequence[NDArray[np.bool_]] = (),
    care: F32 | None = None,
    weighting: Weighting = Weighting(),  # noqa: B008 (immutable)
) -> tuple[Level, ...]:
    """Simplify a welded mesh to each of `targets` (falling face counts); level k starts from level k - 1.

    builds: positions (V, 3) of the same mesh on other bodies, which the levels should fit as well.
    locks: (V,) per level, the vertices that stay in it.  care: (V,) how much more than once an error counts there.
    Shape, normals, uvs, skin weights and shapes count. Both sides of a uv seam move together. A level that cannot reach
    its target first loses whole small pieces, then seams; it may still end above. Never empty for a mesh that is not.
    """
    if not len(faces):
        return tuple(Level(faces, uv_faces) for _ in targets)
    if uv_faces is not None and uvs is not None:
        vertex_of, uv_of, split = split_seams(faces, uv_faces)
    else:
        used, inverse = np.unique(faces, return_inverse=True)
        vertex_of, uv_of, split = used.astype(np.int32), used.astype(np.int32), inverse.reshape(-1, 3).astype(np.int32)
    points = positions[vertex_of]
    extent = float(np.ptp(points, axis=0).max(initial=0.0)) or 1.0
    if normals is None:
        normals = vertex_normals(positions, faces)
    columns, factors = [normals[vertex_of]], [weighting.normal] * 3
    if uvs is not None:
        columns.append(uvs[uv_of])
        factors += [weighting.uv] * 2
    if joints is not None and weights is not None:
        columns.append(joint_channels(joints, weights, faces)[vertex_of])
        factors += [weighting.skin] * columns[-1].shape[1]
    if shapes:
        columns.append(shape_channels(shapes, len(positions))[vertex_of] / np.float32(extent))
        factors += [weighting.shape] * columns[-1].shape[1]
    if builds:
        every = np.arange(len(positions), dtype=np.int32)
        other = shape_channels([(every, b - positions) for b in builds], len(positions))
        columns.append(other[vertex_of] / np.float32(extent))
        factors += [weighting.build] * other.shape[1]
    if care is not None and care.any():
        # the position once more, about the middle of the place, so that the edge of `care` stays quiet
        middle = np.average(positions, axis=0, weights=care).astype(np.float32)
        columns.append((points - middle) * care[vertex_of, None] / np.float32(extent))
        factors += [1.0] * 3
    attributes, scale = np.concatenate(columns, axis=1, dtype=np.float32), np.array(factors, np.float32)
    levels, current = [], split
    for k, target in enumerate(targets):
        held = locks[k][vertex_of].astype(np.uint8) if len(locks) else None
        goal = max(int(target), min(len(split), 2))
        current = _reduce(current, vertex_of, points, attributes, scale, held, goal, weighting.permissive)
        rows = np.ascontiguousarray(vertex_of[current]), np.ascontiguousarray(uv_of[current])
        levels.append(Level(rows[0], rows[1] if uv_faces is not None else None))
    return tuple(levels)


def _reduce(
    faces: I32,
    vertex_of: I32,
    points: F32,
    attributes: F32,
    scale: F32,
    lock: NDArray[np.uint8] | None,
    target: int,
    permissive: bool,
) -> I32:
    welded = np.ascontiguousarray(vertex_of[faces])
    thicket = len(np.unique(components(welded, int(vertex_of.max()) + 1)[welded[:, 0]])) >= MANY
    across = meshopt.PERMISSIVE if permissive else 0
    for options in dict.fromkeys((across, across | meshopt.PRUNE, meshopt.PRUNE | meshopt.PERMISSIVE)):
        # cards would otherwise be collapsed away one by one from one end
        limit = CARD_ERROR if thicket and options == across else 1.0
        out, _ = meshopt.simplify(
            faces, points, attributes, scale, lock, target=target, error=limit, options=EVEN | options
        )
        if thicket and options == across and len(out) > target:
            out = thin(out, vertex_of, points, target)
        if len(out):
            faces = out
        if len(faces) <= STUCK * target:
            break
    return faces


def thin(faces: I32, vertex_of: I32, points: F32, target: int) -> I32:
    """Drop whole pieces of a mesh of many (hair cards) down to `target` faces: small first, evenly among equals."""
    welded = vertex_of[faces]
    piece = components(np.ascontiguousarray(welded), int(vertex_of.max()) + 1)[welded[:, 0]]
    names, number = np.unique(piece, return_inverse=True)
    area = np.bincount(number, np.linalg.norm(face_cross(points, faces), axis=1))
    size = np.round(np.log2(np.maximum(area, 1e-12)))
    spread = (np.arange(len(names)) * GOLDEN) % 1.0
    order = np.lexsort((spread, size))
    left = len(faces) - np.cumsum(np.bincount(number)[order])
    dropped = np.zeros(len(names), bool)
    dropped[order[: int(np.searchsorted(-left, -target)) + 1]] = True
    return faces[~dropped[number]]
