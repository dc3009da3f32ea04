"""Facts of a GLB, read from its JSON and buffers by a few lines of our own, alike for any maker's file."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar_foundry.geometry import components

ROOT = Path(__file__).resolve().parents[1]
WELD = 1e-5  # metres: vertices nearer than that are one point of the surface
TYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
COLUMNS = {"SCALAR": 1, "VEC3": 3}


def facts(path: Path) -> dict[str, Any]:
    """Counts of the full level of detail, and what Khronos' validator says."""
    data = path.read_bytes()
    size = int.from_bytes(data[12:16], "little")
    doc, blob = json.loads(data[20 : 20 + size]), data[28 + size :]
    lower = {i for node in doc["nodes"] for i in node.get("extensions", {}).get("MSFT_lod", {}).get("ids", ())}
    shown = [doc["nodes"][i] for i in _reached(doc) if i not in lower]
    meshes = [doc["meshes"][node["mesh"]] for node in shown if "mesh" in node]
    primitives = [p for mesh in meshes for p in mesh["primitives"]]
    points = [_array(doc, blob, p["attributes"]["POSITION"]) for p in primitives]
    faces = [_array(doc, blob, p["indices"]).reshape(-1, 3) for p in primitives]
    largest = max(range(len(points)), key=lambda i: len(points[i]))
    named = [name for mesh in meshes for name in mesh.get("extras", {}).get("targetNames", ())]
    report = validate(path)
    codes = sorted({m["code"] for m in report["issues"] if m["severity"] == 0})
    return {
        "bytes": len(data),
        "vertices": sum(map(len, points)),
        "triangles": sum(map(len, faces)),
        "height": max(float(p[:, 1].max()) for p in points) - min(float(p[:, 1].min()) for p in points),
        "meshes": len(meshes),
        "levels": 1 + max((len(n.get("extensions", {}).get("MSFT_lod", {}).get("ids", ())) for n in shown), default=0),
        "bones": max((len(skin["joints"]) for skin in doc.get("skins", ())), default=0),
        "morphs": len(set(named)) or max((len(p.get("targets", ())) for p in primitives), default=0),
        "pieces": pieces(points[largest], faces[largest]),
        "images": len(doc.get("images", ())),
        "materials": len(doc.get("materials", ())),
        "errors": report["errors"],
        "warnings": report["warnings"],
        "codes": codes,
    }


def pieces(points: NDArray[np.float32], faces: NDArray[Any]) -> int:
    """Connected pieces of a surface whose coinciding vertices are welded."""
    _, joined = np.unique(np.round(points / WELD).astype(np.int64), axis=0, return_inverse=True)
    welded = joined.reshape(-1)[faces].astype(np.int32)
    return len(np.unique(components(welded, int(welded.max()) + 1)[np.unique(welded)]))


def validate(path: Path) -> dict[str, Any]:
    """Khronos' glTF validator over one file."""
    modules = os.environ.get("NODE_MODULES", str(ROOT / "node_modules"))
    command = ["node", str(ROOT / "tests" / "node" / "validate.mjs"), str(path)]
    done = subprocess.run(command, env={**os.environ, "NODE_MODULES": modules}, check=True, capture_output=True)
    (report,) = json.loads(done.stdout)
    return dict(report)


def _reached(doc: dict[str, Any]) -> list[int]:
    todo, out = list(doc["scenes"][doc.get("scene", 0)]["nodes"]), []
    while todo:
        out.append(todo.pop())
        todo += doc["nodes"][out[-1]].get("children", ())
    return sorted(out)


def _array(doc: dict[str, Any], blob: bytes, number: int) -> NDArray[Any]:
    accessor = doc["accessors"][number]
    view = doc["bufferViews"][accessor["bufferView"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    columns, kind = COLUMNS[accessor["type"]], np.dtype(TYPES[accessor["componentType"]])
    stride = view.get("byteStride", columns * kind.itemsize)
    rows = np.ndarray((accessor["count"], columns), kind, blob, start, (stride, kind.itemsize))
    return rows.copy() if columns > 1 else rows[:, 0].copy()
