"""A figure of our own making, stripped to what people upload: vertices and faces."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from avatar_foundry.account import Result
from avatar_foundry.avatar import Avatar, Material, Mesh, Part
from avatar_foundry.build import build
from avatar_foundry.formats import read_glb, write_glb
from avatar_foundry.pack import Pack


@pytest.fixture(scope="session")
def made(pack: Pack) -> Result:
    """A dressed adult for Unity, at rest in the A-pose."""
    return build({"preset": "casual", "platform": "unity", "pose": "A", "lods": False})


@pytest.fixture(scope="session")
def rigged(made: Result) -> bytes:
    """Its GLB."""
    return next(iter(made.files.values()))


@pytest.fixture(scope="session")
def bare(rigged: bytes) -> Avatar:
    """The same without skeleton, skin and shapes."""
    avatar = read_glb(rigged)
    return replace(
        avatar.map_meshes(lambda m: replace(m, joints=None, weights=None, morphs=())), skeleton=None, clips=()
    )


@pytest.fixture(scope="session")
def unrigged(bare: Avatar) -> bytes:
    """Its GLB: textures, no skeleton."""
    return write_glb(bare)


@pytest.fixture(scope="session")
def as_obj() -> Callable[[np.ndarray, np.ndarray], bytes]:
    """Positions (V, 3) and faces (F, 3) as an OBJ file."""

    def write(positions: np.ndarray, faces: np.ndarray) -> bytes:
        lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in positions.tolist()]
        lines += [f"f {a} {b} {c}" for a, b, c in (faces + 1).tolist()]
        return ("\n".join(lines) + "\n").encode()

    return write


def box(low: tuple[float, ...], high: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """A closed box: (8, 3) positions, (12, 3) faces that look outward."""
    corners = np.array([[(low, high)[i >> k & 1][k] for k in range(3)] for i in range(8)], np.float32)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = [f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))]
    return corners, np.array(faces, np.int32)


def one_part(positions: np.ndarray, faces: np.ndarray) -> Avatar:
    """An avatar of one plain part."""
    mesh = Mesh(positions.astype(np.float32), faces.astype(np.int32))
    return Avatar("thing", (Part("thing", "body", (mesh,), "plain"),), materials=(Material("plain"),))
