"""The atlas itself: square cells, edges bled into the gutter, material factors baked into the pictures."""

import hashlib
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..avatar import Material, Texture
from ..cache import cached_bytes

GUTTER = 64  # a cell's 64th is left on each side, so mip levels down to that size do not bleed
QUALITY = 90
FILE_TYPES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}


class Cell(NamedTuple):
    """A square of the atlas: corner and edge in pixels, and the uv window (u, v, width, height) it shows."""

    x: int
    y: int
    edge: int
    window: tuple[int, int, int, int] = (0, 0, 1, 1)

    @property
    def gutter(self) -> int:
        """Pixels on each side that repeat the picture's edge."""
        return max(self.edge // GUTTER, 1)

    def map(self, uvs: NDArray[np.float32], size: int) -> NDArray[np.float32]:
        """uvs (U, 2) of the cell's own picture -> uvs in the atlas."""
        u, v, width, height = self.window
        inner = self.edge - 2 * self.gutter
        local = (uvs - np.array([u, v])) / np.array([width, height])
        corner = np.array([self.x + self.gutter, self.y + self.gutter])
        return np.asarray((corner + np.clip(local, 0.0, 1.0) * inner) / size, np.float32)


def lay_out(wanted: Sequence[int], size: int) -> list[tuple[int, int, int]]:
    """Squares with power-of-two edges near `wanted` pixels that fill an atlas of `size`: (x, y, edge) in order.

    Largest first along a Z-order curve, powers of two always pack without gaps (each starts on a multiple of its own
    area). Edges are halved, the most generous first, until all fit.
    """
    ideal = [1 << max(int(w - 1).bit_length(), 3) for w in wanted]
    edges = [min(4 * e, size) for e in ideal]
    while sum(e * e for e in edges) > size * size:
        most = max(range(len(edges)), key=lambda i: (edges[i] / ideal[i], edges[i], -i))
        edges[most] //= 2
    while True:  # what is left over goes to the neediest that it suits
        free = size * size - sum(e * e for e in edges)
        fits = [i for i, e in enumerate(edges) if 3 * e * e <= free and 2 * e <= size]
        if not fits or not free:
            break
        edges[min(fits, key=lambda i: (edges[i] / ideal[i], i))] *= 2
    out: list[tuple[int, int, int]] = [(0, 0, 0)] * len(edges)
    cursor = 0
    for i in sorted(range(len(edges)), key=lambda i: (-edges[i], i)):
        x, y = deinterleave(cursor)
        out[i] = (x, y, edges[i])
        cursor += edges[i] * edges[i]
    return out


def deinterleave(code: int) -> tuple[int, int]:
    """Z-order code -> (x, y)."""
    x = y = 0
    for bit in range(16):
        x |= (code >> (2 * bit) & 1) << bit
        y |= (code >> (2 * bit + 1) & 1) << bit
    return x, y


def merge_materials(materials: Sequence[Material], cells: Sequence[Cell], size: int, name: str) -> Material:
    """One material that looks like each of `materials` within its cell."""
    opaque = all(m.alpha_mode == "OPAQUE" for m in materials)
    mode = "OPAQUE" if opaque else "MASK" if all(m.alpha_mode != "BLEND" for m in materials) else "BLEND"
    kinds = sorted({t.mime for m in materials for t in (m.base, m.normal, m.orm) if t is not None})
    mime = kinds[-1] if kinds else "image/png"  # webp before png before jpeg
    if not opaque and mime == "image/jpeg":
        mime = "image/png"
    plain = "image/png" if mime == "image/jpeg" and not opaque else mime
    textured = any(m.orm is not None for m in materials)
    uneven = len({(m.roughness, m.metallic) for m in materials}) > 1
    return Material(
        name=name,
        metallic=1.0 if textured or uneven else materials[0].metallic,
        roughness=1.0 if textured or uneven else materials[0].roughness,
        base=sheet("base", materials, cells, size, plain, name, alpha=not opaque),
        normal=sheet("normal", materials, cells, size, mime, name) if any(m.normal for m in materials) else None,
        orm=sheet("orm", materials, cells, size, mime, name) if textured or uneven else None,
        alpha_mode=mode,
        double_sided=any(m.double_sided for m in materials),
    )


def sheet(
    slot: str,
    materials: Sequence[Material],
    cells: Sequence[Cell],
    size: int,
    mime: str,
    name: str,
    *,
    alpha: bool = False,
) -> Texture:
    """The encoded sheet of one slot, from the cache when it was made before."""
    digest = hashlib.sha256(f"{slot} {size} {mime} {alpha} {tuple(cells)}".encode())
    for m in materials:
        t: Texture | None = getattr(m, slot)
        digest.update(f"{m.color} {m.metallic} {m.roughness} {m.normal_scale} {m.alpha_mode} {m.alpha_cutoff}".encode())
        digest.update(hashlib.sha256(t.data).digest() if t is not None else b"-")
    data = cached_bytes(f"atlas {digest.hexdigest()}", lambda: paint(slot, materials, cells, size, mime, alpha))
    return Texture(f"{name}_{slot}", mime, size, size, data)


def paint(slot: str, materials: Sequence[Material], cells: Sequence[Cell], size: int, mime: str, alpha: bool) -> bytes:
    """Paint and encode a sheet."""
    ground = {"base": (128, 128, 128, 0), "normal": (128, 128, 255, 255), "orm": (255, 255, 0, 255)}[slot]
    canvas = np.empty((size, size, 4), np.uint8)
    canvas[:] = ground
    for m, cell in zip(materials, cells, strict=True):
        inner = cell.edge - 2 * cell.gutter
        image = tile(picture(slot, m), cell.window, inner)
        baked = bake(slot, m, np.asarray(image, np.float32))
        pad = ((cell.gutter, cell.gutter), (cell.gutter, cell.gutter), (0, 0))
        canvas[cell.y : cell.y + cell.edge, cell.x : cell.x + cell.edge] = np.pad(baked, pad, mode="edge")
    out = io.BytesIO()
    whole = Image.fromarray(canvas if alpha else np.ascontiguousarray(canvas[..., :3]))
    options: dict[str, Any] = {"quality": QUALITY, "method": 3} if mime == "image/webp" else {"quality": QUALITY}
    whole.save(out, FILE_TYPES[mime], **(options if mime != "image/png" else {"compress_level": 6}))
    return out.getvalue()


def picture(slot: str, material: Material) -> Image.Image:
    """The slot's image as RGBA; one neutral pixel when there is none."""
    texture: Texture | None = getattr(material, slot)
    if texture is None:
        return Image.new("RGBA", (1, 1), (128, 128, 255, 255) if slot == "normal" else (255, 255, 255, 255))
    with Image.open(io.BytesIO(texture.data)) as image:
        return image.convert("RGBA")


def tile(image: Image.Image, window: tuple[int, int, int, int], edge: int) -> Image.Image:
    """The image repeated over the window's whole tiles, brought to edge x edge pixels."""
    _, _, across, down = window
    one = image.resize((max(edge // across, 1), max(edge // down, 1)), Image.Resampling.LANCZOS)
    if (across, down) == (1, 1):
        return one
    rows = np.tile(np.asarray(one), (down, across, 1))
    return Image.fromarray(rows).resize((edge, edge), Image.Resampling.BILINEAR)


def bake(slot: str, m: Material, image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """RGBA 0..255 with the material's factors multiplied in."""
    out = image.copy()
    if slot == "base":
        if m.color[:3] != (1.0, 1.0, 1.0):
            out[..., :3] = to_srgb(to_linear(out[..., :3] / 255) * np.array(m.color[:3], np.float32)) * 255
        out[..., 3] *= m.color[3]
        if m.alpha_mode == "OPAQUE":
            out[..., 3] = 255
        elif m.alpha_mode == "MASK":  # one cutoff for all: 0.5
            out[..., 3] *= 0.5 / max(m.alpha_cutoff, 1e-3)
    elif slot == "orm":
        out[..., 1] *= m.roughness
        out[..., 2] *= m.metallic
    elif m.normal_scale != 1.0:
        n = out[..., :3] / 127.5 - 1.0
        n[..., :2] *= m.normal_scale
        n /= np.linalg.norm(n, axis=-1, keepdims=True)
        out[..., :3] = (n + 1.0) * 127.5
    return np.asarray(np.clip(np.rint(out), 0, 255), np.uint8)


def to_linear(c: NDArray[Any]) -> NDArray[Any]:
    """sRGB -> linear, IEC 61966-2-1."""
    return np.asarray(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4))


def to_srgb(c: NDArray[Any]) -> NDArray[Any]:
    """Linear -> sRGB, IEC 61966-2-1."""
    return np.asarray(np.where(c <= 0.0031308, c * 12.92, 1.055 * np.maximum(c, 1e-9) ** (1 / 2.4) - 0.055))
