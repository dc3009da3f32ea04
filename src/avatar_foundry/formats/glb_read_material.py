"""Materials and images of a GLB."""

import io
import warnings
from typing import Any

from PIL import Image

from ..avatar import Material, Texture
from ..errors import SourceError
from .glb_container import Json
from .glb_source import Source, integer

MAX_PIXELS = 8192 * 8192
MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def read_materials(source: Source) -> tuple[Material, ...]:
    """All materials; names made unique. Images that cannot be read are an error, absent ones are not."""
    images: dict[int, Texture | None] = {}
    seen: dict[str, int] = {}
    out = []
    for i, entry in enumerate(source.items("materials")):
        name = str(entry.get("name") or f"material_{i}")
        seen[name] = seen.get(name, 0) + 1
        out.append(read_material(source, entry, name if seen[name] == 1 else f"{name}_{seen[name]}", images))
    return tuple(out)


def number(value: Any, default: float, low: float = 0.0, high: float = 1.0) -> float:
    """A JSON number within limits, or the default."""
    return min(max(float(value), low), high) if isinstance(value, int | float) and value == value else default


def read_material(source: Source, entry: Json, name: str, images: dict[int, Texture | None]) -> Material:
    """One material."""
    pbr = entry.get("pbrMetallicRoughness") or glossy(entry, name, source) or {}
    for slot in ("emissiveTexture", "occlusionTexture"):
        shared = (pbr.get("metallicRoughnessTexture") or {}).get("index")
        if isinstance(held := entry.get(slot), dict) and held.get("index") != shared:
            source.notes.append(f"The {slot.removesuffix('Texture')} map of the material {name[:60]} is not read.")
    color = pbr.get("baseColorFactor")
    color = color if isinstance(color, list) and len(color) == 4 else [1.0] * 4
    mode = entry.get("alphaMode", "OPAQUE")
    extensions = {k: v for k, v in sorted((entry.get("extensions") or {}).items()) if keepable(k, v)}
    bump = entry.get("normalTexture") or {}
    return Material(
        name=name,
        color=(number(color[0], 1.0), number(color[1], 1.0), number(color[2], 1.0), number(color[3], 1.0)),
        metallic=number(pbr.get("metallicFactor"), 1.0),
        roughness=number(pbr.get("roughnessFactor"), 1.0),
        base=read_texture(source, pbr.get("baseColorTexture"), images),
        normal=read_texture(source, bump, images),
        normal_scale=number(bump.get("scale"), 1.0, -10.0, 10.0),
        orm=read_texture(source, pbr.get("metallicRoughnessTexture"), images),
        alpha_mode=mode if mode in ("OPAQUE", "MASK", "BLEND") else "OPAQUE",
        alpha_cutoff=number(entry.get("alphaCutoff"), 0.5),
        double_sided=bool(entry.get("doubleSided", False)),
        extensions=extensions,
    )


def glossy(entry: Json, name: str, source: Source) -> Json | None:
    """What comes nearest to a specular-glossiness material."""
    held = (entry.get("extensions") or {}).get("KHR_materials_pbrSpecularGlossiness")
    if not isinstance(held, dict):
        return None
    source.notes.append(f"The specular-glossiness material {name[:60]} was read as a plain one.")
    return {
        "baseColorFactor": held.get("diffuseFactor"),
        "baseColorTexture": held.get("diffuseTexture"),
        "metallicFactor": 0.0,
        "roughnessFactor": 1.0 - number(held.get("glossinessFactor"), 1.0),
    }


def keepable(name: str, value: Any) -> bool:
    """Material extensions of plain factors; those with textures would point at images by number."""
    if name == "KHR_materials_pbrSpecularGlossiness":  # was read as a plain material, which it would override
        return False
    return name.startswith("KHR_materials_") and isinstance(value, dict) and not any("Texture" in k for k in value)


def read_texture(source: Source, slot: Any, images: dict[int, Texture | None]) -> Texture | None:
    """The image behind a texture slot."""
    if not isinstance(slot, dict) or slot.get("index") is None:
        return None
    texture = source.item("textures", slot["index"])
    webp = (texture.get("extensions") or {}).get("EXT_texture_webp") or {}
    index = webp.get("source", texture.get("source"))
    if index is None:
        if "KHR_texture_basisu" in (texture.get("extensions") or {}):
            source.notes.append("KTX2 textures are not read and were left out; export PNG, JPEG or WebP.")
        return None
    index = integer(index, "an image", len(source.items("images")) - 1)
    if index not in images:
        images[index] = read_image(source, source.item("images", index), index)
    return images[index]


def read_image(source: Source, entry: Json, index: int) -> Texture | None:
    """An image's bytes, its size and type from the bytes themselves; pixels are not decoded.

    None, with a note, for a picture that should have come along with the file and did not.
    """
    name, uri = str(entry.get("name") or f"image_{index}"), entry.get("uri")
    if entry.get("bufferView") is not None:
        return as_texture(name, source.bytes_of(entry["bufferView"]))
    if source.in_company and isinstance(uri, str) and not uri.startswith("data:"):
        if (found := source.beside(uri)) is None:
            source.notes.append(f"The texture {uri[:80]} is not in the upload.")
            return None
        return as_texture(str(entry.get("name") or found[0].rsplit("/", 1)[-1]), found[1])
    data = source.address(uri)
    return as_texture(name, data)


def as_texture(name: str, data: bytes) -> Texture:
    """An image file as a texture, its bytes kept; its size and type are read from the bytes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(MIMES)) as image:
                (width, height), kind = image.size, image.format or ""
    except (OSError, ValueError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise SourceError(f"The texture {name} cannot be read", hint="Use PNG, JPEG or WebP.") from error
    if width * height > MAX_PIXELS:
        raise SourceError(f"The texture {name} has {width} x {height} pixels", hint="Use 8192 x 8192 at most.")
    return Texture(name, MIMES[kind], width, height, data)
