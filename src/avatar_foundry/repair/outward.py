"""Decide which faces to turn over. Nothing is turned against better knowledge: a wrong turn makes a new hole."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..avatar import F32, Mesh
from ..geometry import unit
from .orient import sheets_of, visibility, volumes
from .topology import connected
from .whole import Whole

Flags = NDArray[np.bool_]
CLEAR, CLEARER = 0.25, 0.5  # leads in visibility that decide: without normals, and against normals that agree
HOLLOW = 1e-4  # of the volume measure; sheets with less enclose nothing
LARGE = 0.02  # share of the area: larger sheets are judged against their normals too
SAME_BOX = 0.7  # overlap of bounding boxes of a body and its outline


class Turns(NamedTuple):
    """turn: (F,) faces to turn over.  against: of them, those that go against their neighbours.

    inward_sheets: how many whole sheets look inwards.  crossed: edges that no turning can mend.
    confidence: the least sure of the decisions.
    """

    turn: Flags
    against: Flags
    inward_sheets: int
    crossed: int
    confidence: float


def own_sense(mesh: Mesh, cross: NDArray[np.float64]) -> F32:
    """(F,) cosine between each face's winding and the normals that the file gave its corners; 0 without normals."""
    if mesh.normals is None:
        return np.zeros(len(mesh.faces), np.float32)
    n = unit(np.nan_to_num(mesh.normals), (0.0, 0.0, 0.0))
    mean = n[mesh.faces].mean(axis=1)
    length = np.sqrt(np.einsum("ij,ij->i", cross, cross))
    return np.asarray(np.einsum("ij,ij->i", mean, cross) / np.maximum(length, 1e-300), np.float32)


def find_turns(whole: Whole, own: F32, both: Flags) -> Turns:
    """The faces of `whole` that look the wrong way.

    own: (F,) see `own_sense`.  both: (F,) faces whose material is drawn from both sides.

    Sheets (faces joined over edges of two) are wound one way; closed ones outwards by volume, open ones by which side
    sees further. Faces that lie back to back, sheets inside a larger one that they outline, and faces whose normals
    agree with their winding and that nothing clear speaks against, stay.
    """
    live = ~whole.collapsed & ~whole.degenerate
    count_faces = len(whole.faces)
    if not count_faces or not live.any():
        return Turns(np.zeros(count_faces, bool), np.zeros(count_faces, bool), 0, 0, 1.0)
    area = whole.double_area * live
    sheets = sheets_of(whole.pairs, area)
    sheet, flood = sheets.sheet, sheets.turn
    count = int(sheet.max()) + 1
    total = np.bincount(sheet, weights=area, minlength=count)

    rim = np.zeros(count, bool)
    rim[sheet[whole.border // 3]] = True
    rim[sheet[whole.edges.half[np.repeat(whole.edges.faces > 2, whole.edges.faces)] // 3]] = True
    inside = ~rim[sheet]
    sign = np.where(flood[inside, None], -1.0, 1.0)
    volume = volumes(whole.positions, whole.faces[inside], whole.cross[inside] * sign, sheet[inside], count)
    solid = ~rim & (np.abs(volume) > HOLLOW) & (total > 0)

    # patches: parts of a sheet that the file winds one way
    pairs = whole.pairs
    patch = sheet
    if not pairs.agree.all():
        patch = connected(pairs.a[pairs.agree] // 3, pairs.b[pairs.agree] // 3, count_faces)
    patches = int(patch.max()) + 1
    of_patch = np.zeros(patches, np.int64)
    of_patch[patch] = sheet
    patch_area = np.bincount(patch, weights=area, minlength=patches)
    agreement = np.bincount(patch, weights=area * own, minlength=patches) / np.maximum(patch_area, 1e-300)
    flooded = np.zeros(patches, bool)
    flooded[patch] = flood
    fixed = np.zeros(patches, bool)
    fixed[patch[whole.twins | both]] = True
    asked = ~solid[of_patch] & (patch_area > 0) & ~fixed
    lean = np.zeros(patches)
    if asked.any():
        at = np.where(np.isfinite(whole.positions), whole.positions, np.float32(0))
        lean, seen = visibility(whole.sight, at, whole.faces, whole.cross * live[:, None], patch, asked)
        lean = np.where(seen > 0.02, lean, 0.0)

    # which way the sheet looks after the flood: volume, else what its patches see, else how most of it was
    sense = np.where(flooded, -1.0, 1.0)
    votes = np.bincount(of_patch, weights=sense * lean * patch_area, minlength=count) / np.maximum(total, 1e-300)
    kin = np.bincount(of_patch, weights=sense * agreement * patch_area, minlength=count) / np.maximum(total, 1e-300)
    inward = np.where(solid, volume < 0, (votes < -CLEAR) | ((np.abs(votes) <= CLEAR) & (kin < -CLEAR)))
    inward &= ~_outlines(whole, sheet, total, volume, solid, inward)

    turn_patch = flooded ^ inward[of_patch]
    agrees = agreement > CLEAR
    small = total[of_patch] < LARGE * max(float(total.sum()), 1e-300)
    # normals that agree with the winding are a witness: against it only large open sheets are turned, on clear sight
    doubt = agrees & ~solid[of_patch] & ((lean > -CLEARER) | small)
    turn_patch &= ~doubt & ~fixed & (patch_area > 0)
    turn = turn_patch[patch] & live
    whole_sheets = np.bincount(of_patch, weights=~turn_patch & (patch_area > 0), minlength=count) == 0
    inward_sheets = int((whole_sheets & (total > 0)).sum())
    against = turn & ~whole_sheets[sheet]
    sure = np.where(solid[of_patch], 0.95, np.clip(0.6 + 0.4 * np.abs(lean), 0, 0.95))
    confidence = float(sure[turn_patch].min()) if turn_patch.any() else 1.0
    return Turns(np.asarray(turn), np.asarray(against), inward_sheets, sheets.crossed, confidence)


def _outlines(
    whole: Whole, sheet: NDArray[Any], total: NDArray[Any], volume: NDArray[Any], solid: Flags, inward: Flags
) -> Flags:
    """(S,) closed sheets that look inwards around a closed sheet like them that looks outwards: drawn outlines."""
    out = np.zeros(len(total), bool)
    suspects = np.flatnonzero(inward & solid)
    others = np.flatnonzero(~inward & solid)
    if not len(suspects) or not len(others):
        return out
    low, high = _boxes(whole, sheet, len(total))
    for s in suspects[np.argsort(-total[suspects])][:64].tolist():  # few: an outline is as large as what it outlines
        shared = np.clip(np.minimum(high[s], high[others]) - np.maximum(low[s], low[others]), 0, None).prod(axis=1)
        joint = np.maximum(high[s], high[others]) - np.minimum(low[s], low[others])
        out[s] = bool((shared / np.maximum(joint.prod(axis=1), 1e-300) > SAME_BOX).any())
    return out


def _boxes(whole: Whole, sheet: NDArray[Any], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    corners = whole.positions[whole.faces].astype(np.float64)
    order = np.argsort(sheet, kind="stable")
    starts = np.searchsorted(sheet[order], np.arange(count))
    low = np.minimum.reduceat(corners.min(axis=1)[order], starts)
    return low, np.maximum.reduceat(corners.max(axis=1)[order], starts)
