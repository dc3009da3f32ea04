"""Every fix by id, in the order in which fixes must run, and `apply_fixes` that runs them."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from ..avatar import Avatar
from ..errors import RecipeError
from . import solid
from . import surface_fixes as surface
from . import texture_fixes as textures
from .colours import bake_colours
from .place_fixes import rescale, turn_upright
from .skin_fixes import bind_loose, limit_influences, normalise_weights
from .unwrap import unwrap_parts
from .whole import Whole
from .work import Numbers, Options, Work


class Fix(NamedTuple):
    """One repair.

    title:    for people.  run: does it to a `Work` and says what it changed, in numbers; all zero: nothing.
    safe:     part of the default set: it cannot make the avatar look or move worse.
    words:    what it did, a template over the numbers.
    """

    title: str
    run: Callable[[Work], Numbers]
    safe: bool
    words: str


class Applied(NamedTuple):
    """What one fix changed."""

    id: str
    numbers: Mapping[str, float]
    words: str


#: In running order.
FIXES: dict[str, Fix] = {
    "sanitize": Fix(
        "Remove Invalid Numbers",
        surface.sanitize,
        True,
        "{faces} faces and {vertices} vertices with invalid numbers removed",
    ),
    "drop-degenerate-faces": Fix(
        "Clean Mesh Geometry", surface.drop_degenerate, True, "{faces} faces without area removed"
    ),
    "drop-duplicate-faces": Fix(
        "Remove Duplicate Faces", surface.drop_duplicates, True, "{faces} second copies of faces removed"
    ),
    "drop-scraps": Fix(
        "Remove Floating Scraps", surface.drop_scraps, True, "{pieces} floating scraps of {faces} faces removed"
    ),
    "orient": Fix("Fix Face Orientation", surface.orient_faces, True, "{faces} faces turned over"),
    "fill-holes": Fix("Close Small Holes", surface.fill_holes, True, "{holes} small holes closed with {faces} faces"),
    "close": Fix("Close Every Opening", solid.close, False, "{holes} openings closed with {faces} faces"),
    "thicken": Fix("Thicken Open Surfaces", solid.thicken, False, "{faces} faces added behind open surfaces"),
    "unwrap": Fix("Unwrap the Mesh", unwrap_parts, True, "{parts} parts unwrapped into {charts} charts"),
    "bake-vertex-colours": Fix(
        "Bake Vertex Colours", bake_colours, True, "the vertex colours of {parts} parts moved into their materials"
    ),
    "weld": Fix(
        "Weld Duplicate Vertices",
        surface.weld,
        True,
        "{vertices} vertices and {uvs} texture coordinates joined with their equals",
    ),
    "split-non-manifold": Fix(
        "Split Non-Manifold Geometry",
        surface.split_crowded,
        False,
        "{vertices} vertices added where surfaces only touched",
    ),
    "drop-unused-vertices": Fix(
        "Remove Unused Vertices", surface.drop_loose, True, "{vertices} unused vertices removed"
    ),
    "recompute-normals": Fix(
        "Recompute Broken Normals", surface.recompute_normals, True, "{vertices} normals computed anew"
    ),
    "turn-upright": Fix("Turn Upright", turn_upright, False, "turned by {degrees} degrees"),
    "rescale": Fix("Rescale to Metres", rescale, False, "scaled by {scale}"),
    "limit-influences": Fix(
        "Limit Joints per Vertex", limit_influences, True, "{vertices} vertices limited to four joints"
    ),
    "normalise-weights": Fix(
        "Normalise Skin Weights", normalise_weights, True, "the weights of {vertices} vertices brought to the sum of 1"
    ),
    "bind-loose-vertices": Fix(
        "Bind Loose Vertices", bind_loose, True, "{vertices} loose vertices bound like their neighbours"
    ),
    "opaque-materials": Fix(
        "Make Opaque", textures.opaque, True, "{materials} materials without transparency drawn as opaque"
    ),
    "convert-textures": Fix(
        "Convert Textures", textures.convert, True, "{textures} images converted to a format that the platform takes"
    ),
    "resize-textures": Fix("Resize Textures", textures.resize, True, "{textures} images scaled down"),
    "power-of-two-textures": Fix(
        "Resize to Powers of Two", textures.power_of_two, False, "{textures} images scaled to powers of two"
    ),
}

SETTLING = (
    "drop-degenerate-faces",
    "drop-duplicate-faces",
    "orient",
    "fill-holes",
    "weld",
    "drop-unused-vertices",
    "recompute-normals",
)
ROUNDS, MOST_FACES = 6, 400_000

DEFAULT_FIXES: tuple[str, ...] = tuple(id for id, fix in FIXES.items() if fix.safe)


def apply_fixes(
    avatar: Avatar, ids: Iterable[str] = DEFAULT_FIXES, options: Options | None = None, whole: Whole | None = None
) -> tuple[Avatar, list[Applied]]:
    """Run the fixes called `ids` in their own order; the avatar itself when nothing was to be done.

    A second run with the same ids changes nothing, as long as `options` give no scale or turn.
    whole: the avatar's surface if it was analysed already.
    Raises RecipeError for an unknown id.
    """
    wanted = set(ids)
    if unknown := sorted(wanted - set(FIXES)):
        raise RecipeError(f"unknown fix {unknown[0]!r}", hint=f"use one of {', '.join(FIXES)}", pointer="/fixes")
    work = Work(avatar, options or Options(), whole)
    total = _round(work, [id for id in FIXES if id in wanted])
    # on badly damaged meshes one repair makes room for another: go on until nothing changes
    for _ in range(ROUNDS):
        if not total.keys() & set(SETTLING) or len(work.whole.faces) > MOST_FACES:
            break
        again = _round(work, [id for id in SETTLING if id in wanted])
        if not again:
            break
        for id, numbers in again.items():
            for key, value in numbers.items():
                total.setdefault(id, {})[key] = total.get(id, {}).get(key, 0) + value
    done = [Applied(id, total[id], _words(FIXES[id].words, total[id])) for id in FIXES if id in total]
    return work.avatar, done


def _round(work: Work, ids: Iterable[str]) -> dict[str, Numbers]:
    """Run fixes in order; the numbers of those that changed something."""
    out = {}
    for id in ids:
        if numbers := {k: v for k, v in FIXES[id].run(work).items() if v}:
            out[id] = numbers
    return out


class _Zeros(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "0"


def _words(template: str, numbers: Numbers) -> str:
    return template.format_map(_Zeros({k: f"{v:g}" if v < 1e6 else f"{v:.0f}" for k, v in numbers.items()}))
