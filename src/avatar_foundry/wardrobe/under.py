"""Which vertices of one part lie under another: by rays on the neutral body, kept clear of hems by rows of faces."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, I32, Part
from ..cache import cached_bytes
from ..geometry import vertex_normals
from ..pack import open_pack
from .neutral import BODY, body_faces, neutral_base
from .rays import Rays, escapes, straight_covered
from .rest import item_of, neutral_positions, sex_of
from .smooth import neighbours

Mask = NDArray[np.bool_]

# Rows of faces kept under every hem.
BODY_ROWS, CLOTH_ROWS = 2, 1
# Of the fifteen ways out of a point, so many may be open: seams and folds let single rays through.
OPEN_WAYS = 2

_KNOWN: dict[tuple[str, str, str, int, int], tuple[Mask, Mask]] = {}


def under(part: Part, outer: Part) -> tuple[Mask, Mask]:
    """(vertices of `part` so deep under `outer` that nobody can see them, those straight under it); each (V,).

    Worked out on the neutral body for which `outer` was cut and kept by name; parts that are not from the catalogue
    are looked at as they are. The body is the first 13380 base vertices.
    """
    if part.role == "body":
        return _under_body(outer, part.mesh.positions if item_of(outer) is None else None)
    if item_of(outer) is None or item_of(part) is None:
        return _cast(part.mesh.positions, part.mesh.faces, outer.mesh.positions, outer, False, _rows(part))
    key = (open_pack().digest, part.name, outer.name, len(part.mesh.faces), len(outer.mesh.faces))
    if key not in _KNOWN:
        sex = sex_of(outer)
        points, cloth = neutral_positions(part, sex), neutral_positions(outer, sex)
        _KNOWN[key] = _kept(key, lambda: _cast(points, part.mesh.faces, cloth, outer, False, _rows(part)), len(points))
    return _KNOWN[key]


def deep_hidden(outer: Part) -> Mask:
    """(13380,) the body's vertices that nobody can see under `outer`."""
    return _under_body(outer, None)[0]


def _under_body(outer: Part, skin: F32 | None) -> tuple[Mask, Mask]:
    key = (open_pack().digest, "", outer.name, 0, len(outer.mesh.faces))
    if skin is not None:
        return _cast(skin, body_faces(), outer.mesh.positions, outer, True)
    if key not in _KNOWN:
        sex = sex_of(outer)
        points = np.ascontiguousarray(neutral_base(sex)[:BODY])
        cloth = neutral_positions(outer, sex)
        _KNOWN[key] = _kept(key, lambda: _cast(points, body_faces(), cloth, outer, True), BODY)
    return _KNOWN[key]


def _rows(part: Part) -> int:
    """Underwear is for the undressed: below clothes none of it need stay."""
    return 0 if part.role == "underwear" else CLOTH_ROWS


def _kept(key: tuple[str, str, str, int, int], make: Callable[[], tuple[Mask, Mask]], count: int) -> tuple[Mask, Mask]:
    """Both masks by way of the disk: a fresh process need not shoot all those rays again."""
    content = cached_bytes("wardrobe/under/" + "/".join(map(str, key)), lambda: np.packbits(np.stack(make())).tobytes())
    both = np.unpackbits(np.frombuffer(content, np.uint8))[: 2 * count].reshape(2, count).astype(bool)
    both.flags.writeable = False
    return both[0], both[1]


def _cast(points: F32, faces: I32, cloth: F32, outer: Part, body: bool, rows: int = BODY_ROWS) -> tuple[Mask, Mask]:
    rays = Rays(cloth, outer.mesh.faces)
    normals = vertex_normals(points, faces)
    straight = straight_covered(points, normals, rays)
    # the garment's author looked: toes and folds mislead the rays
    meant = outer.hides[: len(points)] if body and outer.hides is not None else np.zeros_like(straight)
    deep = erode(faces, straight | meant, rows)
    some = np.flatnonzero(deep & ~meant)
    deep[some] = escapes(points[some], normals[some], rays) <= OPEN_WAYS
    for mask in (deep, straight):
        mask.flags.writeable = False
    return deep, straight


def erode(faces: I32, mask: Mask, rows: int) -> Mask:
    """`mask` (V,) without the vertices within `rows` edges of a vertex outside it."""
    around = neighbours(faces, len(mask))
    out = mask.copy()
    for _ in range(rows):
        out &= np.asarray(around @ (~out).astype(np.float32)) <= 0
    return out
