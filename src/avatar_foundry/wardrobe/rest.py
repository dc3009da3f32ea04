"""What is known of a part before it meets a body: its catalogue item, its shape on the neutral body, its neighbours."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..avatar import F32, I32, Part
from ..geometry import by_content, vertex_normals
from ..pack import open_pack
from .catalogue import ALIASES, ITEMS, Item
from .contact import candidates
from .fit import fit
from .neutral import BODY, body_faces, neutral_base


def item_of(part: Part) -> Item | None:
    """The catalogue item that a part was made from, by its name."""
    name = part.name.split(".", 1)[0]
    return ITEMS.get(ALIASES.get(name, name))


def sex_of(part: Part) -> str:
    """For which neutral body a part was cut."""
    item = item_of(part)
    return "any" if item is None else item.sex


@lru_cache(maxsize=512)
def _neutral_positions(digest: str, item_id: str, sex: str) -> dict[str, F32]:
    return {p.name: p.mesh.positions for p in fit(item_id, neutral_base(sex))}


def neutral_positions(part: Part, sex: str) -> F32:
    """The part's vertices on a neutral body; where they are now when it is not from the catalogue."""
    item = item_of(part)
    if item is None:
        return part.mesh.positions
    rest = _neutral_positions(open_pack().digest, item.id, sex).get(part.name)
    return part.mesh.positions if rest is None or len(rest) != len(part.mesh.positions) else rest


@lru_cache(maxsize=512)
def _outward(digest: str, item_id: str, name: str, sex: str) -> F32:
    rest = fit(item_id, neutral_base(sex))
    part = next(p for p in rest if p.name == name)
    return _facing(part, neutral_base(sex))


def _facing(part: Part, base: F32) -> F32:
    skin = np.ascontiguousarray(base[:BODY])
    _, near = candidates(part.mesh.positions, skin, count=1)
    out = vertex_normals(skin, body_faces())[near[:, 0]]
    along = np.einsum("vc,vc->v", vertex_normals(part.mesh.positions, part.mesh.faces), out)
    sign = np.where(along < 0, -1.0, 1.0).astype(np.float32)[:, None]
    sign.flags.writeable = False
    return sign


def outward(part: Part, base: F32) -> F32:
    """(V, 1) -1 where a part's faces look at the body (linings, insoles), else 1: turns its normals away from it."""
    item = item_of(part)
    if item is None:
        return _facing(part, base)
    return _outward(open_pack().digest, item.id, part.name, item.sex)


@by_content(256)
def _neighbour_rows(faces: I32, count: int) -> tuple[NDArray[np.int32], NDArray[np.int32], F32]:
    ends = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    ends = np.concatenate([ends, ends[:, ::-1], np.repeat(np.arange(count), 2).reshape(-1, 2)])
    pairs = np.unique(ends[:, 0].astype(np.int64) * count + ends[:, 1])
    row, column = (pairs // count).astype(np.int32), (pairs % count).astype(np.int32)
    degree = np.bincount(row, minlength=count)
    start = np.concatenate([[0], np.cumsum(degree)]).astype(np.int32)
    return start, column, (1.0 / degree[row]).astype(np.float32)


def neighbours(faces: I32, count: int) -> csr_array:
    """(count, count) matrix: the mean over a vertex and its neighbours."""
    start, column, weight = _neighbour_rows(faces, count)
    return csr_array((weight, column, start), shape=(count, count))
