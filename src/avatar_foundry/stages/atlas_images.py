"""The sheets themselves: cells painted with what lies around them, material factors baked into the pictures."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import Material, Texture
from ..cache import cached_bytes
from .atlas_layout import Cell

REVISION = 6  # part of every key: raise it when a sheet changes
ROUGH = 2  # times that the sheet of roughness is smaller than the others
FILE_TYPES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
QUALITY: Mapping[tuple[str, str], dict[str, Any]] = {  # by mime type and slot
    ("image/webp", "base"): {"quality": 80, "method": 4, "alpha_quality": 70},
    ("image/webp", "normal"): {"quality": 76, "method": 4},
    ("image/webp", "orm"): {"quality": 76, "method": 4},
    ("image/jpeg", "base"): {"quality": 90},
    ("image/jpeg", "normal"): {"quality": 90},
    ("image/jpeg", "orm"): {"quality": 85},
}
GLOSS = ("KHR_materials_specular", "KHR_materials_ior")  # one for a whole sheet
GROUND = {"base": (128, 128, 128, 0), "normal": (128, 128, 255, 255), "orm": (255, 255, 0, 255)}


class Placed(NamedTuple):
    """A material with its cells on a sheet."""

    material: Material
    cells: tuple[Cell, ...]


def merge_materials(placed: Sequence[Placed], sheet: tuple[int, int], name: str, mime: str = "") -> Material:
    """One material that looks like each of `placed` within its cells.

    sheet: (width, height) pixels.  mime: type of its images, "" for the richest type among theirs."""
    materials = [p.material for p in placed]
    gloss = next((m for m in materials if m.name == "skin"), materials[0])  # what is looked at from nearest
    modes = {m.alpha_mode for m in materials}
    mode = "BLEND" if "BLEND" in modes else "MASK" if "MASK" in modes else "OPAQUE"
    kinds = sorted({t.mime for m in materials for t in (m.base, m.normal, m.orm) if t is not None})
    mime = mime or (kinds[-1] if kinds else "image/png")  # webp before png before jpeg
    clear = mode != "OPAQUE"
    textured = any(m.orm is not None for m in materials)
    uneven = len({(m.roughness, m.metallic) for m in materials}) > 1
    slots = ["base"]
    if any(m.normal for m in materials):
        slots.append("normal")
    if textured or uneven:
        slots.append("orm")

    def painted(slot: str) -> Texture:
        alpha = clear and slot == "base"
        kind = "image/png" if alpha and mime == "image/jpeg" else mime  # JPEG has no alpha
        return paint_sheet(slot, placed, sheet, kind, name, alpha=alpha)

    with ThreadPoolExecutor(len(slots)) as pool:  # filters and encoders work outside of the interpreter's lock
        sheets = dict(zip(slots, pool.map(painted, slots), strict=True))
    return Material(
        name=name,
        metallic=1.0 if textured or uneven else materials[0].metallic,
        roughness=1.0 if textured or uneven else materials[0].roughness,
        base=sheets["base"],
        normal=sheets.get("normal"),
        orm=sheets.get("orm"),
        alpha_mode=mode,
        double_sided=any(m.double_sided for m in materials),
        shading=materials[0].shading,
        extensions={k: v for k, v in gloss.extensions.items() if k in GLOSS},
    )


def paint_sheet(
    slot: str, placed: Sequence[Placed], sheet: tuple[int, int], mime: str, name: str, *, alpha: bool
) -> Texture:
    """The encoded sheet of one slot, from the cache when it was made before."""
    options = QUALITY.get((mime, slot), {"compress_level": 6})
    digest = hashlib.sha256(f"{REVISION} {slot} {sheet} {mime} {alpha} {options}".encode())
    for m, cells in placed:
        t: Texture | None = getattr(m, slot)
        factors = m.color, m.metallic, m.roughness, m.normal_scale, m.alpha_mode, m.alpha_cutoff
        digest.update(f"{factors} {cells}".encode())
        digest.update(hashlib.sha256(t.data).digest() if t is not None else b"-")
    size = (sheet[0] // ROUGH, sheet[1] // ROUGH) if slot == "orm" else sheet

    def encoded() -> bytes:
        image = Image.fromarray(paint(slot, placed, sheet[0] // size[0], size))
        out = io.BytesIO()
        (image if alpha else image.convert("RGB")).save(out, FILE_TYPES[mime], **options)
        return out.getvalue()

    return Texture(f"{name}_{slot}", mime, *size, cached_bytes(f"atlas {digest.hexdigest()}", encoded))


def paint(slot: str, placed: Sequence[Placed], divisor: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A sheet as RGBA (H, W, 4). divisor: times that it is smaller than the cells say."""
    canvas = np.empty((size[1], size[0], 4), np.uint8)
    canvas[:] = GROUND[slot]
    for m, cells in placed:
        source = picture(slot, m)
        for cell in cells:
            x, y, w, h = (n // divisor for n in cell[:4])
            canvas[y : y + h, x : x + w] = bake(slot, m, view(source, cell.around, (w, h)))
    return canvas


def picture(slot: str, material: Material) -> NDArray[np.uint8]:
    """The slot's image as RGBA (H, W, 4); one neutral pixel when there is none."""
    texture: Texture | None = getattr(material, slot)
    if texture is None:
        return np.array([[(128, 128, 255, 255) if slot == "normal" else (255, 255, 255, 255)]], np.uint8)
    with Image.open(io.BytesIO(texture.data)) as image:
        return np.asarray(image.convert("RGBA"))


def view(
    source: NDArray[np.uint8], window: tuple[float, float, float, float], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """What the window u0 v0 u1 v1 shows of a picture that repeats, as `size` pixels across and down: RGBA.

    Colour and alpha are filtered apart: what is transparent keeps its colour, so edges do not darken."""
    height, width = source.shape[:2]
    if (height, width) == (1, 1):
        return source  # broadcasts
    u0, v0, u1, v1 = window
    left, top = int(np.floor(u0 * width)), int(np.floor(v0 * height))
    columns = np.arange(left, max(int(np.ceil(u1 * width)), left + 1)) % width
    rows = np.arange(top, max(int(np.ceil(v1 * height)), top + 1)) % height
    patch = source[rows][:, columns]
    box = (
        u0 * width - left,
        v0 * height - top,
        min(u1 * width - left, len(columns)),
        min(v1 * height - top, len(rows)),
    )
    filter = Image.Resampling.LANCZOS
    out = np.empty((size[1], size[0], 4), np.uint8)
    out[..., :3] = np.asarray(Image.fromarray(np.ascontiguousarray(patch[..., :3])).resize(size, filter, box))
    if patch[..., 3].min() == 255:
        out[..., 3] = 255
    else:
        out[..., 3] = np.asarray(Image.fromarray(np.ascontiguousarray(patch[..., 3])).resize(size, filter, box))
    return out


def bake(slot: str, m: Material, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGBA with the material's factors multiplied in."""
    if slot == "base":
        light, clear = np.array(m.color[:3], np.float32), m.color[3]
        if m.alpha_mode == "MASK":
            clear *= 0.5 / max(m.alpha_cutoff, 1e-3)  # one cutoff for all: 0.5
        out = image.copy()
        if (light != 1.0).any():
            out[..., :3] = whole(to_srgb(to_linear(image[..., :3].astype(np.float32) / 255) * light) * 255)
        if m.alpha_mode == "OPAQUE":
            out[..., 3] = 255
        elif clear != 1.0:
            out[..., 3] = whole(image[..., 3] * np.float32(clear))
        return out
    if slot == "orm":
        return whole(image * np.array([1.0, m.roughness, m.metallic, 1.0], np.float32))
    if m.normal_scale == 1.0 or m.normal is None:
        return image
    n = image[..., :3].astype(np.float32) / 127.5 - 1.0
    n[..., :2] *= m.normal_scale
    n /= np.linalg.norm(n, axis=-1, keepdims=True)
    return np.concatenate([whole((n + 1.0) * 127.5), image[..., 3:]], axis=-1)


def whole(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Rounded to 0..255."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def to_linear(c: NDArray[Any]) -> NDArray[Any]:
    """sRGB -> linear, IEC 61966-2-1."""
    return np.asarray(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4))


def to_srgb(c: NDArray[Any]) -> NDArray[Any]:
    """Linear -> sRGB, IEC 61966-2-1."""
    return np.asarray(np.where(c <= 0.0031308, c * 12.92, 1.055 * np.maximum(c, 1e-9) ** (1 / 2.4) - 0.055))
