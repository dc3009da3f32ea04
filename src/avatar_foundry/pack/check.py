"""Check that what a pack holds makes sense: every count, index and number that readers rely on."""

from pathlib import PurePosixPath

import numpy as np

from ..errors import PackError
from .body import VERTICES
from .compiler import COMPILER
from .container import Pack

SHAPES: dict[str, tuple[str, tuple[int | None, ...]]] = {
    "base/positions": ("float32", (VERTICES, 3)),
    "base/faces": ("int32", (None, 4)),
    "base/uvs": ("float32", (None, 2)),
    "base/uv_faces": ("int32", (None, 4)),
    "base/face_group": ("uint8", (None,)),
    "base/mirror": ("int32", (VERTICES,)),
    "targets/index": ("uint16", (None,)),
    "targets/delta": ("int16", (None, 3)),
    "targets/offsets": ("int64", (None,)),
}
RIG_SHAPES: dict[str, tuple[str, tuple[int | None, ...]]] = {
    "weight_vertex": ("int32", (None,)),
    "weight_bone": ("int16", (None,)),
    "weight": ("float32", (None,)),
}
ASSET_SHAPES: dict[str, tuple[str, tuple[int | None, ...]]] = {
    "refs": ("int32", (None, 3)),
    "weights": ("float32", (None, 3)),
    "offsets": ("float32", (None, 3)),
    "faces": ("int32", (None, 4)),
    "uv_faces": ("int32", (None, 4)),
    "uvs": ("float32", (None, 2)),
}


def check_content(pack: Pack) -> None:
    """Raises PackError when anything in `pack` is missing, of another shape or type, or points outside its table."""
    try:
        _check_all(pack)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        raise PackError(f"the data pack lacks something or holds nonsense: {error!r}") from error


def _check_all(pack: Pack) -> None:
    meta = pack.meta
    _require(meta["compiler"] == COMPILER, "it was built by another version of the engine")
    for name, (dtype, shape) in SHAPES.items():
        _check_array(pack, name, dtype, shape)
    _in_range(pack, "base/faces", VERTICES)
    _in_range(pack, "base/mirror", VERTICES)
    _in_range(pack, "base/uv_faces", len(pack.array("base/uvs")))
    _in_range(pack, "base/face_group", len(meta["base"]["groups"]))
    _same_length(pack, "base/faces", "base/uv_faces", "base/face_group")
    _in_range(pack, "targets/index", VERTICES)
    _same_length(pack, "targets/index", "targets/delta")
    offsets = pack.array("targets/offsets")
    names = meta["targets"]["names"]
    _require(len(offsets) == len(names) + 1 == len(set(names)) + 1, "targets and names do not match")
    _require(
        offsets[0] == 0 and offsets[-1] == len(pack.array("targets/index")) and bool((np.diff(offsets) >= 0).all()),
        "the targets' offsets are wrong",
    )
    for rig, about in meta["rigs"].items():
        for name, (dtype, shape) in RIG_SHAPES.items():
            _check_array(pack, f"rigs/{rig}/{name}", dtype, shape)
        _same_length(pack, *(f"rigs/{rig}/{name}" for name in RIG_SHAPES))
        _in_range(pack, f"rigs/{rig}/weight_vertex", VERTICES)
        _in_range(pack, f"rigs/{rig}/weight_bone", len(about["names"]))
        _require(sorted(about["bones"]) == sorted(about["names"]), f"the bones of rig {rig} do not match")
    for id_, about in meta["assets"].items():
        _check_asset(pack, id_)
        for a, b, rest in about["scale"] or ():
            _require(0 <= a < VERTICES and 0 <= b < VERTICES and rest > 0, f"the scale of {id_} is wrong")
        for material in about["materials"]:
            for key in ("mapDiffuse", "mapNormal", "mapAO"):
                if path := material.get(key):
                    _require(f"assets/{id_}/{PurePosixPath(path).name}" in pack, f"{id_} lacks the texture {path}")
    for skin in meta["skins"].values():
        _require(skin["blob"] in pack, f"the texture {skin['blob']} is missing")
    for mask in meta["masks"]:
        _require(f"masks/{mask}.jpg" in pack, f"the mask {mask} is missing")


def _check_asset(pack: Pack, id_: str) -> None:
    start = f"assets/{id_}"
    for name, (dtype, shape) in ASSET_SHAPES.items():
        _check_array(pack, f"{start}/{name}", dtype, shape)
    if f"{start}/hides" in pack:
        _check_array(pack, f"{start}/hides", "bool", (VERTICES,))
    _in_range(pack, f"{start}/refs", VERTICES)
    _in_range(pack, f"{start}/faces", len(pack.array(f"{start}/refs")))
    _in_range(pack, f"{start}/uv_faces", len(pack.array(f"{start}/uvs")))
    _same_length(pack, f"{start}/refs", f"{start}/weights", f"{start}/offsets")
    _same_length(pack, f"{start}/faces", f"{start}/uv_faces")


def _check_array(pack: Pack, name: str, dtype: str, shape: tuple[int | None, ...]) -> None:
    a = pack.array(name)
    fits = len(a.shape) == len(shape) and all(s is None or s == n for s, n in zip(shape, a.shape, strict=True))
    _require(a.dtype.name == dtype and fits and len(a) > 0, f"{name} is {a.dtype}{a.shape}")
    _require(a.dtype.kind != "f" or bool(np.isfinite(a).all()), f"{name} has values that are not finite")


def _in_range(pack: Pack, name: str, count: int) -> None:
    a = pack.array(name)
    _require(int(a.min()) >= 0 and int(a.max()) < count, f"{name} points outside its table")


def _same_length(pack: Pack, *names: str) -> None:
    _require(len({len(pack.array(name)) for name in names}) == 1, f"{', '.join(names)} differ in length")


def _require(holds: bool, why: str) -> None:
    if not holds:
        raise PackError(f"the data pack is not usable: {why}")
