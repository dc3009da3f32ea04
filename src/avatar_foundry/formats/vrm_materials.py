"""MToon for VRM, new and old, from the materials that the glTF already has."""

import json
from typing import Any

Json = dict[str, Any]
SHADE = 0.72  # brightness of the shaded side
TOONY, SHIFT = 0.6, -0.1
QUEUE = {"OPAQUE": 2000, "MASK": 2450, "BLEND": 3000}
BLEND = {"OPAQUE": 0, "MASK": 1, "BLEND": 2}
TAG = {"OPAQUE": "Opaque", "MASK": "TransparentCutout", "BLEND": "Transparent"}


def add_mtoon(material: Json) -> None:
    """Give a glTF material VRMC_materials_mtoon. Readers that do not know it see the PBR material: a better likeness
    than KHR_materials_unlit, and the validator warns of two extensions that shade."""
    pbr = material.setdefault("pbrMetallicRoughness", {})
    factor = pbr.get("baseColorFactor", [1.0, 1.0, 1.0, 1.0])
    toon: Json = {
        "specVersion": "1.0",
        "shadeColorFactor": [round(SHADE * c, 5) for c in factor[:3]],
        "shadingShiftFactor": SHIFT,
        "shadingToonyFactor": TOONY,
        "giEqualizationFactor": 0.9,
        "outlineWidthMode": "none",
        "transparentWithZWrite": material.get("alphaMode") == "BLEND",
        "renderQueueOffsetNumber": 0,
    }
    if "baseColorTexture" in pbr:
        toon["shadeMultiplyTexture"] = {"index": pbr["baseColorTexture"]["index"]}
    held = {k: v for k, v in material.get("extensions", {}).items() if k == "KHR_texture_transform"}
    material["extensions"] = {**held, "VRMC_materials_mtoon": toon}


def old_properties(material: Json, mtoon: bool) -> Json:
    """An entry of VRM 0's materialProperties."""
    mode = material.get("alphaMode", "OPAQUE")
    entry: Json = {
        "name": material.get("name", ""),
        "shader": "VRM_USE_GLTFSHADER",
        "renderQueue": QUEUE[mode],
        "floatProperties": {},
        "vectorProperties": {},
        "textureProperties": {},
        "keywordMap": {},
        "tagMap": {},
    }
    if not mtoon:
        return entry
    pbr = material.get("pbrMetallicRoughness", {})
    color = [round(encode(c), 5) for c in pbr.get("baseColorFactor", [1.0, 1.0, 1.0, 1.0])[:3]] + [
        pbr.get("baseColorFactor", [1.0] * 4)[3]
    ]
    entry["shader"] = "VRM/MToon"
    entry["floatProperties"] = {
        "_Cutoff": material.get("alphaCutoff", 0.5),
        "_BumpScale": material.get("normalTexture", {}).get("scale", 1.0),
        "_ShadeShift": SHIFT,
        "_ShadeToony": TOONY,
        "_IndirectLightIntensity": 0.1,
        "_OutlineWidthMode": 0,
        "_BlendMode": BLEND[mode],
        "_CullMode": 0 if material.get("doubleSided") else 2,
        "_SrcBlend": 5 if mode == "BLEND" else 1,
        "_DstBlend": 10 if mode == "BLEND" else 0,
        "_ZWrite": 0 if mode == "BLEND" else 1,
    }
    entry["vectorProperties"] = {
        "_Color": color,
        "_ShadeColor": [*(round(encode(SHADE) * c, 5) for c in color[:3]), 1.0],
    }
    if "baseColorTexture" in pbr:
        entry["textureProperties"] = dict.fromkeys(("_MainTex", "_ShadeTexture"), pbr["baseColorTexture"]["index"])
    if "normalTexture" in material:
        entry["textureProperties"]["_BumpMap"] = material["normalTexture"]["index"]
        entry["keywordMap"]["_NORMALMAP"] = True
    if mode != "OPAQUE":
        entry["keywordMap"]["_ALPHATEST_ON" if mode == "MASK" else "_ALPHABLEND_ON"] = True
    entry["tagMap"] = {"RenderType": TAG[mode]}
    copy: Json = json.loads(json.dumps(entry))
    return copy


def encode(linear: float) -> float:
    """Linear light -> sRGB, as the old format writes colours."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * float(linear) ** (1 / 2.4) - 0.055
