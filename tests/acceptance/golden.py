"""An avatar as a short text: what is in it, how big, how its file is laid out. Nothing of texture bytes."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from .checks import Made
from .gltf import Gltf

FOLDER = Path(__file__).parents[1] / "golden"


def account(made: Made) -> dict[str, Any]:
    """Plain JSON. `bounds_mm` may differ by rounding, everything else may not."""
    file, answer = Gltf(made.main), made.result.answer
    document = file.document
    nodes = document["nodes"]
    parts = {}
    for name, _, primitive in file.primitives():
        points = file.accessor(primitive["attributes"]["POSITION"]).astype(np.float64) * 1000
        material = document["materials"][primitive["material"]]
        parts[name] = {
            "vertices": len(points),
            "triangles": document["accessors"][primitive["indices"]]["count"] // 3,
            "bounds_mm": [[round(x) for x in corner] for corner in (points.min(axis=0), points.max(axis=0))],
            "shapes": len(primitive.get("targets", ())),
            "attributes": " ".join(sorted(primitive["attributes"])),
            "material": f"{material['name']} {material.get('alphaMode', 'OPAQUE')}",
            "textures": " ".join(sorted(textures(material))),
        }
    return {
        "platform": made.recipe.platform,
        "bones": tree(nodes, document["skins"][0]["joints"]),
        "morph_names": " ".join(answer["morph_names"]),
        "parts": parts,
        "findings": sorted({f"{f['severity']} {f['rule']} {f['code']}" for f in answer["validation"]["findings"]}),
        "file": {
            "top_level": " ".join(sorted(document)),
            "extensions": " ".join(sorted(document.get("extensionsUsed", ()))),
            "about": " ".join(sorted(document["asset"]["extras"])),
            **{k: len(document[k]) for k in ("nodes", "meshes", "skins", "materials", "images")},
        },
        "recipe": {k: answer["recipe"].get(k) for k in ("body", "hair", "outfit")},
    }


def tree(nodes: list[dict[str, Any]], joints: list[int]) -> list[str]:
    """One line per chain of bones: the parent it hangs on, then the bones down to the end."""
    parent = {c: i for i, n in enumerate(nodes) for c in n.get("children", ())}
    lines: list[list[int]] = []
    for joint in joints:
        up = parent.get(joint, -1)
        line = next((line for line in lines if line[-1] == up), None)
        if line is not None:
            line.append(joint)
        else:
            lines.append([up, joint] if up in joints else [joint])
    return [" > ".join(nodes[i]["name"] for i in line) for line in lines]


def textures(material: dict[str, Any]) -> list[str]:
    """Which maps a material has."""
    return [k.removesuffix("Texture") for k in {**material, **material["pbrMetallicRoughness"]} if "Texture" in k]


def text(value: dict[str, Any]) -> str:
    """As stored: one line per leaf list, sorted keys."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """What changed, in words; bounds may differ by a millimetre, recipe numbers by rounding."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted({*old, *new})
        return [d for k in keys for d in differences(old.get(k), new.get(k), f"{where}/{k}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [d for i, (a, b) in enumerate(zip(old, new, strict=True)) for d in differences(a, b, f"{where}/{i}")]
    if "/bounds_mm/" in where and isinstance(old, int) and isinstance(new, int) and abs(old - new) <= 1:
        return []
    return [] if old == new else [f"{where}: {old!r} -> {new!r}"]
