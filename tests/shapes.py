"""Tiny literal shapes; a comment per row says where it lies. Metres, counter-clockwise from outside."""

import numpy as np

from avatar_foundry.avatar import Mesh


def _f(rows: list[list[float]]) -> "np.ndarray":
    return np.array(rows, np.float32)


def _i(rows: list[list[int]]) -> "np.ndarray":
    return np.array(rows, np.int32)


def cube() -> tuple["np.ndarray", "np.ndarray"]:
    """The unit cube [0, 1]^3 as 6 quads: positions (8, 3), quads (6, 4)."""
    positions = _f(
        [
            [0, 0, 0],  # 0 left bottom back
            [1, 0, 0],  # 1 right bottom back
            [1, 1, 0],  # 2 right top back
            [0, 1, 0],  # 3 left top back
            [0, 0, 1],  # 4 left bottom front
            [1, 0, 1],  # 5 right bottom front
            [1, 1, 1],  # 6 right top front
            [0, 1, 1],  # 7 left top front
        ]
    )
    quads = _i(
        [
            [4, 5, 6, 7],  # front, +z
            [1, 0, 3, 2],  # back, -z
            [5, 1, 2, 6],  # right, +x
            [0, 4, 7, 3],  # left, -x
            [7, 6, 2, 3],  # top, +y
            [0, 1, 5, 4],  # bottom, -y
        ]
    )
    return positions, quads


def strip() -> tuple["np.ndarray", "np.ndarray"]:
    """Two quads and a triangle in the xy plane, facing +z: positions (7, 3), quads (3, 4), the last degenerate."""
    positions = _f(
        [
            [0, 0, 0],  # 0
            [1, 0, 0],  # 1
            [2, 0, 0],  # 2
            [0, 1, 0],  # 3
            [1, 1, 0],  # 4
            [2, 1, 0],  # 5
            [3, 0, 0],  # 6 the tip
        ]
    )
    return positions, _i([[0, 1, 4, 3], [1, 2, 5, 4], [2, 6, 5, 5]])


def seam_quad() -> Mesh:
    """Two quads side by side, facing +z, whose uvs tear along the shared edge (vertices 1 and 4 carry two uvs)."""
    positions = _f(
        [
            [0, 0, 0],  # 0
            [1, 0, 0],  # 1 on the seam
            [2, 0, 0],  # 2
            [0, 1, 0],  # 3
            [1, 1, 0],  # 4 on the seam
            [2, 1, 0],  # 5
        ]
    )
    uvs = _f(
        [
            [0.0, 0.5],  # 0 left island
            [0.4, 0.5],  # 1
            [0.4, 0.1],  # 2
            [0.0, 0.1],  # 3
            [1.0, 0.5],  # 4 right island, mirrored: u runs against x
            [0.6, 0.5],  # 5
            [0.6, 0.1],  # 6
            [1.0, 0.1],  # 7
        ]
    )
    faces = _i([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]])
    uv_faces = _i([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    return Mesh(positions, faces, uvs=uvs, uv_faces=uv_faces)


def two_bone_arm() -> Mesh:
    """A square tube along +x, closed by no caps, bent by two joints: 0 holds x = 0, both share x = 1, 1 holds x = 2."""
    ring = [[0, 0], [1, 0], [1, 1], [0, 1]]  # (y, z), clockwise seen from +x
    positions = _f([[x, 0.2 * y, 0.2 * z] for x in (0, 1, 2) for y, z in ring])
    quads = _i(
        [[4 * s + k, 4 * s + (k + 1) % 4, 4 * s + 4 + (k + 1) % 4, 4 * s + 4 + k] for s in (0, 1) for k in range(4)]
    )
    faces = np.ascontiguousarray(quads[:, [[0, 2, 1], [0, 3, 2]]].reshape(-1, 3))
    joints = np.array([[0, 1, 0, 0]] * 8 + [[1, 0, 0, 0]] * 4, np.uint16)
    weights = _f([[1, 0, 0, 0]] * 4 + [[0.5, 0.5, 0, 0]] * 4 + [[1, 0, 0, 0]] * 4)
    return Mesh(positions, faces, joints=joints, weights=weights)


def sphere(rows: int = 24, columns: int = 48) -> tuple["np.ndarray", "np.ndarray"]:
    """A closed unit sphere with poles: positions (V, 3), faces (F, 3). For kernels that need many vertices."""
    polar = np.linspace(0, np.pi, rows + 1)[1:-1]
    turn = np.arange(columns) * (2 * np.pi / columns)
    grid = np.stack(
        [
            np.outer(np.sin(polar), np.sin(turn)),
            np.repeat(np.cos(polar)[:, None], columns, 1),
            np.outer(np.sin(polar), np.cos(turn)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    positions = np.concatenate([[[0, 1, 0]], grid, [[0, -1, 0]]]).astype(np.float32)
    k = np.arange(columns)
    n = (k + 1) % columns
    top = np.stack([np.zeros_like(k), 1 + k, 1 + n], axis=1)
    base = 1 + columns * np.arange(rows - 2)[:, None]
    a, b, c, d = base + k, base + columns + k, base + columns + n, base + n
    middle = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    last = len(positions) - 1
    bottom = np.stack([np.full_like(k, last), last - columns + n, last - columns + k], axis=1)
    return positions, np.concatenate([top, middle, bottom]).astype(np.int32)
