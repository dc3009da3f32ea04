"""What is known of a part before it meets a body: its catalogue item, its shape on the neutral body."""

from functools import lru_cache

import numpy as np

from ..avatar import F32, I32, Part
from ..geometry import vertex_normals
from ..pack import open_pack
from .catalogue import ALIASES, ITEMS, Item
from .contact import candidates, kept_pair
from .fit import fit
from .neutral import BODY, body_faces, neutral_base


def item_of(part: Part) -> Item | None:
    """The catalogue item that a part was made from, by its name."""
    name = part.name.split(".", 1)[0]
    return ITEMS.get(ALIASES.get(name, name))


def same_item(a: Part, b: Part) -> bool:
    """Whether two parts are pieces of one catalogue item."""
    item = item_of(a)
    return item is not None and item is item_of(b)


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


# Layers of one garment that lie closer than this move together, metres.
STACK = 0.02


@lru_cache(maxsize=512)
def _stacked(digest: str, item_id: str, name: str, sex: str) -> I32:
    points = _neutral_positions(digest, item_id, sex)[name]
    rows = np.arange(len(points), dtype=np.int32)
    return kept_pair(f"stacked/{digest}/{item_id}/{name}/{sex}", lambda: (rows, _close(points)))[1]


def _close(points: F32) -> I32:
    from scipy.spatial import cKDTree

    found = cKDTree(points).query(points, k=8, distance_upper_bound=STACK)[1]
    rows = np.arange(len(points))[:, None]
    out = np.where(found < len(points), found, rows).astype(np.int32)
    out.flags.writeable = False
    return out


def stacked(part: Part) -> I32:
    """(V, 8) for each vertex those within STACK of it on the neutral body, itself included."""
    item = item_of(part)
    if item is None or len(_neutral_positions(open_pack().digest, item.id, item.sex).get(part.name, ())) != len(
        part.mesh.positions
    ):
        return _close(part.mesh.positions)
    return _stacked(open_pack().digest, item.id, part.name, item.sex)
